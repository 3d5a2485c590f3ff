import { describe, expect, test } from 'vitest'
import type { Block, ChatRequest, Message } from '../../src/canonical/chat.ts'
import { anthropicMessages } from '../../src/dialects/anthropic-messages/index.ts'
import { carry } from '../../src/dialects/features.ts'
import { GatewayError } from '../../src/errors.ts'

const text = (words: string): Block => ({ type: 'text', text: words })
const user: Message = { role: 'user', content: [text('Hi')] }
const base: ChatRequest = { model: 'claude', stream: false, maxOutputTokens: 8000, messages: [user] }
const tool = { type: 'function', name: 'f', parameters: { type: 'object' } } as const
const encode = (fields: Partial<ChatRequest>, modelMaxOutputTokens?: number) =>
  anthropicMessages.encodeRequest({ ...base, ...fields }, { modelMaxOutputTokens })
const body = (fields: Partial<ChatRequest>) => encode(fields).body
const call = (id: string, words = '{}'): Block => ({ type: 'tool_call', id, name: 'f', arguments: words })
const result = (toolCallId: string, ...content: { type: 'text'; text: string }[]): Block => ({
  type: 'tool_result',
  toolCallId,
  content,
})

describe('a request written for the Messages API', () => {
  test('of the smallest kind holds only what is needed', () => {
    expect(encode({})).toEqual({
      body: {
        model: 'claude',
        max_tokens: 8000,
        messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
      },
      lost: [],
    })
  })

  test('gets the maximum of the model, else 4096, where the caller set no limit', () => {
    expect(encode({ maxOutputTokens: undefined }, 64000).body.max_tokens).toBe(64000)
    expect(encode({ maxOutputTokens: undefined }).body.max_tokens).toBe(4096)
  })

  test('asks for no more than the model can produce, and says so', () => {
    expect(encode({ maxOutputTokens: 9000 }, 8192)).toMatchObject({
      body: { max_tokens: 8192 },
      lost: ['max_output_tokens'],
    })
  })

  test('collects system and developer messages from anywhere, in order', () => {
    const messages: Message[] = [
      { role: 'system', content: [text('one')] },
      user,
      { role: 'developer', content: [text(''), { type: 'text', text: 'two', cache: { ttl: '5m' } }] },
      { role: 'assistant', content: [text('Hello')] },
    ]
    expect(body({ messages })).toMatchObject({
      system: [
        { type: 'text', text: 'one' },
        { type: 'text', text: 'two', cache_control: { type: 'ephemeral', ttl: '5m' } },
      ],
      messages: [{ role: 'user' }, { role: 'assistant' }],
    })
  })

  test('of system messages alone becomes a user turn', () => {
    const encoded = body({ messages: [{ role: 'system', content: [text('Say hi.')] }] })
    expect(encoded.system).toBeUndefined()
    expect(encoded.messages).toEqual([{ role: 'user', content: [{ type: 'text', text: 'Say hi.' }] }])
  })

  test('leaves out empty text and messages in which nothing is left', () => {
    const messages: Message[] = [
      user,
      { role: 'assistant', content: [text(''), call('a')] },
      { role: 'user', content: [result('a', { type: 'text', text: '' })] },
      { role: 'assistant', content: [text('')] },
    ]
    expect(body({ messages }).messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'f', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a' }] },
    ])
  })

  test('puts tool results first in the turn after the calls, even from several messages', () => {
    const messages: Message[] = [
      user,
      { role: 'assistant', content: [call('a'), call('b')] },
      { role: 'user', content: [text('by the way'), result('a')] },
      { role: 'system', content: [text('note')] },
      { role: 'user', content: [result('b'), text('go on')] },
    ]
    const turns = body({ messages }).messages as {
      content: { type: string; tool_use_id?: string; text?: string }[]
    }[]
    expect(turns).toHaveLength(3)
    expect(turns[2]!.content.map((block) => block.tool_use_id ?? block.text)).toEqual([
      'a',
      'b',
      'by the way',
      'go on',
    ])
  })

  test('puts thinking first, whole, and keeps thinking between tools where it stands', () => {
    const signed = (words: string): Block => ({
      type: 'thinking',
      text: words,
      signature: { dialect: 'anthropic-messages', value: `sig-${words}` },
    })
    const assistant = (...content: Block[]) =>
      (body({ messages: [user, { role: 'assistant', content }] }).messages as { content: unknown[] }[])[1]!
        .content
    const one = { type: 'thinking', thinking: 'one', signature: 'sig-one' }
    expect(assistant(text('so'), signed('one'))).toEqual([one, { type: 'text', text: 'so' }])
    expect(assistant(signed('one'), text('so'), signed('two'))).toEqual([
      one,
      { type: 'text', text: 'so' },
      { type: 'thinking', thinking: 'two', signature: 'sig-two' },
    ])
  })

  test('makes an object of arguments without losing a digit', () => {
    const messages: Message[] = [
      user,
      { role: 'assistant', content: [call('a', '{"n":9007199254740993}'), call('b', '')] },
    ]
    expect(JSON.stringify(body({ messages }).messages)).toContain('"input":{"n":9007199254740993}')
    expect(JSON.stringify(body({ messages }).messages)).toContain('"input":{}')
  })

  test.each(['{"a":', '[1]', '"text"', 'null', '7'])(
    'is refused for arguments that are no object: %s',
    (words) => {
      const messages: Message[] = [user, { role: 'assistant', content: [text('so'), call('a', words)] }]
      let thrown: unknown
      try {
        encode({ messages })
      } catch (error) {
        thrown = error
      }
      expect(thrown).toBeInstanceOf(GatewayError)
      expect((thrown as GatewayError).code).toBe('invalid_request')
      expect((thrown as GatewayError).detail.param).toBe('messages[1].content[1].arguments')
    },
  )

  test("takes a custom tool's free text as an object", () => {
    const custom: Block = { type: 'tool_call', id: 'a', name: 'f', arguments: 'ls -l', kind: 'custom' }
    expect(body({ messages: [user, { role: 'assistant', content: [custom] }] }).messages).toMatchObject([
      {},
      { content: [{ input: { input: 'ls -l' } }] },
    ])
  })

  test('rewrites ids that the API would refuse, in call and result alike, and keeps different ones apart', () => {
    const messages: Message[] = [
      user,
      { role: 'assistant', content: [call('functions.f:0'), call('functions:f.0'), call('toolu_01-x')] },
      { role: 'user', content: [result('functions.f:0'), result('functions:f.0'), result('toolu_01-x')] },
    ]
    const [, calls, results] = body({ messages }).messages as {
      content: { id: string; tool_use_id: string }[]
    }[]
    const ids = calls!.content.map(({ id }) => id)
    expect(ids.every((id) => /^[a-zA-Z0-9_-]+$/.test(id))).toBe(true)
    expect(new Set(ids).size).toBe(3)
    expect(ids[2]).toBe('toolu_01-x')
    expect(results!.content.map(({ tool_use_id }) => tool_use_id)).toEqual(ids)
  })

  test('carries media in each of its forms, and text files as text', () => {
    const file = { kind: 'file', dialect: 'anthropic-messages', id: 'file_1' } as const
    const content: Block[] = [
      { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AA==' }, cache: {} },
      { type: 'image', source: { kind: 'url', url: 'https://a.test/b.png' } },
      { type: 'image', source: file },
      {
        type: 'document',
        source: { kind: 'base64', mediaType: 'application/pdf', data: 'AA==' },
        title: 'T',
      },
      { type: 'document', source: { kind: 'base64', mediaType: 'text/csv', data: 'w6Qs' } },
      { type: 'document', source: { kind: 'text', text: 'abc' }, context: 'C', citationsEnabled: true },
    ]
    expect(
      (body({ messages: [{ role: 'user', content }] }).messages as { content: unknown }[])[0]!.content,
    ).toEqual([
      {
        type: 'image',
        source: { type: 'base64', media_type: 'image/png', data: 'AA==' },
        cache_control: { type: 'ephemeral' },
      },
      { type: 'image', source: { type: 'url', url: 'https://a.test/b.png' } },
      { type: 'image', source: { type: 'file', file_id: 'file_1' } },
      {
        type: 'document',
        source: { type: 'base64', media_type: 'application/pdf', data: 'AA==' },
        title: 'T',
      },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'ä,' } },
      {
        type: 'document',
        source: { type: 'text', media_type: 'text/plain', data: 'abc' },
        context: 'C',
        citations: { enabled: true },
      },
    ])
  })

  test('names what only another dialect could read, wherever it stands', () => {
    const foreign = { dialect: 'gemini', value: { a: 1 } } as const
    const file = { kind: 'file', dialect: 'openai-chat', id: 'f' } as const
    const messages: Message[] = [
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'x', citations: foreign },
          { type: 'tool_call', id: 'a', name: 'f', arguments: '{}', signature: foreign },
          { type: 'thinking', text: 'hm', signature: foreign },
          { type: 'redacted_thinking', data: foreign },
        ],
      },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            toolCallId: 'a',
            content: [
              { type: 'opaque', block: foreign },
              { type: 'image', source: file },
            ],
          },
        ],
      },
    ]
    const encoded = encode({ messages, tools: [{ type: 'opaque', tool: foreign }] })
    expect(encoded.lost.toSorted()).toEqual([
      'citations',
      'foreign_block',
      'foreign_file',
      'foreign_thinking',
      'foreign_tool',
    ])
    expect(JSON.stringify(encoded.body)).not.toMatch(/gemini|"a":1|hm/)
  })

  test('leaves another dialect nothing but what the table says', () => {
    const request: ChatRequest = {
      ...base,
      seed: 1,
      n: 2,
      logprobs: true,
      responseFormat: { type: 'json_object' },
    }
    const { request: carried, lost } = carry(request, anthropicMessages.features, anthropicMessages)
    expect(lost).toEqual(['seed', 'n', 'logprobs', 'json_object'])
    expect(anthropicMessages.encodeRequest(carried, {})).toEqual(encode({}))
  })

  test('gives every tool a schema of an object', () => {
    const tools = [
      { type: 'function', name: 'a' },
      { type: 'function', name: 'b', parameters: {} },
      {
        type: 'function',
        name: 'c',
        parameters: { type: 'object', properties: { x: {} } },
        description: 'd',
        strict: true,
      },
    ] as const
    expect(body({ tools: [...tools] }).tools).toEqual([
      { name: 'a', input_schema: { type: 'object', properties: {} } },
      { name: 'b', input_schema: { type: 'object' } },
      { name: 'c', description: 'd', strict: true, input_schema: { type: 'object', properties: { x: {} } } },
    ])
  })

  test.each<[string, Partial<ChatRequest>, unknown, string[]]>([
    ['required', { toolChoice: { type: 'required' } }, { type: 'any' }, []],
    ['a tool', { toolChoice: { type: 'tool', name: 'f' } }, { type: 'tool', name: 'f' }, []],
    [
      'no parallel calls',
      { parallelToolCalls: false },
      { type: 'auto', disable_parallel_tool_use: true },
      [],
    ],
    [
      'a tool, and no parallel calls',
      { toolChoice: { type: 'required' }, parallelToolCalls: false },
      { type: 'any', disable_parallel_tool_use: true },
      [],
    ],
    [
      'none, and no parallel calls',
      { toolChoice: { type: 'none' }, parallelToolCalls: false },
      { type: 'none' },
      [],
    ],
    ['parallel calls, which are the default', { parallelToolCalls: true }, undefined, []],
    ['required beside no tools', { tools: [], toolChoice: { type: 'required' } }, undefined, ['tool_choice']],
    ['no parallel calls beside no tools', { tools: [], parallelToolCalls: false }, undefined, []],
  ])('states the tool choice %s', (_name, fields, expected, lost) => {
    const encoded = encode({ tools: [tool], ...fields })
    expect([encoded.body.tool_choice, encoded.lost]).toEqual([expected, lost])
  })

  test.each<[Partial<ChatRequest>, object, string[]]>([
    [{ temperature: 1.7 }, { temperature: 1 }, ['temperature']],
    [{ temperature: -1 }, { temperature: 0 }, ['temperature']],
    [{ temperature: 0.3 }, { temperature: 0.3 }, []],
    [{ temperature: 0.3, topP: 1 }, { temperature: 0.3 }, []],
    [{ temperature: 1, topP: 0.5 }, { top_p: 0.5 }, []],
    [{ temperature: 0.3, topP: 0.5 }, { temperature: 0.3 }, ['top_p']],
    [{ topK: 5 }, { top_k: 5 }, []],
  ])('has sampling within bounds: %j', (fields, expected, lost) => {
    const { body: encoded, lost: named } = encode(fields)
    const { temperature, top_p, top_k } = encoded
    expect(JSON.parse(JSON.stringify({ temperature, top_p, top_k }))).toEqual(expected)
    expect(named).toEqual(lost)
  })

  test('leaves out stop sequences of white space and names them', () => {
    expect(encode({ stop: ['\n', 'END', ' '] })).toMatchObject({
      body: { stop_sequences: ['END'] },
      lost: ['stop'],
    })
    expect(encode({ stop: ['\n'] }).body).not.toHaveProperty('stop_sequences')
    expect(encode({ stop: ['END'] }).lost).toEqual([])
  })

  test.each<[string, unknown, string[]]>([
    ['auto', 'auto', []],
    ['default', 'standard_only', []],
    ['flex', undefined, ['service_tier']],
  ])('maps the service tier %s', (serviceTier, expected, lost) => {
    const encoded = encode({ serviceTier })
    expect([encoded.body.service_tier, encoded.lost]).toEqual([expected, lost])
  })

  test('sends a schema for the answer in output_config', () => {
    const schema = { type: 'object', properties: {} }
    expect(
      body({ responseFormat: { type: 'json_schema', name: 'n', schema, strict: true } }).output_config,
    ).toEqual({
      format: { type: 'json_schema', schema },
    })
    expect(body({ responseFormat: { type: 'text' } })).not.toHaveProperty('output_config')
  })
})

describe('thinking written for the Messages API', () => {
  test.each<[string, number, number]>([
    ['minimal', 8000, 1024],
    ['low', 8000, 1024],
    ['medium', 8000, 2048],
    ['high', 8000, 4096],
    ['xhigh', 64000, 8192],
    ['max', 64000, 16384],
    ['high', 4096, 3276],
    ['high', 1100, 1024],
  ])('makes of the effort %s below %i tokens a budget of %i', (effort, maxOutputTokens, budget_tokens) => {
    expect(encode({ thinking: { enabled: true, effort }, maxOutputTokens })).toMatchObject({
      body: { thinking: { type: 'enabled', budget_tokens }, max_tokens: maxOutputTokens },
      lost: [],
    })
  })

  test.each<[number, number, number | undefined, string[]]>([
    [2000, 8000, 2000, []],
    [9000, 8000, 7999, ['thinking']],
    [100, 8000, 1024, ['thinking']],
    [2000, 1024, undefined, ['thinking']],
  ])('keeps a budget of %i within 1024 and below %i', (budgetTokens, maxOutputTokens, expected, lost) => {
    const encoded = encode({ thinking: { enabled: true, budgetTokens }, maxOutputTokens })
    expect((encoded.body.thinking as { budget_tokens: number } | undefined)?.budget_tokens).toBe(expected)
    expect(encoded.lost).toEqual(lost)
  })

  test('is switched off where the caller says so', () => {
    expect(body({ thinking: { enabled: false, effort: 'none' } }).thinking).toEqual({ type: 'disabled' })
  })

  test('takes out what the API refuses beside it, and names that', () => {
    const encoded = encode({
      thinking: { enabled: true, effort: 'low' },
      temperature: 0.2,
      topP: 0.5,
      topK: 3,
      tools: [tool],
      toolChoice: { type: 'required' },
      parallelToolCalls: false,
    })
    expect(encoded.body).not.toHaveProperty('temperature')
    expect(encoded.body).not.toHaveProperty('top_p')
    expect(encoded.body).not.toHaveProperty('top_k')
    expect(encoded.body.tool_choice).toEqual({ type: 'auto', disable_parallel_tool_use: true })
    expect(encoded.lost.toSorted()).toEqual(['temperature', 'tool_choice', 'top_k', 'top_p'])
  })

  test('leaves beside it what the API allows', () => {
    const encoded = encode({
      thinking: { enabled: true, adaptive: true, effort: 'high' },
      temperature: 1,
      tools: [tool],
      toolChoice: { type: 'none' },
    })
    expect(encoded).toMatchObject({
      body: {
        thinking: { type: 'adaptive' },
        output_config: { effort: 'high' },
        temperature: 1,
        tool_choice: { type: 'none' },
      },
      lost: [],
    })
    expect(encode({ thinking: { enabled: true, effort: 'low' }, topP: 0.97 })).toMatchObject({
      body: { top_p: 0.97 },
      lost: [],
    })
  })

  test('is left out of a tool loop whose calls came without it', () => {
    const thinking = { enabled: true, effort: 'low' }
    const loop = (...before: Block[]): Message[] => [
      user,
      { role: 'assistant', content: [...before, call('a')] },
      { role: 'user', content: [result('a')] },
    ]
    expect(encode({ thinking, messages: loop() })).toMatchObject({ lost: ['thinking'] })
    expect(encode({ thinking, messages: loop() }).body).not.toHaveProperty('thinking')
    const signed: Block = {
      type: 'thinking',
      text: 'hm',
      signature: { dialect: 'anthropic-messages', value: 's' },
    }
    expect(encode({ thinking, messages: loop(signed) }).body).toHaveProperty('thinking')
  })
})
