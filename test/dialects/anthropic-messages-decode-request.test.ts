import { describe, expect, test } from 'vitest'
import { parseJson, type JsonObject } from '../../src/canonical/json.ts'
import { anthropicMessages } from '../../src/dialects/anthropic-messages/index.ts'
import { GatewayError } from '../../src/errors.ts'

const dialect = 'anthropic-messages'
const hello = { model: 'claude', max_tokens: 10, messages: [{ role: 'user', content: 'Hi' }] }
const decode = (fields: JsonObject) => anthropicMessages.decodeRequest({ ...hello, ...fields })
const request = (fields: JsonObject) => decode(fields).request
const blocks = (content: unknown, role = 'user') =>
  request({ messages: [{ role, content }] }).messages[0]!.content

describe('a Messages request', () => {
  test('of the smallest kind has no field that was not sent', () => {
    expect(decode({})).toEqual({
      request: {
        model: 'claude',
        maxOutputTokens: 10,
        stream: false,
        messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
      },
      unknown: [],
    })
    expect(Object.values(request({})).includes(undefined)).toBe(false)
  })

  test('takes null for an optional field that is absent', () => {
    const nothing = {
      temperature: null,
      tools: null,
      tool_choice: null,
      system: null,
      metadata: null,
      thinking: null,
    }
    expect(decode({ ...nothing, output_config: null, stop_sequences: null, cache_control: null })).toEqual(
      decode({}),
    )
  })

  test('keeps plain fields under their canonical names', () => {
    expect(
      request({
        stream: true,
        temperature: 0.5,
        top_p: 0.9,
        top_k: 40,
        stop_sequences: ['a', 'b'],
        metadata: { user_id: 'u1' },
        service_tier: 'standard_only',
      }),
    ).toMatchObject({
      stream: true,
      temperature: 0.5,
      topP: 0.9,
      topK: 40,
      stop: ['a', 'b'],
      user: 'u1',
      serviceTier: 'standard_only',
    })
  })

  test('puts system text, with its cache marks, before the messages', () => {
    const system = [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral', ttl: '1h' } }]
    expect(request({ system }).messages[0]).toEqual({
      role: 'system',
      content: [{ type: 'text', text: 'Be brief.', cache: { ttl: '1h' } }],
    })
    expect(request({ system: 'Be brief.' }).messages[0]).toEqual({
      role: 'system',
      content: [{ type: 'text', text: 'Be brief.' }],
    })
  })

  test('may hold system messages between the others', () => {
    const messages = [...hello.messages, { role: 'system', content: 'Now in French.' }]
    expect(request({ messages }).messages.map(({ role }) => role)).toEqual(['user', 'system'])
  })

  test.each<[string, unknown, unknown]>([
    [
      'a base64 image',
      { type: 'base64', media_type: 'image/png', data: 'AA==' },
      { kind: 'base64', mediaType: 'image/png', data: 'AA==' },
    ],
    [
      'an image by address',
      { type: 'url', url: 'https://a.test/b.png' },
      { kind: 'url', url: 'https://a.test/b.png' },
    ],
    ['an image by file id', { type: 'file', file_id: 'file_1' }, { kind: 'file', dialect, id: 'file_1' }],
  ])('reads %s', (_name, source, expected) => {
    expect(blocks([{ type: 'image', source, cache_control: { type: 'ephemeral' } }])).toEqual([
      { type: 'image', source: expected, cache: {} },
    ])
  })

  test.each<[string, unknown, unknown]>([
    [
      'a PDF',
      { type: 'base64', media_type: 'application/pdf', data: 'AA==' },
      { kind: 'base64', mediaType: 'application/pdf', data: 'AA==' },
    ],
    ['plain text', { type: 'text', media_type: 'text/plain', data: 'abc' }, { kind: 'text', text: 'abc' }],
    [
      'an address',
      { type: 'url', url: 'https://a.test/b.pdf' },
      { kind: 'url', url: 'https://a.test/b.pdf' },
    ],
    ['a file id', { type: 'file', file_id: 'file_1' }, { kind: 'file', dialect, id: 'file_1' }],
  ])('reads a document from %s with title, context and citations', (_name, source, expected) => {
    const document = { type: 'document', source, title: 'T', context: 'C', citations: { enabled: true } }
    expect(blocks([document])).toEqual([
      { type: 'document', source: expected, title: 'T', context: 'C', citationsEnabled: true },
    ])
  })

  test('carries whole what only this dialect knows', () => {
    const made = { type: 'document', source: { type: 'content', content: 'abc' }, title: 'T' }
    const used = { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'x' }, anything: 1 }
    expect(decode({ messages: [{ role: 'user', content: [made, used] }] })).toMatchObject({
      request: {
        messages: [
          {
            content: [
              { type: 'opaque', block: { dialect, value: made } },
              { type: 'opaque', block: { dialect, value: used } },
            ],
          },
        ],
      },
      unknown: [],
    })
  })

  test('keeps thinking with its signature, and takes an empty signature for none', () => {
    expect(
      blocks(
        [
          { type: 'thinking', thinking: 'hm', signature: 'sig' },
          { type: 'thinking', thinking: 'hm', signature: '' },
          { type: 'redacted_thinking', data: 'xyz' },
        ],
        'assistant',
      ),
    ).toEqual([
      { type: 'thinking', text: 'hm', signature: { dialect, value: 'sig' } },
      { type: 'thinking', text: 'hm' },
      { type: 'redacted_thinking', data: { dialect, value: 'xyz' } },
    ])
  })

  test('turns the input of a tool call into text and loses no digit of a large number', () => {
    const body = parseJson(
      '{"model":"m","max_tokens":1,"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{"n":9007199254740993}}]}]}',
    ) as JsonObject
    const decoded = anthropicMessages.decodeRequest(body)
    expect(decoded.request.messages[0]!.content).toEqual([
      { type: 'tool_call', id: 't', name: 'f', arguments: '{"n":9007199254740993}' },
    ])
    const encoded = anthropicMessages.encodeRequest(decoded.request, {})
    expect(JSON.stringify(encoded.body)).toContain('{"n":9007199254740993}')
  })

  test('remembers who called a tool if it was not the model, and gives it back', () => {
    const caller = { type: 'code_execution_20250825', tool_id: 's1' }
    const messages = [
      { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'f', input: {}, caller }] },
    ]
    const decoded = request({ messages })
    expect(anthropicMessages.encodeRequest(decoded, {}).body.messages).toEqual(messages)
  })

  test.each<[string, unknown, unknown[]]>([
    ['a string', 'ok', [{ type: 'text', text: 'ok' }]],
    ['nothing', undefined, []],
    [
      'blocks',
      [
        { type: 'text', text: 'see' },
        { type: 'image', source: { type: 'url', url: 'https://a.test' } },
        { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'd' } },
        { type: 'search_result', source: 's', title: 't', content: [] },
      ],
      [
        { type: 'text', text: 'see' },
        { type: 'image', source: { kind: 'url', url: 'https://a.test' } },
        { type: 'document', source: { kind: 'text', text: 'd' } },
        {
          type: 'opaque',
          block: { dialect, value: { type: 'search_result', source: 's', title: 't', content: [] } },
        },
      ],
    ],
  ])('reads a tool result of %s', (_name, content, expected) => {
    expect(blocks([{ type: 'tool_result', tool_use_id: 't', content, is_error: true }])).toEqual([
      { type: 'tool_result', toolCallId: 't', content: expected, isError: true },
    ])
  })

  test('tells custom tools from those the provider runs', () => {
    const search = { type: 'web_search_20250305', name: 'web_search', max_uses: 3 }
    const input_schema = { type: 'object' }
    const custom = {
      name: 'f',
      description: 'd',
      input_schema,
      strict: true,
      cache_control: { type: 'ephemeral' },
    }
    expect(request({ tools: [custom, { ...custom, type: 'custom' }, search] }).tools).toEqual([
      { type: 'function', name: 'f', description: 'd', parameters: input_schema, strict: true, cache: {} },
      { type: 'function', name: 'f', description: 'd', parameters: input_schema, strict: true, cache: {} },
      { type: 'opaque', tool: { dialect, value: search } },
    ])
  })

  test.each<[JsonObject, JsonObject]>([
    [{ type: 'auto' }, { toolChoice: { type: 'auto' } }],
    [{ type: 'any' }, { toolChoice: { type: 'required' } }],
    [{ type: 'none' }, { toolChoice: { type: 'none' } }],
    [{ type: 'tool', name: 'f' }, { toolChoice: { type: 'tool', name: 'f' } }],
    [
      { type: 'any', disable_parallel_tool_use: true },
      { toolChoice: { type: 'required' }, parallelToolCalls: false },
    ],
    [
      { type: 'auto', disable_parallel_tool_use: false },
      { toolChoice: { type: 'auto' }, parallelToolCalls: true },
    ],
  ])('reads the tool choice %j', (tool_choice, expected) => {
    expect(request({ tool_choice })).toMatchObject(expected)
  })

  test.each<[JsonObject, JsonObject]>([
    [
      { thinking: { type: 'enabled', budget_tokens: 2000, display: 'omitted' } },
      { enabled: true, budgetTokens: 2000, display: 'omitted' },
    ],
    [{ thinking: { type: 'disabled' } }, { enabled: false }],
    [
      { thinking: { type: 'adaptive', display: 'summarized' } },
      { enabled: true, adaptive: true, display: 'summarized' },
    ],
    [
      { thinking: { type: 'adaptive' }, output_config: { effort: 'max' } },
      { enabled: true, adaptive: true, effort: 'max' },
    ],
    [{ output_config: { effort: 'low' } }, { enabled: false, effort: 'low' }],
  ])('reads %j and writes it as it was', (fields, thinking) => {
    const decoded = request({ ...fields, max_tokens: 9000 })
    expect(decoded.thinking).toEqual(thinking)
    expect(decoded.extensions).toBeUndefined()
    expect(anthropicMessages.encodeRequest(decoded, {})).toMatchObject({ body: fields, lost: [] })
  })

  test.each<[JsonObject]>([
    [{ thinking: { type: 'between_tools' }, output_config: { effort: 'low', task_budget: { total: 5 } } }],
    [{ thinking: { type: 'disabled' }, output_config: { effort: 'low' } }],
    [
      {
        cache_control: { type: 'ephemeral' },
        container: 'c',
        context_management: { edits: [] },
        inference_geo: 'eu',
      },
    ],
    [{ mcp_servers: [{ type: 'url', url: 'https://a.test', name: 'n' }], betas: ['b'], speed: 'fast' }],
  ])('gives %j back to this dialect as it came', (fields) => {
    const { request: decoded, unknown } = decode(fields)
    expect(unknown).toEqual([])
    expect(decoded.extensions?.dialect).toBe(dialect)
    expect(anthropicMessages.encodeRequest(decoded, {})).toMatchObject({ body: fields, lost: [] })
  })

  test.each(['output_config', 'output_format'])('reads a schema for the answer from %s', (name) => {
    const format = { type: 'json_schema', schema: { type: 'object' } }
    const fields = name === 'output_config' ? { output_config: { format } } : { output_format: format }
    const decoded = request(fields)
    expect(decoded.responseFormat).toEqual({ type: 'json_schema', schema: { type: 'object' } })
    expect(anthropicMessages.encodeRequest(decoded, {}).body).toMatchObject({ output_config: { format } })
  })

  test('keeps the rest of output_config beside a schema that is written anew', () => {
    const output_config = { format: { type: 'json_schema', schema: {} }, task_budget: { total: 5 } }
    expect(anthropicMessages.encodeRequest(request({ output_config }), {}).body).toMatchObject({
      output_config,
    })
  })

  test('names each unknown field once, by a path without positions', () => {
    const text = { type: 'text', text: 'x', shade: 1 }
    const { unknown } = decode({
      foo: 1,
      nothing: null,
      metadata: { user_id: 'u', team: 't' },
      messages: [
        { role: 'user', content: [text, text], bar: 1 },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: [text] }], bar: 2 },
      ],
      tools: [{ name: 'f', input_schema: {}, defer_loading: true }],
    })
    expect(unknown.toSorted()).toEqual([
      'foo',
      'messages[].bar',
      'messages[].content[].content[].shade',
      'messages[].content[].shade',
      'metadata.team',
      'tools[].defer_loading',
    ])
  })

  test.each<[JsonObject, string, RegExp]>([
    [{ model: undefined }, 'model', /found nothing, allowed: a string/],
    [{ model: '' }, 'model', /found an empty string/],
    [{ max_tokens: undefined }, 'max_tokens', /found nothing, allowed: a whole number/],
    [{ max_tokens: -1 }, 'max_tokens', /found -1/],
    [{ max_tokens: 1.5 }, 'max_tokens', /found 1.5/],
    [{ max_tokens: '10' }, 'max_tokens', /found "10", allowed: a whole number/],
    [{ messages: 'Hi' }, 'messages', /found a string, allowed: an array/],
    [{ messages: [] }, 'messages', /found an empty array/],
    [{ messages: ['Hi'] }, 'messages[0]', /found a string, allowed: an object/],
    [
      { messages: [{ role: 'tool', content: 'x' }] },
      'messages[0].role',
      /found "tool", allowed: "user", "assistant"/,
    ],
    [{ messages: [{ role: 'user' }] }, 'messages[0].content', /found nothing, allowed: a string or an array/],
    [{ messages: [{ role: 'user', content: 5 }] }, 'messages[0].content', /found a number/],
    [
      { messages: [{ role: 'user', content: [{ text: 'x' }] }] },
      'messages[0].content[0].type',
      /found nothing/,
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'text', text: 1 }] }] },
      'messages[0].content[0].text',
      /found a number/,
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'ftp' } }] }] },
      'messages[0].content[0].source.type',
      /found "ftp", allowed: "base64", "url", "file"/,
    ],
    [
      { messages: [{ role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'f', input: '{}' }] }] },
      'messages[0].content[0].input',
      /found a string, allowed: an object/,
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'tool_use', id: 'a', name: 'f', input: {} }] }] },
      'messages[0].content[0].type',
      /found "tool_use", allowed: "tool_use" in messages of the role "assistant"/,
    ],
    [
      {
        messages: [
          { role: 'user', content: [{ type: 'text', text: 'x', cache_control: { type: 'forever' } }] },
        ],
      },
      'messages[0].content[0].cache_control.type',
      /found "forever", allowed: "ephemeral"/,
    ],
    [{ system: [{ type: 'image' }] }, 'system[0].type', /allowed: "text"/],
    [{ system: 7 }, 'system', /found a number/],
    [{ stream: 'yes' }, 'stream', /found a string, allowed: true or false/],
    [{ temperature: '1' }, 'temperature', /found a string, allowed: a number/],
    [{ stop_sequences: 'END' }, 'stop_sequences', /found a string, allowed: an array/],
    [{ stop_sequences: ['a', 2] }, 'stop_sequences[1]', /found a number/],
    [{ tools: {} }, 'tools', /found an object, allowed: an array/],
    [{ tools: [{ name: 'f' }] }, 'tools[0].input_schema', /found nothing/],
    [{ tool_choice: 'auto' }, 'tool_choice', /found a string, allowed: an object/],
    [
      { tool_choice: { type: 'required' } },
      'tool_choice.type',
      /found "required", allowed: "auto", "any", "none", "tool"/,
    ],
    [{ tool_choice: { type: 'tool' } }, 'tool_choice.name', /found nothing/],
    [{ thinking: { type: 'enabled' } }, 'thinking.budget_tokens', /found nothing/],
    [{ thinking: { type: 'hard' } }, 'thinking.type', /found "hard", allowed: "enabled"/],
    [
      { output_config: { format: { type: 'json' } } },
      'output_config.format.type',
      /found "json", allowed: "json_schema"/,
    ],
    [{ metadata: 'u' }, 'metadata', /found a string/],
  ])('is refused by the path of what is wrong: %j', (fields, param, message) => {
    let thrown: unknown
    try {
      decode(fields)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(GatewayError)
    const error = thrown as GatewayError
    expect([error.code, error.detail.param]).toEqual(['invalid_request', param])
    expect(error.publicMessage).toMatch(message)
    expect(error.publicMessage.startsWith(param)).toBe(true)
  })

  test('is refused without repeating what a text field held', () => {
    const long = 'secret'.repeat(100)
    expect(() => decode({ messages: [{ role: long, content: 'x' }] })).toThrow(/^.{0,200}$/)
    expect(() => decode({ temperature: long })).not.toThrow(/secret/)
  })
})
