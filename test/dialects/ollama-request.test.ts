import { describe, expect, test } from 'vitest'
import type { Block, ChatRequest, Message, ResponseFormat, Thinking } from '../../src/canonical/chat.ts'
import { parseJson, type JsonObject } from '../../src/canonical/json.ts'
import { carry, chatFeatures } from '../../src/dialects/features.ts'
import { ollamaChat } from '../../src/dialects/ollama/index.ts'
import { openaiChat } from '../../src/dialects/openai-chat/index.ts'

const text = (words: string): Block => ({ type: 'text', text: words })
const user: Message = { role: 'user', content: [text('Hi')] }
const base: ChatRequest = { model: 'qwen3', stream: false, messages: [user] }
const encode = (fields: Partial<ChatRequest>) => ollamaChat.encodeRequest({ ...base, ...fields }, {})
const messages = (...content: Message[]) => encode({ messages: content }).body.messages
const lostOf = (...content: Message[]) => encode({ messages: content }).lost
const call = (id: string, name: string, words = '{}'): Block => ({
  type: 'tool_call',
  id,
  name,
  arguments: words,
})

describe('a request written for /api/chat', () => {
  test('of the smallest kind says that it wants no stream, which the server would send otherwise', () => {
    expect(encode({})).toEqual({
      body: { model: 'qwen3', messages: [{ role: 'user', content: 'Hi' }], stream: false },
      lost: [],
    })
    expect(encode({ stream: true }).body.stream).toBe(true)
  })

  test.each<[keyof ChatRequest, unknown, string]>([
    ['maxOutputTokens', 100, 'num_predict'],
    ['temperature', 1.5, 'temperature'],
    ['topP', 0.9, 'top_p'],
    ['topK', 40, 'top_k'],
    ['minP', 0.05, 'min_p'],
    ['stop', ['a', 'b'], 'stop'],
    ['seed', 7, 'seed'],
    ['frequencyPenalty', 0.1, 'frequency_penalty'],
    ['presencePenalty', 0.2, 'presence_penalty'],
  ])('has %s %j as the option %s', (name, value, option) => {
    const { body, lost } = encode({ [name]: value })
    expect(body.options).toEqual({ [option]: value })
    expect(lost).toEqual([])
  })

  test('has log probabilities beside the options', () => {
    expect(encode({ logprobs: true, topLogprobs: 3 }).body).toMatchObject({ logprobs: true, top_logprobs: 3 })
  })

  test.each<[ResponseFormat, unknown]>([
    [{ type: 'text' }, undefined],
    [{ type: 'json_object' }, 'json'],
    [{ type: 'json_schema', name: 'n', schema: { type: 'object' }, strict: true }, { type: 'object' }],
  ])('has the format %j as %j', (responseFormat, format) => {
    expect(encode({ responseFormat }).body.format).toEqual(format)
  })

  test.each<[Thinking, unknown, string[]]>([
    [{ enabled: true }, true, []],
    [{ enabled: false }, false, []],
    [{ enabled: false, effort: 'none' }, false, []],
    [{ enabled: true, effort: 'low' }, 'low', []],
    [{ enabled: true, effort: 'medium' }, 'medium', []],
    [{ enabled: true, effort: 'high' }, 'high', []],
    [{ enabled: true, effort: 'max' }, 'max', []],
    [{ enabled: true, effort: 'minimal' }, 'low', ['thinking']],
    [{ enabled: true, effort: 'xhigh' }, 'high', ['thinking']],
    [{ enabled: true, effort: 'toString' }, 'high', ['thinking']],
    [{ enabled: false, effort: 'high' }, 'high', []],
    [{ enabled: true, budgetTokens: 2000 }, true, ['thinking.budget_tokens']],
    [
      { enabled: true, budgetTokens: 2000, effort: 'high' },
      true,
      ['thinking.budget_tokens', 'thinking.effort'],
    ],
    [{ enabled: true, adaptive: true, effort: 'low' }, true, ['thinking.effort']],
  ])('has thinking %j as %j', (thinking, think, lost) => {
    const encoded = encode({ thinking })
    expect(encoded.body.think).toEqual(think)
    expect(encoded.lost).toEqual(lost)
  })

  test('has tools with a schema even where the caller gave none', () => {
    const parameters = { type: 'object', properties: { city: { type: 'string' } } }
    const tools = [
      { type: 'function', name: 'weather', description: 'Tells it.', parameters },
      { type: 'function', name: 'now', strict: false },
    ] as const
    const encoded = encode({ tools: [...tools] })
    expect(encoded.body.tools).toEqual([
      { type: 'function', function: { name: 'weather', description: 'Tells it.', parameters } },
      { type: 'function', function: { name: 'now', parameters: { type: 'object', properties: {} } } },
    ])
    expect(encoded.lost).toEqual([])
  })

  test.each<[ChatRequest['toolChoice'], boolean, string[]]>([
    [{ type: 'auto' }, true, []],
    [{ type: 'none' }, false, []],
    [{ type: 'required' }, true, ['tool_choice']],
    [{ type: 'tool', name: 'f' }, true, ['tool_choice']],
  ])('with the choice %j offers tools: %j', (toolChoice, offers, lost) => {
    const encoded = encode({ toolChoice, tools: [{ type: 'function', name: 'f' }] })
    expect(encoded.body.tools !== undefined).toBe(offers)
    expect(encoded.lost).toEqual(lost)
  })

  test('names what it cannot promise: one call at a time, strict tools, tools of another provider', () => {
    expect(encode({ parallelToolCalls: true }).lost).toEqual([])
    expect(encode({ parallelToolCalls: false }).lost).toEqual(['parallel_tool_calls'])
    const foreign = { type: 'opaque', tool: { dialect: 'openai-chat', value: {} } } as const
    const encoded = encode({ tools: [foreign, { type: 'function', name: 'f', strict: true }] })
    expect(encoded.lost).toEqual(['foreign_tool', 'strict_tools'])
    expect(encoded.body.tools).toHaveLength(1)
    expect(encode({ tools: [foreign] }).body.tools).toBeUndefined()
  })

  test('sends on what only this dialect can say, the options under those it writes', () => {
    const fields = { keep_alive: '10m', truncate: false, options: { num_ctx: 8192, seed: 1 } }
    const { body } = encode({ seed: 2, extensions: { dialect: 'ollama', fields } })
    expect(body).toMatchObject({ keep_alive: '10m', truncate: false, options: { num_ctx: 8192, seed: 2 } })
    const foreign = encode({ extensions: { dialect: 'openai-chat', fields } })
    expect(foreign.body).toEqual(encode({}).body)
  })
})

describe('messages', () => {
  test('of the system come from both roles that mean it, their parts on lines of their own', () => {
    expect(
      messages(
        { role: 'system', content: [text('one'), text('two')] },
        { role: 'developer', content: [text('three')] },
        user,
      ),
    ).toEqual([
      { role: 'system', content: 'one\ntwo' },
      { role: 'system', content: 'three' },
      { role: 'user', content: 'Hi' },
    ])
  })

  test('of a user have their images beside the text, and documents of plain text in it', () => {
    const image = (data: string): Block => ({
      type: 'image',
      source: { kind: 'base64', mediaType: 'image/png', data },
    })
    const document = {
      type: 'document',
      title: 'T',
      context: 'C',
      source: { kind: 'text', text: 'words' },
    } as const
    expect(messages({ role: 'user', content: [image('AAAA'), text('a'), document, image('BBBB')] })).toEqual([
      { role: 'user', content: 'a\nT\n\nC\n\nwords', images: ['AAAA', 'BBBB'] },
    ])
    expect(messages({ role: 'user', content: [] })).toEqual([{ role: 'user', content: '' }])
  })

  test('of an assistant have thinking, text joined as it was spoken, and calls with their arguments as objects', () => {
    const content: Block[] = [
      { type: 'thinking', text: 'hm' },
      text('Let me '),
      text('look.'),
      { type: 'refusal', text: ' No.' },
      call('c1', 'weather', '{"city":"Paris"}'),
      call('c2', 'now', ''),
    ]
    expect(messages({ role: 'assistant', content })).toEqual([
      {
        role: 'assistant',
        content: 'Let me look. No.',
        thinking: 'hm',
        tool_calls: [
          { id: 'c1', function: { name: 'weather', arguments: { city: 'Paris' } } },
          { id: 'c2', function: { name: 'now', arguments: {} } },
        ],
      },
    ])
  })

  test('with results name the tool that was called, by the nearest call of that id', () => {
    const result = (id: string, words: string): Block => ({
      type: 'tool_result',
      toolCallId: id,
      content: [{ type: 'text', text: words }],
    })
    expect(
      messages(
        { role: 'assistant', content: [call('c', 'first'), call('d', 'other')] },
        { role: 'user', content: [result('d', '2'), result('c', '1'), text('and?')] },
        { role: 'assistant', content: [call('c', 'second')] },
        { role: 'user', content: [text('well'), result('c', '3'), result('gone', '4')] },
      ),
    ).toEqual([
      expect.objectContaining({ role: 'assistant', content: '' }),
      { role: 'tool', content: '2', tool_name: 'other', tool_call_id: 'd' },
      { role: 'tool', content: '1', tool_name: 'first', tool_call_id: 'c' },
      { role: 'user', content: 'and?' },
      expect.objectContaining({ role: 'assistant' }),
      { role: 'user', content: 'well' },
      { role: 'tool', content: '3', tool_name: 'second', tool_call_id: 'c' },
      { role: 'tool', content: '4', tool_call_id: 'gone' },
    ])
  })

  test('with results may hold images and plain documents; the rest is lost by its name', () => {
    const content = [
      { type: 'text', text: 'see' },
      { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AAAA' } },
      { type: 'document', source: { kind: 'text', text: 'words' } },
    ] as const
    expect(
      messages({ role: 'user', content: [{ type: 'tool_result', toolCallId: 'c', content: [...content] }] }),
    ).toEqual([{ role: 'tool', content: 'see\nwords', images: ['AAAA'], tool_call_id: 'c' }])
    const lost = [
      { type: 'image', source: { kind: 'url', url: 'https://a.test/b.png' } },
      { type: 'document', source: { kind: 'url', url: 'https://a.test/b.pdf' } },
    ] as const
    expect(
      lostOf({ role: 'user', content: [{ type: 'tool_result', toolCallId: 'c', content: [...lost] }] }),
    ).toEqual(['tool_result_image', 'tool_result_document'])
  })

  test.each<[Block, string]>([
    [{ type: 'image', source: { kind: 'url', url: 'https://a.test/b.png' } }, 'image_url'],
    [
      { type: 'document', source: { kind: 'base64', mediaType: 'application/pdf', data: 'AA' } },
      'document_base64',
    ],
    [{ type: 'document', source: { kind: 'url', url: 'https://a.test/b.pdf' } }, 'document_url'],
    [{ type: 'document', source: { kind: 'file', dialect: 'openai-chat', id: 'f' } }, 'foreign_file'],
    [{ type: 'document', source: { kind: 'text', text: 't' }, citationsEnabled: true }, 'citations'],
    [{ type: 'text', text: 't', citations: { dialect: 'anthropic-messages', value: [] } }, 'citations'],
    [{ type: 'audio', format: 'wav', data: 'AA' }, 'audio'],
    [{ type: 'opaque', block: { dialect: 'gemini', value: {} } }, 'foreign_block'],
    [
      { type: 'thinking', text: 't', signature: { dialect: 'anthropic-messages', value: 's' } },
      'foreign_thinking',
    ],
    [{ type: 'redacted_thinking', data: { dialect: 'anthropic-messages', value: 's' } }, 'foreign_thinking'],
    [
      {
        type: 'tool_call',
        id: 'c',
        name: 'f',
        arguments: '{}',
        signature: { dialect: 'gemini', value: 's' },
      },
      'foreign_thinking',
    ],
  ])('with %j lose %s', (block, name) => {
    expect(lostOf({ role: 'assistant', content: [block, text('a')] })).toEqual([name])
  })

  test('keep every digit of arguments', () => {
    const { body } = encode({
      messages: [{ role: 'assistant', content: [call('c', 'f', '{"n":9007199254740993}')] }],
    })
    expect(JSON.stringify(body)).toContain('"n":9007199254740993')
  })

  test('with the free text of a custom tool put it into an object', () => {
    const custom: Block = { type: 'tool_call', id: 'c', name: 'f', arguments: 'SELECT 1', kind: 'custom' }
    expect(messages({ role: 'assistant', content: [custom] })).toMatchObject([
      { tool_calls: [{ function: { arguments: { input: 'SELECT 1' } } }] },
    ])
  })

  test.each(['[1]', '"a"', '{"a":', 'null'])(
    'with the arguments %j are refused with their place',
    (words) => {
      const content = [call('a', 'f'), call('b', 'f', words)]
      expect(() => messages(user, { role: 'assistant', content })).toThrow(
        expect.objectContaining({
          code: 'invalid_request',
          detail: {
            param: 'messages[1].tool_calls[1].arguments',
            message: expect.stringContaining('allowed: a JSON object as text') as string,
          },
        }) as Error,
      )
    },
  )
})

describe('what an OpenAI caller loses', () => {
  const body = {
    model: 'm',
    messages: [
      {
        role: 'user',
        name: 'ada',
        content: [{ type: 'image_url', image_url: { url: 'https://a.test/b.png' } }],
      },
      { role: 'user', content: 'Hi' },
    ],
    n: 2,
    logit_bias: { 1: 1 },
    user: 'u',
    metadata: { a: 'b' },
    service_tier: 'auto',
    verbosity: 'low',
    prompt_cache_key: 'k',
    safety_identifier: 's',
    store: true,
    modalities: ['text', 'audio'],
    prediction: {},
    temperature: 1,
  }

  test('has its own names, and nothing of it is in the request', () => {
    const { request } = openaiChat.decodeRequest(body)
    const carried = carry(request, openaiChat.features, ollamaChat)
    expect(carried.lost).toEqual([
      ...['n', 'logit_bias', 'user', 'metadata', 'service_tier', 'verbosity', 'prompt_cache_key'],
      ...['safety_identifier', 'store', 'modalities', 'messages[].name'],
      ...['messages[].content[].image_url', 'prediction'],
    ])
    expect(ollamaChat.encodeRequest(carried.request, {})).toEqual({
      body: {
        model: 'm',
        messages: [{ role: 'user', content: 'Hi' }],
        options: { temperature: 1 },
        stream: false,
      },
      lost: [],
    })
  })

  test('the table has a row for every feature', () => {
    expect(Object.keys(ollamaChat.features).sort()).toEqual(Object.keys(chatFeatures).sort())
  })

  test('a request keeps its seed beyond 2^53', () => {
    const big = parseJson('{"model":"m","messages":[{"role":"user","content":"a"}],"seed":9007199254740993}')
    const { request } = openaiChat.decodeRequest(big as JsonObject)
    expect(JSON.stringify(ollamaChat.encodeRequest(request, {}).body)).toContain('"seed":9007199254740993')
  })
})
