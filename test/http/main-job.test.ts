import { describe, expect, test } from 'vitest'
import { get, openStream, post, startGateway } from '../support/gateway.ts'
import {
  anthropicMessage,
  chatCompletion,
  chatStream,
  startUpstream,
  type Script,
} from '../support/upstream.ts'

const hello = { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }] }
const helloClaude = {
  model: 'claude-sonnet-4-5',
  max_tokens: 64,
  messages: [{ role: 'user', content: 'Hello' }],
}

/** A gateway with an OpenAI and an Anthropic provider, both played by one upstream. */
async function start(script: Script, more: Record<string, unknown> = {}) {
  const upstream = await startUpstream(script)
  const gateway = await startGateway({
    config: {
      auth: { keys: [{ name: 'app', key: 'app-key', tenant: 'acme' }], admin_keys: ['admin-key'] },
      providers: {
        openai: { api_key: 'sk-openai', base_url: upstream.url },
        anthropic: { api_key: 'sk-ant', base_url: upstream.url },
      },
      ...more,
    },
  })
  const headers = { authorization: 'Bearer app-key' }
  return {
    upstream,
    gateway,
    headers,
    chat: `${gateway.url}/v1/chat/completions`,
    messages: `${gateway.url}/v1/messages`,
  }
}

describe('a relayed call', () => {
  test('reaches the provider with the caller’s bytes and comes back with the provider’s', async () => {
    const answer = chatCompletion('Hi', { some_new_field: { kept: [1, 2, 3] } })
    const { upstream, chat, headers } = await start({ json: answer })
    const body = `{ "messages" : [{"role":"user","content":"Hellø"}],\n "seed": 92233720368547758071, "x_unknown": {"a": 1.0}, "model": "gpt-4o" }`
    const response = await post(chat, body, { headers })
    expect(response.status).toBe(200)
    expect(response.text).toBe(JSON.stringify(answer))
    expect(upstream.requests[0]?.body.toString()).toBe(body)
    expect(upstream.requests[0]?.path).toBe('/v1/chat/completions')
    expect(upstream.requests[0]?.headers.authorization).toBe('Bearer sk-openai')
  })

  test('changes nothing but the model where the caller addressed a provider', async () => {
    const { upstream, chat, headers } = await start({ json: chatCompletion() })
    await post(chat, '{"model":"openai/gpt-4o",  "messages":[{"role":"user","content":"a"}]}', { headers })
    expect(upstream.requests[0]?.body.toString()).toBe(
      '{"model":"gpt-4o",  "messages":[{"role":"user","content":"a"}]}',
    )
  })

  test('passes on the headers of the dialect and the query, and no other header', async () => {
    const { upstream, messages, headers } = await start({ json: anthropicMessage() })
    await post(`${messages}?beta=true`, helloClaude, {
      headers: {
        ...headers,
        'anthropic-beta': 'tools-2024',
        'anthropic-version': '2099-01-01',
        cookie: 'a=b',
        'x-foo': 'bar',
      },
    })
    const [request] = upstream.requests
    expect(request?.path).toBe('/v1/messages?beta=true')
    expect(request?.headers).toMatchObject({
      'anthropic-beta': 'tools-2024',
      'anthropic-version': '2099-01-01',
      'x-api-key': 'sk-ant',
    })
    const names = Object.keys(request?.headers ?? {}).sort()
    expect(names).toEqual(
      [
        'anthropic-beta',
        'anthropic-version',
        'connection',
        'content-length',
        'content-type',
        'host',
        'user-agent',
        'x-api-key',
      ].sort(),
    )
  })

  test('asks a stream for its usage, and keeps the extra chunk to itself', async () => {
    const { upstream, chat, headers } = await start({ sse: chatStream('Hel', 'lo') })
    const stream = await openStream(chat, { ...hello, stream: true }, { headers })
    const text = await stream.text()
    expect(upstream.requests[0]?.json).toMatchObject({ stream_options: { include_usage: true } })
    const withUsage = chatStream('Hel', 'lo')
    const expected = withUsage.filter((event) => !/"choices":\[\]/.test(event)).join('')
    expect(expected).not.toBe(withUsage.join(''))
    expect(text).toBe(expected)
  })

  test('gives the usage chunk to a caller who asked for it', async () => {
    const { chat, headers } = await start({ sse: chatStream('Hello') })
    const stream = await openStream(
      chat,
      { ...hello, stream: true, stream_options: { include_usage: true } },
      { headers },
    )
    expect(await stream.text()).toBe(chatStream('Hello').join(''))
  })
})

describe('a translated call', () => {
  test('from a chat caller to Anthropic and back', async () => {
    const { upstream, chat, headers } = await start({ json: anthropicMessage('Hi there') })
    const response = await post(chat, { ...hello, model: 'claude-sonnet-4-5', seed: 7 }, { headers })
    expect(response.json).toMatchObject({
      object: 'chat.completion',
      choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hi there' } }],
    })
    expect(response.headers['x-gateway-dropped']).toBe('seed')
    expect(response.headers['x-gateway-provider']).toBe('anthropic')
    expect(upstream.requests[0]?.path).toBe('/v1/messages')
    expect(upstream.requests[0]?.json).toMatchObject({
      model: 'claude-sonnet-4-5',
      messages: [{ role: 'user' }],
    })
    expect(upstream.requests[0]?.json?.max_tokens).toBeGreaterThan(4096)
  })

  test('from an Anthropic caller to OpenAI and back, as a stream', async () => {
    const { chat, messages, headers } = await start({ sse: chatStream('Hel', 'lo') })
    expect(chat).toBeDefined()
    const stream = await openStream(messages, { ...helloClaude, model: 'gpt-4o', stream: true }, { headers })
    const events = await Array.fromAsync(stream.events())
    expect(events.map(({ json }) => json.type)).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ])
  })

  test('refuses a strict call that would lose something, before any cost', async () => {
    const { upstream, chat, headers } = await start({ json: anthropicMessage() })
    const body = { ...hello, model: 'claude-sonnet-4-5', seed: 7 }
    const response = await post(chat, body, { headers: { ...headers, 'x-gateway-strict': 'true' } })
    expect(response.status).toBe(400)
    expect(response.json.error).toMatchObject({ code: 'unsupported_parameter', param: 'seed' })
    expect(upstream.requests).toHaveLength(0)
  })

  test('sends a strict call to the target that loses nothing', async () => {
    const { upstream, chat, headers } = await start(
      { json: chatCompletion() },
      {
        models: [
          {
            name: 'any',
            targets: [
              { provider: 'anthropic', model: 'claude-sonnet-4-5' },
              { provider: 'openai', model: 'gpt-4o' },
            ],
          },
        ],
      },
    )
    const response = await post(
      chat,
      { ...hello, model: 'any', seed: 7 },
      { headers: { ...headers, 'x-gateway-strict': 'true' } },
    )
    expect(response.status).toBe(200)
    expect(upstream.requests.map(({ path }) => path)).toEqual(['/v1/chat/completions'])
  })
})

describe('answers say where they came from', () => {
  test('by headers', async () => {
    const { chat, headers } = await start({
      json: chatCompletion(),
      headers: { 'x-request-id': 'req_upstream' },
    })
    const response = await post(chat, hello, { headers: { ...headers, 'x-request-id': 'my-id-1' } })
    expect(response.headers).toMatchObject({
      'x-request-id': 'my-id-1',
      'x-gateway-provider': 'openai',
      'x-gateway-attempts': '1',
      'x-gateway-upstream-request-id': 'req_upstream',
    })
    expect(response.headers['x-gateway-request-id']).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/)
  })

  test('and an id that is not well-formed is replaced', async () => {
    const { chat, headers } = await start({ json: chatCompletion() })
    const response = await post(chat, hello, { headers: { ...headers, 'x-request-id': 'two words' } })
    expect(response.headers['x-request-id']).toBe(response.headers['x-gateway-request-id'])
  })
})

test('routes answer without /v1 too', async () => {
  const { gateway, headers } = await start({ json: chatCompletion() })
  expect((await post(`${gateway.url}/chat/completions`, hello, { headers })).status).toBe(200)
  expect((await get(`${gateway.url}/models`, { headers })).json.object).toBe('list')
})
