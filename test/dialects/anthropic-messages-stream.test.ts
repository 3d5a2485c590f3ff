import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { accumulate } from '../support/accumulate.ts'
import type { ChatEvent } from '../../src/canonical/chat-events.ts'
import type { Block, Finish } from '../../src/canonical/chat.ts'
import type { JsonObject } from '../../src/canonical/json.ts'
import { noUsage } from '../../src/canonical/usage.ts'
import { anthropicMessages } from '../../src/dialects/anthropic-messages/index.ts'
import type { Frame } from '../../src/framing/frame.ts'
import { send } from './anthropic-messages-frames.ts'

type Event = { type: string } & JsonObject

const started: Event = {
  type: 'message_start',
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude',
    content: [],
    usage: { input_tokens: 5, output_tokens: 1 },
  },
}
const opened = (index: number, content_block: JsonObject): Event => ({
  type: 'content_block_start',
  index,
  content_block,
})
const grown = (index: number, delta: JsonObject): Event => ({ type: 'content_block_delta', index, delta })
const closed = (index: number): Event => ({ type: 'content_block_stop', index })
const ended = (stop_reason: string | null, usage: JsonObject = {}): Event => ({
  type: 'message_delta',
  delta: { stop_reason, stop_sequence: null },
  usage,
})
const stopped: Event = { type: 'message_stop' }
const tool = { type: 'tool_use', id: 't', name: 'f', input: {} }

function decode(...stream: Event[]): ChatEvent[] {
  const decoder = anthropicMessages.streamDecoder()
  return send(...stream).flatMap((frame) => [...decoder.push(frame)])
}
const contentOf = (...stream: Event[]): Block[] =>
  accumulate(decode(started, ...stream, ended('end_turn'), stopped)).choices[0]!.content

describe('a Messages stream, read', () => {
  test('is not finished before message_stop, and says nothing after it', () => {
    const decoder = anthropicMessages.streamDecoder()
    for (const frame of send(started, ended('end_turn'))) decoder.push(frame)
    expect(decoder.finished).toBe(false)
    expect(decoder.close()).toEqual([])
    expect(decoder.push({ event: 'message_stop', data: '{"type":"message_stop"}   ' }).at(-1)).toEqual({
      type: 'end',
    })
    expect(decoder.finished).toBe(true)
    expect(decoder.push({ event: 'message_delta', data: 'not even JSON' })).toEqual([])
  })

  test('may hold pings, unknown events and the end mark of another API anywhere', () => {
    const noise: Event[] = [{ type: 'ping' }, { type: 'weather_report', sun: true }]
    const plain = [
      started,
      opened(0, { type: 'text', text: '' }),
      grown(0, { type: 'text_delta', text: 'Hi' }),
      closed(0),
      ended('end_turn'),
      stopped,
    ]
    expect(decode(...noise, ...plain.flatMap((event) => [event, ...noise]))).toEqual(decode(...plain))
    expect(anthropicMessages.streamDecoder().push({ data: '[DONE]' })).toEqual([])
  })

  test.each<[string, Event[], string]>([
    [
      'come in pieces',
      [
        grown(0, { type: 'input_json_delta', partial_json: '{"a":' }),
        grown(0, { type: 'input_json_delta', partial_json: '1}' }),
      ],
      '{"a":1}',
    ],
    ['are one empty piece', [grown(0, { type: 'input_json_delta', partial_json: '' })], '{}'],
    ['do not come', [], '{}'],
  ])('has a tool call whose arguments %s', (_name, deltas, expected) => {
    expect(contentOf(opened(0, tool), ...deltas, closed(0))).toEqual([
      { type: 'tool_call', id: 't', name: 'f', arguments: expected },
    ])
  })

  test('has a tool call whose arguments come whole with its start', () => {
    const whole = opened(0, { ...tool, input: { a: 1 } })
    expect(contentOf(whole, closed(0))).toMatchObject([{ arguments: '{"a":1}' }])
  })

  test('replaces the usage by later totals and keeps the kinds they leave out', () => {
    const first = {
      ...started,
      message: {
        model: 'claude',
        usage: {
          input_tokens: 4,
          cache_creation_input_tokens: 10,
          cache_creation: { ephemeral_5m_input_tokens: 4, ephemeral_1h_input_tokens: 6 },
          cache_read_input_tokens: 7,
          output_tokens: 1,
        },
      },
    }
    const total = (usage: JsonObject) => accumulate(decode(first, ended('end_turn', usage), stopped)).usage
    expect(total({ output_tokens: 9 })).toEqual({
      ...noUsage,
      input: 4,
      cached: 7,
      cacheWrite5m: 4,
      cacheWrite1h: 6,
      output: 9,
    })
    expect(total({ input_tokens: 61, cache_read_input_tokens: null, output_tokens: 2 })).toMatchObject({
      input: 61,
      cached: 7,
      output: 2,
    })
    expect(total({ cache_creation_input_tokens: 15, output_tokens: 2 })).toMatchObject({
      cacheWrite5m: 9,
      cacheWrite1h: 6,
    })
    expect(total({ output_tokens: -3 })).toMatchObject({ output: 1 })
  })

  test('may be a refusal without any content', () => {
    const refused = accumulate(decode(started, ended('refusal'), stopped))
    expect(refused.choices).toEqual([
      { index: 0, content: [], finish: { unified: 'refusal', raw: 'refusal' } },
    ])
  })

  test('carries whole the blocks it does not know, and what they grew to', () => {
    expect(
      contentOf(
        opened(0, { type: 'server_tool_use', id: 's', name: 'web_search', input: {} }),
        grown(0, { type: 'input_json_delta', partial_json: '{"query":' }),
        grown(0, { type: 'input_json_delta', partial_json: '"x"}' }),
        closed(0),
        opened(1, { type: 'compaction', content: null }),
        grown(1, { type: 'compaction_delta', content: 'summary' }),
        closed(1),
        opened(2, { type: 'server_tool_use', id: 's', name: 'web_search', input: {} }),
        grown(2, { type: 'input_json_delta', partial_json: '{"que' }),
        closed(2),
      ),
    ).toEqual(
      [
        { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'x' } },
        { type: 'compaction', content: 'summary' },
        { type: 'server_tool_use', id: 's', name: 'web_search', input: { _raw: '{"que' } },
      ].map((value) => ({ type: 'opaque', block: { dialect: 'anthropic-messages', value } })),
    )
  })

  test('gives thinking its signature and text its citations', () => {
    expect(
      contentOf(
        opened(0, { type: 'thinking', thinking: '', signature: '' }),
        grown(0, { type: 'thinking_delta', thinking: 'hm' }),
        grown(0, { type: 'signature_delta', signature: 'sig' }),
        closed(0),
        opened(1, { type: 'redacted_thinking', data: 'xyz' }),
        closed(1),
        opened(2, { type: 'text', text: '' }),
        grown(2, { type: 'citations_delta', citation: { url: 'a' } }),
        grown(2, { type: 'text_delta', text: 'so' }),
        grown(2, { type: 'news_delta', text: 'not known' }),
        closed(2),
      ),
    ).toEqual([
      { type: 'thinking', text: 'hm', signature: { dialect: 'anthropic-messages', value: 'sig' } },
      { type: 'redacted_thinking', data: { dialect: 'anthropic-messages', value: 'xyz' } },
      { type: 'text', text: 'so', citations: { dialect: 'anthropic-messages', value: [{ url: 'a' }] } },
    ])
  })

  test('closes what the provider left open, and finishes once', () => {
    const events = decode(started, opened(0, tool), ended('tool_use'), ended('end_turn'), stopped)
    expect(accumulate(events).choices).toEqual([
      {
        index: 0,
        content: [{ type: 'tool_call', id: 't', name: 'f', arguments: '{}' }],
        finish: { unified: 'tool_calls', raw: 'tool_use' },
      },
    ])
  })

  test('closes a block whose index another takes', () => {
    expect(contentOf(opened(0, tool), opened(0, { type: 'text', text: 'so' }), closed(0))).toEqual([
      { type: 'tool_call', id: 't', name: 'f', arguments: '{}' },
      { type: 'text', text: 'so' },
    ])
  })

  test('that ends without a reason is whole all the same', () => {
    expect(accumulate(decode(started, stopped)).choices[0]!.finish).toEqual({ unified: 'other', raw: '' })
  })

  test('gathers what only this dialect knows from its start and its end', () => {
    const message = {
      model: 'claude',
      container: { id: 'c' },
      usage: { input_tokens: 1, output_tokens: 1, service_tier: 'standard', inference_geo: 'eu' },
    }
    const end = {
      ...ended('refusal', { output_tokens: 2, server_tool_use: { web_search_requests: 1 } }),
      delta: { stop_reason: 'refusal', stop_details: { type: 'refusal' } },
      context_management: { applied_edits: [] },
    }
    expect(accumulate(decode({ type: 'message_start', message }, end, stopped))).toMatchObject({
      serviceTier: 'standard',
      extensions: {
        dialect: 'anthropic-messages',
        fields: {
          container: { id: 'c' },
          stop_details: { type: 'refusal' },
          context_management: { applied_edits: [] },
          usage: { inference_geo: 'eu', server_tool_use: { web_search_requests: 1 } },
        },
      },
    })
  })

  test.each<[string, Frame]>([
    [
      'of this API',
      { event: 'error', data: '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}' },
    ],
    [
      'without a name',
      { data: '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}' },
    ],
  ])('ends with an error %s and is never finished', (_name, frame) => {
    const decoder = anthropicMessages.streamDecoder()
    const error = { type: 'overloaded_error', message: 'Overloaded', kind: 'overloaded' }
    expect(decoder.push(frame)).toEqual([{ type: 'error', error }])
    expect(decoder.push(send(stopped)[0]!)).toEqual([])
    expect(decoder.finished).toBe(false)
  })

  test('reads an error event that is no JSON', () => {
    expect(anthropicMessages.streamDecoder().push({ event: 'error', data: 'upstream reset' })).toEqual([
      { type: 'error', error: { message: 'upstream reset', kind: 'server' } },
    ])
  })

  test.each<[string, Event[]]>([
    ['content before its start', [opened(0, tool)]],
    ['an end before its start', [stopped]],
    ['two starts', [started, started]],
    ['a start without a message', [{ type: 'message_start' }]],
    ['a delta for no block', [started, grown(0, { type: 'text_delta', text: 'x' })]],
    ['a stop for no block', [started, closed(0)]],
    ['text inside a tool call', [started, opened(0, tool), grown(0, { type: 'text_delta', text: 'x' })]],
    ['a block that is none', [started, opened(0, undefined as unknown as JsonObject)]],
  ])('is refused for %s', (_name, stream) => {
    expect(() => decode(...stream)).toThrow(expect.objectContaining({ code: 'upstream_error' }))
  })

  test('is refused where its frames are not events of this API', () => {
    const decoder = anthropicMessages.streamDecoder()
    expect(() => decoder.push({ data: '{"id":"chatcmpl-1","choices":[]}' })).toThrow(
      expect.objectContaining({ code: 'upstream_error' }),
    )
    expect(() => decoder.push({ event: 'message_start', data: '{"type":"message_st' })).toThrow(SyntaxError)
    expect(() => decoder.push({ event: 'message_start', data: '[]' })).toThrow(
      expect.objectContaining({ code: 'upstream_error' }),
    )
  })
})

const start: ChatEvent = { type: 'start', id: 'chatcmpl-1', model: 'gpt' }
const end: ChatEvent = { type: 'end' }
const blockStart = (index: number, block: Block): ChatEvent => ({
  type: 'block_start',
  choice: 0,
  index,
  block,
})
const words = (
  index: number,
  type: 'text' | 'thinking' | 'arguments' | 'refusal',
  text: string,
): ChatEvent => ({
  type: 'block_delta',
  choice: 0,
  index,
  delta: { type, text },
})
const blockStop = (index: number): ChatEvent => ({ type: 'block_stop', choice: 0, index })
const finish = (unified: Finish['unified'], raw: string): ChatEvent => ({
  type: 'finish',
  choice: 0,
  finish: { unified, raw },
})
const toolCall = (id: string): Block => ({ type: 'tool_call', id, name: 'f', arguments: '' })

function write(...events: ChatEvent[]): JsonObject[] {
  const encoder = anthropicMessages.streamEncoder({ includeUsage: false, now: 0 })
  const frames = events.flatMap((event) => [...encoder.push(event)])
  for (const frame of frames) expect((JSON.parse(frame.data) as JsonObject).type).toBe(frame.event)
  return frames.map((frame) => JSON.parse(frame.data) as JsonObject)
}
/** One word per frame: its type, and the index of its block. */
const outline = (frames: JsonObject[]) =>
  frames.map(({ type, index }) =>
    index === undefined ? type : `${(type as string).replace('content_block_', '')} ${index as number}`,
  )

describe('a stream, written for the Messages API', () => {
  test('begins at once and ends with the reason, the whole usage and message_stop', () => {
    const usage = { ...noUsage, input: 3, cached: 4, output: 5 }
    const frames = write(
      start,
      blockStart(0, { type: 'text', text: '' }),
      words(0, 'text', 'Hi'),
      blockStop(0),
      finish('length', 'length'),
      { type: 'usage', usage: { ...usage, output: 1 } },
      { type: 'usage', usage },
      end,
    )
    expect(frames).toMatchObject([
      {
        type: 'message_start',
        message: {
          id: 'chatcmpl-1',
          type: 'message',
          role: 'assistant',
          model: 'gpt',
          content: [],
          stop_reason: null,
          usage: { input_tokens: 0, output_tokens: 0 },
        },
      },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } },
      { type: 'content_block_stop', index: 0 },
      {
        type: 'message_delta',
        delta: { stop_reason: 'max_tokens', stop_sequence: null },
        usage: { input_tokens: 3, cache_read_input_tokens: 4, output_tokens: 5 },
      },
      { type: 'message_stop' },
    ])
  })

  test('keeps the end back until the usage that follows the finish is known', () => {
    const encoder = anthropicMessages.streamEncoder({ includeUsage: false, now: 0 })
    expect(encoder.push(start)).toHaveLength(1)
    expect(encoder.push(finish('stop', 'stop'))).toEqual([])
    expect(encoder.push({ type: 'usage', usage: noUsage })).toEqual([])
    expect(encoder.push(end).map(({ event }) => event)).toEqual(['message_delta', 'message_stop'])
  })

  test('has one block open at a time when parallel tool calls alternate', () => {
    const frames = write(
      start,
      blockStart(0, toolCall('a')),
      blockStart(1, toolCall('b')),
      blockStart(2, toolCall('c')),
      words(2, 'arguments', '{"c":3}'),
      words(1, 'arguments', '{"b"'),
      words(0, 'arguments', '{"a"'),
      words(1, 'arguments', ':2}'),
      blockStop(1),
      words(0, 'arguments', ':1}'),
      blockStop(0),
      blockStop(2),
      finish('tool_calls', 'tool_calls'),
      end,
    )
    expect(outline(frames)).toEqual([
      'message_start',
      'start 0',
      'delta 0',
      'delta 0',
      'stop 0',
      'start 1',
      'delta 1',
      'delta 1',
      'stop 1',
      'start 2',
      'delta 2',
      'stop 2',
      'message_delta',
      'message_stop',
    ])
    const answer = decode(...(frames as Event[]))
    expect(accumulate(answer).choices[0]!.content).toMatchObject([
      { id: 'a', arguments: '{"a":1}' },
      { id: 'b', arguments: '{"b":2}' },
      { id: 'c', arguments: '{"c":3}' },
    ])
  })

  test('sends the open block on without waiting for the ones after it', () => {
    const encoder = anthropicMessages.streamEncoder({ includeUsage: false, now: 0 })
    for (const event of [start, blockStart(0, toolCall('a')), blockStart(1, toolCall('b'))])
      encoder.push(event)
    expect(encoder.push(words(1, 'arguments', '{}'))).toEqual([])
    expect(encoder.push(words(0, 'arguments', '{}'))).toHaveLength(1)
  })

  test('numbers from 0 without gaps though some blocks have no place here', () => {
    const foreign = { dialect: 'openai-responses', value: { x: 1 } } as const
    const frames = write(
      start,
      blockStart(0, { type: 'opaque', block: foreign }),
      blockStop(0),
      blockStart(1, { type: 'text', text: '' }),
      blockStop(1),
      blockStart(2, { type: 'text', text: 'So' }),
      blockStop(2),
      finish('stop', 'stop'),
      end,
    )
    expect(outline(frames)).toEqual([
      'message_start',
      'start 0',
      'delta 0',
      'stop 0',
      'message_delta',
      'message_stop',
    ])
    expect(JSON.stringify(frames)).not.toContain('"x"')
  })

  test('signs thinking after its text, carrying the signature of another dialect', () => {
    const signature = { dialect: 'anthropic-messages', value: 'sig' } as const
    const frames = write(
      start,
      blockStart(0, { type: 'thinking', text: '', signature }),
      words(0, 'thinking', 'hm'),
      blockStop(0),
      blockStart(1, { type: 'thinking', text: 'well' }),
      {
        type: 'block_delta',
        choice: 0,
        index: 1,
        delta: { type: 'signature', signature: { dialect: 'gemini', value: 'g' } },
      },
      blockStop(1),
    )
    expect(frames.slice(1)).toEqual([
      {
        type: 'content_block_start',
        index: 0,
        content_block: { type: 'thinking', thinking: '', signature: '' },
      },
      { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'hm' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'sig' } },
      { type: 'content_block_stop', index: 0 },
      {
        type: 'content_block_start',
        index: 1,
        content_block: { type: 'thinking', thinking: '', signature: '' },
      },
      { type: 'content_block_delta', index: 1, delta: { type: 'thinking_delta', thinking: 'well' } },
      {
        type: 'content_block_delta',
        index: 1,
        delta: {
          type: 'signature_delta',
          signature: expect.stringMatching(/^gateway-reasoning\./) as string,
        },
      },
      { type: 'content_block_stop', index: 1 },
    ])
  })

  test('writes what another dialect signed a call with as a redacted block before it, and counts both', () => {
    const signature = { dialect: 'gemini', value: 'g' } as const
    const frames = write(
      start,
      blockStart(0, { type: 'tool_call', id: 'c1', name: 'f', arguments: '{"a":1}', signature }),
      blockStop(0),
      blockStart(1, { type: 'text', text: 'x' }),
      blockStop(1),
    )
    expect(frames.slice(1).map(({ type, index }) => [type, index])).toEqual([
      ['content_block_start', 0],
      ['content_block_stop', 0],
      ['content_block_start', 1],
      ['content_block_delta', 1],
      ['content_block_stop', 1],
      ['content_block_start', 2],
      ['content_block_delta', 2],
      ['content_block_stop', 2],
    ])
    expect(frames[1]).toMatchObject({ content_block: { type: 'redacted_thinking' } })
    expect(frames[3]).toMatchObject({ content_block: { type: 'tool_use', id: 'c1' } })
  })

  test('gives a refusal as text and stops for it', () => {
    const frames = write(
      start,
      blockStart(0, { type: 'refusal', text: '' }),
      words(0, 'refusal', 'No.'),
      blockStop(0),
      finish('stop', 'stop'),
      end,
    )
    expect(frames[1]).toMatchObject({ content_block: { type: 'text' } })
    expect(frames[2]).toMatchObject({ delta: { type: 'text_delta', text: 'No.' } })
    expect(frames.at(-2)).toMatchObject({ delta: { stop_reason: 'refusal' } })
  })

  test('stops for tool_use when it called tools, whatever word the provider used', () => {
    const frames = write(start, blockStart(0, toolCall('a')), blockStop(0), finish('stop', 'stop'), end)
    expect(frames.at(-2)).toMatchObject({ delta: { stop_reason: 'tool_use' } })
  })

  test('has only the first choice', () => {
    const frames = write(
      start,
      { type: 'block_start', choice: 1, index: 0, block: { type: 'text', text: 'other' } },
      { type: 'block_stop', choice: 1, index: 0 },
      { type: 'logprobs', choice: 0, logprobs: {} },
      { type: 'finish', choice: 1, finish: { unified: 'length', raw: 'length' } },
      finish('stop', 'stop'),
      end,
    )
    expect(outline(frames)).toEqual(['message_start', 'message_delta', 'message_stop'])
    expect(frames[1]).toMatchObject({ delta: { stop_reason: 'end_turn' } })
  })

  test('says the same as the JSON form, however the blocks interleave', () => {
    const piece = fc.record({ block: fc.nat(3), text: fc.string({ minLength: 1, maxLength: 5 }) })
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 20 }),
        fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
        (pieces, stops) => {
          const kinds: Block[] = [
            { type: 'thinking', text: '' },
            { type: 'text', text: '' },
            { type: 'tool_call', id: 'a', name: 'f', arguments: '' },
            { type: 'tool_call', id: 'b', name: 'f', arguments: '' },
          ]
          const delta = (block: number) => (['thinking', 'text', 'arguments', 'arguments'] as const)[block]!
          const escaped = (block: number, text: string) =>
            block > 1 ? JSON.stringify(text).slice(1, -1) : text
          const events: ChatEvent[] = [
            start,
            ...kinds.map((block, index) => blockStart(index, block)),
            words(2, 'arguments', '{"x":"'),
            words(3, 'arguments', '{"x":"'),
            ...pieces.map(({ block, text }) => words(block, delta(block), escaped(block, text))),
            words(2, 'arguments', '"}'),
            words(3, 'arguments', '"}'),
            ...stops.map(blockStop),
            finish('stop', 'stop'),
            { type: 'usage', usage: { ...noUsage, input: 2, output: 1 } },
            end,
          ]
          const json = anthropicMessages.encodeResponse(accumulate(events), 0)
          const read = (answer: JsonObject) => anthropicMessages.decodeResponse(answer).choices
          const streamed = accumulate(decode(...(write(...events) as Event[])))
          for (const block of streamed.choices[0]!.content)
            if (block.type === 'tool_call') block.arguments = JSON.stringify(JSON.parse(block.arguments))
          expect(streamed.choices).toEqual(read(json))
        },
      ),
      { numRuns: 100 },
    )
  })

  test('ends with one error event and no message_stop when it fails', () => {
    const failure = { code: 'overloaded', message: 'Try later.', requestId: 'r1' } as const
    expect(anthropicMessages.encodeStreamError(failure, 3)).toEqual([
      {
        event: 'error',
        data: '{"type":"error","error":{"type":"overloaded_error","message":"Try later."},"request_id":"r1"}',
      },
    ])
    expect(anthropicMessages.terminator).toEqual([])
  })
})
