import { describe, expect, test } from 'vitest'
import { openStream, post, startGateway } from '../support/gateway.ts'
import { loadFixtures } from '../support/fixtures.ts'
import {
  anthropicError,
  anthropicStream,
  chatCompletion,
  chatStream,
  openaiError,
  startUpstream,
  type Script,
} from '../support/upstream.ts'

const hello = { model: 'gpt-4o', max_tokens: 16, messages: [{ role: 'user', content: 'Hello' }] }

/** A gateway with two OpenAI-shaped providers that both list gpt-4o, and one Anthropic. */
async function start(first: Script, second?: Script, more: Record<string, unknown> = {}) {
  const primary = await startUpstream(first)
  const backup = second === undefined ? undefined : await startUpstream(second)
  const gateway = await startGateway({
    config: {
      auth: { keys: [{ name: 'app', key: 'app-key' }] },
      resilience: { retry: { max_attempts: 1, initial_delay_ms: 1 } },
      providers: {
        openai: { api_key: 'sk-primary-secret', base_url: primary.url, models: ['gpt-4o'] },
        ...(backup && {
          backup: { type: 'openai_compatible', api_key: 'sk-b', base_url: backup.url, models: ['gpt-4o'] },
        }),
        anthropic: { api_key: 'sk-ant', base_url: primary.url },
      },
      ...more,
    },
  })
  const headers = { authorization: 'Bearer app-key' }
  const call = (body: object = {}, path = '/v1/chat/completions') =>
    post(gateway.url + path, { ...hello, ...body }, { headers })
  const stream = (body: object = {}, path = '/v1/chat/completions') =>
    openStream(gateway.url + path, { ...hello, stream: true, ...body }, { headers })
  return { primary, backup, gateway, call, stream, headers }
}

describe('what a provider’s error means to the caller', () => {
  test.each([
    [400, openaiError('Bad temperature'), 400, 'invalid_request', /Bad temperature/],
    [422, openaiError('Unprocessable'), 400, 'invalid_request', /Unprocessable/],
    [
      400,
      openaiError(
        'This model’s maximum context length is 8192 tokens.',
        'invalid_request_error',
        'context_length_exceeded',
      ),
      400,
      'context_length_exceeded',
      /8192/,
    ],
    [
      404,
      openaiError('The model does not exist', 'invalid_request_error', 'model_not_found'),
      404,
      'model_not_found',
      /does not exist/,
    ],
    [
      401,
      openaiError('Incorrect API key provided: sk-primary-secret'),
      502,
      'upstream_error',
      /provider failed/,
    ],
    [403, openaiError('Country not supported'), 502, 'upstream_error', /provider failed/],
    [
      429,
      openaiError('Rate limit reached', 'requests', 'rate_limit_exceeded'),
      429,
      'rate_limit_exceeded',
      /limits the rate/,
    ],
    [
      429,
      openaiError('You exceeded your current quota', 'insufficient_quota', 'insufficient_quota'),
      429,
      'rate_limit_exceeded',
      /quota/,
    ],
    [500, openaiError('internal details at 10.0.0.7'), 502, 'upstream_error', /provider failed/],
    [503, openaiError('busy'), 503, 'overloaded', /overloaded/],
    [529, openaiError('busy'), 503, 'overloaded', /overloaded/],
    [302, { moved: true }, 502, 'upstream_error', /provider failed/],
  ])('%i becomes what the contract says', async (status, body, expected, code, says) => {
    const { call } = await start({ status, json: body, headers: { location: 'http://127.0.0.1:1/' } })
    const answer = await call()
    expect(answer.status).toBe(expected)
    expect(answer.headers['x-gateway-error-code']).toBe(code)
    expect(answer.json.error.message).toMatch(says)
    expect(answer.text).not.toMatch(/sk-primary-secret|10\.0\.0\.7/)
  })

  test('its own credential never comes back, whatever it repeats', async () => {
    const { call } = await start({ status: 400, json: openaiError('Bad request by sk-primary-secret') })
    expect((await call()).text).toContain('Bad request by [redacted]')
  })

  test.each([
    [{ 'retry-after': '7' }, '7'],
    [{ 'retry-after-ms': '1500' }, '2'],
    [{ 'retry-after': new Date(Date.now() + 3_600_000).toUTCString() }, /^3[56]\d\d$/],
  ])('a 429 keeps its time to wait, from %j', async (headers, expected) => {
    const { call } = await start({ status: 429, json: openaiError('slow down'), headers })
    const answer = await call()
    expect(answer.status).toBe(429)
    expect(answer.headers['retry-after']).toMatch(expected)
  })

  test('an error body is cut before anything looks at it', async () => {
    const { call } = await start({
      status: 400,
      body: `{"error":{"message":"${'x'.repeat(10_000_000)}"}}`,
      headers: { 'content-type': 'application/json' },
    })
    const answer = await call()
    expect(answer.status).toBe(400)
    expect(answer.text.length).toBeLessThan(10_000)
  })

  test('reaches an Anthropic caller in its own words', async () => {
    const { call } = await start({ status: 529, json: anthropicError('Overloaded', 'overloaded_error') })
    const answer = await call({ model: 'claude-sonnet-4-5' }, '/v1/messages')
    expect(answer.status).toBe(503)
    expect(answer.json).toMatchObject({ type: 'error', error: { type: 'overloaded_error' } })
  })
})

const brokenAnswers: [string, Script][] = [
  ['resets the connection', { resets: true }],
  ['answers 500', { status: 500, json: openaiError('oops') }],
  ['answers 429', { status: 429, json: openaiError('slow down') }],
  ['answers 401', { status: 401, json: openaiError('bad key') }],
  ['answers garbage', { body: '{"id": oops', headers: { 'content-type': 'application/json' } }],
  ['answers nothing', { body: '', headers: { 'content-type': 'application/json' } }],
  ['answers HTML with 200', { body: '<html>hi</html>', headers: { 'content-type': 'text/html' } }],
  ['answers a list', { json: [] }],
  ['answers without choices', { json: { id: 'x' } }],
  ['answers an error with 200', { json: openaiError('oops') }],
  ['answers an event stream', { sse: chatStream('a') }],
  [
    'answers gzip unasked',
    { body: 'xx', headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } },
  ],
]
const brokenStreams: [string, Script][] = [
  ...brokenAnswers.filter(([name]) => name !== 'answers an event stream'),
  ['answers JSON where a stream was asked for', { json: chatCompletion() }],
  ['ends before its first event', { sse: [] }],
  ['only ever sends comments', { sse: [': ping\n\n'] }],
  ['resets before its first event', { sse: [': ping\n\n'], thenResets: true }],
  [
    'begins with an error event',
    { sse: [`data: ${JSON.stringify(openaiError('overloaded', 'server_error'))}\n\n`] },
  ],
  ['begins with an event that is no JSON', { sse: ['data: {"id": oops\n\n'] }],
]

describe('failover before the first byte', () => {
  test.each(brokenAnswers)('a provider that %s is followed by the next one', async (_name, script) => {
    const { call, primary, backup } = await start(script, { json: chatCompletion('from backup') })
    const answer = await call()
    expect(answer.status).toBe(200)
    expect(answer.json.choices[0].message.content).toBe('from backup')
    expect(answer.headers).toMatchObject({ 'x-gateway-provider': 'backup', 'x-gateway-attempts': '2' })
    expect(primary.requests).toHaveLength(1)
    expect(backup?.requests).toHaveLength(1)
  })

  test.each(brokenStreams)('a stream that %s is followed by the next one', async (_name, script) => {
    const { stream } = await start(script, { sse: chatStream('from ', 'backup') })
    const answer = await stream()
    const text = (await Array.fromAsync(answer.events()))
      .map(({ json }) => json?.choices?.[0]?.delta?.content ?? '')
      .join('')
    expect(answer.status).toBe(200)
    expect(text).toBe('from backup')
  })

  test.each(
    [...brokenAnswers, ...brokenStreams].map(([name]) => name).filter((name) => !name.includes('429')),
  )('with nobody left, %s is a 502 or 503 and never a 200', async (name) => {
    const isStream = !brokenAnswers.some(([other]) => other === name)
    const [, script] = [...brokenAnswers, ...brokenStreams].find(([other]) => other === name) as [
      string,
      Script,
    ]
    const { call, stream } = await start(script)
    const answer = isStream ? await stream() : await call()
    expect([502, 503]).toContain(answer.status)
  })

  test('the caller’s own mistake is not tried elsewhere', async () => {
    const { call, backup } = await start(
      { status: 400, json: openaiError('bad') },
      { json: chatCompletion() },
    )
    expect((await call()).status).toBe(400)
    expect(backup?.requests).toHaveLength(0)
  })

  test('a call that addresses a provider stays there', async () => {
    const { call, backup } = await start(
      { status: 500, json: openaiError('oops') },
      { json: chatCompletion() },
    )
    expect((await call({ model: 'openai/gpt-4o' })).status).toBe(502)
    expect(backup?.requests).toHaveLength(0)
  })

  test('routing.fallback_enabled: false stays on the first', async () => {
    const { call, backup } = await start(
      { status: 500, json: openaiError('oops') },
      { json: chatCompletion() },
      { routing: { fallback_enabled: false } },
    )
    expect((await call()).status).toBe(502)
    expect(backup?.requests).toHaveLength(0)
  })

  test('starts from the caller’s own body, not from the last translation', async () => {
    const { call, backup } = await start(
      (_request, _response, { path }) =>
        path === '/v1/messages'
          ? { status: 529, json: anthropicError('busy', 'overloaded_error') }
          : { json: {} },
      { json: chatCompletion() },
      {
        models: [
          {
            name: 'any',
            targets: [
              { provider: 'anthropic', model: 'claude-sonnet-4-5' },
              { provider: 'backup', model: 'gpt-4o' },
            ],
          },
        ],
      },
    )
    const answer = await call({ model: 'any', seed: 7, logit_bias: { 5: 1 } })
    expect(answer.status).toBe(200)
    expect(answer.headers['x-gateway-dropped']).toBeUndefined()
    expect(backup?.requests[0]?.json).toMatchObject({ seed: 7, logit_bias: { 5: 1 } })
  })
})

describe('retry on the only target', () => {
  const retrying = { resilience: { retry: { max_attempts: 3, initial_delay_ms: 1, max_delay_ms: 5 } } }

  test('comes back after two failures', async () => {
    const failing = { status: 500, json: openaiError('oops') }
    const { call, primary } = await start(
      [failing, { resets: true }, { json: chatCompletion() }],
      undefined,
      retrying,
    )
    const answer = await call()
    expect(answer.status).toBe(200)
    expect(answer.headers['x-gateway-attempts']).toBe('3')
    expect(primary.requests).toHaveLength(3)
  })

  test('gives up after max_attempts, the first one counted', async () => {
    const { call, primary } = await start({ status: 500, json: openaiError('oops') }, undefined, retrying)
    expect((await call()).status).toBe(502)
    expect(primary.requests).toHaveLength(3)
  })

  test('leaves a target alone that says 429, or wants more time than a retry may take', async () => {
    const { call, primary } = await start({ status: 429, json: openaiError('slow') }, undefined, retrying)
    expect((await call()).status).toBe(429)
    expect(primary.requests).toHaveLength(1)
    primary.on({ status: 503, json: openaiError('busy'), headers: { 'retry-after': '60' } })
    const answer = await call()
    expect(answer.status).toBe(503)
    expect(answer.headers['retry-after']).toBe('60')
    expect(primary.requests).toHaveLength(2)
  })
})

describe('after the first byte', () => {
  const isError = (json: { error?: unknown } | undefined) => json?.error !== undefined
  const begun = chatStream('Hel', 'lo').slice(0, 2)

  test.each<[string, Script]>([
    ['the connection is reset', { sse: begun, thenResets: true }],
    ['the connection ends', { sse: begun }],
    ['it ends in the middle of an event', { sse: [...begun, 'data: {"choices":[{"in'] }],
    [
      'the provider says error',
      { sse: [...begun, `data: ${JSON.stringify(openaiError('boom', 'server_error'))}\n\n`] },
    ],
  ])('%s: the caller reads an error event and no end', async (_name, script) => {
    const { stream, backup } = await start(script, { sse: chatStream('backup') })
    const answer = await stream()
    const events = await Array.fromAsync(answer.events())
    expect(events.map(({ data }) => data)).not.toContain('[DONE]')
    expect(events.filter(({ json }) => isError(json))).toHaveLength(1)
    expect(isError(events.at(-1)?.json)).toBe(true)
    // Nothing of a half event got out.
    expect(events.every(({ json }) => json !== undefined)).toBe(true)
    expect(backup?.requests).toHaveLength(0)
  })

  test.each<[string, Script]>([
    ['the connection is reset', { sse: anthropicStream('Hel', 'lo').slice(0, 3), thenResets: true }],
    ['the connection ends', { sse: anthropicStream('Hel', 'lo').slice(0, 3) }],
    [
      'the provider says error',
      {
        sse: [
          ...anthropicStream('Hel').slice(0, 3),
          'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n',
        ],
      },
    ],
  ])('%s: an Anthropic caller reads an error event and no message_stop', async (_name, script) => {
    for (const model of ['claude-sonnet-4-5']) {
      const { stream } = await start(script)
      const events = await Array.fromAsync((await stream({ model }, '/v1/messages')).events())
      expect(events.at(-1)?.event).toBe('error')
      expect(events.at(-1)?.json).toMatchObject({
        type: 'error',
        error: { type: expect.stringMatching(/_error$/) },
      })
      expect(events.map(({ event }) => event)).not.toContain('message_stop')
    }
  })

  test('a translated stream that breaks ends with an error in the caller’s dialect', async () => {
    const { stream } = await start({ sse: anthropicStream('Hel', 'lo').slice(0, 4), thenResets: true })
    const events = await Array.fromAsync((await stream({ model: 'claude-sonnet-4-5' })).events())
    expect(isError(events.at(-1)?.json)).toBe(true)
    expect(events.map(({ data }) => data)).not.toContain('[DONE]')
  })

  test.each(loadFixtures({ dialect: ['openai-chat', 'anthropic-messages'], feature: 'stream-error' }))(
    '$id',
    async (fixture) => {
      // In small pieces, so that the first event has left when the error comes.
      const { stream } = await start({ fixture, chunkBytes: 40 })
      const anthropic = fixture.dialect === 'anthropic-messages'
      const answer = await stream(
        { model: anthropic ? 'claude-sonnet-4-5' : 'gpt-4o' },
        anthropic ? '/v1/messages' : undefined,
      )
      const events = await Array.fromAsync(answer.events())
      expect(isError(events.at(-1)?.json)).toBe(true)
    },
  )
})

describe('the end of a stream', () => {
  test('[DONE] is added where it is missing after a finish', async () => {
    const { stream } = await start({ sse: chatStream('Hello').filter((event) => !event.includes('[DONE]')) })
    expect((await (await stream()).text()).endsWith('data: [DONE]\n\n')).toBe(true)
  })

  test('a last event without its blank line still counts', async () => {
    const events = chatStream('Hello')
    const { stream } = await start({ sse: [...events.slice(0, -1), 'data: [DONE]'] })
    expect((await (await stream()).text()).endsWith('data: [DONE]\n\n')).toBe(true)
  })

  test('the caller’s stream ends with the end marker, though the provider keeps the connection open', async () => {
    const { stream, primary } = await start({ sse: chatStream('Hello'), thenHangs: true })
    expect(await (await stream()).text()).toContain('[DONE]')
    await primary.sawDisconnect()
  })
})

describe('deadlines', () => {
  test('an error whose body never ends still says what it is', async () => {
    const { call, primary } = await start((_request, response) => {
      response.writeHead(400, { 'content-type': 'application/json' }).write('{"error":{"message":"half')
    })
    expect((await call()).status).toBe(400)
    await primary.sawDisconnect()
  })

  const timeouts = (timeout: Record<string, number>) => ({
    resilience: { timeout, retry: { max_attempts: 1 } },
  })

  test('a provider that never answers is a 504', async () => {
    const { call, primary } = await start({ hangs: true }, undefined, timeouts({ request_seconds: 0.2 }))
    const answer = await call()
    expect(answer.status).toBe(504)
    expect(answer.json.error.code).toBe('upstream_timeout')
    await primary.sawDisconnect()
  })

  test('a stream without a first event is left for the next target', async () => {
    const script: Script = { sse: [': ping\n\n'], repeats: 1_000, delayMs: 20 }
    const { stream } = await start(
      script,
      { sse: chatStream('backup') },
      timeouts({ first_byte_seconds: 0.3 }),
    )
    expect(await (await stream()).text()).toContain('backup')
  })

  test('pings do not keep a silent stream alive', async () => {
    const [first] = chatStream('Hello') as [string]
    const { stream, primary } = await start(
      async (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write(first)
        const timer = setInterval(() => response.write(': ping\n\n'), 20)
        response.on('close', () => clearInterval(timer))
      },
      undefined,
      timeouts({ idle_seconds: 0.3 }),
    )
    const events = await Array.fromAsync((await stream()).events())
    expect(events.at(-1)?.json.error.code).toBe('upstream_timeout')
    await primary.sawDisconnect()
  })

  test('a stream has a longest time, however alive it is', async () => {
    const [first] = chatStream('Hello') as [string]
    const { stream } = await start(
      { sse: [first], repeats: 10_000, delayMs: 10 },
      undefined,
      timeouts({ streaming_seconds: 0.5 }),
    )
    const events = await Array.fromAsync((await stream()).events())
    expect(events.length).toBeGreaterThan(2)
    expect(events.at(-1)?.json.error.code).toBe('upstream_timeout')
  })

  test('x-gateway-timeout-ms shortens a call, all its attempts together', async () => {
    const { gateway, headers } = await start({ hangs: true }, { hangs: true })
    const answer = await post(`${gateway.url}/v1/chat/completions`, hello, {
      headers: { ...headers, 'x-gateway-timeout-ms': '200' },
    })
    expect(answer.status).toBe(504)
  })

  test('a provider’s timeout_seconds replaces request_seconds', async () => {
    const primary = await startUpstream({ hangs: true })
    const gateway = await startGateway({
      config: {
        providers: { openai: { api_key: 'sk', base_url: primary.url, timeout_seconds: 0.2, max_retries: 0 } },
      },
    })
    expect((await post(`${gateway.url}/v1/chat/completions`, hello)).status).toBe(504)
  })
})

test('what failed is in the log, without the provider’s words', async () => {
  const { gateway, call } = await start(
    { status: 401, json: openaiError('Incorrect key, said the prompt') },
    { json: chatCompletion() },
  )
  await call()
  await gateway.close()
  const logs = gateway.logs()
  expect(logs).toContainEqual(
    expect.objectContaining({ level: 'error', provider: 'openai', provider_error: 'auth' }),
  )
  expect(logs).toContainEqual(
    expect.objectContaining({ message: 'POST /v1/chat/completions 200', provider: 'backup', attempts: 2 }),
  )
  expect(JSON.stringify(logs)).not.toContain('said the prompt')
})
