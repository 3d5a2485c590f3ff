import { describe, expect, test } from 'vitest'
import type { Block, ChatRequest, Message } from '../../src/canonical/chat.ts'
import type { JsonObject } from '../../src/canonical/json.ts'
import { bedrockConverse } from '../../src/dialects/bedrock-converse/index.ts'
import { GatewayError } from '../../src/errors.ts'

const claude = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'
const nova = 'amazon.nova-micro-v1:0'
const nova2 = 'us.amazon.nova-2-lite-v1:0'
const llama = 'meta.llama3-3-70b-instruct-v1:0'
const hello: Message = { role: 'user', content: [{ type: 'text', text: 'Hello' }] }
const helloWire = [{ role: 'user', content: [{ text: 'Hello' }] }]

function encode(request: Partial<ChatRequest>, modelMaxOutputTokens?: number) {
  return bedrockConverse.encodeRequest(
    { model: claude, messages: [hello], stream: false, ...request },
    modelMaxOutputTokens === undefined ? {} : { modelMaxOutputTokens },
  )
}
/** What stands beside the messages, and what was lost. */
function beside(request: Partial<ChatRequest>, modelMaxOutputTokens?: number) {
  const { body, lost } = encode(request, modelMaxOutputTokens)
  const { messages: _messages, ...rest } = body
  return { ...rest, lost }
}
const messagesOf = (request: Partial<ChatRequest>) => encode(request).body.messages
function contentOf(block: Block, model = claude, role: Message['role'] = 'user') {
  const { body, lost } = encode({ model, messages: [{ role, content: [block] }] })
  const [message] = body.messages as { content: unknown }[]
  return { content: message?.content, lost }
}
const ofBedrock = (value: unknown) => ({ dialect: 'bedrock-converse' as const, value })
const ofAnthropic = (value: unknown) => ({ dialect: 'anthropic-messages' as const, value })

describe('the body', () => {
  test('has neither the model nor whether to stream: both stand in the path', () => {
    expect(encode({ stream: true })).toEqual({ body: { messages: helloWire }, lost: [] })
  })

  test.each<[string, Partial<ChatRequest>, JsonObject]>([
    ['a limit of tokens', { maxOutputTokens: 100 }, { inferenceConfig: { maxTokens: 100 } }],
    ['a temperature', { temperature: 0.5 }, { inferenceConfig: { temperature: 0.5 } }],
    ['a temperature of 0', { temperature: 0 }, { inferenceConfig: { temperature: 0 } }],
    ['a share of tokens', { topP: 0.25 }, { inferenceConfig: { topP: 0.25 } }],
    ['a number of tokens', { topK: 40 }, { additionalModelRequestFields: { top_k: 40 } }],
    [
      'a number of tokens for Nova',
      { topK: 40, model: nova },
      { additionalModelRequestFields: { inferenceConfig: { topK: 40 } } },
    ],
    [
      'stop sequences, of which Claude says the one it met',
      { stop: ['a', ' '] },
      {
        inferenceConfig: { stopSequences: ['a', ' '] },
        additionalModelResponseFieldPaths: ['/stop_sequence'],
      },
    ],
    [
      'stop sequences for others',
      { stop: ['a'], model: nova },
      { inferenceConfig: { stopSequences: ['a'] } },
    ],
    ['metadata', { metadata: { team: 'a b:c', no: '' } }, { requestMetadata: { team: 'a b:c', no: '' } }],
    ['a service tier', { serviceTier: 'flex' }, { serviceTier: { type: 'flex' } }],
    ['the priority tier', { serviceTier: 'priority' }, { serviceTier: { type: 'priority' } }],
    ['the reserved tier', { serviceTier: 'reserved' }, { serviceTier: { type: 'reserved' } }],
    ['the default tier', { serviceTier: 'default' }, { serviceTier: { type: 'default' } }],
    ["Anthropic's word for it", { serviceTier: 'standard_only' }, { serviceTier: { type: 'default' } }],
    ['the tier that says nothing', { serviceTier: 'auto' }, {}],
    ['a format of text', { responseFormat: { type: 'text' } }, {}],
    [
      'a schema, as text',
      {
        responseFormat: {
          type: 'json_schema',
          name: 'City',
          description: 'A city.',
          schema: { type: 'object' },
          strict: true,
        },
      },
      {
        outputConfig: {
          textFormat: {
            type: 'json_schema',
            structure: { jsonSchema: { schema: '{"type":"object"}', name: 'City', description: 'A city.' } },
          },
        },
      },
    ],
    [
      'a schema without a name',
      { responseFormat: { type: 'json_schema', schema: {} } },
      { outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema: { schema: '{}' } } } } },
    ],
  ])('carries %s', (_what, request, expected) => {
    expect(beside(request)).toEqual({ ...expected, lost: [] })
  })

  test.each<[string, Partial<ChatRequest>, JsonObject, string[]]>([
    ['a temperature above 1', { temperature: 1.5 }, { inferenceConfig: { temperature: 1 } }, ['temperature']],
    ['a temperature below 0', { temperature: -1 }, { inferenceConfig: { temperature: 0 } }, ['temperature']],
    ['a share above 1', { topP: 2 }, { inferenceConfig: { topP: 1 } }, ['top_p']],
    ['a number of tokens for others', { topK: 40, model: llama }, {}, ['top_k']],
    ['an empty stop sequence', { stop: [''] }, {}, ['stop']],
    ['a tier of another API', { serviceTier: 'scale' }, {}, ['service_tier']],
    ['a tier called as what every object has', { serviceTier: 'constructor' }, {}, ['service_tier']],
    [
      'metadata with characters that are refused',
      { metadata: { good: 'a', 'b!': 'c', d: 'e!', '': 'f' } },
      { requestMetadata: { good: 'a' } },
      ['metadata'],
    ],
    ['metadata of nothing else', { metadata: { a: 'ü' } }, {}, ['metadata']],
    [
      'temperature and share together for Claude',
      { temperature: 0.5, topP: 0.5 },
      { inferenceConfig: { temperature: 0.5 } },
      ['top_p'],
    ],
    [
      'temperature and share together, where one says nothing',
      { temperature: 1, topP: 0.5 },
      { inferenceConfig: { topP: 0.5 } },
      [],
    ],
    [
      'temperature and share together, where the other says nothing',
      { temperature: 0.5, topP: 1 },
      { inferenceConfig: { temperature: 0.5 } },
      [],
    ],
    [
      'temperature and share together for others',
      { temperature: 0.5, topP: 0.5, model: nova },
      { inferenceConfig: { temperature: 0.5, topP: 0.5 } },
      [],
    ],
  ])('changes %s', (_what, request, expected, lost) => {
    expect(beside(request)).toEqual({ ...expected, lost })
  })

  test('holds at most as many tokens as the model can make', () => {
    expect(beside({ maxOutputTokens: 100 }, 64)).toEqual({
      inferenceConfig: { maxTokens: 64 },
      lost: ['max_output_tokens'],
    })
    expect(beside({ maxOutputTokens: 64 }, 64)).toEqual({ inferenceConfig: { maxTokens: 64 }, lost: [] })
    expect(beside({}, 64)).toEqual({ lost: [] })
  })

  test('holds 16 pairs of metadata', () => {
    const pairs = Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`key${i}`, 'v']))
    const { requestMetadata, lost } = beside({ metadata: pairs }) as JsonObject
    expect(Object.keys(requestMetadata as JsonObject)).toHaveLength(16)
    expect(lost).toEqual(['metadata'])
  })

  test('takes its own further fields as they came, and merges those for the model', () => {
    const fields = {
      guardrailConfig: { guardrailIdentifier: 'g' },
      performanceConfig: { latency: 'optimized' },
      additionalModelRequestFields: { top_k: 1, anthropic_beta: ['b'] },
    }
    expect(beside({ topK: 2, extensions: { dialect: 'bedrock-converse', fields } })).toEqual({
      guardrailConfig: { guardrailIdentifier: 'g' },
      performanceConfig: { latency: 'optimized' },
      additionalModelRequestFields: { top_k: 2, anthropic_beta: ['b'] },
      lost: [],
    })
    expect(beside({ extensions: { dialect: 'anthropic-messages', fields } })).toEqual({ lost: [] })
  })
})

describe('system messages', () => {
  const system = (text: string, role: Message['role'] = 'system'): Message => ({
    role,
    content: [{ type: 'text', text }],
  })

  test('move to the front, in their order', () => {
    expect(encode({ messages: [system('One'), hello, system('Two', 'developer'), system('')] })).toEqual({
      body: { system: [{ text: 'One' }, { text: 'Two' }], messages: helloWire },
      lost: [],
    })
  })

  test('become a turn of the user where they are all there is', () => {
    expect(messagesOf({ messages: [system('One')] })).toEqual([{ role: 'user', content: [{ text: 'One' }] }])
  })

  test('hold text alone, and cache points', () => {
    const image: Block = { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AA==' } }
    const marked: Block = { type: 'text', text: 'One', cache: { ttl: '1h' } }
    expect(encode({ messages: [{ role: 'system', content: [image, marked] }, hello] })).toEqual({
      body: {
        system: [{ text: 'One' }, { cachePoint: { type: 'default', ttl: '1h' } }],
        messages: helloWire,
      },
      lost: ['system'],
    })
  })
})

describe('a block', () => {
  const text = Buffer.from('Plain text').toString('base64')

  test.each<[string, Block, unknown]>([
    ['text', { type: 'text', text: ' Hi\n' }, { text: ' Hi\n' }],
    ['a refusal', { type: 'refusal', text: 'No' }, { text: 'No' }],
    [
      'cited text of its own',
      { type: 'text', text: 'Hi', citations: ofBedrock([{ title: 't' }]) },
      { citationsContent: { content: [{ text: 'Hi' }], citations: [{ title: 't' }] } },
    ],
    [
      'citations without text',
      { type: 'text', text: '', citations: ofBedrock([1]) },
      { citationsContent: { content: [], citations: [1] } },
    ],
    ...(['png', 'gif', 'webp'] as const).map((format): [string, Block, unknown] => [
      `an image (${format})`,
      { type: 'image', source: { kind: 'base64', mediaType: `image/${format}`, data: 'AA==' } },
      { image: { format, source: { bytes: 'AA==' } } },
    ]),
    [
      'an image under its short name',
      { type: 'image', source: { kind: 'base64', mediaType: 'image/JPG', data: 'AA==' } },
      { image: { format: 'jpeg', source: { bytes: 'AA==' } } },
    ],
    ...Object.entries({
      'application/pdf': 'pdf',
      'text/csv': 'csv',
      'application/msword': 'doc',
      'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
      'application/vnd.ms-excel': 'xls',
      'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
      'text/html; charset=utf-8': 'html',
      'text/plain': 'txt',
      'text/markdown': 'md',
      'text/x-python': 'txt',
      'application/octet-stream': 'octet-stream',
    }).map(([mediaType, format]): [string, Block, unknown] => [
      `a document (${mediaType})`,
      { type: 'document', source: { kind: 'base64', mediaType, data: 'AA==' }, title: 'a.pdf' },
      { document: { name: 'a', format, source: { bytes: 'AA==' } } },
    ]),
    [
      'a document of text',
      { type: 'document', source: { kind: 'text', text: 'Plain text' }, context: 'From a book' },
      { document: { name: 'Document', format: 'txt', source: { bytes: text }, context: 'From a book' } },
    ],
    [
      'a document of text that is to be cited',
      { type: 'document', source: { kind: 'text', text: 'Plain text' }, citationsEnabled: true },
      {
        document: {
          name: 'Document',
          format: 'txt',
          source: { text: 'Plain text' },
          citations: { enabled: true },
        },
      },
    ],
    ['a block that only this API knows', { type: 'opaque', block: ofBedrock({ video: 1 }) }, { video: 1 }],
  ])('%s', (_what, block, expected) => {
    expect(contentOf(block)).toEqual({ content: [expected], lost: [] })
  })

  test.each<[string, Block, unknown]>([
    [
      'a call',
      { type: 'tool_call', id: 'call_1', name: 'f', arguments: '{"a":1}' },
      { toolUse: { toolUseId: 'call_1', name: 'f', input: { a: 1 } } },
    ],
    [
      'a call without arguments',
      { type: 'tool_call', id: 'c', name: 'f', arguments: ' ' },
      { toolUse: { toolUseId: 'c', name: 'f', input: {} } },
    ],
    [
      'a call with free text',
      { type: 'tool_call', id: 'c', name: 'f', arguments: 'SELECT 1', kind: 'custom' },
      { toolUse: { toolUseId: 'c', name: 'f', input: { input: 'SELECT 1' } } },
    ],
    [
      'thinking that it signed',
      { type: 'thinking', text: 'Hm', signature: ofBedrock('sig') },
      { reasoningContent: { reasoningText: { text: 'Hm', signature: 'sig' } } },
    ],
    [
      'thinking that it hid',
      { type: 'redacted_thinking', data: ofBedrock('AAAA') },
      { reasoningContent: { redactedContent: 'AAAA' } },
    ],
  ])('of the assistant: %s', (_what, block, expected) => {
    expect(contentOf(block, claude, 'assistant')).toEqual({ content: [expected], lost: [] })
  })

  test.each<[string, Block, string[]]>([
    ['empty text', { type: 'text', text: '' }, []],
    ['an empty refusal', { type: 'refusal', text: '' }, []],
    ['an image elsewhere', { type: 'image', source: { kind: 'url', url: 's3://b/i.png' } }, ['image_url']],
    [
      'a document elsewhere',
      { type: 'document', source: { kind: 'url', url: 'https://a' } },
      ['document_url'],
    ],
    ['sound', { type: 'audio', format: 'wav', data: 'AA==' }, ['audio']],
    ['a block of another API', { type: 'opaque', block: ofAnthropic({}) }, ['foreign_block']],
    ['unsigned thinking', { type: 'thinking', text: 'Hm' }, ['foreign_thinking']],
    [
      'thinking that another signed',
      { type: 'thinking', text: 'Hm', signature: ofAnthropic('s') },
      ['foreign_thinking'],
    ],
    [
      'thinking that another hid',
      { type: 'redacted_thinking', data: ofAnthropic('s') },
      ['foreign_thinking'],
    ],
  ])('%s is left out', (_what, block, lost) => {
    expect(contentOf(block)).toEqual({ content: undefined, lost })
  })

  test('loses what only another API can read of it', () => {
    expect(contentOf({ type: 'text', text: 'Hi', citations: ofAnthropic([]) })).toEqual({
      content: [{ text: 'Hi' }],
      lost: ['citations'],
    })
    const signature = { dialect: 'gemini' as const, value: 's' }
    const call: Block = { type: 'tool_call', id: 'c', name: 'f', arguments: '', signature }
    expect(contentOf(call, claude, 'assistant').lost).toEqual(['foreign_thinking'])
  })

  test.each(['["secret"]', '{"secret":', 'no secret JSON'])(
    'a call with the arguments %s is refused by its place',
    (bad) => {
      const call: Block = { type: 'tool_call', id: 'c', name: 'f', arguments: bad }
      const messages: Message[] = [hello, { role: 'assistant', content: [{ type: 'text', text: 'a' }, call] }]
      const attempt = () => encode({ messages })
      expect(attempt).toThrow(GatewayError)
      expect(attempt).toThrow(
        expect.objectContaining({
          code: 'invalid_request',
          detail: expect.objectContaining({ param: 'messages[1].content[1].arguments' }),
        }),
      )
      expect(attempt).not.toThrow(expect.objectContaining({ message: expect.stringContaining('secret') }))
    },
  )
})

describe('names of documents', () => {
  const named = (...titles: (string | undefined)[]) => {
    const source = { kind: 'base64', mediaType: 'application/pdf', data: '' } as const
    const content = titles.map((title): Block => ({ type: 'document', source, ...(title && { title }) }))
    const [message] = messagesOf({ messages: [{ role: 'user', content }] }) as {
      content: { document: { name: string } }[]
    }[]
    return message!.content.map(({ document }) => document.name)
  }

  test.each([
    ['company_policy', 'company_policy'],
    ['report.final.pdf', 'report final'],
    ["John's  report #3.docx", 'John s report 3'],
    ['a\u3000b\tc', 'a b c'],
    ['a (1) [x]-y', 'a (1) [x]-y'],
    ['分基.pdf', 'Document'],
    ['x'.repeat(300), 'x'.repeat(200)],
  ])('%j becomes %j', (title, name) => expect(named(title)).toEqual([name]))

  test('are each given once', () => {
    expect(named('a.pdf', 'a.txt', undefined, 'a', undefined)).toEqual([
      'a',
      'a 2',
      'Document',
      'a 3',
      'Document 2',
    ])
    const long = 'x'.repeat(200)
    expect(named(long, long)).toEqual([long, `${'x'.repeat(198)} 2`])
  })
})

describe('results of tools', () => {
  const result = (more: Partial<Extract<Block, { type: 'tool_result' }>> = {}): Block => ({
    type: 'tool_result',
    toolCallId: 'c',
    content: [{ type: 'text', text: '30°C' }],
    ...more,
  })
  const wire = (more: JsonObject) => [
    { toolResult: { toolUseId: 'c', content: [{ text: '30°C' }], ...more } },
  ]

  test.each<[string, Block, string, JsonObject, string[]]>([
    ['are text', result(), claude, {}, []],
    ['may have failed', result({ isError: true }), claude, { status: 'error' }, []],
    ['may have succeeded', result({ isError: false }), nova, { status: 'success' }, []],
    ['may have failed, for Nova 2', result({ isError: true }), nova2, { status: 'error' }, []],
    ['lose that they failed, for others', result({ isError: true }), llama, {}, ['tool_result_error']],
    ['say nothing of success to others', result({ isError: false }), llama, {}, []],
    ['may be empty', result({ content: [{ type: 'text', text: '' }] }), claude, { content: [] }, []],
    [
      'hold media and blocks of this API',
      result({
        content: [
          { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AA==' } },
          { type: 'document', source: { kind: 'text', text: '' }, title: 'T' },
          { type: 'opaque', block: ofBedrock({ json: { a: 1 } }) },
        ],
      }),
      claude,
      {
        content: [
          { image: { format: 'png', source: { bytes: 'AA==' } } },
          { document: { name: 'T', format: 'txt', source: { bytes: '' } } },
          { json: { a: 1 } },
        ],
      },
      [],
    ],
    [
      'lose what is not there by value, and citations',
      result({
        content: [
          { type: 'image', source: { kind: 'url', url: 'https://a' } },
          { type: 'document', source: { kind: 'url', url: 'https://a' } },
          { type: 'opaque', block: ofAnthropic({}) },
          { type: 'text', text: 'a', citations: ofBedrock([]) },
        ],
      }),
      claude,
      { content: [{ text: 'a' }] },
      ['image_url', 'document_url', 'foreign_block', 'citations'],
    ],
  ])('%s', (_what, block, model, expected, lost) => {
    expect(contentOf(block, model)).toEqual({ content: wire(expected), lost })
  })

  test('come first in their turn, each with its cache point', () => {
    const cached = result({ cache: {} })
    const inside = result({ content: [{ type: 'text', text: '30°C', cache: { ttl: '1h' } }] })
    const messages: Message[] = [
      { role: 'user', content: [{ type: 'text', text: 'See', cache: {} }, cached] },
      { role: 'user', content: [inside] },
    ]
    expect(messagesOf({ messages })).toEqual([
      {
        role: 'user',
        content: [
          ...wire({}),
          { cachePoint: { type: 'default' } },
          ...wire({}),
          { cachePoint: { type: 'default', ttl: '1h' } },
          { text: 'See' },
          { cachePoint: { type: 'default' } },
        ],
      },
    ])
  })

  test.each([
    ['call_1-A', 'call_1-A'],
    ['a.b:c', 'a_2e_b_3a_c'],
    ['x'.repeat(64), 'x'.repeat(64)],
  ])('and calls have the id %s as %s', (id, wireId) => {
    const call: Block = { type: 'tool_call', id, name: 'f', arguments: '' }
    expect(contentOf(call, claude, 'assistant').content).toEqual([
      { toolUse: { toolUseId: wireId, name: 'f', input: {} } },
    ])
    expect(contentOf(result({ toolCallId: id })).content).toEqual([
      { toolResult: { toolUseId: wireId, content: [{ text: '30°C' }] } },
    ])
  })

  test('and calls have different ids where long ones differ at their end alone', () => {
    const idOf = (id: string) =>
      (contentOf(result({ toolCallId: id })).content as { toolResult: { toolUseId: string } }[])[0]!
        .toolResult.toolUseId
    const [one, other] = [idOf(`${'x'.repeat(90)}1`), idOf(`${'x'.repeat(90)}2`)]
    expect(one).toMatch(/^x{39}_[0-9a-f]{24}$/)
    expect(one).not.toBe(other)
  })
})

describe('messages', () => {
  const said = (role: Message['role'], ...texts: string[]): Message => ({
    role,
    content: texts.map((text) => ({ type: 'text', text })),
  })

  test('of one role in a row become one, and empty ones none', () => {
    const messages = [
      said('user', 'a'),
      said('assistant', ''),
      said('user', 'b', 'c'),
      said('assistant', 'd'),
    ]
    expect(messagesOf({ messages })).toEqual([
      { role: 'user', content: [{ text: 'a' }, { text: 'b' }, { text: 'c' }] },
      { role: 'assistant', content: [{ text: 'd' }] },
    ])
  })

  test('of the assistant begin with thinking if they have some, and keep an order that does', () => {
    const thinking: Block = { type: 'thinking', text: 'Hm', signature: ofBedrock('s') }
    const text: Block = { type: 'text', text: 'a' }
    const hidden: Block = { type: 'redacted_thinking', data: ofBedrock('d') }
    const kinds = (...content: Block[]) => {
      const [message] = messagesOf({ messages: [{ role: 'assistant', content }] }) as { content: object[] }[]
      return message!.content.map((block) => Object.keys(block)[0])
    }
    expect(kinds(text, thinking, hidden)).toEqual(['reasoningContent', 'reasoningContent', 'text'])
    expect(kinds(thinking, text, hidden)).toEqual(['reasoningContent', 'text', 'reasoningContent'])
  })

  test('have cache points for Claude alone', () => {
    const content: Block[] = [{ type: 'text', text: 'a', cache: { ttl: '5m' } }]
    expect(encode({ messages: [{ role: 'user', content }] })).toEqual({
      body: { messages: [{ role: 'user', content: [{ text: 'a' }, { cachePoint: { type: 'default' } }] }] },
      lost: [],
    })
    for (const model of [nova, llama])
      expect(encode({ model, messages: [{ role: 'user', content }] })).toEqual({
        body: { messages: [{ role: 'user', content: [{ text: 'a' }] }] },
        lost: ['cache_control'],
      })
  })

  test('have a line break between a document and its cache point', () => {
    const content: Block[] = [{ type: 'document', source: { kind: 'text', text: '' }, cache: {} }]
    expect(messagesOf({ messages: [{ role: 'user', content }] })).toEqual([
      {
        role: 'user',
        content: [
          { document: { name: 'Document', format: 'txt', source: { bytes: '' } } },
          { text: '\n' },
          { cachePoint: { type: 'default' } },
        ],
      },
    ])
  })
})

describe('tools', () => {
  const schema = { type: 'object', properties: { city: { type: 'string' } } }
  const tool = { type: 'function', name: 'weather', description: 'Tells it.', parameters: schema } as const
  const spec = { name: 'weather', description: 'Tells it.', inputSchema: { json: schema } }
  const tools = [{ toolSpec: spec }]
  const call: Message = {
    role: 'assistant',
    content: [{ type: 'tool_call', id: 'c', name: 'weather', arguments: '' }],
  }

  test.each<[string, Partial<ChatRequest>, JsonObject, string[]]>([
    ['are offered', { tools: [tool] }, { tools }, []],
    [
      'may be held to their schema',
      { tools: [{ ...tool, strict: true }] },
      { tools: [{ toolSpec: { ...spec, strict: true } }] },
      [],
    ],
    ['are not held to it without a word', { tools: [{ ...tool, strict: false }] }, { tools }, []],
    [
      'without parameters take any object',
      { tools: [{ type: 'function', name: 'f', description: '' }] },
      { tools: [{ toolSpec: { name: 'f', inputSchema: { json: { type: 'object', properties: {} } } } }] },
      [],
    ],
    [
      'with a schema of no type take an object',
      { tools: [{ type: 'function', name: 'f', parameters: { required: ['a'] } }] },
      { tools: [{ toolSpec: { name: 'f', inputSchema: { json: { type: 'object', required: ['a'] } } } }] },
      [],
    ],
    [
      'may have a cache point behind them',
      { tools: [{ ...tool, cache: { ttl: '1h' } }] },
      { tools: [...tools, { cachePoint: { type: 'default', ttl: '1h' } }] },
      [],
    ],
    ['have none for others', { tools: [{ ...tool, cache: {} }], model: nova }, { tools }, ['cache_control']],
    [
      "may be Bedrock's own",
      { tools: [tool, { type: 'opaque', tool: ofBedrock({ systemTool: { name: 's' } }) }] },
      { tools: [...tools, { systemTool: { name: 's' } }] },
      [],
    ],
    [
      "may not be another's",
      { tools: [tool, { type: 'opaque', tool: ofAnthropic({}) }] },
      { tools },
      ['foreign_tool'],
    ],
    [
      'may be chosen freely',
      { tools: [tool], toolChoice: { type: 'auto' } },
      { tools, toolChoice: { auto: {} } },
      [],
    ],
    [
      'may be demanded',
      { tools: [tool], toolChoice: { type: 'required' } },
      { tools, toolChoice: { any: {} } },
      [],
    ],
    [
      'may be demanded by name',
      { tools: [tool], toolChoice: { type: 'tool', name: 'weather' } },
      { tools, toolChoice: { tool: { name: 'weather' } } },
      [],
    ],
    [
      'cannot be forbidden beside a history of calls',
      { tools: [tool], toolChoice: { type: 'none' }, messages: [hello, call, hello] },
      { tools },
      ['tool_choice'],
    ],
    [
      'are declared where the history has calls and the request no tools',
      { messages: [hello, call, hello, call] },
      {
        tools: [{ toolSpec: { name: 'weather', inputSchema: { json: { type: 'object', properties: {} } } } }],
      },
      [],
    ],
    [
      'cannot be demanded beside thinking',
      { tools: [tool], toolChoice: { type: 'required' }, thinking: { enabled: true, adaptive: true } },
      { tools, toolChoice: { auto: {} } },
      ['tool_choice'],
    ],
    [
      'cannot be demanded by name beside thinking',
      {
        tools: [tool],
        toolChoice: { type: 'tool', name: 'weather' },
        thinking: { enabled: true, adaptive: true },
      },
      { tools, toolChoice: { auto: {} } },
      ['tool_choice'],
    ],
  ])('%s', (_what, request, expected, lost) => {
    const { body, lost: found } = encode(request)
    expect(body.toolConfig).toEqual(expected)
    expect(found).toEqual(lost)
  })

  test('are left out where they are forbidden, or where there are none to choose from', () => {
    expect(encode({ tools: [tool], toolChoice: { type: 'none' } })).toEqual({
      body: { messages: helloWire },
      lost: [],
    })
    expect(beside({ toolChoice: { type: 'required' } })).toEqual({ lost: ['tool_choice'] })
    expect(beside({ toolChoice: { type: 'tool', name: 'f' }, tools: [] })).toEqual({ lost: ['tool_choice'] })
    expect(beside({ toolChoice: { type: 'auto' } })).toEqual({ lost: [] })
  })
})
