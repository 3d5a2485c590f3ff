import { describe, expect, test } from 'vitest'
import type { ChatEvent } from '../../src/canonical/chat-events.ts'
import type { Block } from '../../src/canonical/chat.ts'
import type { JsonObject } from '../../src/canonical/json.ts'
import { noUsage } from '../../src/canonical/usage.ts'
import type { WireError } from '../../src/canonical/wire-error.ts'
import { bedrockConverse } from '../../src/dialects/bedrock-converse/index.ts'
import { GatewayError } from '../../src/errors.ts'
import { accumulate } from '../support/accumulate.ts'
import { send, type Sent } from './bedrock-frames.ts'

const started: Sent = ['messageStart', { role: 'assistant', p: 'abc' }]
const opened = (contentBlockIndex: number, start: JsonObject): Sent => [
  'contentBlockStart',
  { contentBlockIndex, start, p: 'a' },
]
const grown = (contentBlockIndex: number, delta: JsonObject): Sent => [
  'contentBlockDelta',
  { contentBlockIndex, delta, p: 'a' },
]
const closed = (contentBlockIndex: number): Sent => ['contentBlockStop', { contentBlockIndex }]
const stopped = (stopReason = 'end_turn', more: JsonObject = {}): Sent => [
  'messageStop',
  { stopReason, p: 'a', ...more },
]
const metadata: Sent = [
  'metadata',
  { usage: { inputTokens: 3, outputTokens: 4 }, metrics: { latencyMs: 5 }, p: 'a' },
]
const own = (value: unknown) => ({ dialect: 'bedrock-converse' as const, value })

function decode(...events: Sent[]): ChatEvent[] {
  const decoder = bedrockConverse.streamDecoder()
  return send(...events).flatMap((frame) => [...decoder.push(frame)])
}
const contentOf = (...events: Sent[]): Block[] =>
  accumulate(decode(started, ...events, stopped(), metadata)).choices[0]!.content

describe('a ConverseStream', () => {
  test('is told event by event', () => {
    expect(
      decode(
        started,
        grown(0, { text: 'Hel' }),
        grown(0, { text: '' }),
        grown(0, { text: 'lo' }),
        closed(0),
        stopped(),
        metadata,
      ),
    ).toEqual([
      { type: 'start', id: '', model: '' },
      { type: 'block_start', choice: 0, index: 0, block: { type: 'text', text: '' } },
      { type: 'block_delta', choice: 0, index: 0, delta: { type: 'text', text: 'Hel' } },
      { type: 'block_delta', choice: 0, index: 0, delta: { type: 'text', text: 'lo' } },
      { type: 'block_stop', choice: 0, index: 0 },
      { type: 'finish', choice: 0, finish: { unified: 'stop', raw: 'end_turn' } },
      { type: 'usage', usage: { ...noUsage, input: 3, output: 4 } },
      {
        type: 'extensions',
        extensions: { dialect: 'bedrock-converse', fields: { metrics: { latencyMs: 5 } } },
      },
      { type: 'end' },
    ])
  })

  test('is finished with its stop, and ends with its metadata or its connection', () => {
    const decoder = bedrockConverse.streamDecoder()
    const push = (...events: Sent[]) => send(...events).flatMap((frame) => [...decoder.push(frame)])
    push(started)
    expect(decoder.finished).toBe(false)
    expect(decoder.close()).toEqual([])
    expect(push(stopped()).map(({ type }) => type)).toEqual(['finish'])
    expect(decoder.finished).toBe(true)
    expect(decoder.close()).toEqual([{ type: 'end' }])
    expect(decoder.close()).toEqual([])
    expect(push(metadata)).toEqual([])
  })

  test('says nothing after its end', () => {
    const decoder = bedrockConverse.streamDecoder()
    for (const frame of send(started, stopped(), metadata)) decoder.push(frame)
    expect(decoder.close()).toEqual([])
    expect(decoder.push({ event: 'contentBlockDelta', data: 'not even JSON' })).toEqual([])
  })

  test('is stopped once', () => {
    expect(decode(started, stopped(), stopped('max_tokens')).map(({ type }) => type)).toEqual([
      'start',
      'finish',
    ])
  })

  test('may tell its usage before its stop, which does not end it', () => {
    expect(decode(started, metadata, stopped()).map(({ type }) => type)).toEqual([
      'start',
      'usage',
      'extensions',
      'finish',
    ])
    expect(decode(started, stopped(), ['metadata', {}]).map(({ type }) => type)).toEqual([
      'start',
      'finish',
      'end',
    ])
  })

  test('says with its stop which sequence it met, and keeps the fields', () => {
    const additionalModelResponseFields = { stop_sequence: 'END' }
    expect(decode(started, stopped('stop_sequence', { additionalModelResponseFields })).slice(1)).toEqual([
      {
        type: 'finish',
        choice: 0,
        finish: { unified: 'stop_sequence', raw: 'stop_sequence', stopSequence: 'END' },
      },
      {
        type: 'extensions',
        extensions: { dialect: 'bedrock-converse', fields: { additionalModelResponseFields } },
      },
    ])
  })

  test('passes over events that are not known', () => {
    expect(decode(started, ['initial-response', {}], ['weather', { sun: true }], stopped())).toEqual(
      decode(started, stopped()),
    )
  })

  test('closes what nobody stopped', () => {
    const content = contentOf(grown(0, { text: 'a' }), opened(1, { toolUse: { toolUseId: 't', name: 'f' } }))
    expect(content).toEqual([
      { type: 'text', text: 'a' },
      { type: 'tool_call', id: 't', name: 'f', arguments: '{}' },
    ])
  })

  test('may stop a block twice, or one that was none, and go on with it as another', () => {
    expect(
      contentOf(
        closed(7),
        grown(0, { text: 'a' }),
        closed(0),
        closed(0),
        grown(0, { text: 'b' }),
        closed(0),
        opened(1, { toolUse: { toolUseId: '1', name: 'f' } }),
        opened(1, { toolUse: { toolUseId: '2', name: 'g' } }),
      ),
    ).toEqual([
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
      { type: 'tool_call', id: '1', name: 'f', arguments: '{}' },
      { type: 'tool_call', id: '2', name: 'g', arguments: '{}' },
    ])
  })

  test('has no blocks without content', () => {
    expect(contentOf(grown(0, { text: '' }), closed(0), opened(1, {}), grown(1, {}), closed(1))).toEqual([])
  })
})

describe('a block of a stream', () => {
  const call = { toolUse: { toolUseId: 't', name: 'f' } }

  test.each<[string, Sent[], Block]>([
    [
      'is a call in pieces',
      [
        opened(0, call),
        grown(0, { toolUse: { input: '' } }),
        grown(0, { toolUse: { input: '{"a"' } }),
        grown(0, { toolUse: { input: ':1}' } }),
      ],
      { type: 'tool_call', id: 't', name: 'f', arguments: '{"a":1}' },
    ],
    [
      'is a call without arguments',
      [opened(0, call), grown(0, { toolUse: { input: '' } })],
      { type: 'tool_call', id: 't', name: 'f', arguments: '{}' },
    ],
    [
      'is signed reasoning',
      [
        grown(0, { reasoningContent: { text: 'H' } }),
        grown(0, { reasoningContent: { text: 'm' } }),
        grown(0, { reasoningContent: { signature: 's1' } }),
        grown(0, { reasoningContent: { signature: 's2' } }),
      ],
      { type: 'thinking', text: 'Hm', signature: own('s1s2') },
    ],
    [
      'is reasoning of a signature alone',
      [grown(0, { reasoningContent: { signature: 's' } })],
      { type: 'thinking', text: '', signature: own('s') },
    ],
    [
      'is unsigned reasoning',
      [grown(0, { reasoningContent: { text: 'Hm' } })],
      { type: 'thinking', text: 'Hm' },
    ],
    [
      'is hidden reasoning',
      [grown(0, { reasoningContent: { redactedContent: 'AQI=' } })],
      { type: 'redacted_thinking', data: own('AQI=') },
    ],
    [
      'is hidden reasoning in pieces',
      [
        grown(0, { reasoningContent: { redactedContent: 'AQ==' } }),
        grown(0, { reasoningContent: { redactedContent: 'Ag==' } }),
      ],
      { type: 'redacted_thinking', data: own('AQI=') },
    ],
    [
      'is cited text',
      [
        grown(0, { text: 'a' }),
        grown(0, { citation: { title: '1' } }),
        grown(0, { citation: { title: '2' } }),
      ],
      { type: 'text', text: 'a', citations: own([{ title: '1' }, { title: '2' }]) },
    ],
    [
      'is text whose citation comes first',
      [grown(0, { citation: { title: '1' } }), grown(0, { text: 'a' })],
      { type: 'text', text: 'a', citations: own([{ title: '1' }]) },
    ],
    [
      'is a call that the provider runs',
      [
        opened(0, { toolUse: { toolUseId: 't', name: 'f', type: 'server_tool_use' } }),
        grown(0, { toolUse: { input: '{"a"' } }),
        grown(0, { toolUse: { input: ':1}' } }),
      ],
      {
        type: 'opaque',
        block: own({ toolUse: { toolUseId: 't', name: 'f', type: 'server_tool_use', input: { a: 1 } } }),
      },
    ],
    [
      'is such a call cut off',
      [
        opened(0, { toolUse: { toolUseId: 't', type: 'server_tool_use' } }),
        grown(0, { toolUse: { input: '{"a"' } }),
      ],
      {
        type: 'opaque',
        block: own({ toolUse: { toolUseId: 't', type: 'server_tool_use', input: { _raw: '{"a"' } } }),
      },
    ],
    [
      'is the result of one, in pieces',
      [
        opened(0, { toolResult: { toolUseId: 't', type: 'r', status: 'success' } }),
        grown(0, { toolResult: [{ json: { a: 1 } }] }),
        grown(0, { toolResult: [{ text: 'b' }] }),
      ],
      {
        type: 'opaque',
        block: own({
          toolResult: {
            toolUseId: 't',
            type: 'r',
            status: 'success',
            content: [{ json: { a: 1 } }, { text: 'b' }],
          },
        }),
      },
    ],
    [
      'is an image',
      [opened(0, { image: { format: 'png' } }), grown(0, { image: { source: { bytes: 'AA==' } } })],
      { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AA==' } },
    ],
    [
      'is of a kind to come',
      [grown(0, { video: { a: 1 } }), grown(0, { video: { b: 2 }, flag: true })],
      { type: 'opaque', block: own({ video: { a: 1, b: 2 }, flag: true }) },
    ],
  ])('%s', (_what, events, expected) => {
    expect(contentOf(...events, closed(0))).toEqual([expected])
  })

  test('has a place of its own, whatever the order', () => {
    expect(
      contentOf(
        opened(3, call),
        opened(5, { toolUse: { toolUseId: 'u', name: 'g' } }),
        grown(5, { toolUse: { input: '{"b":2}' } }),
        grown(3, { toolUse: { input: '{"a":1}' } }),
        closed(5),
        closed(3),
      ),
    ).toEqual([
      { type: 'tool_call', id: 't', name: 'f', arguments: '{"a":1}' },
      { type: 'tool_call', id: 'u', name: 'g', arguments: '{"b":2}' },
    ])
  })

  test('that calls a tool finishes with calls, one that the provider runs does not', () => {
    const finish = (start: JsonObject) => decode(started, opened(0, start), stopped()).at(-1)
    expect(finish(call)).toMatchObject({ finish: { unified: 'tool_calls', raw: 'end_turn' } })
    const server = { toolUse: { ...call.toolUse, type: 'server_tool_use' } }
    expect(finish(server)).toMatchObject({ finish: { unified: 'stop' } })
  })
})

describe('an exception', () => {
  const exception = (event: string | undefined, data: string): Sent => ({
    ...(event !== undefined && { event }),
    data,
    isException: true,
  })

  test.each<[string, WireError['kind']]>([
    ['throttlingException', 'rate_limit'],
    ['modelStreamErrorException', 'server'],
    ['internalServerException', 'server'],
    ['serviceUnavailableException', 'overloaded'],
    ['validationException', 'request'],
    ['modelTimeoutException', 'server'],
    ['InternalError', 'server'],
    ['somethingElse', 'server'],
  ])('%s is an error, and the last word', (type, kind) => {
    const events = decode(
      started,
      grown(0, { text: 'a' }),
      exception(type, '{"message":"Words"}'),
      grown(0, { text: 'b' }),
      stopped(),
    )
    expect(events.at(-1)).toEqual({ type: 'error', error: { message: 'Words', type, kind } })
    expect(events).toHaveLength(4)
  })

  test('may come first, without a name, and with a message of other shapes', () => {
    const unreadable = 'The provider failed in the middle of its answer and gave no readable message.'
    expect(decode(exception(undefined, '{}'))).toEqual([
      { type: 'error', error: { message: unreadable, kind: 'server' } },
    ])
    expect(decode(exception('validationException', 'Input is too long'))).toEqual([
      {
        type: 'error',
        error: { message: 'Input is too long', type: 'validationException', kind: 'context_length' },
      },
    ])
    expect(decode(exception('modelStreamErrorException', '{"originalMessage":"Inner"}'))).toMatchObject([
      { error: { message: 'Inner' } },
    ])
  })

  test('leaves a stream unfinished', () => {
    const decoder = bedrockConverse.streamDecoder()
    for (const frame of send(started, exception('throttlingException', '{}'))) decoder.push(frame)
    expect(decoder.finished).toBe(false)
    expect(decoder.close()).toEqual([])
  })

  test('after the stop ends a whole answer without its usage', () => {
    expect(decode(started, stopped(), exception('internalServerException', '{}')).at(-1)).toEqual({
      type: 'end',
    })
  })
})

describe('what is no ConverseStream', () => {
  test.each<[string, Sent[]]>([
    ['a frame without a name', [{ data: '{}' }]],
    ['a delta before the start', [grown(0, { text: 'a' })]],
    ['a block before the start', [opened(0, {})]],
    ['a stop of a block before the start', [closed(0)]],
    ['a stop before the start', [stopped()]],
    ['metadata before the start', [metadata]],
    ['two starts', [started, started]],
    ['an event that is a list', [started, { event: 'contentBlockDelta', data: '[]' }]],
    ['a delta that is none', [started, ['contentBlockDelta', { contentBlockIndex: 0 }]]],
    ['a piece of a call that has not begun', [started, grown(0, { toolUse: { input: '{}' } })]],
    ['a delta after the stop', [started, stopped(), grown(0, { text: 'a' })]],
    ['text that goes on as a call', [started, grown(0, { text: 'a' }), grown(0, { toolUse: { input: '' } })]],
    [
      'a call that goes on as text',
      [started, opened(0, { toolUse: { toolUseId: 't', name: 'f' } }), grown(0, { text: 'a' })],
    ],
    [
      'reasoning that goes on as text',
      [started, grown(0, { reasoningContent: { text: 'a' } }), grown(0, { text: 'a' })],
    ],
    [
      'reasoning that goes on hidden',
      [
        started,
        grown(0, { reasoningContent: { text: 'a' } }),
        grown(0, { reasoningContent: { redactedContent: 'AA==' } }),
      ],
    ],
    [
      'hidden reasoning that goes on in clear',
      [
        started,
        grown(0, { reasoningContent: { redactedContent: 'AA==' } }),
        grown(0, { reasoningContent: { text: 'a' } }),
      ],
    ],
  ])('%s is refused', (_what, events) => {
    expect(() => decode(...events)).toThrow(expect.objectContaining({ code: 'upstream_error' }))
  })

  test('text that is no JSON is refused', () => {
    expect(() => decode(started, { event: 'contentBlockDelta', data: '{"a' })).toThrow(SyntaxError)
    expect(() => decode(started, started)).toThrow(GatewayError)
  })
})
