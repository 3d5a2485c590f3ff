import { describe, expect, test } from 'vitest'
import type { Block, ChatRequest, Message, ToolResultBlock } from '../../src/canonical/chat.ts'
import { gemini } from '../../src/dialects/gemini/index.ts'
import { GatewayError } from '../../src/errors.ts'

const text = (words: string): Block => ({ type: 'text', text: words })
const user = (...content: Block[]): Message => ({ role: 'user', content })
const model = (...content: Block[]): Message => ({ role: 'assistant', content })
const signature = { dialect: 'gemini', value: 'c2ln' } as const
const call = (id: string, words = '{}', more: object = {}): Block => ({
  type: 'tool_call',
  id,
  name: `name_of_${id}`,
  arguments: words,
  ...more,
})
const result = (toolCallId: string, ...content: ToolResultBlock['content']): ToolResultBlock => ({
  type: 'tool_result',
  toolCallId,
  content,
})
const png = { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'iVBO' } } as const
const inlinePng = { inlineData: { mimeType: 'image/png', data: 'iVBO' } }
const wireCall = (id: string, args: object = {}) => ({ functionCall: { id, name: `name_of_${id}`, args } })
const wireResult = (id: string, output: string) => ({
  functionResponse: { id, name: `name_of_${id}`, response: { output } },
})

function encode(messages: Message[], modelName = 'gemini-2.5-flash') {
  const request: ChatRequest = { model: modelName, stream: false, messages }
  return gemini.encodeRequest(request, {})
}
const contents = (messages: Message[], modelName?: string) => encode(messages, modelName).body.contents

/** The parts of one user message, and what is lost. */
function parts(...blocks: Block[]) {
  const { body, lost } = encode([user(...blocks)])
  const [content] = body.contents as { role: string; parts: unknown[] }[]
  return { parts: content?.parts ?? [], lost }
}

describe('a conversation', () => {
  test('has its system messages, from anywhere and in order, in one instruction', () => {
    expect(
      encode([
        { role: 'system', content: [text('one')] },
        user(text('Hi')),
        { role: 'developer', content: [text(''), text('two')] },
        model(text('Hello')),
        user(text('Bye')),
      ]).body,
    ).toEqual({
      systemInstruction: { role: 'user', parts: [{ text: 'one' }, { text: 'two' }] },
      contents: [
        { role: 'user', parts: [{ text: 'Hi' }] },
        { role: 'model', parts: [{ text: 'Hello' }] },
        { role: 'user', parts: [{ text: 'Bye' }] },
      ],
    })
  })

  test('of system messages alone becomes a user turn', () => {
    expect(encode([{ role: 'system', content: [text('Say hi.')] }]).body).toEqual({
      contents: [{ role: 'user', parts: [{ text: 'Say hi.' }] }],
    })
  })

  test('names a system message that is no text as lost', () => {
    expect(encode([{ role: 'system', content: [png] }, user(text('Hi'))])).toMatchObject({
      body: { contents: [{}] },
      lost: ['system'],
    })
  })

  test('leaves out empty text and messages in which nothing is left', () => {
    expect(contents([user(text('')), model(text('')), user(text(''), text('Hi'))])).toEqual([
      { role: 'user', parts: [{ text: 'Hi' }] },
    ])
  })
})

describe('a part', () => {
  const url = (address: string, type: 'image' | 'document' = 'image', mediaType?: string): Block => ({
    type,
    source: { kind: 'url', url: address, ...(mediaType !== undefined && { mediaType }) },
  })
  const fileData = (fileUri: string, mimeType: string) => ({ fileData: { mimeType, fileUri } })
  const pdf = { kind: 'base64', mediaType: 'application/pdf', data: 'JVBE' } as const
  const inlinePdf = { inlineData: { mimeType: 'application/pdf', data: 'JVBE' } }

  test.each<[string, Block, unknown[], string[]?]>([
    ['text', text('Hi'), [{ text: 'Hi' }]],
    ['a refusal', { type: 'refusal', text: 'No.' }, [{ text: 'No.' }]],
    ['an empty refusal', { type: 'refusal', text: '' }, []],
    [
      'cited text',
      { type: 'text', text: 'Hi', citations: { dialect: 'anthropic-messages', value: [] } },
      [{ text: 'Hi' }],
      ['citations'],
    ],
    ['an image', png, [inlinePng]],
    ['an image by address', url('https://a.test/b.webp'), [fileData('https://a.test/b.webp', 'image/webp')]],
    ['by plain http', url('http://a.test/b.png'), [fileData('http://a.test/b.png', 'image/png')]],
    ['in Cloud Storage', url('gs://bucket/b.JPG'), [fileData('gs://bucket/b.JPG', 'image/jpeg')]],
    [
      'with a query after its name',
      url('https://a.test/b.gif?v=1.png#c.webp'),
      [fileData('https://a.test/b.gif?v=1.png#c.webp', 'image/gif')],
    ],
    ['without an ending', url('https://a.test/b'), [fileData('https://a.test/b', 'image/jpeg')]],
    [
      'with a media type',
      url('https://a.test/b', 'image', 'image/heic'),
      [fileData('https://a.test/b', 'image/heic')],
    ],
    ['an address nobody fetches', url('ftp://a.test/b.png'), [], ['image_url']],
    [
      'a document by address',
      url('https://a.test/b', 'document'),
      [fileData('https://a.test/b', 'application/pdf')],
    ],
    [
      'a text by address',
      url('https://a.test/b.txt', 'document'),
      [fileData('https://a.test/b.txt', 'text/plain')],
    ],
    ['a document nobody fetches', url('file:///etc/passwd', 'document'), [], ['document_url']],
    ['a document', { type: 'document', source: pdf }, [inlinePdf]],
    [
      'a document with a title and a context',
      { type: 'document', source: pdf, title: 'a.pdf', context: 'Draft.' },
      [{ text: 'a.pdf\n\nDraft.' }, inlinePdf],
    ],
    [
      'a document to be cited',
      { type: 'document', source: pdf, citationsEnabled: true },
      [inlinePdf],
      ['citations'],
    ],
    ['plain text', { type: 'document', source: { kind: 'text', text: 'Once' } }, [{ text: 'Once' }]],
    [
      'plain text with a title',
      { type: 'document', source: { kind: 'text', text: 'Once' }, title: 'Tale' },
      [{ text: 'Tale\n\nOnce' }],
    ],
    [
      'a file of this API',
      { type: 'image', source: { kind: 'file', dialect: 'gemini', id: 'https://x/files/1' } },
      [{ fileData: { fileUri: 'https://x/files/1' } }],
    ],
    [
      'a file of this API with its media type',
      {
        type: 'image',
        source: { kind: 'file', dialect: 'gemini', id: 'https://x/files/1', mediaType: 'image/png' },
      },
      [fileData('https://x/files/1', 'image/png')],
    ],
    [
      'another API’s file',
      { type: 'document', source: { kind: 'file', dialect: 'openai-chat', id: 'file-1' }, title: 'a.pdf' },
      [],
      ['foreign_file'],
    ],
    [
      'audio',
      { type: 'audio', format: 'wav', data: 'UklG' },
      [{ inlineData: { mimeType: 'audio/wav', data: 'UklG' } }],
    ],
    [
      'a part of this API alone',
      { type: 'opaque', block: { dialect: 'gemini', value: { executableCode: { code: '1' } } } },
      [{ executableCode: { code: '1' } }],
    ],
    [
      'a block of another',
      { type: 'opaque', block: { dialect: 'anthropic-messages', value: {} } },
      [],
      ['foreign_block'],
    ],
    ['thinking that nobody signed', { type: 'thinking', text: 'Hm' }, [{ text: 'Hm', thought: true }]],
    ['thinking that nobody signed, and of which there is no text', { type: 'thinking', text: '' }, []],
    [
      'thinking that another signed',
      { type: 'thinking', text: 'Hm', signature: { dialect: 'anthropic-messages', value: 's' } },
      [],
      ['foreign_thinking'],
    ],
    [
      'redacted thinking of another',
      { type: 'redacted_thinking', data: { dialect: 'anthropic-messages', value: 's' } },
      [],
      ['foreign_thinking'],
    ],
  ])('%s', (_, block, expected, lost = []) => {
    expect(parts(block)).toEqual({ parts: expected, lost })
  })
})

test.each([
  ['image/png', 'png'],
  ['image/jpeg', 'jpg', 'jpeg'],
  ['image/webp', 'webp'],
  ['image/gif', 'gif'],
  ['image/heic', 'heic'],
  ['image/heif', 'heif'],
  ['image/avif', 'avif'],
  ['image/bmp', 'bmp'],
  ['application/pdf', 'pdf'],
  ['application/json', 'json'],
  ['text/plain', 'txt'],
  ['text/markdown', 'md'],
  ['text/csv', 'csv'],
  ['text/html', 'html', 'htm'],
  ['text/xml', 'xml'],
  ['text/rtf', 'rtf'],
])('%s is told by the ending of an address', (mimeType, ...endings) => {
  for (const ending of endings) {
    const fileUri = `https://a.test/b.c.${ending}`
    // The kind that would be guessed to be something else.
    const type = mimeType.startsWith('image/') ? 'document' : 'image'
    expect(parts({ type, source: { kind: 'url', url: fileUri } }).parts).toEqual([
      { fileData: { mimeType, fileUri } },
    ])
  }
})

describe('tool calls and results', () => {
  const asked = [user(text('Hi')), model(call('a'), call('b'))]

  test('have arguments as an object, whole numbers to the last digit', () => {
    const sent = encode([
      model(
        call('a', '{"id":9007199254740993,"x":[1.5]}'),
        call('b', ''),
        call('c', 'free', { kind: 'custom' }),
      ),
    ])
    expect(JSON.stringify(sent.body.contents)).toContain('"args":{"id":9007199254740993,"x":[1.5]}')
    expect(sent.body.contents).toMatchObject([
      { role: 'model', parts: [{}, wireCall('b'), wireCall('c', { input: 'free' })] },
    ])
  })

  test.each(['{"a":', '[1]', '"text"', 'null'])('refuse %s as arguments', (words) => {
    const write = () => encode([user(text('Hi')), model(text('Hm'), call('a', words))])
    expect(write).toThrow(GatewayError)
    expect(write).toThrow(
      'messages[1].content[1].arguments: found text that is not a JSON object, allowed: a JSON object as text.',
    )
    try {
      write()
    } catch (error) {
      expect(error).toMatchObject({
        code: 'invalid_request',
        detail: { param: 'messages[1].content[1].arguments' },
      })
    }
  })

  test('find the name that a result must have from the call', () => {
    expect(contents([...asked, user(result('b', { type: 'text', text: 'two' }), result('a'))])).toEqual([
      { role: 'user', parts: [{ text: 'Hi' }] },
      { role: 'model', parts: [wireCall('a'), wireCall('b')] },
      { role: 'user', parts: [wireResult('b', 'two'), wireResult('a', '')] },
    ])
  })

  test('refuse a result of a call that nobody made', () => {
    const write = () => encode([...asked, user(text('x'), result('c'))])
    expect(write).toThrow(
      'messages[2].content[1]: found the result of a tool call that no message before it holds',
    )
    try {
      write()
    } catch (error) {
      expect(error).toMatchObject({ code: 'invalid_request', detail: { param: 'messages[2].content[1]' } })
    }
  })

  test('put all results of a turn into one content right after it, and what else there is behind', () => {
    expect(
      contents([
        ...asked,
        user(text('first'), result('a', { type: 'text', text: 'one' })),
        user(result('b', { type: 'text', text: 'two' }, { type: 'text', text: 'more' })),
        user(text('last')),
        model(text('Done')),
        user(text('Next')),
      ]),
    ).toEqual([
      { role: 'user', parts: [{ text: 'Hi' }] },
      { role: 'model', parts: [wireCall('a'), wireCall('b')] },
      { role: 'user', parts: [wireResult('a', 'one'), wireResult('b', 'two\nmore')] },
      { role: 'user', parts: [{ text: 'first' }] },
      { role: 'user', parts: [{ text: 'last' }] },
      { role: 'model', parts: [{ text: 'Done' }] },
      { role: 'user', parts: [{ text: 'Next' }] },
    ])
  })

  test('tell of a tool that failed', () => {
    const failed = { ...result('a', { type: 'text', text: 'no net' }), isError: true }
    expect(contents([...asked, user(failed)])).toMatchObject([
      {},
      {},
      { parts: [{ functionResponse: { response: { error: 'no net' } } }] },
    ])
  })

  const media: ToolResultBlock['content'] = [
    { type: 'text', text: 'Here:' },
    png,
    { type: 'document', source: { kind: 'text', text: 'words' } },
    { type: 'image', source: { kind: 'url', url: 'https://a.test/b.png' } },
    { type: 'opaque', block: { dialect: 'anthropic-messages', value: {} } },
  ]
  const linked = { fileData: { mimeType: 'image/png', fileUri: 'https://a.test/b.png' } }

  test('hold media inside from generation 3 on, but for what has only an address', () => {
    const { body, lost } = encode([...asked, user(result('a', ...media))], 'gemini-3-flash-preview')
    expect((body.contents as unknown[]).slice(2)).toEqual([
      {
        role: 'user',
        parts: [
          {
            functionResponse: {
              id: 'a',
              name: 'name_of_a',
              response: {
                output: 'Here:\nwords\n[File 1 of tool result a: in the content after the results]',
              },
              parts: [inlinePng],
            },
          },
        ],
      },
      { role: 'user', parts: [{ text: 'File 1 of tool result a:' }, linked] },
    ])
    expect(lost).toEqual(['foreign_block'])
  })

  test('have media beside them before', () => {
    expect((contents([...asked, user(result('a', ...media))]) as unknown[]).slice(2)).toEqual([
      {
        role: 'user',
        parts: [
          wireResult(
            'a',
            'Here:\n[File 1 of tool result a: in the content after the results]\nwords\n[File 2 of tool result a: in the content after the results]',
          ),
        ],
      },
      {
        role: 'user',
        parts: [
          { text: 'File 1 of tool result a:' },
          inlinePng,
          { text: 'File 2 of tool result a:' },
          linked,
        ],
      },
    ])
  })
})

describe('signatures', () => {
  const bare: Block = { type: 'redacted_thinking', data: signature }
  const modelParts = (modelName: string, ...blocks: Block[]) => {
    const [content] = contents([model(...blocks)], modelName) as { parts: unknown[] }[]
    return content?.parts
  }
  const signed = { thoughtSignature: 'c2ln' }

  test.each<[string, Block[], unknown[]]>([
    ['of a call', [call('a', '{}', { signature })], [{ ...wireCall('a'), ...signed }]],
    [
      'of a thought',
      [{ type: 'thinking', text: 'Hm', signature }],
      [{ text: 'Hm', thought: true, ...signed }],
    ],
    ['on the text before', [text('Hi'), bare], [{ text: 'Hi', ...signed }]],
    ['on the text after, where thinking comes first', [bare, text('Hi')], [{ text: 'Hi', ...signed }]],
    ['on an image', [png, bare], [{ ...inlinePng, ...signed }]],
    ['alone', [bare], [{ text: '', ...signed }]],
    ['before a call', [bare, call('a')], [{ text: '', ...signed }, wireCall('a')]],
    [
      'two of them',
      [bare, bare, text('Hi')],
      [
        { text: '', ...signed },
        { text: 'Hi', ...signed },
      ],
    ],
    [
      'after a text that has one',
      [text('Hi'), bare, bare, text('there')],
      [
        { text: 'Hi', ...signed },
        { text: 'there', ...signed },
      ],
    ],
    [
      'after a thought',
      [{ type: 'thinking', text: 'Hm', signature }, bare],
      [
        { text: 'Hm', thought: true, ...signed },
        { text: '', ...signed },
      ],
    ],
  ])('%s', (_, blocks, expected) => {
    expect(modelParts('gemini-2.5-flash', ...blocks)).toEqual(expected)
  })

  test('of another dialect are lost', () => {
    const foreign = { signature: { dialect: 'anthropic-messages', value: 'x' } }
    expect(encode([model(call('a', '{}', foreign))])).toEqual({
      body: { contents: [{ role: 'model', parts: [wireCall('a')] }] },
      lost: ['foreign_thinking'],
    })
  })

  const unsigned = { thoughtSignature: 'skip_thought_signature_validator' }
  test.each(['gemini-3-pro-preview', 'gemini-flash-latest'])('%s is told of calls that have none', (name) => {
    expect(modelParts(name, text('Hm'), call('a'), call('b'))).toEqual([
      { text: 'Hm' },
      { ...wireCall('a'), ...unsigned },
      wireCall('b'),
    ])
    expect(modelParts(name, call('a', '{}', { signature }), call('b'))).toEqual([
      { ...wireCall('a'), ...signed },
      wireCall('b'),
    ])
    expect(modelParts(name, text('Hm'))).toEqual([{ text: 'Hm' }])
  })

  test('are not made up for older models', () => {
    expect(modelParts('gemini-2.5-pro', call('a'))).toEqual([wireCall('a')])
  })
})
