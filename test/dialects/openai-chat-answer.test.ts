import { describe, expect, test } from 'vitest'
import type { Block, ChatResponse, Finish } from '../../src/canonical/chat.ts'
import type { JsonObject } from '../../src/canonical/json.ts'
import { noUsage } from '../../src/canonical/usage.ts'
import { openaiChat } from '../../src/dialects/openai-chat/index.ts'
import { problemsBySpec } from './openai-chat-recordings.ts'

const answer = (message: JsonObject, finish_reason = 'stop', more: JsonObject = {}) => ({
  id: 'x',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason, ...more }],
})
const decode = (message: JsonObject, finish_reason?: string, more?: JsonObject) =>
  openaiChat.decodeResponse(answer(message, finish_reason, more)).choices[0]

const stop: Finish = { unified: 'stop', raw: 'end_turn' }
const respond = (content: Block[], finish = stop, more: Partial<ChatResponse> = {}) =>
  openaiChat.encodeResponse(
    { id: 'msg_1', model: 'm', choices: [{ index: 0, content, finish }], ...more },
    42,
  )
const messageOf = (body: JsonObject) => (body.choices as [{ message: JsonObject }])[0].message
const finishOf = (body: JsonObject) => (body.choices as [{ finish_reason: string }])[0].finish_reason

const call: Block = { type: 'tool_call', id: 'a', name: 'f', arguments: '{}' }

describe('reading an answer', () => {
  test.each([
    ['no object', 'text'],
    ['no choices', { id: 'x' }],
    ['empty choices', { id: 'x', choices: [] }],
    ['an error under status 200', { error: { message: 'no', code: 502 }, choices: [{}] }],
  ])('%s is a fault of the provider', (_what, body) => {
    expect(() => openaiChat.decodeResponse(body)).toThrow(
      expect.objectContaining({ code: 'upstream_error' }) as Error,
    )
    expect(typeof body === 'object' && openaiChat.isAnswer(body as JsonObject)).toBe(false)
  })

  test('an answer is recognised by its outermost shape', () => {
    expect(openaiChat.isAnswer(answer({ content: 'Hi' }))).toBe(true)
  })

  test.each([
    ['stop', {}, { unified: 'stop', raw: 'stop' }],
    ['stop', { stop_reason: 'END' }, { unified: 'stop_sequence', raw: 'stop', stopSequence: 'END' }],
    ['stop', { stop_reason: 128009 }, { unified: 'stop', raw: 'stop' }],
    ['eos', {}, { unified: 'stop', raw: 'eos' }],
    ['length', {}, { unified: 'length', raw: 'length' }],
    ['content_filter', {}, { unified: 'content_filter', raw: 'content_filter' }],
    ['model_length', {}, { unified: 'context_length', raw: 'model_length' }],
    ['toString', {}, { unified: 'other', raw: 'toString' }],
  ])('finish_reason %s with %j', (reason, more, finish) => {
    expect(decode({ content: 'Hi' }, reason, more)?.finish).toEqual(finish)
  })

  test('a stop with calls or with a refusal says what really happened', () => {
    const calls = [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }]
    expect(decode({ content: null, tool_calls: calls })?.finish).toEqual({
      unified: 'tool_calls',
      raw: 'stop',
    })
    expect(decode({ content: null, refusal: 'no' })?.finish).toEqual({ unified: 'refusal', raw: 'stop' })
  })

  test('arguments that came as an object are text, calls without an id get one', () => {
    const { content } = decode({ tool_calls: [{ function: { name: 'f', arguments: { a: 1 } } }] }) as {
      content: Block[]
    }
    expect(content).toEqual([{ type: 'tool_call', id: 'call_0', name: 'f', arguments: '{"a":1}' }])
  })

  test('an old function call is a tool call', () => {
    const choice = decode({ content: null, function_call: { name: 'f', arguments: '{}' } }, 'function_call')
    expect(choice?.content).toMatchObject([{ type: 'tool_call', name: 'f', arguments: '{}' }])
    expect(choice?.finish).toEqual({ unified: 'tool_calls', raw: 'function_call' })
  })

  test('citations and spoken answers survive', () => {
    const annotations = [{ type: 'url_citation', url_citation: { url: 'https://e.org', title: 'E' } }]
    const audio = { id: 'audio_1', data: 'UklG', transcript: 'Hi', expires_at: 1 }
    const body = answer({ content: 'Hi', annotations, audio, refusal: null })
    const written = messageOf(openaiChat.encodeResponse(openaiChat.decodeResponse(body), 1))
    expect(written).toEqual({ role: 'assistant', content: 'Hi', refusal: null, annotations, audio })
  })

  test('choices come in the order of their index', () => {
    const choice = (index: number) => ({ index, message: { content: `${index}` }, finish_reason: 'stop' })
    const { choices } = openaiChat.decodeResponse({ choices: [choice(1), choice(0)] })
    expect(choices.map(({ index }) => index)).toEqual([0, 1])
  })
})

describe('writing an answer', () => {
  test('what another dialect answered is valid by the API description and keeps its id', () => {
    const written = respond(
      [
        { type: 'thinking', text: 'Hm', signature: { dialect: 'anthropic-messages', value: 'sig' } },
        { type: 'redacted_thinking', data: { dialect: 'anthropic-messages', value: 'enc' } },
        { type: 'text', text: 'Hello ' },
        { type: 'text', text: 'there', citations: { dialect: 'anthropic-messages', value: [{}] } },
        { type: 'opaque', block: { dialect: 'anthropic-messages', value: { type: 'server_tool_use' } } },
        call,
      ],
      { unified: 'tool_calls', raw: 'tool_use' },
      {
        usage: { ...noUsage, input: 10, cached: 5, cacheWrite1h: 2, output: 7, reasoning: 3 },
        serviceTier: 'standard',
        extensions: { dialect: 'anthropic-messages', fields: { container: {} } },
      },
    )
    expect(written).toEqual({
      id: 'msg_1',
      object: 'chat.completion',
      created: 42,
      model: 'm',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: 'Hello there',
            refusal: null,
            reasoning_content: 'Hm',
            thinking_blocks: [
              { type: 'thinking', thinking: 'Hm', signature: 'sig' },
              { type: 'redacted_thinking', data: 'enc' },
            ],
            tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
          },
          logprobs: null,
          finish_reason: 'tool_calls',
        },
      ],
      usage: {
        prompt_tokens: 17,
        completion_tokens: 7,
        total_tokens: 24,
        prompt_tokens_details: { cached_tokens: 5, cache_write_tokens: 2, audio_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 3, audio_tokens: 0 },
      },
      service_tier: 'default',
    })
    expect(problemsBySpec('CreateChatCompletionResponse', written)).toEqual([])
  })

  test('the assistant message, sent back as it came, is read as the blocks it was made of', () => {
    const blocks: Block[] = [
      { type: 'thinking', text: '', signature: { dialect: 'anthropic-messages', value: 'sig' } },
      { type: 'redacted_thinking', data: { dialect: 'bedrock-converse', value: { bytes: 'enc' } } },
      { type: 'text', text: 'Hi' },
      { ...(call as object), signature: { dialect: 'gemini', value: 'thought' } } as Block,
    ]
    const message = messageOf(respond(blocks, { unified: 'tool_calls', raw: 'x' }))
    const { request, unknown } = openaiChat.decodeRequest({ model: 'm', messages: [message] })
    expect(unknown).toEqual([])
    expect(request.messages).toEqual([{ role: 'assistant', content: blocks }])
  })

  test.each([
    ['stop', [], 'stop'],
    ['stop', [call], 'tool_calls'],
    ['stop_sequence', [], 'stop'],
    ['length', [], 'length'],
    ['length', [call], 'length'],
    ['tool_calls', [call], 'tool_calls'],
    ['content_filter', [], 'content_filter'],
    ['refusal', [], 'content_filter'],
    ['refusal', [{ type: 'refusal', text: 'no' }], 'stop'],
    ['pause', [], 'stop'],
    ['context_length', [], 'length'],
    ['other', [], 'stop'],
  ] as const)('finish %s with %j is %s', (unified, blocks, word) => {
    expect(finishOf(respond([...(blocks as readonly Block[])], { unified, raw: '' }))).toBe(word)
  })

  test('an answer of nothing has an empty text, one of calls alone none', () => {
    expect(messageOf(respond([])).content).toBe('')
    expect(messageOf(respond([call])).content).toBeNull()
  })
})

describe('usage', () => {
  const usage = (value: unknown) => openaiChat.readUsage({ usage: value })
  const plain = { prompt_tokens: 10, completion_tokens: 4, total_tokens: 14 }

  test('cached and written tokens are parts of the prompt', () => {
    const details = { cached_tokens: 6, cache_write_tokens: 3, audio_tokens: 1 }
    expect(usage({ ...plain, prompt_tokens_details: details })).toEqual({
      ...noUsage,
      input: 1,
      cached: 6,
      cacheWrite5m: 3,
      output: 4,
      inputAudio: 1,
    })
  })

  test.each([['prompt_cache_hit_tokens'], ['num_cached_tokens'], ['cached_tokens']])(
    '%s stands beside the counts where the details are missing',
    (field) => {
      expect(usage({ ...plain, prompt_tokens_details: null, [field]: 6 })).toMatchObject({
        input: 4,
        cached: 6,
      })
    },
  )

  test('more cached tokens than the prompt has do not make the rest negative', () => {
    expect(usage({ ...plain, prompt_tokens_details: { cached_tokens: 11 } })).toMatchObject({
      input: 0,
      cached: 10,
    })
  })

  test('reasoning that was counted beside the output is added to it', () => {
    const details = { completion_tokens_details: { reasoning_tokens: 30 } }
    expect(usage({ ...plain, ...details, total_tokens: 44 })).toMatchObject({ output: 34, reasoning: 30 })
    expect(usage({ ...plain, completion_tokens: 40, ...details, total_tokens: 50 })).toMatchObject({
      output: 40,
      reasoning: 30,
    })
  })

  test.each([
    [undefined],
    [null],
    ['many'],
    [{}],
    [{ prompt_tokens: -1, completion_tokens: 1 }],
    [{ prompt_tokens: 1.5, completion_tokens: 1 }],
    [{ prompt_tokens: 1 }],
    [{ prompt_tokens: 1e300, completion_tokens: 1 }],
    [{ prompt_tokens: '1', completion_tokens: 1 }],
    [{ ...plain, prompt_tokens_details: { cached_tokens: -5 } }],
    [{ ...plain, completion_tokens_details: { reasoning_tokens: 'x' } }],
  ])('%j is no usage', (value) => {
    expect(usage(value)).toBeUndefined()
  })
})
