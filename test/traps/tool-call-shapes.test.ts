import { describe, expect, test } from 'vitest'
import { encodeEvent } from '../support/aws-event-stream.ts'
import { cohereWire } from './providers/cohere.ts'
import { geminiAnswer, geminiParts } from './providers/gemini.ts'
import { chatAnswer, chatChoice, chatChunk, chatDone, chatUsageChunk } from './providers/openai-chat.ts'
import type { ProviderName } from './providers/index.ts'
import { sse, typedSse } from './providers/provider-wire.ts'
import { isRelayed } from './request-trap.ts'
import type { SaidCall, Wire } from './said.ts'
import { cells, cellsOf, hearAnswer, playJson, playStream, providerOf, routeOf, useWorld } from './world.ts'

const world = useWorld()

const one = { id: 'call_one', name: 'weather', arguments: '{"city":"Rome"}' }
const two = { id: 'call_two', name: 'time', arguments: '{"city":"Oslo"}' }

const called = ({ id, name, arguments: text }: typeof one, more: Wire = {}): Wire => ({
  id,
  type: 'function',
  function: { name, arguments: text },
  ...more,
})
const chunk = (...tool_calls: Wire[]) => chatChunk({ tool_calls })
const head = chatChunk({ role: 'assistant', content: '' })
const tail = [chatChunk({}, 'tool_calls'), chatUsageChunk, chatDone]
const begun = (call: typeof one, index: number) => called({ ...call, arguments: '' }, { index })
const piece = (index: number, text: string): Wire => ({ index, function: { arguments: text } })

/** How servers with OpenAI's chunks tell of two calls. Relayed as they come, so that only translations are checked. */
const shapes: Record<string, Buffer[]> = {
  'their pieces mixed': [
    chunk(begun(one, 0)),
    chunk(begun(two, 1)),
    chunk(piece(0, '{"city"')),
    chunk(piece(1, '{"city":')),
    chunk(piece(0, ':"Rome"}')),
    chunk(piece(1, '"Oslo"}')),
  ],
  'pieces of both in one chunk': [
    chunk(begun(one, 0), begun(two, 1)),
    chunk(piece(0, one.arguments), piece(1, two.arguments)),
  ],
  'whole in one chunk': [chunk(called(one, { index: 0 }), called(two, { index: 1 }))],
  'whole, without numbers': [chunk(called(one)), chunk(called(two))],
  'whole, all numbered 0': [chunk(called(one, { index: 0 })), chunk(called(two, { index: 0 }))],
  'numbered from 1': [chunk(called(one, { index: 1 })), chunk(called(two, { index: 2 }))],
  'the id in every piece': [
    chunk(begun(one, 0)),
    chunk({ ...piece(0, '{"city"'), id: one.id }),
    chunk({ ...piece(0, ':"Rome"}'), id: one.id }),
    chunk(begun(two, 1)),
    chunk({ ...piece(1, two.arguments), id: two.id, function: { name: '', arguments: two.arguments } }),
  ],
  'arguments as an object': [
    chunk({
      index: 0,
      id: one.id,
      function: { name: one.name, arguments: JSON.parse(one.arguments) as unknown },
    }),
    chunk(called(two, { index: 1 })),
  ],
}

describe.each(Object.entries(shapes))('two calls, %s', (_name, chunks) => {
  const translated = cellsOf(['openai', 'compatible', 'mistral']).filter((cell) => !isRelayed(cell))
  test.each(translated)('$route from $provider', async (cell) => {
    const script = playStream(cell, [head, ...chunks, ...tail])
    const asked = { ...routeOf(cell).streaming, tools: routeOf(cell).tools }
    const heard = hearAnswer(cell, 'stream', (await world.call(cell, asked, script)).answer)
    expect(heard.calls).toEqual([one, two])
    expect(heard.finish).toBe(routeOf(cell).finishes.tool_calls)
  })
})

/** Each provider's ways to call a tool that takes nothing. What the caller reads must be JSON all the same. */
const nothing: Record<ProviderName, Record<string, Buffer[]>> = (() => {
  const chat = (...pieces: Wire[]) => [head, ...pieces.map((each) => chunk(each)), ...tail]
  const openaiShapes = {
    'an empty text': chat(called({ ...one, arguments: '' }, { index: 0 })),
    'no text': chat({ index: 0, id: one.id, type: 'function', function: { name: one.name } }),
    'an empty object': chat(called({ ...one, arguments: '{}' }, { index: 0 })),
  }
  const around = (provider: 'anthropic' | 'bedrock' | 'cohere', frames: Buffer[]) => {
    const [first, ...rest] = providerOf({ route: 'chat', provider }).stream({ finish: 'tool_calls' })
    return [first!, ...frames, ...rest]
  }
  const block = (...deltas: Wire[]) =>
    around('anthropic', [
      typedSse({
        type: 'content_block_start',
        index: 0,
        content_block: { type: 'tool_use', id: one.id, name: one.name, input: {} },
      }),
      ...deltas.map((delta) => typedSse({ type: 'content_block_delta', index: 0, delta })),
      typedSse({ type: 'content_block_stop', index: 0 }),
    ])
  const converse = (...inputs: string[]) =>
    around('bedrock', [
      encodeEvent('contentBlockStart', {
        contentBlockIndex: 0,
        start: { toolUse: { toolUseId: one.id, name: one.name } },
      }),
      ...inputs.map((input) =>
        encodeEvent('contentBlockDelta', { contentBlockIndex: 0, delta: { toolUse: { input } } }),
      ),
      encodeEvent('contentBlockStop', { contentBlockIndex: 0 }),
    ])
  const cohere = (called: Wire, ...pieces: string[]) =>
    around('cohere', [
      typedSse({
        type: 'tool-call-start',
        index: 0,
        delta: { message: { tool_calls: { id: one.id, type: 'function', function: called } } },
      }),
      ...pieces.map((text) =>
        typedSse({
          type: 'tool-call-delta',
          index: 0,
          delta: { message: { tool_calls: { function: { arguments: text } } } },
        }),
      ),
      typedSse({ type: 'tool-call-end', index: 0 }),
    ])
  const gemini = (functionCall: Wire) => [
    sse(
      geminiAnswer({
        ...geminiParts({ functionCall: { id: one.id, name: one.name, ...functionCall } }),
        finishReason: 'STOP',
      }),
    ),
  ]
  const empty: SaidCall = { id: one.id, name: one.name, pieces: ['{}'] }
  const usual = (provider: ProviderName) => providerOf({ route: 'chat', provider }).stream({ calls: [empty] })
  return {
    openai: openaiShapes,
    compatible: openaiShapes,
    mistral: openaiShapes,
    responses: { 'an empty object': usual('responses') },
    anthropic: {
      'no delta': block(),
      'an empty delta': block({ type: 'input_json_delta', partial_json: '' }),
    },
    bedrock: { 'no delta': converse(), 'an empty delta': converse(''), 'an empty object': converse('{}') },
    cohere: {
      'an empty text': cohere({ name: one.name, arguments: '' }),
      'no text': cohere({ name: one.name }),
      'the word null': cohere({ name: one.name, arguments: '' }, 'null'),
      'an empty object': cohere({ name: one.name, arguments: '' }, '{', '}'),
    },
    gemini: { 'no arguments': gemini({}), 'an empty object': gemini({ args: {} }) },
    ollama: { 'an empty object': usual('ollama') },
  }
})()

describe('a call without arguments', () => {
  const rows = cells
    .filter((cell) => !isRelayed(cell))
    .flatMap((cell) => Object.entries(nothing[cell.provider]).map(([as, frames]) => ({ cell, as, frames })))
    .map((row) => ({ ...row, route: row.cell.route, provider: row.cell.provider }))

  test.each(rows)('as $as: $route from $provider', async ({ cell, frames }) => {
    const asked = { ...routeOf(cell).streaming, tools: routeOf(cell).tools }
    const { answer } = await world.call(cell, asked, playStream(cell, frames))
    const heard = hearAnswer(cell, 'stream', answer)
    expect(heard.calls).toHaveLength(1)
    const [call] = heard.calls
    // The SDK of Anthropic reads no piece at all as an empty object.
    const told = cell.route === 'messages' && call!.arguments === '' ? '{}' : call!.arguments
    expect(JSON.parse(told)).toEqual({})
    expect(heard.finish).toBe(routeOf(cell).finishes.tool_calls)
  })
})

/** The same in whole answers, where OpenAI's and Cohere's have a text that may be empty. */
describe.each(['', '{}'])('a call whose arguments are %j, in a whole answer', (text) => {
  const call = called({ ...one, arguments: text })
  const bodies = {
    openai: chatAnswer([chatChoice(0, { tool_calls: [call] }, 'tool_calls')]),
    cohere: {
      ...cohereWire.json({ finish: 'tool_calls' }),
      message: { role: 'assistant', tool_calls: [call] },
    },
  }
  const shaped = cellsOf(['openai', 'compatible', 'mistral', 'cohere']).filter((cell) => !isRelayed(cell))
  test.each(shaped)('$route from $provider', async (cell) => {
    const script = playJson(cell.provider === 'cohere' ? bodies.cohere : bodies.openai)
    const { answer } = await world.call(cell, { tools: routeOf(cell).tools }, script)
    const [heard] = hearAnswer(cell, 'json', answer).calls
    expect(heard).toEqual({ ...one, arguments: '{}' })
  })
})

/** Providers that tell calls whole are left out: they have no half of one. */
describe('arguments that the length cut off', () => {
  const cut: SaidCall = { id: one.id, name: one.name, pieces: ['{"city":', '"Ro'] }
  test.each(cellsOf(['openai', 'compatible', 'responses', 'anthropic', 'bedrock', 'cohere']))(
    '$route from $provider',
    async (cell) => {
      const heard = await world.hear(cell, 'stream', { calls: [cut], finish: 'length' })
      expect(heard.calls).toEqual([{ ...one, arguments: '{"city":"Ro' }])
      expect(heard.finish).toBe(routeOf(cell).finishes.length)
    },
  )
})
