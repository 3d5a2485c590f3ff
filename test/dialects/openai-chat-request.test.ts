import { describe, expect, test } from 'vitest'
import type { Block, ChatRequest, Message } from '../../src/canonical/chat.ts'
import { parseJson, type JsonObject } from '../../src/canonical/json.ts'
import { carry } from '../../src/dialects/features.ts'
import { mistralChat, openaiChat, openaiCompatibleChat } from '../../src/dialects/openai-chat/index.ts'
import { GatewayError } from '../../src/errors.ts'
import { problemsBySpec } from './openai-chat-recordings.ts'

const hello = { model: 'm', messages: [{ role: 'user', content: 'Hi' }] }
const read = (fields: JsonObject): ChatRequest => openaiChat.decodeRequest({ ...hello, ...fields }).request
const readMessages = (...messages: JsonObject[]): Message[] => read({ messages }).messages
const user = (...content: Block[]): Message => ({ role: 'user', content })
const write = (fields: Partial<ChatRequest>, dialect = openaiChat) =>
  dialect.encodeRequest(
    { model: 'm', messages: [user({ type: 'text', text: 'Hi' })], stream: false, ...fields },
    {},
  )
const writeMessages = (messages: Message[], dialect = openaiChat) =>
  write({ messages }, dialect).body.messages as JsonObject[]

const png = 'iVBORw0KGgo='
const call = (id: string, name = 'look', args = '{}') => ({
  id,
  type: 'function',
  function: { name, arguments: args },
})

describe('reading', () => {
  test('every field of the API finds its place', () => {
    const full = {
      max_completion_tokens: 10,
      max_tokens: 99,
      temperature: 0.5,
      top_p: 0.9,
      top_k: 40,
      min_p: 0.1,
      stop: 'END',
      n: 2,
      frequency_penalty: 0.1,
      presence_penalty: 0.2,
      logit_bias: { '50256': -100 },
      logprobs: true,
      top_logprobs: 3,
      user: 'u',
      metadata: { a: 'b' },
      service_tier: 'flex',
      verbosity: 'low',
      prompt_cache_key: 'k',
      safety_identifier: 's',
      store: true,
      modalities: ['text'],
      parallel_tool_calls: false,
      stream: true,
      stream_options: { include_usage: true },
      prediction: { type: 'content', content: 'x' },
      web_search_options: { search_context_size: 'low' },
      audio: { voice: 'alloy', format: 'wav' },
    }
    const { request, unknown } = openaiChat.decodeRequest({ ...hello, ...full })
    expect(unknown).toEqual([])
    expect(request).toEqual({
      model: 'm',
      messages: [user({ type: 'text', text: 'Hi' })],
      stream: true,
      includeUsage: true,
      maxOutputTokens: 10,
      temperature: 0.5,
      topP: 0.9,
      topK: 40,
      minP: 0.1,
      stop: ['END'],
      n: 2,
      frequencyPenalty: 0.1,
      presencePenalty: 0.2,
      logitBias: { '50256': -100 },
      logprobs: true,
      topLogprobs: 3,
      user: 'u',
      metadata: { a: 'b' },
      serviceTier: 'flex',
      verbosity: 'low',
      promptCacheKey: 'k',
      safetyIdentifier: 's',
      store: true,
      modalities: ['text'],
      parallelToolCalls: false,
      extensions: {
        dialect: 'openai-chat',
        fields: {
          prediction: full.prediction,
          web_search_options: full.web_search_options,
          audio: full.audio,
        },
      },
    })
  })

  test('a seed beyond 2^53 keeps every digit', () => {
    const body = parseJson(
      '{"model":"m","messages":[{"role":"user","content":"Hi"}],"seed":9007199254740993}',
    )
    const { request } = openaiChat.decodeRequest(body as JsonObject)
    expect(JSON.stringify(openaiChat.encodeRequest(request, {}).body)).toContain('"seed":9007199254740993')
    expect(JSON.stringify(mistralChat.encodeRequest(request, {}).body)).toContain(
      '"random_seed":9007199254740993',
    )
  })

  test('unknown fields are listed once each, wherever they stand; null asks for nothing', () => {
    const { unknown } = openaiChat.decodeRequest({
      model: 'm',
      foo: 1,
      echo: null,
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'a', zap: 1 }], bar: 1 },
        { role: 'user', content: 'b', bar: 2 },
        { role: 'assistant', content: null, tool_calls: [{ ...call('1'), x: 1 }] },
      ],
      tools: [{ type: 'function', function: { name: 'f', baz: true } }],
      response_format: { type: 'json_object', strictness: 1 },
      stream_options: { include_obfuscation: true },
    })
    expect(unknown.sort()).toEqual([
      'foo',
      'messages[].bar',
      'messages[].content[].zap',
      'messages[].tool_calls[].x',
      'response_format.strictness',
      'stream_options.include_obfuscation',
      'tools[].function.baz',
    ])
  })

  test('consecutive tool messages become one user message of results', () => {
    const messages = readMessages(
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: null, tool_calls: [call('a'), call('b')] },
      { role: 'tool', tool_call_id: 'a', content: 'one' },
      { role: 'tool', tool_call_id: 'b', content: [{ type: 'text', text: 'two' }] },
      { role: 'user', content: 'and?' },
    )
    expect(messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: [
          { type: 'tool_call', id: 'a', name: 'look', arguments: '{}' },
          { type: 'tool_call', id: 'b', name: 'look', arguments: '{}' },
        ],
      },
      user(
        { type: 'tool_result', toolCallId: 'a', content: [{ type: 'text', text: 'one' }] },
        { type: 'tool_result', toolCallId: 'b', content: [{ type: 'text', text: 'two' }] },
      ),
      user({ type: 'text', text: 'and?' }),
    ])
  })

  test.each([[null], [''], [undefined], [[]]])('an assistant that only calls may say %j', (content) => {
    const message = {
      role: 'assistant',
      tool_calls: [call('a')],
      ...(content === undefined ? {} : { content }),
    }
    expect(readMessages(message)).toEqual([
      { role: 'assistant', content: [{ type: 'tool_call', id: 'a', name: 'look', arguments: '{}' }] },
    ])
    expect(writeMessages(readMessages(message))[0]).toEqual({
      role: 'assistant',
      content: null,
      tool_calls: [call('a')],
    })
  })

  test('an empty list of tool calls is no call', () => {
    expect(readMessages({ role: 'assistant', content: 'Hi', tool_calls: [] })).toEqual([
      { role: 'assistant', content: [{ type: 'text', text: 'Hi' }] },
    ])
  })

  test('every kind of content part is read', () => {
    const [message] = readMessages({
      role: 'user',
      content: [
        { type: 'text', text: 'a', cache_control: { type: 'ephemeral', ttl: '1h' } },
        { type: 'image_url', image_url: { url: `data:image/png;base64,${png}`, detail: 'low' } },
        { type: 'image_url', image_url: 'https://example.org/a.png' },
        { type: 'input_audio', input_audio: { data: 'UklG', format: 'wav' } },
        { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBE', filename: 'a.pdf' } },
        { type: 'file', file: { file_data: 'JVBE' } },
        { type: 'file', file: { file_data: 'data:text/plain;base64,SGk=' } },
        { type: 'file', file: { file_id: 'file-1' } },
        { type: 'document_url', document_url: 'https://example.org/a.pdf', document_name: 'A' },
      ],
    })
    expect(message?.content).toEqual([
      { type: 'text', text: 'a', cache: { ttl: '1h' } },
      { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: png }, detail: 'low' },
      { type: 'image', source: { kind: 'url', url: 'https://example.org/a.png' } },
      { type: 'audio', format: 'wav', data: 'UklG' },
      {
        type: 'document',
        source: { kind: 'base64', mediaType: 'application/pdf', data: 'JVBE' },
        title: 'a.pdf',
      },
      { type: 'document', source: { kind: 'base64', mediaType: 'application/pdf', data: 'JVBE' } },
      { type: 'document', source: { kind: 'text', text: 'Hi' } },
      { type: 'document', source: { kind: 'file', dialect: 'openai-chat', id: 'file-1' } },
      { type: 'document', source: { kind: 'url', url: 'https://example.org/a.pdf' }, title: 'A' },
    ])
  })

  test('signed thinking blocks are read whole and win over the text that repeats them', () => {
    const [message] = readMessages({
      role: 'assistant',
      content: 'Hi',
      reasoning_content: 'Hm',
      thinking_blocks: [
        { type: 'thinking', thinking: 'Hm', signature: 'sig', index: 0 },
        { type: 'redacted_thinking', data: 'enc' },
      ],
    })
    expect(message?.content).toEqual([
      { type: 'thinking', text: 'Hm', signature: { dialect: 'anthropic-messages', value: 'sig' } },
      { type: 'redacted_thinking', data: { dialect: 'anthropic-messages', value: 'enc' } },
      { type: 'text', text: 'Hi' },
    ])
  })

  test.each([['reasoning_content'], ['reasoning']])('%s without blocks is unsigned thinking', (field) => {
    const [message] = readMessages({ role: 'assistant', content: 'Hi', [field]: 'Hm' })
    expect(message?.content[0]).toEqual({ type: 'thinking', text: 'Hm' })
  })

  test('a thought signature of Gemini stays with its call', () => {
    const extra = { google: { thought_signature: 'abc' } }
    const messages = readMessages({ role: 'assistant', tool_calls: [{ ...call('a'), extra_content: extra }] })
    expect(messages[0]?.content[0]).toMatchObject({ signature: { dialect: 'gemini', value: 'abc' } })
    expect(write({ messages }).lost).toEqual(['foreign_thinking'])
  })

  test('functions and function calls of the old form become tools, and results find their call', () => {
    const request = read({
      functions: [{ name: 'look', parameters: { type: 'object' } }],
      function_call: { name: 'look' },
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: null, function_call: { name: 'look', arguments: '{"a":1}' } },
        { role: 'function', name: 'look', content: 'done' },
      ],
    })
    expect(request.tools).toEqual([{ type: 'function', name: 'look', parameters: { type: 'object' } }])
    expect(request.toolChoice).toEqual({ type: 'tool', name: 'look' })
    const [, asked, answered] = request.messages
    expect(asked?.content[0]).toMatchObject({ type: 'tool_call', name: 'look', arguments: '{"a":1}' })
    const { id } = asked?.content[0] as { id: string }
    expect(answered?.content[0]).toMatchObject({ type: 'tool_result', toolCallId: id })
  })

  test.each([
    ['auto', { type: 'auto' }],
    ['none', { type: 'none' }],
    ['required', { type: 'required' }],
    ['any', { type: 'required' }],
    [
      { type: 'function', function: { name: 'f' } },
      { type: 'tool', name: 'f' },
    ],
    [
      { type: 'custom', custom: { name: 'c' } },
      { type: 'tool', name: 'c' },
    ],
  ])('tool_choice %j is understood', (value, expected) => {
    expect(read({ tool_choice: value }).toolChoice).toEqual(expected)
  })

  test('allowed_tools goes back to OpenAI whole and is its mode for everybody else', () => {
    const choice = {
      type: 'allowed_tools',
      allowed_tools: { mode: 'required', tools: [{ type: 'function' }] },
    }
    const request = read({ tool_choice: choice, tools: [{ type: 'function', function: { name: 'f' } }] })
    expect(openaiChat.encodeRequest(request, {}).body.tool_choice).toEqual(choice)
    const { body, lost } = mistralChat.encodeRequest(request, {})
    expect(body.tool_choice).toBe('any')
    expect(lost).toEqual(['tool_choice'])
  })

  test('custom tools and their calls survive', () => {
    const tool = { type: 'custom', custom: { name: 'c', format: { type: 'text' } } }
    const asked = { id: '1', type: 'custom', custom: { name: 'c', input: 'free text' } }
    const request = read({
      tools: [tool],
      tool_choice: { type: 'custom', custom: { name: 'c' } },
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', tool_calls: [asked] },
        { role: 'tool', tool_call_id: '1', content: 'ok' },
      ],
    })
    const { body } = openaiChat.encodeRequest(request, {})
    expect(body.tools).toEqual([tool])
    expect(body.tool_choice).toEqual({ type: 'custom', custom: { name: 'c' } })
    expect((body.messages as JsonObject[])[1]?.tool_calls).toEqual([asked])
    expect(mistralChat.encodeRequest(request, {}).lost).toEqual(['foreign_tool'])
  })

  test.each([
    [{ reasoning_effort: 'high' }, { enabled: true, effort: 'high' }],
    [{ reasoning_effort: 'none' }, { enabled: false, effort: 'none' }],
    [{ thinking: { type: 'enabled', budget_tokens: 2048 } }, { enabled: true, budgetTokens: 2048 }],
    [{ thinking: { type: 'disabled' } }, { enabled: false }],
    [
      { thinking: { type: 'adaptive' }, reasoning_effort: 'low' },
      { enabled: true, adaptive: true, effort: 'low' },
    ],
  ])('%j is thinking', (fields, expected) => {
    expect(read(fields).thinking).toEqual(expected)
  })

  const wrong: [string, JsonObject, string][] = [
    ['no model', { model: undefined }, 'model'],
    ['an empty model', { model: '' }, 'model'],
    ['messages that are an object', { messages: {} }, 'messages'],
    ['no messages', { messages: [] }, 'messages'],
    ['a message that is a string', { messages: ['Hi'] }, 'messages[0]'],
    ['a role nobody knows', { messages: [{ role: 'boss', content: 'Hi' }] }, 'messages[0].role'],
    ['a role named like a property of objects', { messages: [{ role: 'constructor' }] }, 'messages[0].role'],
    ['a user who says nothing', { messages: [{ role: 'user' }] }, 'messages[0].content'],
    ['content that is a number', { messages: [{ role: 'user', content: 7 }] }, 'messages[0].content'],
    [
      'a part nobody knows',
      { messages: [{ role: 'user', content: [{ type: 'video', video: '' }] }] },
      'messages[0].content[0].type',
    ],
    [
      'an image in a system message',
      { messages: [{ role: 'system', content: [{ type: 'image_url', image_url: { url: 'x' } }] }] },
      'messages[0].content[0].type',
    ],
    [
      'a data URL without base64',
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:,hello' } }] }] },
      'messages[0].content[0].image_url.url',
    ],
    [
      'a file without anything in it',
      { messages: [{ role: 'user', content: [{ type: 'file', file: {} }] }] },
      'messages[0].content[0].file',
    ],
    [
      'a tool message for no call',
      { messages: [{ role: 'tool', content: 'x' }] },
      'messages[0].tool_call_id',
    ],
    [
      'a function nobody called',
      { messages: [{ role: 'function', name: 'f', content: 'x' }] },
      'messages[0].name',
    ],
    [
      'a call without arguments',
      {
        messages: [
          { role: 'assistant', tool_calls: [{ id: '1', type: 'function', function: { name: 'f' } }] },
        ],
      },
      'messages[0].tool_calls[0].function.arguments',
    ],
    ['a stream that is a word', { stream: 'yes' }, 'stream'],
    ['a temperature that is a word', { temperature: 'hot' }, 'temperature'],
    ['half a token', { max_tokens: 1.5 }, 'max_tokens'],
    ['negative tokens', { max_completion_tokens: -1 }, 'max_completion_tokens'],
    ['no choices at all', { n: 0 }, 'n'],
    ['a seed with a fraction', { seed: 1.5 }, 'seed'],
    ['stop words that are numbers', { stop: [1] }, 'stop[0]'],
    ['tools that are an object', { tools: {} }, 'tools'],
    ['a tool without a type', { tools: [{}] }, 'tools[0].type'],
    ['a tool without a name', { tools: [{ type: 'function', function: {} }] }, 'tools[0].function.name'],
    ['a choice nobody knows', { tool_choice: 'maybe' }, 'tool_choice'],
    ['a format nobody knows', { response_format: { type: 'xml' } }, 'response_format.type'],
    [
      'a schema that is not there',
      { response_format: { type: 'json_schema', json_schema: { name: 'a' } } },
      'response_format.json_schema.schema',
    ],
    ['thinking nobody knows', { thinking: { type: 'deep' } }, 'thinking.type'],
    ['metadata with a number', { metadata: { a: 1 } }, 'metadata.a'],
    ['stream options that are a list', { stream_options: [] }, 'stream_options'],
  ]
  test.each(wrong)('%s is refused with its place', (_what, fields, param) => {
    const attempt = () => openaiChat.decodeRequest({ ...hello, ...fields })
    expect(attempt).toThrow(GatewayError)
    try {
      attempt()
    } catch (error) {
      expect(error).toMatchObject({ code: 'invalid_request', detail: { param } })
      expect((error as Error).message).toMatch(/^`.+` is .+; allowed: .+\.$/)
    }
  })

  test('a message about a wrong value does not repeat the value', () => {
    expect(() => read({ messages: 'my secret prompt' })).toThrow('`messages` is a string; allowed:')
  })
})

describe('writing', () => {
  test('results come first as tool messages, then the rest of the message, across a run of user messages', () => {
    const result = (toolCallId: string, text: string): Block => ({
      type: 'tool_result',
      toolCallId,
      content: [{ type: 'text', text }],
    })
    const messages = writeMessages([
      user({ type: 'text', text: 'see' }, result('a', 'one')),
      user(result('b', 'two')),
      user({ type: 'text', text: 'more' }),
    ])
    expect(messages).toEqual([
      { role: 'tool', tool_call_id: 'a', content: 'one' },
      { role: 'tool', tool_call_id: 'b', content: 'two' },
      { role: 'user', content: 'see' },
      { role: 'user', content: 'more' },
    ])
  })

  test('an image in a result moves behind the tool message, which names it', () => {
    const image: Block = { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: png } }
    const messages = writeMessages([
      user(
        { type: 'tool_result', toolCallId: 'a', content: [{ type: 'text', text: 'a shot' }, image] },
        { type: 'text', text: 'describe' },
      ),
    ])
    expect(messages).toEqual([
      {
        role: 'tool',
        tool_call_id: 'a',
        content: [
          { type: 'text', text: 'a shot' },
          { type: 'text', text: '[Image 1 of tool result a: in the user message below]' },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Image 1 of tool result a:' },
          { type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } },
          { type: 'text', text: 'describe' },
        ],
      },
    ])
  })

  test('what a result cannot carry is named', () => {
    const { body, lost } = write({
      messages: [
        user({
          type: 'tool_result',
          toolCallId: 'a',
          isError: true,
          content: [
            { type: 'document', source: { kind: 'url', url: 'https://example.org/a.pdf' } },
            { type: 'image', source: { kind: 'file', dialect: 'anthropic-messages', id: 'f' } },
            { type: 'opaque', block: { dialect: 'anthropic-messages', value: {} } },
            { type: 'text', text: 'x', cache: {} },
          ],
        }),
      ],
    })
    expect(lost.sort()).toEqual([
      'cache_control',
      'document_url',
      'foreign_block',
      'foreign_file',
      'tool_result_error',
    ])
    expect(body.messages).toEqual([{ role: 'tool', tool_call_id: 'a', content: 'x' }])
  })

  test.each([
    [{ enabled: true, effort: 'xhigh', budgetTokens: 1 }, 'xhigh', []],
    // The same steps in which an effort becomes a budget for Anthropic, so that a way back changes nothing.
    [{ enabled: true, budgetTokens: 2047 }, 'low', []],
    [{ enabled: true, budgetTokens: 2048 }, 'medium', []],
    [{ enabled: true, budgetTokens: 4095 }, 'medium', []],
    [{ enabled: true, budgetTokens: 4096 }, 'high', []],
    [{ enabled: true, adaptive: true }, undefined, []],
    [{ enabled: true, effort: 'extreme' }, 'high', ['thinking']],
    [{ enabled: false, effort: 'none' }, 'none', []],
    [{ enabled: false }, undefined, ['thinking']],
    // Anthropic's effort works without thinking.
    [{ enabled: false, effort: 'low' }, 'low', []],
  ])('thinking %j is the effort %s', (thinking, effort, lost) => {
    const written = write({ thinking })
    expect(written.body.reasoning_effort).toBe(effort)
    expect(written.lost).toEqual(lost)
  })

  test('values out of range are clamped and named', () => {
    const request: ChatRequest = {
      model: 'm',
      messages: [user({ type: 'text', text: 'Hi' })],
      stream: false,
      temperature: 3,
      stop: ['1', '2', '3', '4', '5'],
      maxOutputTokens: 9000,
    }
    const { body, lost } = openaiChat.encodeRequest(request, { modelMaxOutputTokens: 4096 })
    expect(body).toMatchObject({ temperature: 2, stop: ['1', '2', '3', '4'], max_completion_tokens: 4096 })
    expect(lost.sort()).toEqual(['max_output_tokens', 'stop', 'temperature'])
  })

  test('each flavor names the token limit, the seed and the usage it wants in its own way', () => {
    const request = { maxOutputTokens: 5, seed: 1, stream: true }
    expect(write(request).body).toMatchObject({
      max_completion_tokens: 5,
      seed: 1,
      stream_options: { include_usage: true },
    })
    const compatible = write(request, openaiCompatibleChat).body
    expect(compatible).toMatchObject({ max_tokens: 5, seed: 1, stream_options: { include_usage: true } })
    expect(compatible).not.toHaveProperty('max_completion_tokens')
    expect(write(request, mistralChat).body).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
      max_tokens: 5,
      random_seed: 1,
    })
  })

  test('developer messages are system messages where only OpenAI knows the word', () => {
    const messages: Message[] = [{ role: 'developer', content: [{ type: 'text', text: 'Be brief' }] }]
    expect(writeMessages(messages)[0]?.role).toBe('developer')
    expect(writeMessages(messages, openaiCompatibleChat)[0]?.role).toBe('system')
    expect(writeMessages(messages, mistralChat)[0]?.role).toBe('system')
  })

  test('a JSON schema has a name even if the caller gave none', () => {
    const { body } = write({ responseFormat: { type: 'json_schema', schema: { type: 'object' } } })
    expect(body.response_format).toEqual({
      type: 'json_schema',
      json_schema: { name: 'response', schema: { type: 'object' } },
    })
  })

  test('a choice among tools is left out where no tool is left', () => {
    const { body } = write({ toolChoice: { type: 'required' }, parallelToolCalls: false, tools: [] })
    expect(Object.keys(body)).toEqual(['model', 'messages'])
  })

  test('a plain-text document becomes text, a PDF a file with a name', () => {
    const [message] = writeMessages([
      user(
        { type: 'document', source: { kind: 'text', text: 'body' }, title: 'Title' },
        { type: 'document', source: { kind: 'base64', mediaType: 'application/pdf', data: 'JVBE' } },
      ),
    ])
    expect(message?.content).toEqual([
      { type: 'text', text: 'Title\n\nbody' },
      {
        type: 'file',
        file: { filename: 'document.pdf', file_data: 'data:application/pdf;base64,JVBE' },
      },
    ])
  })

  test('thinking of earlier turns goes back where it can be read, and signed thinking nowhere', () => {
    const messages: Message[] = [
      {
        role: 'assistant',
        content: [
          { type: 'thinking', text: 'signed', signature: { dialect: 'anthropic-messages', value: 's' } },
          { type: 'thinking', text: 'plain' },
          { type: 'text', text: 'Hi' },
        ],
      },
      user({ type: 'text', text: 'more' }),
    ]
    expect(write({ messages }, openaiCompatibleChat)).toMatchObject({
      body: { messages: [{ role: 'assistant', content: 'Hi', reasoning_content: 'plain' }, {}] },
      lost: ['foreign_thinking'],
    })
    expect(writeMessages(messages, mistralChat)[0]).toEqual({
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: [{ type: 'text', text: 'plain' }] },
        { type: 'text', text: 'Hi' },
      ],
    })
    const carried = carry({ model: 'm', stream: false, messages }, openaiChat.features, openaiChat)
    expect(carried.lost).toEqual(['messages[].reasoning_content'])
    expect(writeMessages(carried.request.messages)[0]).toEqual({ role: 'assistant', content: 'Hi' })
  })

  test('what a written request says is valid by the API description', () => {
    const { request } = openaiChat.decodeRequest({
      ...hello,
      messages: [
        { role: 'system', content: [{ type: 'text', text: 'a' }] },
        {
          role: 'user',
          name: 'bob',
          content: [{ type: 'image_url', image_url: { url: 'https://e.org/a' } }],
        },
        { role: 'assistant', content: null, tool_calls: [call('a')] },
        { role: 'tool', tool_call_id: 'a', content: '' },
        { role: 'assistant', content: null, refusal: 'no', audio: { id: 'audio_1' } },
        { role: 'user', content: 'Hi' },
      ],
      tools: [{ type: 'function', function: { name: 'look', strict: true, parameters: {} } }],
      tool_choice: 'required',
      stream: true,
      reasoning_effort: 'low',
    })
    const { body, lost } = openaiChat.encodeRequest(request, {})
    expect(lost).toEqual([])
    expect(problemsBySpec('CreateChatCompletionRequest', body)).toEqual([])
    expect((body.messages as JsonObject[])[4]).toEqual({
      role: 'assistant',
      content: null,
      refusal: 'no',
      audio: { id: 'audio_1' },
    })
  })

  test('cache marks go through carry: OpenAI gets none, wherever they stood', () => {
    const marked = { type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }
    const { request } = openaiChat.decodeRequest({
      ...hello,
      messages: [
        { role: 'user', content: [marked] },
        { role: 'assistant', tool_calls: [call('a')] },
        { role: 'tool', tool_call_id: 'a', content: [marked] },
      ],
      tools: [{ type: 'function', function: { name: 'look' }, cache_control: { type: 'ephemeral' } }],
    })
    const { request: carried, lost } = carry(request, openaiChat.features, openaiChat)
    expect(lost).toEqual(['cache_control'])
    const written = JSON.stringify(openaiChat.encodeRequest(carried, {}))
    expect(written).not.toContain('cache_control')
    expect(JSON.stringify(openaiChat.encodeRequest(request, {}).body).match(/"ephemeral"/g)).toHaveLength(3)
  })
})

describe('mistral', () => {
  test('gets its own fields from the OpenAI route, and nothing that it refuses', () => {
    const { request } = openaiChat.decodeRequest({
      ...hello,
      safe_prompt: true,
      user: 'u',
      logit_bias: { '1': 1 },
      store: true,
      web_search_options: {},
      temperature: 1.9,
      tools: [{ type: 'function', function: { name: 'f' } }],
      tool_choice: 'required',
      reasoning_effort: 'low',
    })
    const { request: carried, lost } = carry(request, openaiChat.features, mistralChat)
    expect(lost).toEqual(['logit_bias', 'user', 'store'])
    const written = mistralChat.encodeRequest(carried, {})
    expect(written.body).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'Hi' }],
      tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }],
      tool_choice: 'any',
      reasoning_effort: 'high',
      temperature: 1.5,
      safe_prompt: true,
    })
    expect(written.lost.sort()).toEqual(['temperature', 'thinking', 'web_search_options'])
  })

  test('a last assistant message is the beginning of the answer', () => {
    const messages = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Well', prefix: true },
    ]
    const request = read({ messages })
    expect(mistralChat.encodeRequest(request, {})).toMatchObject({ body: { messages }, lost: [] })
    expect(openaiChat.encodeRequest(request, {}).lost).toEqual(['messages[].prefix'])
  })

  test('ids of calls become nine letters and digits, the same for call and result', () => {
    const messages = writeMessages(
      readMessages(
        { role: 'assistant', tool_calls: [call('call_PTLP8xhu3uwZk4l3nlnrrJha'), call('5mwsDGMph')] },
        { role: 'tool', tool_call_id: 'call_PTLP8xhu3uwZk4l3nlnrrJha', content: 'x' },
        { role: 'tool', tool_call_id: '5mwsDGMph', content: 'y' },
      ),
      mistralChat,
    )
    const [first, second] = messages[0]?.tool_calls as { id: string }[]
    expect(first?.id).toMatch(/^[a-zA-Z0-9]{9}$/)
    expect(second?.id).toBe('5mwsDGMph')
    expect(messages.slice(1).map(({ tool_call_id }) => tool_call_id)).toEqual([first?.id, '5mwsDGMph'])
  })

  test('an assistant stands between a tool and a user', () => {
    const messages = writeMessages(
      readMessages(
        { role: 'tool', tool_call_id: '5mwsDGMph', content: 'x' },
        { role: 'user', content: 'Hi' },
      ),
      mistralChat,
    )
    expect(messages.map(({ role }) => role)).toEqual(['tool', 'assistant', 'user'])
  })

  test('documents go by address, also those in base64', () => {
    const { body } = write(
      {
        messages: [
          user({
            type: 'document',
            source: { kind: 'base64', mediaType: 'application/pdf', data: 'JVBE' },
            title: 'a.pdf',
          }),
        ],
      },
      mistralChat,
    )
    expect((body.messages as JsonObject[])[0]?.content).toEqual([
      { type: 'document_url', document_url: 'data:application/pdf;base64,JVBE', document_name: 'a.pdf' },
    ])
  })
})

describe('asking for usage', () => {
  test.each([
    [{}, { include_usage: true }],
    [{ stream_options: null }, { include_usage: true }],
    [{ stream_options: { include_usage: false, a: 1 } }, { include_usage: true, a: 1 }],
  ])('%j is completed', (body, value) => {
    expect(openaiChat.askForUsage(body)).toEqual({ key: 'stream_options', value })
  })

  test.each([[{ stream_options: { include_usage: true } }], [{ stream_options: 'x' }]])(
    '%j stays',
    (body) => {
      expect(openaiChat.askForUsage(body)).toBeUndefined()
    },
  )

  test('mistral reports usage unasked', () => {
    expect(mistralChat.askForUsage({})).toBeUndefined()
  })
})
