import { describe, expect, test } from 'vitest'
import type { Block, ChatRequest, Message, Tool } from '../../src/canonical/chat.ts'
import { parseJson } from '../../src/canonical/json.ts'
import { cohere } from '../../src/dialects/cohere/index.ts'
import { GatewayError } from '../../src/errors.ts'

const text = (words: string): Block => ({ type: 'text', text: words })
const user: Message = { role: 'user', content: [text('Hi')] }
const base: ChatRequest = { model: 'command-a', stream: false, messages: [user] }
const call: Block = { type: 'tool_call', id: 'c1', name: 'f', arguments: '{"a":1}' }
const schema = { type: 'object', properties: { a: { type: 'number' } }, required: ['a'] }
const f: Tool = { type: 'function', name: 'f', description: 'does f', parameters: schema }
const g: Tool = { type: 'function', name: 'g', parameters: schema }
const wire = (name: string, description?: string) => ({
  type: 'function',
  function: { name, ...(description !== undefined && { description }), parameters: schema },
})

const encode = (fields: Partial<ChatRequest>, modelMaxOutputTokens?: number) =>
  cohere.encodeRequest({ ...base, ...fields }, modelMaxOutputTokens ? { modelMaxOutputTokens } : {})
/** What is written beyond model and messages, and what is lost. */
const beyond = (fields: Partial<ChatRequest>, modelMaxOutputTokens?: number) => {
  const { body, lost } = encode(fields, modelMaxOutputTokens)
  const { model: _model, messages: _messages, ...rest } = body
  return { ...rest, ...(lost.length > 0 && { lost }) }
}
const messages = (...list: Message[]) => {
  const { body, lost } = encode({ messages: list })
  return { messages: body.messages, ...(lost.length > 0 && { lost }) }
}
const assistant = (...content: Block[]): Message => ({ role: 'assistant', content })

test('a request of the smallest kind holds only what is needed', () => {
  expect(encode({})).toEqual({
    body: { model: 'command-a', messages: [{ role: 'user', content: 'Hi' }] },
    lost: [],
  })
})

describe('a field of a request', () => {
  test.each<[string, Partial<ChatRequest>, object]>([
    ['stream', { stream: true }, { stream: true }],
    ['max tokens', { maxOutputTokens: 10 }, { max_tokens: 10 }],
    ['temperature', { temperature: 0.5 }, { temperature: 0.5 }],
    ['temperature at its bounds', { temperature: 1 }, { temperature: 1 }],
    ['temperature above', { temperature: 1.5 }, { temperature: 1, lost: ['temperature'] }],
    ['temperature below', { temperature: -1 }, { temperature: 0, lost: ['temperature'] }],
    ['top_p', { topP: 0.5 }, { p: 0.5 }],
    ['top_p above', { topP: 1 }, { p: 0.99, lost: ['top_p'] }],
    ['top_p below', { topP: 0 }, { p: 0.01, lost: ['top_p'] }],
    ['top_k', { topK: 40 }, { k: 40 }],
    ['top_k above', { topK: 501 }, { k: 500, lost: ['top_k'] }],
    ['top_k at its bound', { topK: 500 }, { k: 500 }],
    ['top_k as other servers switch it off', { topK: -1 }, { k: 0 }],
    ['top_k switched off', { topK: 0 }, { k: 0 }],
    ['stop', { stop: ['a', 'b'] }, { stop_sequences: ['a', 'b'] }],
    ['five stops', { stop: [...'abcde'] }, { stop_sequences: [...'abcde'] }],
    ['six stops', { stop: [...'abcdef'] }, { stop_sequences: [...'abcde'], lost: ['stop'] }],
    ['seed', { seed: 7 }, { seed: 7 }],
    ['seed of zero', { seed: 0 }, { seed: 0 }],
    ['a negative seed', { seed: -7 }, { lost: ['seed'] }],
    ['frequency penalty', { frequencyPenalty: 0.5 }, { frequency_penalty: 0.5 }],
    [
      'frequency penalty above',
      { frequencyPenalty: 2 },
      { frequency_penalty: 1, lost: ['frequency_penalty'] },
    ],
    ['presence penalty', { presencePenalty: 0.5 }, { presence_penalty: 0.5 }],
    ['presence penalty below', { presencePenalty: -1 }, { presence_penalty: 0, lost: ['presence_penalty'] }],
    [
      'both penalties',
      { frequencyPenalty: 0.5, presencePenalty: 0.4 },
      { frequency_penalty: 0.5, lost: ['presence_penalty'] },
    ],
    ['both penalties, one of zero', { frequencyPenalty: 0, presencePenalty: 0.4 }, { presence_penalty: 0.4 }],
    [
      'both penalties, the other of zero',
      { frequencyPenalty: 0.4, presencePenalty: 0 },
      { frequency_penalty: 0.4 },
    ],
    ['logprobs', { logprobs: true }, { logprobs: true }],
    ['plain text', { responseFormat: { type: 'text' } }, {}],
    ['JSON', { responseFormat: { type: 'json_object' } }, { response_format: { type: 'json_object' } }],
    [
      'a JSON schema',
      { responseFormat: { type: 'json_schema', name: 'n', schema, strict: true } },
      { response_format: { type: 'json_object', json_schema: schema } },
    ],
    [
      'its own extensions',
      { extensions: { dialect: 'cohere', fields: { safety_mode: 'STRICT', documents: ['d'] } } },
      { safety_mode: 'STRICT', documents: ['d'] },
    ],
    ["another's extensions", { extensions: { dialect: 'openai-chat', fields: { prediction: 1 } } }, {}],
  ])('%s', (_name, fields, expected) => expect(beyond(fields)).toEqual(expected))

  test('a seed keeps every digit, and a negative one is left out at any size', () => {
    const seed = (digits: string) => parseJson(digits) as number
    expect(JSON.stringify(encode({ seed: seed('18446744073709551615') }).body)).toContain(
      '"seed":18446744073709551615',
    )
    expect(encode({ seed: seed('-18446744073709551615') }).lost).toEqual(['seed'])
  })

  test("max tokens are at most the model's own", () => {
    expect(beyond({ maxOutputTokens: 10 }, 8)).toEqual({ max_tokens: 8, lost: ['max_output_tokens'] })
    expect(beyond({ maxOutputTokens: 8 }, 8)).toEqual({ max_tokens: 8 })
    expect(beyond({}, 8)).toEqual({})
  })
})

describe('thinking', () => {
  test.each<[string, Partial<ChatRequest>, object]>([
    ['on', { thinking: { enabled: true } }, { thinking: { type: 'enabled' } }],
    ['adaptive', { thinking: { enabled: true, adaptive: true } }, { thinking: { type: 'enabled' } }],
    ['off', { thinking: { enabled: false } }, { thinking: { type: 'disabled' } }],
    ['effort none', { thinking: { enabled: false, effort: 'none' } }, { thinking: { type: 'disabled' } }],
    ['effort without thinking', { thinking: { enabled: false, effort: 'low' } }, { lost: ['thinking'] }],
    [
      'a budget, whatever the effort',
      { thinking: { enabled: true, budgetTokens: 5000, effort: 'low' }, maxOutputTokens: 100 },
      { thinking: { type: 'enabled', token_budget: 5000 }, max_tokens: 100 },
    ],
    [
      'an effort that leaves room for the answer',
      { thinking: { enabled: true, effort: 'high' }, maxOutputTokens: 1000 },
      { thinking: { type: 'enabled', token_budget: 800 }, max_tokens: 1000 },
    ],
    [
      'an effort with hardly any room',
      { thinking: { enabled: true, effort: 'high' }, maxOutputTokens: 1 },
      { thinking: { type: 'enabled', token_budget: 1 }, max_tokens: 1 },
    ],
    [
      'an unknown effort',
      { thinking: { enabled: true, effort: 'heroic' } },
      { thinking: { type: 'enabled' }, lost: ['thinking'] },
    ],
  ])('%s', (_name, fields, expected) => expect(beyond(fields)).toEqual(expected))

  test.each([
    ['minimal', 1024],
    ['low', 1024],
    ['medium', 2048],
    ['high', 4096],
    ['xhigh', 8192],
    ['max', 16384],
  ])('effort %s is a budget of %i tokens', (effort, token_budget) => {
    expect(beyond({ thinking: { enabled: true, effort } })).toEqual({
      thinking: { type: 'enabled', token_budget },
    })
  })
})

describe('tools', () => {
  const offered = { tools: [wire('f', 'does f'), wire('g')] }
  const strict = (tool: Tool): Tool => ({ ...tool, strict: true })

  test.each<[string, Partial<ChatRequest>, object]>([
    ['are offered', { tools: [f, g] }, offered],
    ['of none', { tools: [] }, {}],
    [
      'of another dialect are not',
      { tools: [{ type: 'opaque', tool: { dialect: 'openai-chat', value: {} } }] },
      {},
    ],
    ['chosen freely', { tools: [f, g], toolChoice: { type: 'auto' } }, offered],
    ['not to be used', { tools: [f, g], toolChoice: { type: 'none' } }, { ...offered, tool_choice: 'NONE' }],
    [
      'required',
      { tools: [f, g], toolChoice: { type: 'required' } },
      { ...offered, tool_choice: 'REQUIRED' },
    ],
    [
      'required by name: no other is offered',
      { tools: [f, g], toolChoice: { type: 'tool', name: 'g' } },
      { tools: [wire('g')], tool_choice: 'REQUIRED' },
    ],
    ['required where there are none', { toolChoice: { type: 'required' } }, { lost: ['tool_choice'] }],
    ['named where there are none', { toolChoice: { type: 'tool', name: 'g' } }, { lost: ['tool_choice'] }],
    ['chosen freely where there are none', { toolChoice: { type: 'auto' } }, {}],
    ['forbidden where there are none', { toolChoice: { type: 'none' } }, {}],
    ['strict, all of them', { tools: [strict(f), strict(g)] }, { ...offered, strict_tools: true }],
    ['strict, some of them', { tools: [strict(f), g] }, { ...offered, lost: ['strict_tools'] }],
    [
      'strict, the one that is named',
      { tools: [f, strict(g)], toolChoice: { type: 'tool', name: 'g' } },
      { tools: [wire('g')], tool_choice: 'REQUIRED', strict_tools: true },
    ],
    [
      'strict without a parameter that is demanded',
      { tools: [strict({ ...g, parameters: { type: 'object', required: [] } })] },
      {
        tools: [{ type: 'function', function: { name: 'g', parameters: { type: 'object', required: [] } } }],
        lost: ['strict_tools'],
      },
    ],
    [
      'without parameters say so',
      { tools: [strict({ type: 'function', name: 'h' })] },
      {
        tools: [
          { type: 'function', function: { name: 'h', parameters: { type: 'object', properties: {} } } },
        ],
        lost: ['strict_tools'],
      },
    ],
    [
      'leave no room for JSON',
      { tools: [f, g], responseFormat: { type: 'json_object' } },
      { ...offered, lost: ['json_object'] },
    ],
    [
      'leave no room for a schema',
      { tools: [f, g], responseFormat: { type: 'json_schema', schema } },
      { ...offered, lost: ['json_schema'] },
    ],
    ['leave room for plain text', { tools: [f, g], responseFormat: { type: 'text' } }, offered],
  ])('%s', (_name, fields, expected) => expect(beyond(fields)).toEqual(expected))

  test('a choice of none of them is refused', () => {
    const error = catchError(() => encode({ tools: [f], toolChoice: { type: 'tool', name: 'secret' } }))
    expect(error).toMatchObject({ code: 'invalid_request', detail: { param: 'tool_choice' } })
    expect(error.message).toMatch(/found .*, allowed: /)
    expect(error.message).not.toContain('secret')
  })
})

function catchError(action: () => unknown): GatewayError {
  try {
    action()
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('messages', () => {
  test('of all roles stay in their order', () => {
    expect(
      messages(
        { role: 'system', content: [text('one')] },
        user,
        assistant(text('Hello')),
        { role: 'developer', content: [text('two'), text('three')] },
        user,
      ),
    ).toEqual({
      messages: [
        { role: 'system', content: 'one' },
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: 'Hello' },
        { role: 'system', content: [text('two'), text('three')] },
        { role: 'user', content: 'Hi' },
      ],
    })
  })

  test('of a user without a word stay', () => {
    expect(messages({ role: 'user', content: [] })).toEqual({ messages: [{ role: 'user', content: '' }] })
  })

  const imagePart = (url: string, detail?: string) => ({
    type: 'image_url',
    image_url: { url, ...(detail !== undefined && { detail }) },
  })
  const at = { kind: 'url', url: 'https://x.test/a.png' } as const
  test.each<[string, Block, unknown, string[]?]>([
    ['an image by address', { type: 'image', source: at }, [imagePart(at.url)]],
    [
      'an image by value',
      { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AAAA' } },
      [imagePart('data:image/png;base64,AAAA')],
    ],
    ['an image in detail', { type: 'image', source: at, detail: 'high' }, [imagePart(at.url, 'high')]],
    ['an image at low detail', { type: 'image', source: at, detail: 'low' }, [imagePart(at.url, 'low')]],
    ['an image as it pleases', { type: 'image', source: at, detail: 'auto' }, [imagePart(at.url, 'auto')]],
    [
      'an image in a detail not known here',
      { type: 'image', source: at, detail: 'original' },
      [imagePart(at.url)],
      ['image_detail'],
    ],
    [
      "an image by another's id",
      { type: 'image', source: { kind: 'file', dialect: 'openai-chat', id: 'f' } },
      '',
      ['foreign_file'],
    ],
    [
      'a document of text',
      { type: 'document', source: { kind: 'text', text: 'words' }, title: 'T' },
      'T\n\nwords',
    ],
    ['a document without a title', { type: 'document', source: { kind: 'text', text: 'words' } }, 'words'],
    [
      'a document with context and citations',
      {
        type: 'document',
        source: { kind: 'text', text: 'words' },
        context: 'c',
        citationsEnabled: true,
      },
      'words',
      ['document context', 'citations'],
    ],
    ['a document by address', { type: 'document', source: at }, '', ['document_url']],
    [
      'a document by value',
      { type: 'document', source: { kind: 'base64', mediaType: 'application/pdf', data: 'AAAA' } },
      '',
      ['document_base64'],
    ],
    [
      'a document by id',
      { type: 'document', source: { kind: 'file', dialect: 'openai-chat', id: 'f' } },
      '',
      ['foreign_file'],
    ],
    ['audio', { type: 'audio', format: 'wav', data: 'AAAA' }, '', ['audio']],
    [
      'a block of its own',
      { type: 'opaque', block: { dialect: 'cohere', value: { type: 'x' } } },
      [{ type: 'x' }],
    ],
    [
      "another's block",
      { type: 'opaque', block: { dialect: 'openai-chat', value: {} } },
      '',
      ['foreign_block'],
    ],
    ["another's call", call, '', ['foreign_block']],
    ['thinking', { type: 'thinking', text: 'hm' }, '', ['foreign_thinking']],
  ])('of a user: %s', (_name, block, content, lost) => {
    expect(messages({ role: 'user', content: [block] })).toEqual({
      messages: [{ role: 'user', content }],
      ...(lost && { lost }),
    })
  })

  test('of a user: text and an image', () => {
    expect(messages({ role: 'user', content: [text('see'), { type: 'image', source: at }] })).toEqual({
      messages: [{ role: 'user', content: [{ type: 'text', text: 'see' }, imagePart(at.url)] }],
    })
  })

  const wireCall = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }
  test.each<[string, Block[], object[], string[]?]>([
    ['text', [text('Hello')], [{ content: 'Hello' }]],
    ['two texts', [text('a'), text('b')], [{ content: [text('a'), text('b')] }]],
    ['nothing', [text('')], []],
    ['a refusal', [{ type: 'refusal', text: 'no' }], [{ content: 'no' }]],
    ['a call', [call], [{ tool_calls: [wireCall] }]],
    [
      'text before a call',
      [text('I '), text('will'), call],
      [{ tool_plan: 'I will', tool_calls: [wireCall] }],
    ],
    [
      'thinking before text',
      [{ type: 'thinking', text: 'hm' }, text('Hello')],
      [{ content: [{ type: 'thinking', thinking: 'hm' }, text('Hello')] }],
    ],
    [
      'thinking before a call',
      [{ type: 'thinking', text: 'hm' }, text('I will'), call],
      [
        {
          content: [{ type: 'thinking', thinking: 'hm' }],
          tool_plan: 'I will',
          tool_calls: [wireCall],
        },
      ],
    ],
    [
      'thinking that another dialect signed',
      [{ type: 'thinking', text: 'hm', signature: { dialect: 'anthropic-messages', value: 's' } }, text('a')],
      [{ content: 'a' }],
      ['foreign_thinking'],
    ],
    [
      'thinking nobody can read',
      [{ type: 'redacted_thinking', data: { dialect: 'anthropic-messages', value: 's' } }, text('a')],
      [{ content: 'a' }],
      ['foreign_thinking'],
    ],
    ['an image', [{ type: 'image', source: at }, text('a')], [{ content: 'a' }], ['foreign_block']],
    ['a document', [{ type: 'document', source: at }, text('a')], [{ content: 'a' }], ['foreign_block']],
    [
      'a call without arguments',
      [{ ...call, arguments: ' ' }],
      [{ tool_calls: [{ ...wireCall, function: { name: 'f', arguments: '{}' } }] }],
    ],
    [
      'a call of free text',
      [{ ...call, kind: 'custom', arguments: 'x = 1' }],
      [{ tool_calls: [{ ...wireCall, function: { name: 'f', arguments: '{"input":"x = 1"}' } }] }],
    ],
    [
      'a signed call',
      [{ ...call, signature: { dialect: 'gemini', value: 's' } }],
      [{ tool_calls: [wireCall] }],
      ['foreign_thinking'],
    ],
    [
      'text with its own citations',
      [{ type: 'text', text: 'a', citations: { dialect: 'cohere', value: [{ start: 0 }] } }],
      [{ content: 'a', citations: [{ start: 0 }] }],
    ],
    [
      "text with another's citations",
      [{ type: 'text', text: 'a', citations: { dialect: 'anthropic-messages', value: [{}] } }],
      [{ content: 'a' }],
      ['citations'],
    ],
  ])('of an assistant: %s', (_name, content, expected, lost) => {
    expect(messages(assistant(...content))).toEqual({
      messages: expected.map((message) => ({ role: 'assistant', ...message })),
      ...(lost && { lost }),
    })
  })

  test('thinking of earlier turns stays out where thinking is switched off', () => {
    const { body, lost } = encode({
      messages: [user, assistant({ type: 'thinking', text: 'hm' }, text('a'))],
      thinking: { enabled: false },
    })
    expect(body.messages).toEqual([
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'a' },
    ])
    expect(lost).toEqual(['foreign_thinking'])
  })
})

describe('results of tools', () => {
  type Content = Extract<Block, { type: 'tool_result' }>['content']
  const result = (id: string, ...content: Content): Block => ({
    type: 'tool_result',
    toolCallId: id,
    content,
  })
  const words = (said: string) => ({ type: 'text', text: said }) as const

  test.each<[string, Content, unknown, string[]?]>([
    ['one text', [words('sunny')], 'sunny'],
    ['two texts', [words('a'), words('b')], [words('a'), words('b')]],
    ['nothing', [], ''],
    [
      'a document of text',
      [{ type: 'document', source: { kind: 'text', text: 'w' }, title: 'T', context: 'c' }],
      [{ type: 'document', document: { data: { title: 'T', context: 'c', text: 'w' } } }],
    ],
    [
      'a document of text alone',
      [{ type: 'document', source: { kind: 'text', text: 'w' } }],
      [{ type: 'document', document: { data: { text: 'w' } } }],
    ],
    [
      'another document',
      [words('a'), { type: 'document', source: { kind: 'url', url: 'https://x.test' } }],
      'a',
      ['tool_result_document'],
    ],
  ])('%s', (_name, content, expected, lost) => {
    expect(messages({ role: 'user', content: [result('c1', ...content)] })).toEqual({
      messages: [{ role: 'tool', tool_call_id: 'c1', content: expected }],
      ...(lost && { lost }),
    })
  })

  test('follow the calls at once, whatever the user says beside them', () => {
    expect(
      messages(
        assistant(call),
        { role: 'user', content: [text('first'), result('c1', words('sunny'))] },
        { role: 'user', content: [result('c2', words('4 pm'))] },
        assistant(text('ok')),
      ).messages,
    ).toMatchObject([
      { role: 'assistant' },
      { role: 'tool', tool_call_id: 'c1' },
      { role: 'tool', tool_call_id: 'c2' },
      { role: 'user', content: 'first' },
      { role: 'assistant' },
    ])
  })
})
