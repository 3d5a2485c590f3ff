import { describe, expect, test } from 'vitest'
import type { Block, ChatRequest, Message } from '../../src/canonical/chat.ts'
import type { JsonObject } from '../../src/canonical/json.ts'
import { openaiChat } from '../../src/dialects/openai-chat/index.ts'
import { openaiResponses } from '../../src/dialects/openai-responses/index.ts'
import { carry } from '../../src/dialects/features.ts'
import { problemsBySpec } from './openai-responses-recordings.ts'

const dialect = 'openai-responses'
const text = (words: string): Block => ({ type: 'text', text: words })
const user = (...content: Block[]): Message => ({ role: 'user', content })
const assistant = (...content: Block[]): Message => ({ role: 'assistant', content })

function encode(fields: Partial<ChatRequest>, modelMaxOutputTokens?: number) {
  const request = { model: 'm', messages: [user(text('Hi'))], stream: false, ...fields }
  const { body, lost } = openaiResponses.encodeRequest(request, { modelMaxOutputTokens })
  // The description's kinds of items overlap, so that it finds fault with most of them.
  expect(problemsBySpec('CreateResponse', { ...body, input: 'Hi' })).toEqual([])
  return { body, lost }
}
const inputOf = (...messages: Message[]) => encode({ messages }).body.input
const encrypted = ['reasoning.encrypted_content']
const f = { type: 'function', name: 'f' } as const

describe('fields', () => {
  test('the shortest request keeps nothing at the provider', () => {
    expect(encode({})).toEqual({
      body: { model: 'm', input: [{ role: 'user', content: 'Hi' }], store: false },
      lost: [],
    })
  })

  test.each<[Partial<ChatRequest>, JsonObject, string[]]>([
    [{ stream: true }, { stream: true }, []],
    [{ maxOutputTokens: 100 }, { max_output_tokens: 100 }, []],
    [{ maxOutputTokens: 15 }, { max_output_tokens: 16 }, ['max_output_tokens']],
    [{ temperature: 2 }, { temperature: 2 }, []],
    [{ temperature: 3 }, { temperature: 2 }, ['temperature']],
    [{ topP: 0.5 }, { top_p: 0.5 }, []],
    [{ logprobs: true, topLogprobs: 3 }, { include: ['message.output_text.logprobs'], top_logprobs: 3 }, []],
    [{ user: 'u' }, { user: 'u' }, []],
    [{ metadata: { a: 'b' } }, { metadata: { a: 'b' } }, []],
    [{ serviceTier: 'flex' }, { service_tier: 'flex' }, []],
    [{ serviceTier: 'standard_only' }, { service_tier: 'default' }, []],
    [{ serviceTier: 'batch' }, {}, ['service_tier']],
    [{ verbosity: 'low' }, { text: { verbosity: 'low' } }, []],
    [{ promptCacheKey: 'k' }, { prompt_cache_key: 'k' }, []],
    [{ safetyIdentifier: 's' }, { safety_identifier: 's' }, []],
    [{ store: false }, {}, []],
    [{ store: true }, {}, ['store']],
    [{ responseFormat: { type: 'text' } }, { text: { format: { type: 'text' } } }, []],
    [{ responseFormat: { type: 'json_object' } }, { text: { format: { type: 'json_object' } } }, []],
    [
      {
        responseFormat: { type: 'json_schema', name: 'n', description: 'd', schema: { a: 1 }, strict: true },
      },
      {
        text: {
          format: { type: 'json_schema', name: 'n', description: 'd', schema: { a: 1 }, strict: true },
        },
      },
      [],
    ],
    [
      { responseFormat: { type: 'json_schema', schema: {} } },
      { text: { format: { type: 'json_schema', name: 'response', schema: {} } } },
      [],
    ],
    [
      { thinking: { enabled: true, effort: 'high' } },
      { reasoning: { effort: 'high', summary: 'auto' }, include: encrypted },
      [],
    ],
    [{ thinking: { enabled: true } }, { reasoning: { summary: 'auto' }, include: encrypted }, []],
    ...(
      [
        [1024, 'low'],
        [2048, 'medium'],
        [4096, 'high'],
      ] as const
    ).map(([budgetTokens, effort]): [Partial<ChatRequest>, JsonObject, string[]] => [
      { thinking: { enabled: true, budgetTokens } },
      { reasoning: { effort, summary: 'auto' }, include: encrypted },
      [],
    ]),
    [
      { thinking: { enabled: true, effort: 'low', display: 'omitted' } },
      { reasoning: { effort: 'low' }, include: encrypted },
      [],
    ],
    [{ thinking: { enabled: false, effort: 'none' } }, { reasoning: { effort: 'none' } }, []],
    [
      { thinking: { enabled: false, effort: 'low' } },
      { reasoning: { effort: 'low' }, include: encrypted },
      [],
    ],
    [{ thinking: { enabled: false } }, {}, ['thinking']],
    [{ toolChoice: { type: 'required' } }, {}, []],
    [{ parallelToolCalls: false }, {}, []],
  ])('%j', (fields, expected, lost) => {
    expect(encode(fields)).toEqual({
      body: { model: 'm', input: [{ role: 'user', content: 'Hi' }], store: false, ...expected },
      lost,
    })
  })

  test("no more tokens than the model's own maximum", () => {
    expect(encode({ maxOutputTokens: 900 }, 500)).toMatchObject({
      body: { max_output_tokens: 500 },
      lost: ['max_output_tokens'],
    })
  })

  test('tools, which are not strict unless they say so', () => {
    const custom = { type: 'custom', name: 'c' }
    const foreign = { type: 'opaque', tool: { dialect: 'anthropic-messages', value: {} } } as const
    const { body, lost } = encode({
      tools: [
        { ...f, description: 'd', parameters: { type: 'object' }, strict: true },
        { type: 'function', name: 'g', cache: {} },
        { type: 'opaque', tool: { dialect, value: custom } },
        foreign,
      ],
      toolChoice: { type: 'required' },
      parallelToolCalls: false,
    })
    expect(body.tools).toEqual([
      { ...f, description: 'd', parameters: { type: 'object' }, strict: true },
      { type: 'function', name: 'g', parameters: { type: 'object', properties: {} }, strict: false },
      custom,
    ])
    expect(body).toMatchObject({ tool_choice: 'required', parallel_tool_calls: false })
    expect(lost).toEqual(['cache_control', 'foreign_tool'])
    expect(encode({ tools: [foreign] }).body.tools).toBeUndefined()
  })

  test('a choice names a function, or the custom tool of that name', () => {
    const custom = { type: 'opaque', tool: { dialect, value: { type: 'custom', name: 'c' } } } as const
    const choiceOf = (name: string) =>
      encode({ tools: [f, custom], toolChoice: { type: 'tool', name } }).body.tool_choice
    expect(choiceOf('f')).toEqual({ type: 'function', name: 'f' })
    expect(choiceOf('c')).toEqual({ type: 'custom', name: 'c' })
    expect(encode({ tools: [f], toolChoice: { type: 'none' } }).body.tool_choice).toBe('none')
    expect(encode({ tools: [f] }).body.tool_choice).toBeUndefined()
  })

  test('fields that only this dialect knows come back to it', () => {
    const kept = { type: 'allowed_tools', mode: 'auto', tools: [] }
    const fields = { truncation: 'auto', include: ['web_search_call.results'], tool_choice: kept }
    const request: Partial<ChatRequest> = { tools: [f], toolChoice: { type: 'auto' }, logprobs: true }
    expect(encode({ ...request, extensions: { dialect, fields } }).body).toMatchObject({
      model: 'm',
      input: [{ role: 'user', content: 'Hi' }],
      truncation: 'auto',
      tool_choice: kept,
      include: ['message.output_text.logprobs', 'web_search_call.results'],
    })
    expect(encode({ extensions: { dialect, fields } }).body.tool_choice).toBeUndefined()
    expect(encode({ extensions: { dialect: 'openai-chat', fields: { a: 1 } } }).body).not.toHaveProperty('a')
  })
})

describe('items', () => {
  test('system messages stay where they are', () => {
    expect(
      inputOf({ role: 'developer', content: [text('a')] }, user(text('b')), {
        role: 'system',
        content: [text('c'), text('d')],
      }),
    ).toEqual([
      { role: 'developer', content: 'a' },
      { role: 'user', content: 'b' },
      {
        role: 'system',
        content: [
          { type: 'input_text', text: 'c' },
          { type: 'input_text', text: 'd' },
        ],
      },
    ])
    expect(inputOf(user())).toEqual([{ role: 'user', content: '' }])
  })

  test('media in every form', () => {
    const pdf = { kind: 'base64', mediaType: 'application/pdf', data: 'cGRm' } as const
    const { body, lost } = encode({
      messages: [
        user(
          { type: 'image', source: { kind: 'url', url: 'https://x.test/a.png' } },
          { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'aQ==' }, detail: 'low' },
          { type: 'image', source: { kind: 'file', dialect, id: 'file-1' } },
          { type: 'document', source: pdf },
          { type: 'document', source: pdf, title: 'a.pdf' },
          { type: 'document', source: { kind: 'url', url: 'https://x.test/a.pdf' }, title: 'b.pdf' },
          { type: 'document', source: { kind: 'file', dialect, id: 'file-2' } },
          { type: 'document', source: { kind: 'text', text: 'c' }, title: 'T' },
          { type: 'document', source: { kind: 'text', text: 'd' } },
        ),
      ],
    })
    expect(lost).toEqual([])
    expect((body.input as [{ content: unknown }])[0].content).toEqual([
      { type: 'input_image', detail: 'auto', image_url: 'https://x.test/a.png' },
      { type: 'input_image', detail: 'low', image_url: 'data:image/png;base64,aQ==' },
      { type: 'input_image', detail: 'auto', file_id: 'file-1' },
      { type: 'input_file', filename: 'document.pdf', file_data: 'data:application/pdf;base64,cGRm' },
      { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,cGRm' },
      { type: 'input_file', filename: 'b.pdf', file_url: 'https://x.test/a.pdf' },
      { type: 'input_file', file_id: 'file-2' },
      { type: 'input_text', text: 'T\n\nc' },
      { type: 'input_text', text: 'd' },
    ])
  })

  test.each<[Block, string[]]>([
    [{ type: 'audio', format: 'wav', data: 'YQ==' }, ['audio']],
    [{ type: 'image', source: { kind: 'file', dialect: 'openai-chat', id: 'x' } }, ['foreign_file']],
    [{ type: 'image', source: { kind: 'text', text: 'x' } }, ['foreign_file']],
    [{ type: 'document', source: { kind: 'file', dialect: 'gemini', id: 'x' } }, ['foreign_file']],
    [{ type: 'thinking', text: 'x' }, ['foreign_thinking']],
    [{ type: 'opaque', block: { dialect: 'gemini', value: {} } }, ['foreign_block']],
  ])('%j has no place in a message', (block, expected) => {
    const { body, lost } = encode({ messages: [user(text('a'), block)] })
    expect(body.input).toEqual([{ role: 'user', content: 'a' }])
    expect(lost).toEqual(expected)
  })

  test('what is said of a document and of a cache is named as lost', () => {
    const source = { kind: 'text', text: 'x' } as const
    const { lost } = encode({
      messages: [
        user(
          { type: 'document', source, context: 'c', citationsEnabled: true, cache: {} },
          { type: 'refusal', text: 'no' },
        ),
      ],
    })
    expect(lost).toEqual(['cache_control', 'document context', 'citations'])
  })

  test("the model's turn: texts, refusals, calls, in their order", () => {
    const annotations = [{ type: 'file_path', file_id: 'f', index: 0 }]
    const { body, lost } = encode({
      messages: [
        assistant(
          { ...text('a'), citations: { dialect, value: annotations } } as Block,
          { type: 'refusal', text: 'no' },
          { type: 'tool_call', id: 'call_1', name: 'f', arguments: '' },
          text('b'),
          { type: 'tool_call', id: 'call_2', name: 'c', arguments: 'x', kind: 'custom' },
        ),
        user(
          { type: 'tool_result', toolCallId: 'call_2', content: [] },
          {
            type: 'tool_result',
            toolCallId: 'call_1',
            content: [text('t') as never, { type: 'image', source: { kind: 'url', url: 'https://x.test' } }],
          },
          text('And?'),
        ),
      ],
    })
    expect(lost).toEqual([])
    expect(body.input).toEqual([
      {
        role: 'assistant',
        content: [
          { type: 'output_text', text: 'a', annotations },
          { type: 'refusal', refusal: 'no' },
        ],
      },
      { type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{}' },
      { role: 'assistant', content: 'b' },
      { type: 'custom_tool_call', call_id: 'call_2', name: 'c', input: 'x' },
      { type: 'custom_tool_call_output', call_id: 'call_2', output: '' },
      {
        type: 'function_call_output',
        call_id: 'call_1',
        output: [
          { type: 'input_text', text: 't' },
          { type: 'input_image', detail: 'auto', image_url: 'https://x.test' },
        ],
      },
      { role: 'user', content: 'And?' },
    ])
  })

  test('what of a turn is lost is named', () => {
    const foreign = { dialect: 'anthropic-messages', value: 's' } as const
    const { body, lost } = encode({
      messages: [
        assistant(
          { ...text('a'), citations: foreign, cache: {} } as Block,
          { type: 'tool_call', id: 'c', name: 'f', arguments: '{}', signature: foreign },
          { type: 'image', source: { kind: 'url', url: 'https://x.test' } },
          { type: 'thinking', text: 'x', signature: foreign },
        ),
        user({ type: 'tool_result', toolCallId: 'c', content: [], isError: true }),
      ],
    })
    expect((body.input as JsonObject[]).map(({ type, role }) => type ?? role)).toEqual([
      ...['assistant', 'function_call', 'function_call_output'],
    ])
    expect(lost).toEqual([
      ...['cache_control', 'citations', 'foreign_thinking', 'foreign_block', 'tool_result_error'],
    ])
  })

  test.each<Message>([
    user({ type: 'tool_result', toolCallId: 'c', content: [], cache: {} }),
    assistant({ type: 'tool_call', id: 'c', name: 'f', arguments: '{}', cache: {} }),
    user({ type: 'image', source: { kind: 'url', url: 'https://x.test' }, cache: {} }),
  ])('the cache mark of %j is named as lost', (message) => {
    expect(encode({ messages: [message] }).lost).toEqual(['cache_control'])
  })

  test('reasoning and items of its own go back whole, and reasoning is asked for encrypted again', () => {
    const item = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAA' }
    const mine = { dialect, value: JSON.stringify(item) } as const
    const search = { type: 'web_search_call', id: 'ws_1', status: 'completed', action: {} }
    const approval = { type: 'mcp_approval_response', approval_request_id: 'a', approve: true }
    const { body } = encode({
      messages: [
        assistant(
          { type: 'redacted_thinking', data: mine },
          { type: 'opaque', block: { dialect, value: search } },
          { type: 'thinking', text: 'x', signature: mine },
          { type: 'tool_call', id: 'c', name: 'f', arguments: '{}' },
        ),
        user(text('a'), { type: 'opaque', block: { dialect, value: approval } }),
      ],
    })
    expect(body.input).toEqual([
      item,
      search,
      item,
      { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
      { role: 'user', content: 'a' },
      approval,
    ])
    expect(body.include).toEqual(encrypted)
    const signed = assistant({ type: 'thinking', text: 'x', signature: mine })
    expect(encode({ messages: [signed] }).body.include).toEqual(encrypted)
    expect(encode({ messages: [assistant({ type: 'thinking', text: 'x' })] }).body.include).toBeUndefined()
  })

  test('a signature that is no reasoning item is not sent', () => {
    for (const value of ['{', '{"type":"message"}', 7])
      expect(inputOf(assistant({ type: 'redacted_thinking', data: { dialect, value } }))).toEqual([])
  })
})

test('what it cannot carry is what its table says, by the names of the route', () => {
  const request: ChatRequest = {
    model: 'm',
    messages: [{ ...user(text('Hi')), name: 'Ann' }],
    stream: false,
    topK: 1,
    minP: 0.1,
    stop: ['x'],
    seed: 1,
    n: 2,
    frequencyPenalty: 1,
    presencePenalty: 1,
    logitBias: { '1': 1 },
    modalities: ['audio'],
  }
  const { lost } = carry(request, openaiChat.features, openaiResponses)
  expect(lost).toEqual([
    ...['top_k', 'min_p', 'stop', 'seed', 'n', 'frequency_penalty', 'presence_penalty', 'logit_bias'],
    ...['modalities', 'messages[].name'],
  ])
})
