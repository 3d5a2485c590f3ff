import { describe, expect, test } from 'vitest'
import type { ChatRequest } from '../../src/canonical/chat.ts'
import type { JsonObject } from '../../src/canonical/json.ts'
import { openaiResponses } from '../../src/dialects/openai-responses/index.ts'
import { GatewayError } from '../../src/errors.ts'

const dialect = 'openai-responses'

const decode = (body: JsonObject) => openaiResponses.decodeRequest({ model: 'm', input: 'Hi', ...body })
const requestOf = (body: JsonObject): ChatRequest => decode(body).request
const messagesOf = (...input: unknown[]) => requestOf({ input }).messages

function refused(body: JsonObject): { code: string; param: string | undefined; message: string } {
  try {
    decode(body)
  } catch (error) {
    if (error instanceof GatewayError)
      return { code: error.code, param: error.detail.param, message: error.publicMessage }
    throw error
  }
  throw new Error('nothing was refused')
}

const text = (words: string) => ({ type: 'text', text: words })
const call = { type: 'function_call', call_id: 'call_1', name: 'add', arguments: '{"a":1}' }

describe('fields', () => {
  test('the shortest request', () => {
    expect(decode({})).toEqual({
      request: { model: 'm', messages: [{ role: 'user', content: [text('Hi')] }], stream: false },
      unknown: [],
    })
  })

  test.each<[JsonObject, Partial<ChatRequest>]>([
    [{ stream: true }, { stream: true }],
    [{ max_output_tokens: 100 }, { maxOutputTokens: 100 }],
    [{ temperature: 0.5 }, { temperature: 0.5 }],
    [{ top_p: 0.9 }, { topP: 0.9 }],
    [{ parallel_tool_calls: false }, { parallelToolCalls: false }],
    [{ user: 'u' }, { user: 'u' }],
    [{ metadata: { a: 'b' } }, { metadata: { a: 'b' } }],
    [{ metadata: {} }, {}],
    [{ service_tier: 'flex' }, { serviceTier: 'flex' }],
    [{ prompt_cache_key: 'k' }, { promptCacheKey: 'k' }],
    [{ safety_identifier: 's' }, { safetyIdentifier: 's' }],
    [{ store: false }, { store: false }],
    [{ text: { verbosity: 'low' } }, { verbosity: 'low' }],
    [{ text: { format: { type: 'text' } } }, { responseFormat: { type: 'text' } }],
    [{ text: { format: { type: 'json_object' } } }, { responseFormat: { type: 'json_object' } }],
    [{ text: { format: null } }, {}],
    [
      {
        text: {
          format: { type: 'json_schema', name: 'n', description: 'd', schema: { a: 1 }, strict: true },
        },
      },
      {
        responseFormat: { type: 'json_schema', name: 'n', description: 'd', schema: { a: 1 }, strict: true },
      },
    ],
    [
      { text: { format: { type: 'json_schema', schema: {} } } },
      { responseFormat: { type: 'json_schema', schema: {} } },
    ],
    [{ reasoning: { effort: 'high' } }, { thinking: { enabled: true, effort: 'high' } }],
    [{ reasoning: { effort: 'none' } }, { thinking: { enabled: false, effort: 'none' } }],
    [{ reasoning: { summary: 'detailed' } }, { thinking: { enabled: true, display: 'summarized' } }],
    [{ reasoning: { generate_summary: 'auto' } }, { thinking: { enabled: true, display: 'summarized' } }],
    [
      { reasoning: { effort: 'low', summary: 'auto' } },
      { thinking: { enabled: true, effort: 'low', display: 'summarized' } },
    ],
    [{ reasoning: { effort: null, summary: null } }, {}],
    [{ top_logprobs: 2 }, { logprobs: true, topLogprobs: 2 }],
    [{ top_logprobs: 0 }, {}],
    [{ include: ['message.output_text.logprobs'] }, { logprobs: true }],
    [
      { include: ['message.output_text.logprobs'], top_logprobs: 0 },
      { logprobs: true, topLogprobs: 0 },
    ],
    [{ include: ['reasoning.encrypted_content'] }, {}],
    [
      { include: ['reasoning.encrypted_content', 'web_search_call.results'] },
      { extensions: { dialect, fields: { include: ['web_search_call.results'] } } },
    ],
    [{ tool_choice: 'auto' }, { toolChoice: { type: 'auto' } }],
    [{ tool_choice: 'none' }, { toolChoice: { type: 'none' } }],
    [{ tool_choice: 'required' }, { toolChoice: { type: 'required' } }],
    [{ tool_choice: { type: 'function', name: 'f' } }, { toolChoice: { type: 'tool', name: 'f' } }],
    [{ tool_choice: { type: 'custom', name: 'c' } }, { toolChoice: { type: 'tool', name: 'c' } }],
    [
      { tool_choice: { type: 'allowed_tools', mode: 'required', tools: [] } },
      {
        toolChoice: { type: 'required' },
        extensions: {
          dialect,
          fields: { tool_choice: { type: 'allowed_tools', mode: 'required', tools: [] } },
        },
      },
    ],
    [
      { tool_choice: { type: 'web_search_preview' } },
      { extensions: { dialect, fields: { tool_choice: { type: 'web_search_preview' } } } },
    ],
    [{ truncation: 'disabled' }, {}],
    ...['truncation', 'max_tool_calls', 'moderation', 'context_management', 'access_programs', 'image']
      .concat('prompt_cache_options', 'prompt_cache_retention')
      .map((name): [JsonObject, Partial<ChatRequest>] => [
        { [name]: 'x' },
        { extensions: { dialect, fields: { [name]: 'x' } } },
      ]),
  ])('%j', (body, expected) => {
    const { request, unknown } = decode(body)
    const { model: _model, messages: _messages, ...rest } = request
    expect(rest).toEqual({ stream: false, ...expected })
    expect(unknown).toEqual([])
  })

  test('instructions are a system message before all others', () => {
    expect(requestOf({ instructions: 'Be brief.' }).messages).toEqual([
      { role: 'system', content: [text('Be brief.')] },
      { role: 'user', content: [text('Hi')] },
    ])
    expect(requestOf({ instructions: '' }).messages).toHaveLength(1)
    expect(requestOf({ instructions: null }).messages).toHaveLength(1)
  })

  test('functions, and tools that only this API knows', () => {
    const custom = { type: 'custom', name: 'c', format: { type: 'text' } }
    const tools = [
      { type: 'function', name: 'f', description: 'd', parameters: { type: 'object' }, strict: true },
      { type: 'function', name: 'g', description: null, parameters: null, strict: null },
      custom,
      { type: 'web_search' },
    ]
    expect(requestOf({ tools }).tools).toEqual([
      { type: 'function', name: 'f', description: 'd', parameters: { type: 'object' }, strict: true },
      { type: 'function', name: 'g' },
      { type: 'opaque', tool: { dialect, value: custom } },
      { type: 'opaque', tool: { dialect, value: { type: 'web_search' } } },
    ])
    expect(requestOf({ tools: [] }).tools).toBeUndefined()
  })

  test('fields that nobody knows, and wishes that only a provider with this API can grant, are named', () => {
    const { unknown } = decode({
      foo: 1,
      nothing: null,
      store: true,
      background: false,
      text: { bar: 1, format: { type: 'text', baz: 1 } },
      reasoning: { context: 'all_turns', effort: 'low' },
      stream_options: { include_obfuscation: true },
      tools: [{ type: 'function', name: 'f', defer_loading: true }],
      input: [
        { role: 'assistant', content: 'x', phase: 'commentary' },
        { role: 'user', content: [{ type: 'input_text', text: 'x', qux: 1 }] },
        {
          role: 'user',
          content: [{ type: 'input_audio', input_audio: { data: 'x', format: 'wav', rate: 1 } }],
        },
        { ...call, namespace: 'n' },
        { type: 'custom_tool_call', call_id: 'c', name: 'n', input: '', caller: {} },
        { type: 'function_call_output', call_id: 'c', output: '', async: true },
        { type: 'reasoning', summary: [{ text: 'x' }], quux: 1 },
      ],
    })
    expect(unknown.sort()).toEqual([
      ...[
        'foo',
        'input[].async',
        'input[].caller',
        'input[].content[].input_audio.rate',
        'input[].content[].qux',
        'input[].namespace',
      ],
      ...['input[].phase', 'input[].quux', 'reasoning.context', 'store'],
      ...['stream_options.include_obfuscation', 'text.bar', 'text.format.baz', 'tools[].defer_loading'],
    ])
    expect(decode({ store: true }).request.store).toBeUndefined()
    expect(decode({ stream_options: { include_obfuscation: false } }).unknown).toEqual([])
    expect(decode({ stream_options: { other: 1 } }).unknown).toEqual(['stream_options.other'])
  })

  test.each([
    [{ model: '' }, 'model'],
    [{ input: undefined }, 'input'],
    [{ input: [] }, 'input'],
    [{ input: ['Hi'] }, 'input[0]'],
    [{ input: [{ role: 'tool', content: '' }] }, 'input[0].role'],
    [{ input: [{ type: 7, role: 'user', content: '' }] }, 'input[0].type'],
    [{ input: [{ role: 'user' }] }, 'input[0].content'],
    [{ input: [{ role: 'user', content: [7] }] }, 'input[0].content[0]'],
    [{ input: [{ role: 'user', content: [{ type: 'output_text', text: '' }] }] }, 'input[0].content[0].type'],
    [
      { input: [{ role: 'assistant', content: [{ type: 'input_image', image_url: 'x' }] }] },
      'input[0].content[0].type',
    ],
    [
      { input: [{ role: 'system', content: [{ type: 'input_image', image_url: 'x' }] }] },
      'input[0].content[0].type',
    ],
    [{ input: [{ role: 'user', content: [{ type: 'input_text' }] }] }, 'input[0].content[0].text'],
    [{ input: [{ role: 'user', content: [{ type: 'input_image' }] }] }, 'input[0].content[0]'],
    [
      { input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'data:image/png,x' }] }] },
      'input[0].content[0].image_url',
    ],
    [
      { input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'data:image/png;base64' }] }] },
      'input[0].content[0].image_url',
    ],
    [{ input: [{ role: 'user', content: [{ type: 'input_file' }] }] }, 'input[0].content[0]'],
    [
      { input: [{ role: 'user', content: [{ type: 'input_file', file_data: 'data:text/plain,x' }] }] },
      'input[0].content[0].file_data',
    ],
    [
      { input: [{ role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'x' } }] }] },
      'input[0].content[0].input_audio.format',
    ],
    [{ input: [{ ...call, call_id: '' }] }, 'input[0].call_id'],
    [{ input: [{ ...call, name: undefined }] }, 'input[0].name'],
    [{ input: [{ ...call, arguments: {} }] }, 'input[0].arguments'],
    [{ input: [{ type: 'custom_tool_call', call_id: 'c', name: 'n' }] }, 'input[0].input'],
    [{ input: [{ type: 'function_call_output', output: '' }] }, 'input[0].call_id'],
    [{ input: [{ type: 'function_call_output', call_id: 'c' }] }, 'input[0].output'],
    [
      {
        input: [{ type: 'function_call_output', call_id: 'c', output: [{ type: 'refusal', refusal: '' }] }],
      },
      'input[0].output[0].type',
    ],
    [{ input: [{ type: 'reasoning', encrypted_content: 7 }] }, 'input[0].encrypted_content'],
    [{ instructions: 7 }, 'instructions'],
    [{ stream: 'yes' }, 'stream'],
    [{ max_output_tokens: 1.5 }, 'max_output_tokens'],
    [{ temperature: '1' }, 'temperature'],
    [{ top_logprobs: -1 }, 'top_logprobs'],
    [{ include: 'x' }, 'include'],
    [{ include: [7] }, 'include[0]'],
    [{ metadata: { a: 1 } }, 'metadata.a'],
    [{ tools: {} }, 'tools'],
    [{ tools: [{ name: 'f' }] }, 'tools[0].type'],
    [{ tools: [{ type: 'function' }] }, 'tools[0].name'],
    [{ tools: [{ type: 'function', name: 'f', parameters: 7 }] }, 'tools[0].parameters'],
    [{ tools: [{ type: 'function', name: 'f', strict: 7 }] }, 'tools[0].strict'],
    [{ tool_choice: 'any' }, 'tool_choice'],
    [{ tool_choice: { type: 'function' } }, 'tool_choice.name'],
    [{ tool_choice: {} }, 'tool_choice.type'],
    [{ tool_choice: { type: 'allowed_tools', mode: 'all' } }, 'tool_choice.mode'],
    [{ text: 'x' }, 'text'],
    [{ text: { format: { type: 'xml' } } }, 'text.format.type'],
    [{ text: { format: { type: 'json_schema' } } }, 'text.format.schema'],
    [{ reasoning: { effort: 7 } }, 'reasoning.effort'],
    [{ stream_options: { include_obfuscation: 7 } }, 'stream_options.include_obfuscation'],
  ])('%j is refused with its place', (body, param) => {
    const error = refused(body)
    expect([error.code, error.param]).toEqual(['invalid_request', param])
    expect(error.message).toContain('allowed:')
  })
})

const whole = 'Send the items themselves'

describe('state', () => {
  test.each([
    [{ previous_response_id: 'resp_1' }, 'previous_response_id', 'previous_response_id', whole],
    [{ conversation: 'conv_1' }, 'conversation', 'conversation', whole],
    [{ conversation: { id: 'conv_1' } }, 'conversation', 'conversation', whole],
    [{ prompt: { id: 'pmpt_1' } }, 'prompt', 'prompt', 'Send the prompt itself'],
    [{ background: true }, 'background', 'background', 'stream the answer'],
    [{ input: [{ type: 'item_reference', id: 'msg_1' }] }, 'input[0]', 'item_reference', whole],
    [{ input: [{ role: 'user', content: '' }, { id: 'msg_1' }] }, 'input[1]', 'item_reference', whole],
  ])('%j needs a provider that keeps it', (body, param, named, remedy) => {
    const error = refused(body)
    expect([error.code, error.param]).toEqual(['unsupported_parameter', param])
    expect(error.message).toContain('needs state that only a provider with the Responses API keeps')
    expect(error.message).toContain(named)
    expect(error.message).toContain(remedy)
  })

  test('fields that are null ask for nothing', () => {
    const none = { previous_response_id: null, conversation: null, prompt: null, background: null }
    expect(decode(none).unknown).toEqual([])
  })
})

describe('items', () => {
  test('messages in the easy form and the typed one, of every role', () => {
    expect(
      messagesOf(
        { role: 'system', content: 'a' },
        { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'b' }] },
        { role: 'user', content: [] },
        { type: null, role: 'user', content: '' },
        { type: 'message', id: 'msg_1', status: 'completed', role: 'assistant', content: 'c' },
      ),
    ).toEqual([
      { role: 'system', content: [text('a')] },
      { role: 'developer', content: [text('b')] },
      { role: 'user', content: [] },
      { role: 'user', content: [] },
      { role: 'assistant', content: [text('c')] },
    ])
  })

  test('what an assistant said, with its citations, its refusal and what frameworks make of it', () => {
    const annotations = [{ type: 'url_citation', url: 'https://x.test' }]
    const [message] = messagesOf({
      role: 'assistant',
      content: [
        { type: 'output_text', text: 'a', annotations, logprobs: [] },
        { type: 'output_text', text: 'b', annotations: [] },
        { type: 'input_text', text: 'c' },
        { type: 'refusal', refusal: 'no' },
      ],
    })
    expect(message?.content).toEqual([
      { ...text('a'), citations: { dialect, value: annotations } },
      text('b'),
      text('c'),
      { type: 'refusal', text: 'no' },
    ])
  })

  test('media in every form', () => {
    const png = 'data:image/png;base64,aW1hZ2U='
    const pdf = 'data:application/pdf;base64,cGRm'
    const [message] = messagesOf({
      role: 'user',
      content: [
        { type: 'input_image', image_url: png, detail: 'low' },
        { type: 'input_image', image_url: 'https://x.test/a.png', file_id: null, detail: 'auto' },
        { type: 'input_image', file_id: 'file-1', prompt_cache_breakpoint: { mode: 'explicit' } },
        { type: 'input_file', file_data: pdf, filename: 'a.pdf' },
        { type: 'input_file', file_data: 'cGRm' },
        { type: 'input_file', file_data: 'data:text/plain;base64,aGk=', filename: 'a.txt' },
        { type: 'input_file', file_url: 'https://x.test/a.pdf' },
        { type: 'input_file', file_id: 'file-2', prompt_cache_breakpoint: { mode: 'explicit' } },
        { type: 'input_audio', input_audio: { data: 'YQ==', format: 'wav' } },
        { type: 'input_text', text: 'x', prompt_cache_breakpoint: { mode: 'explicit', ttl: '12h' } },
      ],
    })
    const base64 = { kind: 'base64', mediaType: 'application/pdf', data: 'cGRm' }
    expect(message?.content).toEqual([
      {
        type: 'image',
        source: { kind: 'base64', mediaType: 'image/png', data: 'aW1hZ2U=' },
        detail: 'low',
      },
      { type: 'image', source: { kind: 'url', url: 'https://x.test/a.png' } },
      { type: 'image', source: { kind: 'file', dialect, id: 'file-1' }, cache: {} },
      { type: 'document', source: base64, title: 'a.pdf' },
      { type: 'document', source: base64 },
      { type: 'document', source: { kind: 'text', text: 'hi' }, title: 'a.txt' },
      { type: 'document', source: { kind: 'url', url: 'https://x.test/a.pdf' } },
      { type: 'document', source: { kind: 'file', dialect, id: 'file-2' }, cache: {} },
      { type: 'audio', format: 'wav', data: 'YQ==' },
      { ...text('x'), cache: {} },
    ])
  })

  test('the items of one turn are one message, results in a row another', () => {
    const result = (id: string, output: unknown) => ({
      type: 'function_call_output',
      call_id: id,
      output,
      status: 'completed',
    })
    expect(
      messagesOf(
        { role: 'user', content: 'Go' },
        { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hm.' }] },
        { role: 'assistant', content: 'I look.' },
        { ...call, id: 'fc_1', status: 'completed' },
        { type: 'custom_tool_call', id: 'ctc_1', call_id: 'call_2', name: 'sql', input: 'SELECT 1' },
        result('call_1', '2'),
        {
          ...result('call_2', [{ type: 'input_image', image_url: 'https://x.test/a.png' }]),
          type: 'custom_tool_call_output',
        },
        { role: 'user', content: 'And?' },
        { role: 'user', content: 'Now.' },
        { role: 'assistant', content: 'Well.' },
      ),
    ).toEqual([
      { role: 'user', content: [text('Go')] },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', text: 'Hm.' },
          text('I look.'),
          { type: 'tool_call', id: 'call_1', name: 'add', arguments: '{"a":1}' },
          { type: 'tool_call', id: 'call_2', name: 'sql', arguments: 'SELECT 1', kind: 'custom' },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', toolCallId: 'call_1', content: [text('2')] },
          {
            type: 'tool_result',
            toolCallId: 'call_2',
            content: [{ type: 'image', source: { kind: 'url', url: 'https://x.test/a.png' } }],
          },
        ],
      },
      { role: 'user', content: [text('And?')] },
      { role: 'user', content: [text('Now.')] },
      { role: 'assistant', content: [text('Well.')] },
    ])
  })

  test('a row of results ends where the model or the user speaks', () => {
    const result = { type: 'function_call_output', call_id: 'c', output: '' }
    expect(
      messagesOf(result, { role: 'user', content: 'a' }, result, call, result).map(({ role }) => role),
    ).toEqual(['user', 'user', 'user', 'assistant', 'user'])
  })

  test('items of other kinds stay whole, on the side that sends them', () => {
    const search = { type: 'web_search_call', id: 'ws_1', status: 'completed' }
    const approval = { type: 'mcp_approval_response', approval_request_id: 'a', approve: true }
    const screenshot = { type: 'computer_call_output', call_id: 'c', output: {} }
    const whole = (value: unknown) => ({ type: 'opaque', block: { dialect, value } })
    expect(messagesOf(search, approval, screenshot)).toEqual([
      { role: 'assistant', content: [whole(search)] },
      { role: 'user', content: [whole(approval), whole(screenshot)] },
    ])
  })
})

describe('reasoning items', () => {
  const reasoning = (fields: JsonObject) => ({ type: 'reasoning', id: 'rs_1', summary: [], ...fields })
  const parts = [
    { type: 'summary_text', text: 'One.' },
    { type: 'summary_text', text: '' },
    { type: 'summary_text', text: 'Two.' },
  ]
  const content = [{ type: 'reasoning_text', text: 'Raw.' }]

  test('text alone is thinking that nobody signed', () => {
    expect(messagesOf(reasoning({ summary: parts, content }))).toEqual([
      { role: 'assistant', content: [{ type: 'thinking', text: 'Raw.\n\nOne.\n\nTwo.' }] },
    ])
  })

  test("OpenAI's own encrypted content is kept with the whole item", () => {
    const shown = reasoning({ summary: parts, encrypted_content: 'gAAA' })
    const hidden = reasoning({ encrypted_content: 'gAAA' })
    expect(messagesOf(shown, hidden)[0]?.content).toEqual([
      {
        type: 'thinking',
        text: 'One.\n\nTwo.',
        signature: { dialect, value: JSON.stringify(shown) },
      },
      { type: 'redacted_thinking', data: { dialect, value: JSON.stringify(hidden) } },
    ])
  })

  test('an item that says nothing is no part of the conversation', () => {
    expect(messagesOf(reasoning({}), { role: 'user', content: 'Hi' })).toHaveLength(1)
  })

  test('what this gateway has not written, though it looks so, is worth nothing', () => {
    for (const rest of ['', '!', Buffer.from('{"dialect":"x","value":1}').toString('base64url')]) {
      const item = reasoning({ summary: parts, encrypted_content: `gateway-reasoning.${rest}` })
      expect(messagesOf(item)[0]?.content).toEqual([{ type: 'thinking', text: 'One.\n\nTwo.' }])
    }
  })
})
