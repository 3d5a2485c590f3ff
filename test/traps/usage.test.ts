import { describe, expect, test } from 'vitest'
import { readEvents } from '../support/sse-reader.ts'
import { anthropicUsage } from './providers/anthropic.ts'
import { chatUsage } from './providers/openai-chat.ts'
import { sse, typedSse } from './providers/provider-wire.ts'
import { tokens } from './said.ts'
import {
  cells,
  cellsOf,
  hearAnswer,
  playStream,
  providerOf,
  routeOf,
  useWorld,
  ways,
  type Cell,
} from './world.ts'

const world = useWorld()
const chunkHead = { id: 'c1', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'the-model' }
const said = { texts: ['One, ', 'two, ', 'three.'] }

/** Ollama does not say what it read from its cache. */
const expectedUsage = ({ provider }: Cell) => ({
  ...tokens,
  cached: provider === 'ollama' ? 0 : tokens.cached,
})

describe.each(ways)('usage as %s', (way) => {
  test.each(cells)('$route from $provider', async (cell) => {
    const heard = await world.hear(cell, way, said)
    expect(heard.text).toBe('One, two, three.')
    expect(heard.usage).toEqual(expectedUsage(cell))
  })
})

/** Usage counted from the log: what the gateway itself made of each stream, whoever asked for the usage. */
test.each(cells)('is counted of every stream, asked for or not: $route from $provider', async (cell) => {
  const { answer } = await world.call(cell, { stream: true }, playStream(cell, providerOf(cell).stream(said)))
  const id = answer.headers['x-request-id']
  await expect
    .poll(() => world.gateway.logs().find((line) => line.request_id === id)?.tokens)
    .toMatchObject({ output: tokens.output })
})

describe('a caller of chat who did not ask for usage', () => {
  const chat = cells.filter(({ route }) => route === 'chat')

  test.each(chat)('gets no chunk of it from $provider', async (cell) => {
    const script = playStream(cell, providerOf(cell).stream(said))
    const { answer } = await world.call(cell, { stream: true }, script)
    const chunks = readEvents(answer.text).slice(0, -1)
    expect(hearAnswer(cell, 'stream', answer)).toMatchObject({ text: 'One, two, three.', usage: undefined })
    for (const { data } of chunks)
      expect((JSON.parse(data) as { choices: unknown[] }).choices).not.toHaveLength(0)
  })

  /** OpenAI's chats alone must be asked; the other dialects tell it anyway, and mistral refuses the field. */
  test.each(cells)('is asked for by the gateway: $route to $provider', async (cell) => {
    const { body } = await world
      .call(cell, { stream: true }, playStream(cell, providerOf(cell).stream(said)))
      .then(({ body }) => ({ body }))
    const asks = cell.provider === 'openai' || cell.provider === 'compatible'
    expect(body.stream_options).toEqual(asks ? { include_usage: true } : undefined)
  })
})

/** Totals so far, at every moment: the sum of them would be nonsense. */
describe("Anthropic's counts are totals", () => {
  const start = (usage: unknown) =>
    typedSse({
      type: 'message_start',
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'claude-haiku-4-5',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage,
      },
    })
  const text = [
    typedSse({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
    typedSse({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } }),
    typedSse({ type: 'content_block_stop', index: 0 }),
  ]
  const delta = (usage: unknown, stop_reason: string | null = null) =>
    typedSse({ type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage })
  const stop = typedSse({ type: 'message_stop' })
  const begun = { ...anthropicUsage, output_tokens: 3 }

  const streams = {
    'the end counts the answer again': [start(begun), ...text, delta({ output_tokens: 7 }, 'end_turn'), stop],
    'the end counts all again': [start(begun), ...text, delta(anthropicUsage, 'end_turn'), stop],
    'the end does not know the prompt': [
      start(begun),
      ...text,
      delta({ input_tokens: null, cache_read_input_tokens: null, output_tokens: 7 }, 'end_turn'),
      stop,
    ],
    'several deltas': [
      start(begun),
      delta({ output_tokens: 3 }),
      ...text,
      delta({ output_tokens: 5 }),
      delta({ output_tokens: 7 }, 'end_turn'),
      stop,
    ],
    'the end corrects the prompt': [
      start({ input_tokens: 1, cache_read_input_tokens: 0, output_tokens: 1 }),
      ...text,
      delta(anthropicUsage, 'end_turn'),
      stop,
    ],
  }

  test.each(
    Object.entries(streams).flatMap(([name, frames]) =>
      cellsOf(['anthropic']).map((cell) => ({ name, frames, cell, route: cell.route })),
    ),
  )('$name: $route', async ({ cell, frames }) => {
    const { answer } = await world.call(cell, routeOf(cell).streaming, playStream(cell, frames))
    const usage = hearAnswer(cell, 'stream', answer).usage
    const id = answer.headers['x-request-id']
    // Relayed as it came, with what the caller merges; a null there means that it kept what it had.
    if (cell.route !== 'messages') expect(usage).toEqual(tokens)
    await expect
      .poll(() => world.gateway.logs().find((line) => line.request_id === id)?.tokens)
      .toMatchObject({ input: tokens.prompt - tokens.cached, cached: tokens.cached, output: tokens.output })
  })
})

/** Servers with OpenAI's chunks tell it where they like; some not at all. */
describe('usage at other places', () => {
  const counted = (output: number) => ({ usage: { ...chatUsage, completion_tokens: output } })
  const delta = (content: string, output: number) =>
    sse({
      ...chunkHead,
      choices: [{ index: 0, delta: { content }, finish_reason: null }],
      ...counted(output),
    })
  const finish = (more: object) =>
    sse({ ...chunkHead, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], ...more })
  const done = Buffer.from('data: [DONE]\n\n')
  const streams = {
    'in every chunk, so far': [delta('H', 2), delta('i', 5), finish(counted(tokens.output)), done],
    'beside the finish': [delta('Hi', 1), finish(counted(tokens.output)), done],
    'null until the end': [
      sse({ ...chunkHead, choices: [{ index: 0, delta: { content: 'Hi' } }], usage: null }),
      finish({ usage: null }),
      sse({ ...chunkHead, choices: [], ...counted(tokens.output) }),
      done,
    ],
    'after [DONE] is nothing': [delta('Hi', tokens.output), finish({}), done, finish(counted(99))],
  }
  const shaped = cellsOf(['openai', 'compatible', 'mistral'])

  test.each(
    Object.entries(streams).flatMap(([name, frames]) => shaped.map((cell) => ({ name, frames, ...cell }))),
  )('$name: $route from $provider', async ({ frames, name: _name, ...cell }) => {
    const { answer } = await world.call(cell, routeOf(cell).streaming, playStream(cell, frames))
    const { text, usage } = hearAnswer(cell, 'stream', answer)
    expect({ text, usage }).toEqual({ text: 'Hi', usage: tokens })
  })

  test.each(shaped)('not at all: $route from $provider', async (cell) => {
    const frames = [
      sse({ ...chunkHead, choices: [{ index: 0, delta: { content: 'Hi' } }] }),
      finish({}),
      done,
    ]
    const { answer } = await world.call(cell, routeOf(cell).streaming, playStream(cell, frames))
    const heard = hearAnswer(cell, 'stream', answer)
    expect(heard.text).toBe('Hi')
    expect(heard.finish).toBe(routeOf(cell).finishes.stop)
  })
})
