import { describe, expect, test } from 'vitest'
import type { Block, Finish } from '../../src/canonical/chat.ts'
import type { JsonObject } from '../../src/canonical/json.ts'
import { noUsage } from '../../src/canonical/usage.ts'
import { bedrockConverse } from '../../src/dialects/bedrock-converse/index.ts'
import { GatewayError } from '../../src/errors.ts'

const answer = (content: unknown, more: JsonObject = {}): JsonObject => ({
  output: { message: { role: 'assistant', content } },
  stopReason: 'end_turn',
  ...more,
})
const decode = (content: unknown, more: JsonObject = {}) =>
  bedrockConverse.decodeResponse(answer(content, more))
const own = (value: unknown) => ({ dialect: 'bedrock-converse' as const, value })

describe('an answer', () => {
  test('tells neither an id nor its model, and may tell nothing else', () => {
    expect(decode([{ text: 'Hi' }])).toEqual({
      id: '',
      model: '',
      choices: [
        { index: 0, content: [{ type: 'text', text: 'Hi' }], finish: { unified: 'stop', raw: 'end_turn' } },
      ],
    })
  })

  test.each<[string, unknown, Block[]]>([
    ['empty text', { text: '' }, []],
    [
      'a call',
      { toolUse: { toolUseId: 't', name: 'f', input: { a: 1 } } },
      [{ type: 'tool_call', id: 't', name: 'f', arguments: '{"a":1}' }],
    ],
    [
      'a call with its type and no input',
      { toolUse: { toolUseId: 't', name: 'f', type: 'tool_use' } },
      [{ type: 'tool_call', id: 't', name: 'f', arguments: '{}' }],
    ],
    [
      'a call that the provider ran',
      { toolUse: { toolUseId: 't', name: 'f', input: {}, type: 'server_tool_use' } },
      [
        {
          type: 'opaque',
          block: own({ toolUse: { toolUseId: 't', name: 'f', input: {}, type: 'server_tool_use' } }),
        },
      ],
    ],
    [
      'the result of one',
      { toolResult: { toolUseId: 't', content: [] } },
      [{ type: 'opaque', block: own({ toolResult: { toolUseId: 't', content: [] } }) }],
    ],
    [
      'signed reasoning',
      { reasoningContent: { reasoningText: { text: 'Hm', signature: 's' } } },
      [{ type: 'thinking', text: 'Hm', signature: own('s') }],
    ],
    [
      'unsigned reasoning',
      { reasoningContent: { reasoningText: { text: 'Hm' } } },
      [{ type: 'thinking', text: 'Hm' }],
    ],
    ['reasoning of another shape', { reasoningContent: {} }, [{ type: 'thinking', text: '' }]],
    [
      'hidden reasoning',
      { reasoningContent: { redactedContent: 'AAAA' } },
      [{ type: 'redacted_thinking', data: own('AAAA') }],
    ],
    [
      'cited text',
      { citationsContent: { content: [{ text: 'a' }, { text: 'b' }], citations: [{ title: 't' }] } },
      [{ type: 'text', text: 'ab', citations: own([{ title: 't' }]) }],
    ],
    ['cited text without citations', { citationsContent: {} }, [{ type: 'text', text: '' }]],
    [
      'an image',
      { image: { format: 'webp', source: { bytes: 'AA==' } } },
      [{ type: 'image', source: { kind: 'base64', mediaType: 'image/webp', data: 'AA==' } }],
    ],
    [
      'an image without a format',
      { image: { source: { bytes: 'AA==' } } },
      [{ type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AA==' } }],
    ],
    [
      'an image elsewhere',
      { image: { source: { s3Location: {} } } },
      [{ type: 'opaque', block: own({ image: { source: { s3Location: {} } } }) }],
    ],
    ['anything else', { video: {} }, [{ type: 'opaque', block: own({ video: {} }) }]],
  ])('may hold %s', (_what, block, expected) => {
    expect(decode([block]).choices[0]!.content).toEqual(expected)
  })

  test.each<[unknown, Finish['unified']]>([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop_sequence'],
    ['max_tokens', 'length'],
    ['tool_use', 'tool_calls'],
    ['content_filtered', 'content_filter'],
    ['guardrail_intervened', 'content_filter'],
    ['model_context_window_exceeded', 'context_length'],
    ['malformed_model_output', 'other'],
    ['malformed_tool_use', 'other'],
    ['a word to come', 'other'],
  ])('ends with %s', (stopReason, unified) => {
    expect(decode([], { stopReason }).choices[0]!.finish).toEqual({ unified, raw: stopReason })
  })

  test('may end without a word', () => {
    expect(decode([], { stopReason: null }).choices[0]!.finish).toEqual({ unified: 'other', raw: '' })
  })

  test('has called tools whatever word it ends with, unless it was cut off', () => {
    const call = { toolUse: { toolUseId: 't', name: 'f', input: {} } }
    expect(decode([call]).choices[0]!.finish).toEqual({ unified: 'tool_calls', raw: 'end_turn' })
    expect(decode([call], { stopReason: 'max_tokens' }).choices[0]!.finish.unified).toBe('length')
    const server = { toolUse: { ...call.toolUse, type: 'server_tool_use' } }
    expect(decode([server]).choices[0]!.finish.unified).toBe('stop')
  })

  test('may say which stop sequence it met, and keeps its further fields', () => {
    const fields = {
      additionalModelResponseFields: { stop_sequence: 'END' },
      metrics: { latencyMs: 1 },
      trace: {},
      serviceTier: { type: 'flex' },
    }
    const decoded = decode([], { stopReason: 'stop_sequence', performanceConfig: null, ...fields })
    expect(decoded.choices[0]!.finish).toEqual({
      unified: 'stop_sequence',
      raw: 'stop_sequence',
      stopSequence: 'END',
    })
    expect(decoded.extensions).toEqual({ dialect: 'bedrock-converse', fields })
  })

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['text', 'hello'],
    ['a list', []],
    ['an error', { message: 'Oh' }],
    ['another API', { choices: [] }],
    ['no message', { output: {} }],
    ['no content', { output: { message: {} } }],
    ['a block that is none', answer(['text'])],
  ])('is refused: %s', (_what, body) => {
    const attempt = () => bedrockConverse.decodeResponse(body)
    expect(attempt).toThrow(GatewayError)
    expect(attempt).toThrow(expect.objectContaining({ code: 'upstream_error' }))
  })
})

describe('its usage', () => {
  test.each<[string, unknown, object | undefined]>([
    ['has input and output', { inputTokens: 3, outputTokens: 4, totalTokens: 7 }, { input: 3, output: 4 }],
    ['has only output', { outputTokens: 4 }, { output: 4 }],
    ['has only input', { inputTokens: 3, outputTokens: null }, { input: 3 }],
    [
      'has tokens of the cache beside',
      { inputTokens: 1, outputTokens: 2, cacheReadInputTokens: 3, cacheWriteInputTokens: 4 },
      { input: 1, output: 2, cached: 3, cacheWrite5m: 4 },
    ],
    [
      'says how long they are kept',
      {
        inputTokens: 1,
        outputTokens: 2,
        cacheWriteInputTokens: 10,
        cacheDetails: [{ ttl: '1h', inputTokens: 6 }, { ttl: '5m', inputTokens: 4 }, 'x'],
      },
      { input: 1, output: 2, cacheWrite1h: 6, cacheWrite5m: 4 },
    ],
    [
      'never says more than the total',
      {
        inputTokens: 1,
        outputTokens: 2,
        cacheWriteInputTokens: 5,
        cacheDetails: [{ ttl: '1h', inputTokens: 6 }],
      },
      { input: 1, output: 2, cacheWrite1h: 5 },
    ],
    ['may be missing', undefined, undefined],
    ['may be empty', {}, undefined],
    ['is no count when negative', { inputTokens: -1, outputTokens: 1 }, undefined],
    ['is no count when broken', { inputTokens: 1.5, outputTokens: 1 }, undefined],
    ['is no count when text', { inputTokens: '1', outputTokens: 1 }, undefined],
    ['is no count when absurd', { inputTokens: 1e10, outputTokens: 1 }, undefined],
    ['is no count in part', { inputTokens: 1, outputTokens: 1, cacheReadInputTokens: -1 }, undefined],
  ])('%s', (_what, usage, expected) => {
    expect(decode([], { usage }).usage).toEqual(expected && { ...noUsage, ...expected })
  })
})
