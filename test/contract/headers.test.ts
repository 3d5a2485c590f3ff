/** Contract 2: the headers of requests and of answers. */
import { describe, expect, test } from 'vitest'
import { get, post } from '../support/gateway.ts'
import {
  anthropicMessage,
  anthropicStream,
  chatCompletion,
  chatStream,
  openaiError,
} from '../support/upstream.ts'
import { goodAnswers, helloClaude, playGateway } from './played-gateway.ts'

const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const slowAnswer = { json: chatCompletion(), delayMs: 2_000 }

describe('x-request-id and x-gateway-request-id', () => {
  test.each(['a', 'req_123', '4bf92f35-77b3-4da6-a3ce-929d0e0e4736', 'A.b:c-d_9', 'x'.repeat(128)])(
    '“the caller’s own, where well-formed”: %s',
    async (id) => {
      const { chat } = await playGateway()
      const { headers } = await chat({}, { 'x-request-id': id })
      expect(headers['x-request-id']).toBe(id)
      expect(headers['x-gateway-request-id']).toMatch(uuidV7)
    },
  )

  test.each(['two words', 'x'.repeat(129), '<script>', '"quoted"', '{"a":1}', 'ünïcode', ''])(
    '“else the gateway’s”: %j',
    async (id) => {
      const { chat } = await playGateway()
      const { headers } = await chat({}, { 'x-request-id': Buffer.from(id).toString('latin1') })
      expect(headers['x-request-id']).toMatch(uuidV7)
      expect(headers['x-request-id']).toBe(headers['x-gateway-request-id'])
    },
  )

  test('health and metrics have them too', async () => {
    const { gateway } = await playGateway()
    for (const path of ['/live', '/ready', '/health', '/metrics']) {
      const { headers } = await get(gateway.url + path, { headers: { 'x-request-id': 'my-id' } })
      expect([path, headers['x-request-id']]).toEqual([path, 'my-id'])
      expect(headers['x-gateway-request-id']).toMatch(uuidV7)
    }
  })

  test('every answer of the API has them, whatever it is, and no two have the same', async () => {
    const { gateway, chat, claude, stream, get: fetch, post: send } = await playGateway()
    const answers = [
      await chat(),
      await chat({ model: 'nobody-knows' }),
      await chat({ messages: 'oops' }),
      await claude(),
      await claude({ model: 'nobody-knows' }),
      await send('/v1/embeddings', { model: 'text-embedding-3-small', input: 'a' }),
      await send('/v1/models', {}),
      await fetch('/v1/models'),
      await fetch('/v1/models/nobody-knows'),
      await fetch('/nothing/here'),
      await post(`${gateway.url}/v1/chat/completions`, {}),
      await stream({ model: 'nobody-knows' }),
    ]
    const seen = answers.map(({ headers }) => headers['x-gateway-request-id'])
    for (const id of seen) expect(id).toMatch(uuidV7)
    expect(new Set(seen).size).toBe(answers.length)
    for (const { headers } of answers) expect(headers['x-request-id']).toBe(headers['x-gateway-request-id'])
  })

  test('“the Anthropic route also sends it as request-id”, with answers, streams and errors', async () => {
    const { claude, upstream, chat } = await playGateway()
    const id = { 'x-request-id': 'my-id' }
    expect((await claude({}, id)).headers['request-id']).toBe('my-id')
    const error = await claude({ max_tokens: 'oops' }, id)
    expect([error.headers['request-id'], error.json.request_id]).toEqual(['my-id', 'my-id'])
    upstream.on({ sse: anthropicStream('Hi') })
    expect((await claude({ stream: true }, id)).headers['request-id']).toBe('my-id')
    upstream.on(goodAnswers)
    expect((await chat({}, id)).headers).not.toHaveProperty('request-id')
  })

  test('“the caller’s is kept beside it as client_request_id”', async () => {
    const { chat, gateway } = await playGateway()
    const { headers } = await chat({}, { 'x-request-id': 'my-id' })
    await gateway.close()
    expect(gateway.logs().find(({ request_id: id }) => id === headers['x-gateway-request-id'])).toMatchObject(
      {
        client_request_id: 'my-id',
      },
    )
  })
})

describe('what an answer says of its way', () => {
  test('x-gateway-provider, x-gateway-model, x-gateway-attempts, x-gateway-cache', async () => {
    const { chat } = await playGateway()
    expect((await chat()).headers).toMatchObject({
      'x-gateway-provider': 'openai',
      'x-gateway-model': expect.stringMatching(/^gpt-4o/),
      'x-gateway-attempts': '1',
      'x-gateway-cache': 'bypass',
    })
  })

  test('on a stream, an Anthropic answer and embeddings too', async () => {
    const { stream, claude, post: send, upstream } = await playGateway()
    expect((await claude()).headers).toMatchObject({
      'x-gateway-provider': 'anthropic',
      'x-gateway-attempts': '1',
    })
    const embeddings = await send('/v1/embeddings', { model: 'text-embedding-3-small', input: 'a' })
    expect(embeddings.headers).toMatchObject({
      'x-gateway-provider': 'openai',
      'x-gateway-model': 'text-embedding-3-small',
      'x-gateway-attempts': '1',
    })
    upstream.on({ sse: chatStream('Hi') })
    expect((await stream()).headers).toMatchObject({
      'x-gateway-provider': 'openai',
      'x-gateway-attempts': '1',
    })
  })

  test('attempts count all that were made, over all targets', async () => {
    const failing = { status: 500, json: openaiError('no', 'server_error') }
    const { chat } = await playGateway([failing, failing, { json: chatCompletion() }])
    expect((await chat()).headers['x-gateway-attempts']).toBe('3')
  })

  test('an error that comes from providers says which, and after how many attempts', async () => {
    const { chat } = await playGateway({ status: 500, json: openaiError('no', 'server_error') })
    const { status, headers } = await chat()
    expect(status).toBe(502)
    expect(headers).toMatchObject({ 'x-gateway-provider': 'openai', 'x-gateway-attempts': '3' })
  })

  test('“the provider’s own request id comes back as x-gateway-upstream-request-id”', async () => {
    const { chat, claude, upstream } = await playGateway({
      json: chatCompletion(),
      headers: { 'x-request-id': 'req_o' },
    })
    expect((await chat()).headers['x-gateway-upstream-request-id']).toBe('req_o')
    upstream.on({ json: anthropicMessage(), headers: { 'request-id': 'req_a' } })
    expect((await claude()).headers['x-gateway-upstream-request-id']).toBe('req_a')
    upstream.on({ json: chatCompletion() })
    expect((await chat()).headers).not.toHaveProperty('x-gateway-upstream-request-id')
  })

  test('with an error of the provider, too: that is when it is needed', async () => {
    const { chat } = await playGateway({
      status: 400,
      json: openaiError('bad'),
      headers: { 'x-request-id': 'req_o' },
    })
    expect((await chat()).headers['x-gateway-upstream-request-id']).toBe('req_o')
  })

  test('x-gateway-error-code is on errors only', async () => {
    const { chat } = await playGateway()
    expect((await chat()).headers).not.toHaveProperty('x-gateway-error-code')
    expect((await chat({ model: 'nobody-knows' })).headers['x-gateway-error-code']).toBe('model_not_found')
  })
})

describe('“x-gateway-dropped: a,b (fields which the target could not carry)”', () => {
  test('names each of them', async () => {
    const { chat, upstream } = await playGateway()
    const { status, headers } = await chat({ model: 'claude-sonnet-4-5', seed: 7, logprobs: true, user: 'u' })
    expect(status).toBe(200)
    const dropped = String(headers['x-gateway-dropped']).split(',').sort()
    expect(dropped).toContain('seed')
    expect(dropped).toContain('logprobs')
    for (const field of ['seed', 'logprobs']) expect(upstream.requests[0]?.json).not.toHaveProperty(field)
  })

  test('names what was clamped: “a value out of the target’s range is clamped and named”', async () => {
    const { chat, upstream } = await playGateway()
    const { headers } = await chat({ model: 'claude-sonnet-4-5', temperature: 1.8 })
    expect(headers['x-gateway-dropped']).toBe('temperature')
    expect(upstream.requests[0]?.json?.temperature).toBe(1)
  })

  test('is on streams too, and absent where nothing was lost', async () => {
    const { chat, stream, upstream } = await playGateway()
    expect((await chat({ seed: 7 })).headers).not.toHaveProperty('x-gateway-dropped')
    upstream.on({ sse: anthropicStream('Hi') })
    expect((await stream({ model: 'claude-sonnet-4-5', seed: 7 })).headers['x-gateway-dropped']).toBe('seed')
  })
})

describe('x-gateway-strict', () => {
  test('“a strict call … is a 400 when none is left”', async () => {
    const { chat, upstream } = await playGateway()
    const answer = await chat({ model: 'claude-sonnet-4-5', seed: 7 }, { 'x-gateway-strict': 'true' })
    expect([answer.status, answer.json.error.code]).toEqual([400, 'unsupported_parameter'])
    expect(upstream.requests).toHaveLength(0)
  })

  test('a clamped value counts as lost', async () => {
    const { chat } = await playGateway()
    const answer = await chat(
      { model: 'claude-sonnet-4-5', temperature: 1.8 },
      { 'x-gateway-strict': 'true' },
    )
    expect([answer.status, answer.json.error.param]).toEqual([400, 'temperature'])
  })

  test('false is as if it were not there, and anything else is a 400', async () => {
    const { chat } = await playGateway()
    const body = { model: 'claude-sonnet-4-5', seed: 7 }
    expect((await chat(body, { 'x-gateway-strict': 'false' })).status).toBe(200)
    const answer = await chat(body, { 'x-gateway-strict': 'maybe' })
    expect([answer.status, answer.json.error.param]).toEqual([400, 'x-gateway-strict'])
  })
})

describe('“x-gateway-timeout-ms can only shorten”', () => {
  test('a call that takes longer is a 504', async () => {
    const { chat, upstream } = await playGateway({ hangs: true })
    const answer = await chat({}, { 'x-gateway-timeout-ms': '50' })
    expect([answer.status, answer.json.error.code]).toEqual([504, 'upstream_timeout'])
    await upstream.sawDisconnect()
  })

  test('it does not lengthen what the configuration says', async () => {
    const { chat } = await playGateway(slowAnswer, {
      config: { resilience: { timeout: { request_seconds: 0.05 } } },
    })
    expect((await chat({}, { 'x-gateway-timeout-ms': '60000' })).status).toBe(504)
  })

  test.each(['0', '-1', '1.5', 'soon', '1e3', ''])('%j is a 400', async (value) => {
    const { chat } = await playGateway()
    const answer = await chat({}, { 'x-gateway-timeout-ms': value })
    expect([answer.status, answer.json.error.param]).toEqual([400, 'x-gateway-timeout-ms'])
  })
})

describe('“x-should-retry: false where a retry cannot help”', () => {
  test('a wrong key', async () => {
    const { chat } = await playGateway()
    expect((await chat({}, { authorization: 'Bearer nobody' })).headers['x-should-retry']).toBe('false')
  })

  test('an account at the provider that is used up, though it is a 429', async () => {
    const { chat } = await playGateway({
      status: 429,
      json: openaiError('You exceeded your current quota', 'insufficient_quota', 'insufficient_quota'),
    })
    const answer = await chat()
    expect([answer.status, answer.headers['x-should-retry']]).toEqual([429, 'false'])
  })

  test('a credential of the gateway that the provider refuses, though it is a 502', async () => {
    const { chat } = await playGateway({ status: 401, json: openaiError('Incorrect API key provided') })
    const answer = await chat()
    expect([answer.status, answer.headers['x-should-retry']]).toEqual([502, 'false'])
  })

  test('is absent where one can', async () => {
    const { chat } = await playGateway({ status: 503, json: openaiError('busy', 'server_error') })
    const answer = await chat()
    expect(answer.status).toBe(503)
    expect(answer.headers).not.toHaveProperty('x-should-retry')
  })
})

describe('“relayed calls pass on anthropic-beta, anthropic-version, openai-beta and the query string, and no other header”', () => {
  const callers = {
    cookie: 'a=b',
    'x-foo': 'bar',
    'openai-organization': 'org-caller',
    'x-gateway-tags': 'a=b',
    'idempotency-key': 'i',
  }

  test('to OpenAI', async () => {
    const { post: send, upstream } = await playGateway()
    const body = { model: 'gpt-4o', messages: [{ role: 'user', content: 'a' }] }
    await send('/v1/chat/completions?a=1&b=%20', body, { ...callers, 'openai-beta': 'beta-1' })
    const [request] = upstream.requests
    expect(request?.path).toBe('/v1/chat/completions?a=1&b=%20')
    expect(request?.headers['openai-beta']).toBe('beta-1')
    for (const name of Object.keys(callers)) expect(request?.headers).not.toHaveProperty(name)
  })

  test('to Anthropic, whose version is the configured one unless the caller sends one', async () => {
    const { claude, upstream } = await playGateway()
    await claude({}, { ...callers, 'anthropic-beta': 'b1,b2' })
    await claude({}, { 'anthropic-version': '2099-01-01' })
    expect(upstream.requests.map(({ headers }) => headers['anthropic-version'])).toEqual([
      '2023-06-01',
      '2099-01-01',
    ])
    expect(upstream.requests[0]?.headers['anthropic-beta']).toBe('b1,b2')
    for (const name of Object.keys(callers)) expect(upstream.requests[0]?.headers).not.toHaveProperty(name)
  })

  test('translated calls pass on none of them', async () => {
    const { post: send, upstream } = await playGateway()
    await send(
      '/v1/messages?beta=true',
      { ...helloClaude, model: 'gpt-4o' },
      { 'anthropic-beta': 'b1', 'anthropic-version': '2099-01-01' },
    )
    const [request] = upstream.requests
    expect(request?.path).toBe('/v1/chat/completions')
    for (const name of ['anthropic-beta', 'anthropic-version'])
      expect(request?.headers).not.toHaveProperty(name)
  })
})

describe('405 comes “with allow”', () => {
  test.each([
    ...[
      '/v1/chat/completions',
      '/chat/completions',
      '/v1/messages',
      '/messages',
      '/v1/embeddings',
      '/embeddings',
    ],
    ...['/v1/embeddings/', '/v1/messages?beta=true'],
  ])('GET %s', async (path) => {
    const { get: fetch } = await playGateway()
    const { status, headers } = await fetch(path)
    expect([status, headers.allow, headers['x-gateway-error-code']]).toEqual([
      405,
      'POST',
      'method_not_allowed',
    ])
  })

  test.each([
    '/v1/models',
    '/v1/models/gpt-4o',
    '/v1/models/org%2Fname',
    '/health',
    '/ready',
    '/live',
    '/metrics',
  ])('POST %s', async (path) => {
    const { post: send } = await playGateway()
    const { status, headers } = await send(path, {})
    expect(status).toBe(405)
    expect(String(headers.allow).split(', ').sort()).toEqual(['GET', 'HEAD'])
  })
})
