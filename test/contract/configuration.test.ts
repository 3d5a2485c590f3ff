/** Contract 4, as far as a caller or a provider sees it: what each setting does. */
import { describe, expect, test } from 'vitest'
import { startGateway, get, post } from '../support/gateway.ts'
import { chatCompletion, chatStream, openaiError, startUpstream } from '../support/upstream.ts'
import { bearer, goodAnswers, hello, helloClaude, playGateway } from './played-gateway.ts'

describe('base_url: “an origin alone gets the provider’s usual path, one with a path is taken as it is, nothing is doubled”', () => {
  const paths = {
    openai: '/v1/chat/completions',
    openai_compatible: '/v1/chat/completions',
    anthropic: '/v1/messages',
  }
  const endings = {
    openai: '/chat/completions',
    openai_compatible: '/chat/completions',
    anthropic: '/messages',
  }
  type Type = keyof typeof paths
  const types = Object.keys(paths) as Type[]

  async function pathOf(type: string, suffix: string) {
    const upstream = await startUpstream(goodAnswers)
    const { url } = await startGateway({
      config: {
        providers: { p: { type, api_key: 'sk', base_url: upstream.url + suffix } },
        resilience: { retry: { max_attempts: 1 } },
      },
    })
    await post(`${url}/v1/chat/completions`, { ...hello, model: 'p/m' })
    return upstream.requests[0]?.path
  }

  test.each(types.flatMap((type) => ['', '/'].map((suffix) => [type, suffix] as const)))(
    '%s with an origin and %j',
    async (type, suffix) => {
      expect(await pathOf(type, suffix)).toBe(paths[type])
    },
  )

  test.each(
    types.flatMap((type) =>
      ['/v1', '/v1/', '/openai/v1', '/openai/v1/', '/a/b/c'].map((suffix) => [type, suffix] as const),
    ),
  )('%s with %s', async (type, suffix) => {
    expect(await pathOf(type, suffix)).toBe(suffix.replace(/\/$/, '') + endings[type])
  })

  test.each(['vllm', 'together', 'mistral', 'ollama'])('%s too', async (type) => {
    expect(await pathOf(type, '')).toBe('/v1/chat/completions')
    expect(await pathOf(type, '/v1')).toBe('/v1/chat/completions')
    expect(await pathOf(type, '/proxy/v1/')).toBe('/proxy/v1/chat/completions')
  })

  test('embeddings go beside it', async () => {
    const upstream = await startUpstream(goodAnswers)
    const { url } = await startGateway({
      config: { providers: { openai: { api_key: 'sk', base_url: `${upstream.url}/x/v1/` } } },
    })
    await post(`${url}/v1/embeddings`, { model: 'text-embedding-3-small', input: 'a' })
    expect(upstream.requests[0]?.path).toBe('/x/v1/embeddings')
  })

  test('OLLAMA_HOST and VLLM_BASE_URL are such addresses', async () => {
    const upstream = await startUpstream({ json: chatCompletion() })
    const { url } = await startGateway({
      config: { providers: { ollama: {}, vllm: {} } },
      env: { OLLAMA_HOST: `127.0.0.1:${upstream.port}`, VLLM_BASE_URL: `${upstream.url}/v1` },
    })
    await post(`${url}/v1/chat/completions`, { ...hello, model: 'ollama/m' })
    await post(`${url}/v1/chat/completions`, { ...hello, model: 'vllm/m' })
    expect(upstream.requests.map(({ path }) => path)).toEqual([
      '/v1/chat/completions',
      '/v1/chat/completions',
    ])
  })
})

describe('credentials and headers', () => {
  test('“api_keys: [] rotates”', async () => {
    const { upstream, chat } = await playGateway(undefined, {
      openai: { api_key: undefined, api_keys: ['k1', 'k2', 'k3'] },
    })
    for (let i = 0; i < 6; i++) await chat()
    expect(upstream.requests.map(({ headers }) => headers.authorization)).toEqual(
      ['k1', 'k2', 'k3', 'k1', 'k2', 'k3'].map((key) => `Bearer ${key}`),
    )
  })

  test('each type carries its key where its provider wants it', async () => {
    const { upstream, chat, claude } = await playGateway()
    await chat()
    await claude()
    expect(upstream.requests[0]?.headers).toMatchObject({ authorization: 'Bearer sk-openai' })
    expect(upstream.requests[0]?.headers).not.toHaveProperty('x-api-key')
    expect(upstream.requests[1]?.headers).toMatchObject({ 'x-api-key': 'sk-ant' })
    expect(upstream.requests[1]?.headers).not.toHaveProperty('authorization')
  })

  test('“a provider entry may add headers:”, relayed and translated', async () => {
    const {
      upstream,
      chat,
      post: send,
    } = await playGateway(undefined, {
      openai: { headers: { 'X-Team': 'blue', 'OpenAI-Organization': 'org-1', 'user-agent': 'mine/1' } },
    })
    await chat()
    await send('/v1/messages', { ...helloClaude, model: 'gpt-4o' })
    await send('/v1/embeddings', { model: 'text-embedding-3-small', input: 'a' })
    expect(upstream.requests).toHaveLength(3)
    for (const { headers } of upstream.requests) {
      expect(headers).toMatchObject({
        'x-team': 'blue',
        'openai-organization': 'org-1',
        'user-agent': 'mine/1',
      })
    }
  })

  test('a server that needs no key gets none', async () => {
    const upstream = await startUpstream({ json: chatCompletion() })
    const { url } = await startGateway({
      config: { providers: { local: { type: 'openai_compatible', base_url: upstream.url } } },
    })
    await post(`${url}/v1/chat/completions`, { ...hello, model: 'local/m' })
    expect(upstream.requests[0]?.headers).not.toHaveProperty('authorization')
  })

  test('api_version of anthropic is its anthropic-version, and “the caller’s wins over the configured one”', async () => {
    const upstream = await startUpstream(goodAnswers)
    const { url } = await startGateway({
      config: {
        providers: { anthropic: { api_key: 'sk', base_url: upstream.url, api_version: '2024-01-01' } },
      },
    })
    await post(`${url}/v1/messages`, helloClaude)
    await post(`${url}/v1/messages`, helloClaude, { headers: { 'anthropic-version': '2025-05-05' } })
    await post(`${url}/v1/chat/completions`, { ...hello, model: 'claude-sonnet-4-5' })
    expect(upstream.requests.map(({ headers }) => headers['anthropic-version'])).toEqual([
      '2024-01-01',
      '2025-05-05',
      '2024-01-01',
    ])
  })

  test('several entries of one type are several providers, each with its own key', async () => {
    const upstream = await startUpstream({ json: chatCompletion() })
    const entry = { type: 'openai', base_url: upstream.url }
    const { url } = await startGateway({
      config: { providers: { us: { ...entry, api_key: 'k-us' }, eu: { ...entry, api_key: 'k-eu' } } },
    })
    for (const name of ['eu', 'us'])
      await post(`${url}/v1/chat/completions`, { ...hello, model: `${name}/gpt-4o` })
    expect(upstream.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer k-eu',
      'Bearer k-us',
    ])
  })
})

describe('“retry.max_attempts counts the first try; a provider’s max_retries doesn’t and wins for it”', () => {
  test.each<[string, { max_attempts?: number }, { max_retries?: number }, number]>([
    ['by default', {}, {}, 3],
    ['max_attempts: 1', { max_attempts: 1 }, {}, 1],
    ['max_attempts: 4', { max_attempts: 4 }, {}, 4],
    ['max_retries: 0', { max_attempts: 4 }, { max_retries: 0 }, 1],
    ['max_retries: 1', { max_attempts: 4 }, { max_retries: 1 }, 2],
    ['max_retries: 3', { max_attempts: 1 }, { max_retries: 3 }, 4],
  ])('%s', async (_name, retry, openai, tries) => {
    const { chat, upstream } = await playGateway(
      { status: 500, json: openaiError('no') },
      { openai, config: { resilience: { retry: { ...retry, initial_delay_ms: 1 } } } },
    )
    expect((await chat()).status).toBe(502)
    expect(upstream.requests).toHaveLength(tries)
  })
})

describe('deadlines', () => {
  const slow = { json: chatCompletion(), delayMs: 5_000 }

  test('“a provider’s timeout_seconds replaces request_seconds, never streaming_seconds”', async () => {
    const { chat, stream, upstream } = await playGateway(slow, { openai: { timeout_seconds: 0.05 } })
    expect((await chat()).status).toBe(504)
    upstream.on({ sse: chatStream('a', 'b'), delayMs: 30 })
    const text = await (await stream()).text()
    expect(text).toContain('[DONE]')
  })

  test('streaming_seconds bounds a stream, and does not bound a JSON call', async () => {
    const { chat, stream } = await playGateway(
      [
        { sse: chatStream('a'), delayMs: 100 },
        { json: chatCompletion(), delayMs: 100 },
      ],
      {
        config: {
          resilience: {
            timeout: { streaming_seconds: 0.05, request_seconds: 5 },
            retry: { max_attempts: 1 },
          },
        },
      },
    )
    expect((await stream()).status).toBe(504)
    expect((await chat()).status).toBe(200)
  })

  test('“a value set applies to both”: first_byte_seconds', async () => {
    const { chat, stream, upstream } = await playGateway(slow, {
      config: { resilience: { timeout: { first_byte_seconds: 0.05 } } },
    })
    expect((await chat()).status).toBe(504)
    upstream.on({ sse: chatStream('a'), delayMs: 5_000 })
    expect((await stream()).status).toBe(504)
  })
})

describe('security', () => {
  const withSecurityHeaders = (add: boolean) =>
    playGateway(undefined, { config: { security: { headers: { add_security_headers: add } } } })
  const given = [
    [true, 'nosniff'],
    [false, undefined],
  ] as const

  test.each(given)(
    'add_security_headers: %s: answers, streams and errors of the API',
    async (add, expected) => {
      const { chat, stream, get: fetch, upstream } = await withSecurityHeaders(add)
      const answers = [
        await chat(),
        await chat({ model: 'nobody' }),
        await fetch('/v1/models'),
        await fetch('/nothing'),
      ]
      for (const { headers } of answers) expect(headers['x-content-type-options']).toBe(expected)
      upstream.on({ sse: chatStream('a') })
      expect((await stream()).headers['x-content-type-options']).toBe(expected)
    },
  )

  test.each(given)('add_security_headers: %s: health and metrics too', async (add, expected) => {
    const { gateway } = await withSecurityHeaders(add)
    for (const path of ['/health', '/ready', '/live', '/metrics']) {
      const { headers } = await get(gateway.url + path)
      expect([path, headers['x-content-type-options']]).toEqual([path, expected])
    }
  })

  test('no answer says what the server is built with', async () => {
    const { chat, upstream } = await playGateway({
      json: chatCompletion(),
      headers: { server: 'upstream/1', 'x-powered-by': 'them', 'set-cookie': 'a=b' },
    })
    const { headers } = await chat()
    for (const name of ['server', 'x-powered-by', 'set-cookie']) expect(headers).not.toHaveProperty(name)
    expect(upstream.requests).toHaveLength(1)
  })

  test.each([
    ['api.example.com', 200],
    ['API.Example.COM', 200],
    ['api.example.com:8443', 200],
    ['other.example.com:9000', 200],
    ['other.example.com', 403],
    ['evil.example.com', 403],
    ['api.example.com.evil', 403],
    ['127.0.0.1', 403],
  ])('allowed_hosts: %s is %i', async (host, status) => {
    const { chat } = await playGateway(undefined, {
      config: { security: { headers: { allowed_hosts: ['api.example.com', 'other.example.com:9000'] } } },
    })
    const answer = await chat({}, { host })
    expect(answer.status).toBe(status)
    if (status === 403) expect(answer.headers['x-gateway-error-code']).toBe('host_not_allowed')
  })

  test('validation.max_request_size_bytes: one byte more is a 413, in both dialects', async () => {
    const limit = 2_000
    const { post: send } = await playGateway(undefined, {
      config: { security: { validation: { max_request_size_bytes: limit } } },
    })
    const padded = (body: object, bytes: number) => {
      const text = JSON.stringify(body)
      return text.slice(0, -1) + ' '.repeat(bytes - text.length) + '}'
    }
    for (const [path, body, type] of [
      ['/v1/chat/completions', hello, 'invalid_request_error'],
      ['/v1/messages', helloClaude, 'request_too_large'],
    ] as const) {
      expect((await send(path, padded(body, limit))).status).toBe(200)
      const answer = await send(path, padded(body, limit + 1))
      expect([answer.status, answer.headers['x-gateway-error-code'], answer.json.error.type]).toEqual([
        413,
        'request_too_large',
        type,
      ])
    }
  })

  const manyMessages = (count: number, text = 'a') => ({
    messages: Array.from({ length: count }, () => ({ role: 'user', content: text })),
  })

  test('validation.max_messages and max_message_length, and “no limit on messages” by default', async () => {
    const limited = await playGateway(undefined, {
      config: { security: { validation: { max_messages: 3, max_message_length: 5 } } },
    })
    expect((await limited.chat(manyMessages(3, '12345'))).status).toBe(200)
    const tooMany = await limited.chat(manyMessages(4))
    expect([tooMany.status, tooMany.json.error.param]).toEqual([400, 'messages'])
    expect(tooMany.json.error.message).toMatch(/4.*3/)
    const tooLong = await limited.chat(manyMessages(1, '123456'))
    expect([tooLong.status, tooLong.json.error.code]).toEqual([400, 'invalid_request'])
    expect((await limited.claude(manyMessages(4))).json.error.type).toBe('invalid_request_error')
    const free = await playGateway()
    expect((await free.chat(manyMessages(2_000, 'x'.repeat(1_000)))).status).toBe(200)
  })

  test('“lengths count text only”: an image does not count', async () => {
    const { chat } = await playGateway(undefined, {
      config: { security: { validation: { max_message_length: 5 } } },
    })
    const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(1_000)}` } }
    const message = (text: string) => ({
      messages: [{ role: 'user', content: [{ type: 'text', text }, image] }],
    })
    expect((await chat(message('12345'))).status).toBe(200)
    expect((await chat(message('123456'))).status).toBe(400)
  })

  test('“enabled governs the nearest section around it”: security off turns these off', async () => {
    const { chat } = await playGateway(undefined, {
      config: {
        security: {
          enabled: false,
          headers: { allowed_hosts: ['api.example.com'] },
          validation: { max_messages: 1 },
          rate_limit: { requests_per_minute: 1 },
        },
      },
    })
    for (let i = 0; i < 3; i++) {
      const { status, headers } = await chat(manyMessages(2))
      expect([status, headers['x-content-type-options']]).toEqual([200, undefined])
    }
  })

  test('validation.max_depth: 512 by default', async () => {
    const { post: send } = await playGateway()
    const nested = (depth: number) =>
      `{"model":"gpt-4o","messages":[{"role":"user","content":"a"}],"x":${'['.repeat(depth)}${']'.repeat(depth)}}`
    expect((await send('/v1/chat/completions', nested(511))).status).toBe(200)
    expect((await send('/v1/chat/completions', nested(512))).status).toBe(400)
  })
})

describe('strict: true', () => {
  test('makes every call strict', async () => {
    const { chat, upstream } = await playGateway(undefined, { config: { strict: true } })
    const answer = await chat({ model: 'claude-sonnet-4-5', seed: 7 })
    expect([answer.status, answer.json.error.code, answer.json.error.param]).toEqual([
      400,
      'unsupported_parameter',
      'seed',
    ])
    expect(
      (await chat({ model: 'claude-sonnet-4-5', seed: 7 }, { 'x-gateway-strict': 'false' })).status,
    ).toBe(400)
    expect(upstream.requests).toHaveLength(0)
    expect((await chat({ seed: 7 })).status).toBe(200)
    expect((await chat({ model: 'claude-sonnet-4-5' })).status).toBe(200)
  })
})

describe('“where the provider’s dialect demands max_tokens and the caller gave none”', () => {
  test.each([
    ['claude-haiku-4-5', 64_000],
    ['claude-unheard-of', 4_096],
  ])('the catalogue’s maximum for the model, else 4096: %s', async (model, expected) => {
    const { chat, upstream } = await playGateway()
    await chat({ model })
    expect(upstream.requests[0]?.json?.max_tokens).toBe(expected)
    await chat({ model, max_tokens: 7 })
    expect(upstream.requests[1]?.json?.max_tokens).toBe(7)
  })
})

test('“cache.enabled: false” and “database.enabled: false” run without, and say so in health', async () => {
  const { gateway } = await playGateway(undefined, {
    config: { cache: { enabled: false }, database: { enabled: false }, ledger: { enabled: false } },
  })
  const { json } = await get(`${gateway.url}/health?detailed=true`, { headers: bearer('admin-key') })
  expect(json.dependencies).toMatchObject({ redis: 'disabled', database: 'disabled' })
})
