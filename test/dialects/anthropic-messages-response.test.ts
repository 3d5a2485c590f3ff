import { describe, expect, test } from 'vitest'
import type { Block, ChatResponse, Finish } from '../../src/canonical/chat.ts'
import type { JsonObject } from '../../src/canonical/json.ts'
import { noUsage } from '../../src/canonical/usage.ts'
import { anthropicMessages } from '../../src/dialects/anthropic-messages/index.ts'
import type { GatewayError } from '../../src/errors.ts'

const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude',
  content: [{ type: 'text', text: 'Hi' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 3, output_tokens: 2 },
}
const decode = (fields: JsonObject) => anthropicMessages.decodeResponse({ ...message, ...fields })
const usageOf = (usage: JsonObject) => anthropicMessages.readUsage({ ...message, usage })

const finished: Finish = { unified: 'stop', raw: 'stop' }
const answer = (content: Block[], finish: Finish = finished): ChatResponse => ({
  id: 'chatcmpl-1',
  model: 'gpt',
  choices: [{ index: 0, content, finish }],
})
const encode = (content: Block[], finish?: Finish) =>
  anthropicMessages.encodeResponse(answer(content, finish), 0)

describe('an answer of the Messages API', () => {
  test.each<[string, Finish['unified']]>([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop_sequence'],
    ['max_tokens', 'length'],
    ['tool_use', 'tool_calls'],
    ['pause_turn', 'pause'],
    ['refusal', 'refusal'],
    ['model_context_window_exceeded', 'context_length'],
    ['something_new', 'other'],
  ])('that stops for %s stopped for %s', (raw, unified) => {
    expect(decode({ stop_reason: raw }).choices[0]!.finish).toEqual({ unified, raw })
  })

  test('says which stop sequence it met', () => {
    expect(decode({ stop_reason: 'stop_sequence', stop_sequence: 'END' }).choices[0]!.finish).toEqual({
      unified: 'stop_sequence',
      raw: 'stop_sequence',
      stopSequence: 'END',
    })
  })

  test('counts tokens by kind', () => {
    expect(
      usageOf({
        input_tokens: 1,
        cache_read_input_tokens: 2,
        cache_creation_input_tokens: 7,
        cache_creation: { ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 4 },
        output_tokens: 50,
        output_tokens_details: { thinking_tokens: 20 },
      }),
    ).toEqual({
      ...noUsage,
      input: 1,
      cached: 2,
      cacheWrite5m: 3,
      cacheWrite1h: 4,
      output: 50,
      reasoning: 20,
    })
  })

  test('takes cache writes without a split for those of five minutes, and null for none', () => {
    const usage = {
      input_tokens: 1,
      output_tokens: 1,
      cache_creation_input_tokens: 7,
      cache_read_input_tokens: null,
    }
    expect(usageOf({ ...usage, cache_creation: null })).toMatchObject({
      cacheWrite5m: 7,
      cacheWrite1h: 0,
      cached: 0,
    })
  })

  test.each<[JsonObject]>([
    [{}],
    [{ input_tokens: -1, output_tokens: 1 }],
    [{ input_tokens: 1, output_tokens: 1.5 }],
    [{ input_tokens: 1, output_tokens: 1e12 }],
    [{ input_tokens: '5', output_tokens: 1 }],
    [{ input_tokens: 1, output_tokens: 1, cache_read_input_tokens: -4 }],
  ])('has no usage where a count is none: %j', (usage) => {
    expect(usageOf(usage)).toBeUndefined()
    expect(decode({ usage })).not.toHaveProperty('usage')
  })

  test('keeps what only this dialect knows and gives it back', () => {
    const fields = {
      content: [{ type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'x' } }],
      container: { id: 'c', expires_at: 't' },
      stop_details: { type: 'refusal', category: null, explanation: null },
      usage: {
        input_tokens: 3,
        output_tokens: 2,
        service_tier: 'priority',
        server_tool_use: { web_search_requests: 1 },
      },
    }
    const decoded = decode(fields)
    expect(decoded.serviceTier).toBe('priority')
    expect(anthropicMessages.encodeResponse(decoded, 0)).toMatchObject(fields)
  })

  test('gives a tool call its arguments as text, digits and all', () => {
    const input = { a: 1, b: 'x' }
    const called = decode({ content: [{ type: 'tool_use', id: 't', name: 'f', input }] })
    expect(called.choices[0]!.content).toEqual([
      { type: 'tool_call', id: 't', name: 'f', arguments: '{"a":1,"b":"x"}' },
    ])
  })

  test.each([
    [null],
    ['text'],
    [[]],
    [{}],
    [{ content: 'x' }],
    [{ type: 'error', error: {} }],
    [{ type: 'completion', content: [] }],
  ])('is not read from %j', (body) => {
    let thrown: unknown
    try {
      anthropicMessages.decodeResponse(body)
    } catch (error) {
      thrown = error
    }
    expect((thrown as GatewayError).code).toBe('upstream_error')
    expect((thrown as GatewayError).publicMessage).toBe('The provider failed to answer.')
  })
})

describe("another dialect's answer, written for the Messages API", () => {
  test.each<[Finish, string]>([
    [{ unified: 'stop', raw: 'stop' }, 'end_turn'],
    [{ unified: 'length', raw: 'length' }, 'max_tokens'],
    [{ unified: 'tool_calls', raw: 'function_call' }, 'tool_use'],
    [{ unified: 'content_filter', raw: 'SAFETY' }, 'refusal'],
    [{ unified: 'context_length', raw: 'x' }, 'model_context_window_exceeded'],
    [{ unified: 'pause', raw: 'x' }, 'pause_turn'],
    [{ unified: 'other', raw: 'MALFORMED' }, 'end_turn'],
    [{ unified: 'other', raw: 'compaction' }, 'compaction'],
  ])('%j stops for %s', (finish, stop_reason) => {
    expect(encode([{ type: 'text', text: 'x' }], finish)).toMatchObject({ stop_reason, stop_sequence: null })
  })

  test('stops for tool_use when it calls tools, whatever word the provider used', () => {
    const call: Block = { type: 'tool_call', id: 'c', name: 'f', arguments: '{"a":1}' }
    expect(encode([call])).toMatchObject({
      stop_reason: 'tool_use',
      content: [{ type: 'tool_use', id: 'c', name: 'f', input: { a: 1 }, caller: { type: 'direct' } }],
    })
    expect(encode([call], { unified: 'length', raw: 'length' }).stop_reason).toBe('max_tokens')
  })

  test('says a stop sequence that the provider named beside a plain stop', () => {
    expect(encode([], { unified: 'stop', raw: 'stop', stopSequence: 'END' })).toMatchObject({
      stop_reason: 'stop_sequence',
      stop_sequence: 'END',
    })
  })

  test('gives a refusal as text and stops for it', () => {
    expect(encode([{ type: 'refusal', text: 'I cannot.' }])).toMatchObject({
      content: [{ type: 'text', text: 'I cannot.' }],
      stop_reason: 'refusal',
    })
  })

  test('says of thinking that nobody signed it', () => {
    expect(encode([{ type: 'thinking', text: 'a' }]).content).toEqual([
      { type: 'thinking', thinking: 'a', signature: 'gateway-reasoning.e30' },
    ])
  })

  test('carries what other dialects signed, so that it comes back whole when the caller repeats the answer', () => {
    const signature = { dialect: 'gemini', value: 'of the thought' } as const
    const content: Block[] = [
      { type: 'thinking', text: 'b', signature },
      { type: 'redacted_thinking', data: { dialect: 'bedrock-converse', value: { deep: [1] } } },
      {
        type: 'tool_call',
        id: 'c1',
        name: 'f',
        arguments: '{}',
        signature: { ...signature, value: 'of c1' },
      },
      { type: 'tool_call', id: 'c2', name: 'f', arguments: '{}' },
    ]
    const answered = encode(content).content as JsonObject[]
    expect(answered.map(({ type }) => type)).toEqual([
      'thinking',
      'redacted_thinking',
      'redacted_thinking',
      'tool_use',
      'tool_use',
    ])
    const body = { model: 'm', max_tokens: 9, messages: [{ role: 'assistant', content: answered }] }
    expect(anthropicMessages.decodeRequest(body).request.messages[0]!.content).toEqual(content)
  })

  test('a carried signature that a caller has damaged is taken for the own dialect’s, who refuses it', () => {
    const [block] = encode([{ type: 'redacted_thinking', data: { dialect: 'gemini', value: 'x' } }])
      .content as [{ data: string }]
    const damaged = { ...block, data: block.data.slice(0, -4) }
    const body = { model: 'm', max_tokens: 9, messages: [{ role: 'assistant', content: [damaged] }] }
    expect(anthropicMessages.decodeRequest(body).request.messages[0]!.content).toEqual([
      { type: 'redacted_thinking', data: { dialect: 'anthropic-messages', value: damaged.data } },
    ])
  })

  test.each([
    ['cut off', '{"city": "Par', { _raw: '{"city": "Par' }],
    ['not an object', '[1]', { _raw: '[1]' }],
    ['empty', '', {}],
  ])('keeps arguments that are %s', (_name, words, input) => {
    const call: Block = { type: 'tool_call', id: 'c', name: 'f', arguments: words }
    expect(encode([call], { unified: 'length', raw: 'length' }).content).toMatchObject([{ input }])
  })

  test('holds no empty text, nothing that another dialect alone can read, and the first choice only', () => {
    const value = { dialect: 'openai-responses', value: { secret: 1 } } as const
    const first = answer([
      { type: 'text', text: '' },
      { type: 'opaque', block: value },
      { type: 'audio', format: 'wav', data: 'AA==' },
      { type: 'text', text: 'x', citations: value },
    ])
    const other = { index: 1, content: [{ type: 'text' as const, text: 'other' }], finish: finished }
    expect(
      anthropicMessages.encodeResponse(
        { ...first, choices: [other, ...first.choices], extensions: { dialect: 'gemini', fields: { a: 1 } } },
        0,
      ),
    ).toEqual({
      id: 'chatcmpl-1',
      type: 'message',
      role: 'assistant',
      model: 'gpt',
      content: [{ type: 'text', text: 'x' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: {
        input_tokens: 0,
        output_tokens: 0,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
        cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
      },
    })
  })

  test('shows every kind of tokens', () => {
    const usage = {
      ...noUsage,
      input: 1,
      cached: 2,
      cacheWrite5m: 3,
      cacheWrite1h: 4,
      output: 9,
      reasoning: 5,
    }
    const encoded = anthropicMessages.encodeResponse({ ...answer([]), usage, serviceTier: 'default' }, 0)
    expect(encoded.usage).toEqual({
      input_tokens: 1,
      cache_read_input_tokens: 2,
      cache_creation_input_tokens: 7,
      cache_creation: { ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 4 },
      output_tokens: 9,
      output_tokens_details: { thinking_tokens: 5 },
      service_tier: 'standard',
    })
    expect(anthropicMessages.readUsage(encoded)).toEqual(usage)
  })
})
