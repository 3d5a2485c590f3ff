import { Ollama, type ChatRequest, type ChatResponse } from 'ollama'
import { describe, expect, test } from 'vitest'
import { isObject, type JsonObject } from '../../src/canonical/json.ts'
import { loadFixture } from '../support/fixtures.ts'
import { openStream, post, startGateway } from '../support/gateway.ts'
import { chatCompletion, startUpstream, type RecordedRequest, type Upstream } from '../support/upstream.ts'

/** Plays the recordings of a server of Ollama: the kind of answer that was asked for. */
const startOllama = (): Promise<Upstream> =>
  startUpstream((_request, _response, { path, json }) => {
    if (path.endsWith('/api/embed')) return { fixture: loadFixture('ollama/api-embed-embed-a410d4') }
    if (path.endsWith('/chat/completions')) return { json: chatCompletion() }
    const name = json?.stream === true ? 'async-chat-stream' : 'chat-with-tool-call'
    return { fixture: loadFixture(`ollama/api-chat-${name}`) }
  })

const startWith = (base_url: string) => startGateway({ config: { providers: { ollama: { base_url } } } })

describe('the SDK of Ollama accepts the recordings', () => {
  const hello: Omit<ChatRequest, 'stream'> = { model: 'm', messages: [{ role: 'user', content: 'Hi' }] }
  const play = async (id: string) => {
    const fixture = loadFixture(id)
    const upstream = await startUpstream({ fixture, chunkBytes: 100 })
    return { fixture, client: new Ollama({ host: upstream.url }) }
  }

  test.each([
    'ollama/api-chat-async-chat-2',
    'ollama/api-chat-chat-tool-calls',
    'ollama/api-chat-chat-with-tool-call',
    'ollama/api-chat-operation-duration-includes-model-attribute',
  ])('%s', async (id) => {
    const { fixture, client } = await play(id)
    expect(await client.chat({ ...hello })).toEqual(fixture.response.body)
  })

  test('ollama/api-chat-async-chat-stream', async () => {
    const { fixture, client } = await play('ollama/api-chat-async-chat-stream')
    const lines: ChatResponse[] = []
    for await (const line of await client.chat({ ...hello, stream: true })) lines.push(line)
    expect(lines).toHaveLength(fixture.response.bodyText!.trim().split('\n').length)
    expect(lines.at(-1)).toMatchObject({ done: true, eval_count: 889 })
  })

  test('ollama/api-chat-error-mid-stream', async () => {
    const { client } = await play('ollama/api-chat-error-mid-stream')
    const lines = await client.chat({ ...hello, stream: true })
    await expect(Array.fromAsync(lines)).rejects.toThrow('unexpected EOF')
  })

  test('ollama/api-chat-tools-unsupported-400', async () => {
    const { client } = await play('ollama/api-chat-tools-unsupported-400')
    await expect(client.chat({ ...hello })).rejects.toMatchObject({ status_code: 400 })
  })

  test('ollama/api-embed-embed-a410d4', async () => {
    const { fixture, client } = await play('ollama/api-embed-embed-a410d4')
    expect(await client.embed({ model: 'm', input: ['a'] })).toEqual(fixture.response.body)
  })
})

/** Where the gateway's request differs from the SDK's, and why. */
const declared: Readonly<Record<string, string>> = {
  'messages[].tool_calls[].id': 'the types of the SDK lack it; servers since 0.12 read it',
  'messages[].tool_call_id': 'the same: it tells which of two calls to one tool a result answers',
}

interface Row {
  name: string
  sdk: (client: Ollama) => Promise<unknown>
  /** What a caller of the gateway sends for the same call. */
  path: '/v1/messages' | '/v1/embeddings'
  body: JsonObject
}

const chat = (name: string, request: Omit<ChatRequest, 'model' | 'stream'>, caller: JsonObject): Row => ({
  name,
  sdk: (client) =>
    client.chat({ model: 'qwen3', ...request, options: { num_predict: 500, ...request.options } }),
  path: '/v1/messages',
  body: { model: 'ollama/qwen3', max_tokens: 500, ...caller },
})

const user = (content: unknown) => ({ role: 'user', content })
const hi = { messages: [{ role: 'user', content: 'Hi' }] }
const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const description = 'Tells the weather.'
const pixel = 'iVBORw0KGgo='
const question = 'And in Rome?'

const rows: Row[] = [
  chat('text', hi, { messages: [user('Hi')] }),
  chat(
    'a system prompt',
    { messages: [{ role: 'system', content: 'Be brief.' }, ...hi.messages] },
    { system: 'Be brief.', messages: [user([{ type: 'text', text: 'Hi' }])] },
  ),
  chat(
    'a longer conversation',
    {
      messages: [
        ...hi.messages,
        { role: 'assistant', content: 'Hello.' },
        { role: 'user', content: question },
      ],
    },
    { messages: [user('Hi'), { role: 'assistant', content: 'Hello.' }, user(question)] },
  ),
  chat(
    'options',
    { ...hi, options: { temperature: 0.2, top_p: 0.9, top_k: 40, stop: ['END'] } },
    { messages: [user('Hi')], temperature: 0.2, top_p: 0.9, top_k: 40, stop_sequences: ['END'] },
  ),
  chat(
    'an image',
    { messages: [{ role: 'user', content: 'What is this?', images: [pixel] }] },
    {
      messages: [
        user([
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: pixel } },
          { type: 'text', text: 'What is this?' },
        ]),
      ],
    },
  ),
  chat(
    'tools',
    { ...hi, tools: [{ type: 'function', function: { name: 'weather', description, parameters: schema } }] },
    { messages: [user('Hi')], tools: [{ name: 'weather', description, input_schema: schema }] },
  ),
  chat(
    'results of tools',
    {
      messages: [
        ...hi.messages,
        {
          role: 'assistant',
          content: 'Let me see.',
          tool_calls: [
            { function: { name: 'weather', arguments: { city: 'Paris' } } },
            { function: { name: 'now', arguments: {} } },
          ],
        },
        { role: 'tool', content: 'Sunny', tool_name: 'weather' },
        { role: 'tool', content: 'Noon', tool_name: 'now' },
        { role: 'user', content: question },
      ],
    },
    {
      messages: [
        user('Hi'),
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'Let me see.' },
            { type: 'tool_use', id: 'a', name: 'weather', input: { city: 'Paris' } },
            { type: 'tool_use', id: 'b', name: 'now', input: {} },
          ],
        },
        user([
          { type: 'tool_result', tool_use_id: 'a', content: 'Sunny' },
          { type: 'tool_result', tool_use_id: 'b', content: [{ type: 'text', text: 'Noon' }] },
          { type: 'text', text: question },
        ]),
      ],
    },
  ),
  chat(
    'a schema for the answer',
    { ...hi, format: schema },
    { messages: [user('Hi')], output_config: { format: { type: 'json_schema', schema } } },
  ),
  chat('thinking', { ...hi, think: true }, { messages: [user('Hi')], thinking: { type: 'adaptive' } }),
  chat('no thinking', { ...hi, think: false }, { messages: [user('Hi')], thinking: { type: 'disabled' } }),
  chat(
    'much thinking',
    { ...hi, think: 'high' },
    { messages: [user('Hi')], output_config: { effort: 'high' } },
  ),
  {
    name: 'a stream',
    sdk: async (client) =>
      Array.fromAsync(
        await client.chat({ model: 'qwen3', ...hi, options: { num_predict: 500 }, stream: true }),
      ),
    path: '/v1/messages',
    body: { model: 'ollama/qwen3', max_tokens: 500, messages: [user('Hi')], stream: true },
  },
  {
    name: 'embeddings',
    sdk: (client) => client.embed({ model: 'minilm', input: ['a'], dimensions: 384 }),
    path: '/v1/embeddings',
    body: { model: 'ollama/minilm', input: ['a'], dimensions: 384, encoding_format: 'base64' },
  },
  {
    name: 'the embedding of one text',
    sdk: (client) => client.embed({ model: 'minilm', input: 'a' }),
    path: '/v1/embeddings',
    body: { model: 'ollama/minilm', input: 'a' },
  },
]

/** The paths of what two requests do not have in common, `[]` for every index. */
function differences(ours: unknown, theirs: unknown, path = ''): string[] {
  if (Array.isArray(ours) && Array.isArray(theirs) && ours.length === theirs.length)
    return ours.flatMap((item, i) => differences(item, theirs[i], `${path}[]`))
  if (isObject(ours) && isObject(theirs)) {
    const names = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])]
    return names.flatMap((name) =>
      differences(ours[name], theirs[name], path === '' ? name : `${path}.${name}`),
    )
  }
  return Object.is(ours, theirs) ? [] : [path]
}

async function sentBy({ requests }: Upstream, call: () => Promise<unknown>): Promise<RecordedRequest> {
  requests.length = 0
  await call()
  expect(requests).toHaveLength(1)
  return requests[0]!
}

describe('the gateway asks as the SDK asks', () => {
  const found = new Set<string>()

  test.each(rows.map((row) => [row.name, row] as const))('%s', async (_name, { sdk, path, body }) => {
    const upstream = await startOllama()
    const gateway = await startWith(upstream.url)
    const theirs = await sentBy(upstream, () => sdk(new Ollama({ host: upstream.url })))
    const ours = await sentBy(upstream, async () => {
      const { status, headers } = await post(`${gateway.url}${path}`, body)
      expect(status).toBe(200)
      expect(headers['x-gateway-dropped']).toBeUndefined()
    })
    expect([ours.method, ours.path]).toEqual([theirs.method, theirs.path])
    expect(ours.headers['content-type']).toBe(theirs.headers['content-type'])
    const differing = differences(ours.json, theirs.json)
    for (const difference of differing) found.add(difference)
    expect(differing.filter((difference) => !(difference in declared))).toEqual([])
  })

  test('and every difference that is declared is there', () => {
    expect([...found].sort()).toEqual(Object.keys(declared).sort())
  })
})

describe('what the SDK reads, a caller of the gateway reads', () => {
  test('in a whole answer', async () => {
    const upstream = await startOllama()
    const gateway = await startWith(upstream.url)
    const { message, eval_count, prompt_eval_count } = await new Ollama({ host: upstream.url }).chat({
      model: 'qwen3',
      ...hi,
    })
    const { json } = await post(`${gateway.url}/v1/messages`, {
      model: 'ollama/qwen3',
      max_tokens: 500,
      messages: [user('Hi')],
    })
    const [call] = message.tool_calls!
    expect(json).toMatchObject({
      model: 'qwen3.6:latest',
      stop_reason: 'tool_use',
      content: [
        { type: 'thinking', thinking: message.thinking },
        { type: 'tool_use', name: call!.function.name, input: call!.function.arguments },
      ],
      usage: { input_tokens: prompt_eval_count, output_tokens: eval_count },
    })
    expect(json.id).not.toBe('')
  })

  test('in a stream', async () => {
    const upstream = await startOllama()
    const gateway = await startWith(upstream.url)
    const lines = await Array.fromAsync(
      await new Ollama({ host: upstream.url }).chat({ model: 'qwen3', ...hi, stream: true }),
    )
    const call = await openStream(`${gateway.url}/v1/messages`, {
      model: 'ollama/qwen3',
      max_tokens: 500,
      messages: [user('Hi')],
      stream: true,
    })
    const events = (await Array.fromAsync(call.events())).map(({ json }) => json as JsonObject)
    const joined = (name: string) =>
      events.map(({ delta }) => (isObject(delta) ? (delta[name] ?? '') : '')).join('')
    expect(joined('text')).toBe(lines.map(({ message }) => message.content).join(''))
    expect(joined('thinking')).toBe(lines.map(({ message }) => message.thinking ?? '').join(''))
    expect(events.at(-1)).toEqual({ type: 'message_stop' })
    expect(events.at(-2)).toMatchObject({ usage: { output_tokens: lines.at(-1)!.eval_count } })
  })

  test('in vectors, in the encoding that the caller asked for', async () => {
    const upstream = await startOllama()
    const gateway = await startWith(upstream.url)
    const { embeddings } = await new Ollama({ host: upstream.url }).embed({ model: 'm', input: ['a'] })
    const ask = async (encoding_format: string) =>
      (await post(`${gateway.url}/v1/embeddings`, { model: 'ollama/m', input: ['a'], encoding_format })).json
    expect(await ask('float')).toMatchObject({
      data: [{ embedding: embeddings[0] }],
      usage: { prompt_tokens: 6 },
    })
    const bytes = Buffer.from((await ask('base64')).data[0].embedding as string, 'base64')
    expect(bytes.readFloatLE(0)).toBeCloseTo(embeddings[0]![0]!, 6)
    expect(bytes).toHaveLength(4 * embeddings[0]!.length)
  })

  test('in a refusal and in a stream that fails', async () => {
    const upstream = await startUpstream({ fixture: loadFixture('ollama/api-chat-tools-unsupported-400') })
    const gateway = await startWith(upstream.url)
    const body = { model: 'ollama/m', max_tokens: 5, messages: [user('Hi')] }
    const refused = await post(`${gateway.url}/v1/messages`, body)
    expect(refused.status).toBe(400)
    expect(refused.json.error.message).toContain('does not support tools')

    // In pieces, or the gateway would know of the failure before it has answered, and try again.
    upstream.on({ fixture: loadFixture('ollama/api-chat-error-mid-stream'), chunkBytes: 130, delayMs: 50 })
    const call = await openStream(`${gateway.url}/v1/messages`, { ...body, stream: true })
    const events = await Array.fromAsync(call.events())
    expect(events.at(-1)!.event).toBe('error')
    expect(events.some(({ event }) => event === 'message_stop')).toBe(false)
  })
})

describe('an address', () => {
  test.each([
    ['', '/v1/chat/completions', '/api/chat'],
    ['/', '/v1/chat/completions', '/api/chat'],
    ['/v1', '/v1/chat/completions', '/api/chat'],
    ['/v1/', '/v1/chat/completions', '/api/chat'],
    ['/models/v1', '/models/v1/chat/completions', '/models/api/chat'],
  ])('that ends with %j leads to both forms: %s and %s', async (ending, openaiForm, native) => {
    const upstream = await startOllama()
    const gateway = await startWith(upstream.url + ending)
    const body = { model: 'ollama/qwen3', max_tokens: 5, messages: [user('Hi')] }
    await post(`${gateway.url}/v1/chat/completions`, body)
    await post(`${gateway.url}/v1/messages`, body)
    expect(upstream.requests.map(({ path }) => path)).toEqual([openaiForm, native])
  })
})
