import { describe, expect, test } from 'vitest'
import { parseJson } from '../../src/canonical/json.ts'
import { testRequest, type RequestTrap } from './request-trap.ts'
import type { Wire } from './said.ts'
import { cells, routeOf, useWorld } from './world.ts'

const world = useWorld()

const fifty: RequestTrap['gets'] = {
  openai: { body: { max_completion_tokens: 50 }, without: ['max_tokens'] },
  compatible: { body: { max_tokens: 50 }, without: ['max_completion_tokens'] },
  responses: { body: { max_output_tokens: 50 } },
  anthropic: { body: { max_tokens: 50 } },
  gemini: { body: { generationConfig: { maxOutputTokens: 50 } } },
  bedrock: { body: { inferenceConfig: { maxTokens: 50 } } },
  cohere: { body: { max_tokens: 50 } },
  mistral: { body: { max_tokens: 50 }, without: ['max_completion_tokens'] },
  ollama: { body: { options: { num_predict: 50 } } },
}

describe('the length of an answer', () => {
  testRequest(world, {
    name: 'the routes’ own field',
    asks: {
      chat: { max_completion_tokens: 50 },
      messages: { max_tokens: 50 },
      responses: { max_output_tokens: 50 },
    },
    gets: fifty,
  })
  testRequest(world, { name: 'the older field of chat', asks: { chat: { max_tokens: 50 } }, gets: fifty })
  testRequest(world, {
    name: 'both, where the newer wins',
    asks: { chat: { max_tokens: 5000, max_completion_tokens: 50 } },
    gets: fifty,
  })

  const unbounded: Wire = {
    openai: undefined,
    compatible: undefined,
    responses: undefined,
    // The catalogue's maximum of the model: this API demands one.
    anthropic: { max_tokens: 64_000 },
    gemini: undefined,
    bedrock: undefined,
    cohere: undefined,
    mistral: undefined,
    ollama: undefined,
  }
  const names =
    /^(max_tokens|max_completion_tokens|max_output_tokens|generationConfig|inferenceConfig|options)$/
  test.each(cells.filter(({ route }) => route !== 'messages'))(
    'none given: $route to $provider',
    async (cell) => {
      const { body, dropped } = await world.send(cell, {})
      const found = Object.entries(body).filter(([name]) => names.test(name))
      expect(found).toEqual(Object.entries(unbounded[cell.provider] ?? {}))
      expect(dropped).toEqual([])
    },
  )
})

describe('stop sequences', () => {
  const gets = (list: string[]): RequestTrap['gets'] => ({
    openai: { body: { stop: list } },
    compatible: { body: { stop: list } },
    responses: { without: ['stop'], dropped: { chat: ['stop'], messages: ['stop_sequences'] } },
    anthropic: { body: { stop_sequences: list } },
    gemini: { body: { generationConfig: { stopSequences: list } } },
    bedrock: {
      body: {
        inferenceConfig: { stopSequences: list },
        additionalModelResponseFieldPaths: ['/stop_sequence'],
      },
    },
    cohere: { body: { stop_sequences: list } },
    mistral: { body: { stop: list } },
    ollama: { body: { options: { stop: list } } },
  })
  testRequest(world, {
    name: 'several',
    asks: { chat: { stop: ['END', '###'] }, messages: { stop_sequences: ['END', '###'] } },
    gets: gets(['END', '###']),
  })
  testRequest(world, { name: 'one, as a text', asks: { chat: { stop: 'END' } }, gets: gets(['END']) })
})

/** Beyond what a number of JavaScript holds: each digit must arrive, or the seed must not. */
describe('seeds above 2^53', () => {
  const seeded = parseJson('{"seed":9007199254740993}') as Wire
  const arrives: Record<string, string | undefined> = {
    openai: '"seed":9007199254740993',
    compatible: '"seed":9007199254740993',
    mistral: '"random_seed":9007199254740993',
    cohere: '"seed":9007199254740993',
    ollama: '"seed":9007199254740993',
    // 32 bits.
    gemini: undefined,
    // No seeds at all.
    responses: undefined,
    anthropic: undefined,
    bedrock: undefined,
  }
  test.each(cells.filter(({ route }) => route === 'chat'))('chat to $provider', async (cell) => {
    const { sent, dropped } = await world.send(cell, seeded)
    const expected = arrives[cell.provider]
    if (expected === undefined) {
      expect(sent.body.toString()).not.toContain('900719925474099')
      expect(dropped).toEqual(['seed'])
      return
    }
    expect(sent.body.toString()).toContain(expected)
    expect(dropped).toEqual([])
  })

  /** The same for numbers that are nobody's field, inside of what a caller hands on. */
  test.each(cells)('in the schema of a tool: $route to $provider', async (cell) => {
    const tools = JSON.parse(JSON.stringify(routeOf(cell).tools)) as Wire[]
    const schema = parseJson('{"type":"object","properties":{"n":{"const":9007199254740993}}}')
    const [tool] = tools
    if (cell.route === 'chat') (tool!.function as Wire).parameters = schema
    else tool![cell.route === 'messages' ? 'input_schema' : 'parameters'] = schema
    const { sent } = await world.send(cell, { tools })
    expect(sent.body.toString()).toContain('"const":9007199254740993')
  })
})

describe('log probabilities', () => {
  const both = {
    dropped: { chat: ['logprobs', 'top_logprobs'], responses: ['include', 'top_logprobs'] },
  }
  testRequest(world, {
    name: 'asked for',
    asks: {
      chat: { logprobs: true, top_logprobs: 2 },
      responses: { include: ['message.output_text.logprobs'], top_logprobs: 2 },
    },
    gets: {
      openai: { body: { logprobs: true, top_logprobs: 2 } },
      compatible: { body: { logprobs: true, top_logprobs: 2 } },
      responses: { body: { include: ['message.output_text.logprobs'], top_logprobs: 2 } },
      anthropic: both,
      gemini: { body: { generationConfig: { responseLogprobs: true, logprobs: 2 } } },
      bedrock: both,
      cohere: { body: { logprobs: true }, dropped: ['top_logprobs'] },
      mistral: both,
      ollama: { body: { logprobs: true, top_logprobs: 2 } },
    },
  })
})
