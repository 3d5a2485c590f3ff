import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { closeAfterTest } from '../support/after-test.ts'
import { loadFixture, loadFixtures } from '../support/fixtures.ts'
import { openStream, post, startGateway } from '../support/gateway.ts'
import { chatCompletion, chatStream, startUpstream, type Script } from '../support/upstream.ts'

const hello = { model: 'azure/gpt-4o', max_tokens: 16, messages: [{ role: 'user', content: 'Hello' }] }
const chatRoute = '/v1/chat/completions'

interface Setup {
  script?: Script
  /** What follows the upstream's origin in `endpoint`. */
  endpointPath?: string
  /** What follows the upstream's origin in `base_url`, which is used instead. */
  basePath?: string
  provider?: Record<string, unknown>
  more?: Record<string, unknown>
}

async function start({ script, endpointPath = '', basePath, provider, more = {} }: Setup = {}) {
  const upstream = await startUpstream(script ?? { json: chatCompletion() })
  const address =
    basePath === undefined ? { endpoint: upstream.url + endpointPath } : { base_url: upstream.url + basePath }
  const gateway = await startGateway({
    config: {
      resilience: { retry: { max_attempts: 1, initial_delay_ms: 1 } },
      providers: {
        azure: { type: 'azure_openai', api_key: 'azure-key', ...address, ...provider },
        ...more,
      },
    },
  })
  const call = (body: object = {}, path = chatRoute) => post(gateway.url + path, { ...hello, ...body })
  return { upstream, gateway, call }
}

describe('the address', () => {
  const deployments = '/openai/deployments'
  test.each<[string, Setup, string]>([
    ['no version', {}, '/openai/v1/chat/completions'],
    ['v1', { provider: { api_version: 'v1' } }, '/openai/v1/chat/completions?api-version=v1'],
    ['preview', { provider: { api_version: 'preview' } }, '/openai/v1/chat/completions?api-version=preview'],
    [
      'a date',
      { provider: { api_version: '2024-10-21' } },
      `${deployments}/gpt-4o/chat/completions?api-version=2024-10-21`,
    ],
    [
      'a date of a preview, and a deployment of another name',
      { provider: { api_version: '2025-01-01-preview', deployments: { 'gpt-4o': 'my/one' } } },
      `${deployments}/my%2Fone/chat/completions?api-version=2025-01-01-preview`,
    ],
    ['an endpoint with a slash', { endpointPath: '/' }, '/openai/v1/chat/completions'],
    ['an endpoint with the whole path', { endpointPath: '/openai/v1/' }, '/openai/v1/chat/completions'],
    ['an endpoint behind a proxy', { endpointPath: '/team' }, '/team/openai/v1/chat/completions'],
    [
      'an endpoint behind a proxy, and a date',
      { endpointPath: '/team', provider: { api_version: '2024-10-21' } },
      `/team${deployments}/gpt-4o/chat/completions?api-version=2024-10-21`,
    ],
    ['a base URL that is an origin', { basePath: '' }, '/openai/v1/chat/completions'],
    ['a base URL of v1', { basePath: '/openai/v1' }, '/openai/v1/chat/completions'],
    [
      'a base URL of v1 and a date',
      { basePath: '/openai/v1', provider: { api_version: '2024-10-21' } },
      '/openai/v1/chat/completions',
    ],
    [
      'a base URL of a deployment',
      { basePath: `${deployments}/mine`, provider: { api_version: '2024-10-21' } },
      `${deployments}/mine/chat/completions?api-version=2024-10-21`,
    ],
  ])('with %s', async (_, setup, expected) => {
    const { upstream, call } = await start(setup)
    expect((await call()).status).toBe(200)
    expect(upstream.requests.map(({ path }) => path)).toEqual([expected])
    expect(upstream.requests[0]!.headers['api-key']).toBe('azure-key')
    expect(upstream.requests[0]!.headers.authorization).toBeUndefined()
  })

  test.each([
    ['2023-07-01-preview', `${deployments}/ada/embeddings?api-version=2023-07-01-preview`],
    [undefined, '/openai/v1/embeddings'],
  ])('of embeddings, with version %s', async (version, expected) => {
    const fixture = loadFixture('azure/embeddings-azure-embeddings')
    const { upstream, call } = await start({
      script: { fixture },
      provider: version === undefined ? {} : { api_version: version },
    })
    const { status, json } = await call({ model: 'azure/ada', input: 'Hi' }, '/v1/embeddings')
    expect(status).toBe(200)
    expect(json).toEqual(fixture.response.body)
    expect(upstream.requests[0]!.path).toBe(expected)
  })

  test.each([
    ['/v1/responses', { input: 'Hi' }, undefined, '/openai/v1/responses'],
    [
      '/v1/responses',
      { input: 'Hi' },
      '2025-03-01-preview',
      '/openai/responses?api-version=2025-03-01-preview',
    ],
    [
      '/v1/completions',
      { prompt: 'Hi', model: 'azure/gpt-35-turbo-instruct' },
      '2024-10-21',
      `${deployments}/gpt-35-turbo-instruct/completions?api-version=2024-10-21`,
    ],
    [
      '/v1/images/generations',
      { prompt: 'Hi', model: 'azure/dall-e-3' },
      '2024-10-21',
      `${deployments}/dall-e-3/images/generations?api-version=2024-10-21`,
    ],
    [
      '/v1/images/generations',
      { prompt: 'Hi', model: 'azure/dall-e-3' },
      'preview',
      '/openai/v1/images/generations?api-version=preview',
    ],
    [
      '/v1/audio/speech',
      { input: 'Hi', voice: 'alloy', model: 'azure/tts-1' },
      '2025-04-01-preview',
      `${deployments}/tts-1/audio/speech?api-version=2025-04-01-preview`,
    ],
    [
      '/v1/completions',
      { prompt: 'Hi' },
      '2024-10-21',
      `${deployments}/gpt-4o/chat/completions?api-version=2024-10-21`,
    ],
  ])('of %s %j, with version %s', async (route, body, version, expected) => {
    const { upstream, gateway } = await start({
      provider: version === undefined ? {} : { api_version: version },
    })
    await post(gateway.url + route, { model: 'azure/gpt-4o', ...body })
    expect(upstream.requests.map(({ path }) => path)).toEqual([expected])
  })

  test('keeps the caller’s query beside the version', async () => {
    const { upstream, call } = await start({ provider: { api_version: '2024-10-21' } })
    await call({}, `${chatRoute}?beta=true`)
    expect(upstream.requests[0]!.path).toMatch(/\?api-version=2024-10-21&beta=true$/)
  })

  test('names the deployment in the body, on both routes', async () => {
    const { upstream, call } = await start({ provider: { deployments: { 'gpt-4o': 'mine', other: 'x' } } })
    await call()
    await call({}, '/v1/messages')
    await call({ model: 'azure/gpt-5' })
    await call({ model: 'azure/constructor' })
    expect(upstream.requests.map(({ json }) => json!.model)).toEqual(['mine', 'mine', 'gpt-5', 'constructor'])
  })
})

describe('versions that know no stream_options', () => {
  const limited = { max_tokens: undefined, max_completion_tokens: 7 }
  test.each([
    ['2024-02-01', false],
    ['2024-08-01-preview', false],
    ['2024-09-01-preview', true],
    ['2024-10-21', true],
    [undefined, true],
  ])('%s: %s', async (version, isKnown) => {
    const provider = version === undefined ? {} : { api_version: version }
    const { upstream, gateway, call } = await start({ script: { sse: chatStream('Hi') }, provider })
    const stream = await openStream(gateway.url + chatRoute, { ...hello, ...limited, stream: true })
    expect(stream.headers['x-gateway-dropped']).toBeUndefined()
    await stream.text()
    await call({ stream: true }, '/v1/messages')
    const [relayed, translated] = upstream.requests.map(({ json }) => json!)
    expect(relayed!.stream_options).toEqual(isKnown ? { include_usage: true } : undefined)
    expect(translated!.stream_options).toEqual(isKnown ? { include_usage: true } : undefined)
    expect(relayed).toMatchObject(isKnown ? { max_completion_tokens: 7 } : { max_tokens: 7 })
    expect(translated).toMatchObject(isKnown ? { max_completion_tokens: 16 } : { max_tokens: 16 })
  })

  test('a caller who asks for usage is told that it is not to be had', async () => {
    const { gateway, upstream } = await start({
      script: { sse: chatStream('Hi') },
      provider: { api_version: '2024-02-01' },
    })
    const body = { ...hello, stream: true, stream_options: { include_usage: true } }
    const { headers } = await openStream(gateway.url + chatRoute, body)
    expect(headers['x-gateway-dropped']).toBe('stream_options')
    expect(upstream.requests[0]!.json).not.toHaveProperty('stream_options')
  })
})

describe('an application of Microsoft Entra', () => {
  const token = { json: { access_token: 'entra-token', expires_in: 3599 } }

  async function startWithEntra(script: Script, more: Record<string, unknown> = {}) {
    const authority = await startUpstream(script)
    const started = await start({
      provider: {
        api_key: undefined,
        models: ['gpt-4o'],
        azure_tenant_id: 'tenant-1',
        azure_client_id: 'client-1',
        azure_client_secret: 'entra-secret',
        azure_authority: authority.url,
      },
      more,
    })
    return { ...started, authority }
  }

  test('calls with its token, which is fetched once', async () => {
    const { call, upstream, authority } = await startWithEntra(token)
    await Promise.all([call(), call()])
    await call()
    expect(upstream.requests).toHaveLength(3)
    for (const { headers, path } of upstream.requests) {
      expect(headers.authorization).toBe('Bearer entra-token')
      expect(headers['api-key']).toBeUndefined()
      expect(path).toBe('/openai/v1/chat/completions')
    }
    expect(authority.requests.map(({ path }) => path)).toEqual(['/tenant-1/oauth2/v2.0/token'])
  })

  test('may be a federated workload, in a cloud of its own', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'azure-'))
    closeAfterTest(async () => rmSync(folder, { recursive: true, force: true }))
    const file = join(folder, 'token')
    writeFileSync(file, 'workload-token')
    const authority = await startUpstream(token)
    const { call, upstream } = await start({
      provider: {
        api_key: undefined,
        azure_tenant_id: 'tenant-1',
        azure_client_id: 'client-1',
        azure_federated_token_file: file,
        azure_authority: authority.url,
        azure_scope: 'https://cognitiveservices.azure.us/.default',
      },
    })
    expect((await call()).status).toBe(200)
    expect(upstream.requests[0]!.headers.authorization).toBe('Bearer entra-token')
    const form = new URLSearchParams(authority.requests[0]!.body.toString())
    expect(Object.fromEntries(form)).toMatchObject({
      client_id: 'client-1',
      client_assertion: 'workload-token',
      scope: 'https://cognitiveservices.azure.us/.default',
    })
  })

  test('is not asked where there is a key', async () => {
    const authority = await startUpstream(token)
    const entra = { azure_tenant_id: 't', azure_client_id: 'c', azure_client_secret: 's' }
    const { call, upstream } = await start({ provider: { ...entra, azure_authority: authority.url } })
    await call()
    expect(upstream.requests[0]!.headers).toMatchObject({ 'api-key': 'azure-key' })
    expect(upstream.requests[0]!.headers.authorization).toBeUndefined()
    expect(authority.requests).toHaveLength(0)
  })

  test('that gets none is trouble of the provider: the next one is tried, and no secret is told', async () => {
    const backup = await startUpstream({ json: chatCompletion('From the backup') })
    const { call, upstream, gateway } = await startWithEntra(
      { status: 401, json: { error: 'invalid_client', error_description: 'entra-secret' } },
      { backup: { type: 'openai_compatible', base_url: backup.url, models: ['gpt-4o'] } },
    )
    const { status, headers } = await call({ model: 'gpt-4o' })
    expect([status, headers['x-gateway-provider']]).toEqual([200, 'backup'])
    const alone = await call()
    expect([alone.status, alone.headers['x-gateway-error-code']]).toEqual([502, 'upstream_error'])
    expect(upstream.requests).toHaveLength(0)
    await gateway.close()
    const log = JSON.stringify(gateway.logs())
    expect(log).not.toContain('entra-secret')
    expect(alone.text).not.toContain('entra')
  })
})

describe('what was recorded', () => {
  const streams = loadFixtures({ provider: 'azure', dialect: 'openai-chat', feature: 'stream' })

  test.each(streams.map((fixture) => [fixture.id, fixture] as const))(
    '%s is relayed byte for byte and translated to its end',
    async (_, fixture) => {
      const { gateway } = await start({ script: { fixture, chunkBytes: 7 } })
      const asked = { ...hello, stream: true, stream_options: { include_usage: true } }
      const relayed = await openStream(gateway.url + chatRoute, asked)
      expect(await relayed.text()).toBe(fixture.response.bodyText)
      const translated = await openStream(`${gateway.url}/v1/messages`, { ...hello, stream: true })
      const text = await translated.text()
      expect(text).toContain('event: message_stop')
      expect(text).not.toContain('event: error')
    },
  )

  test('the first chunk of a stream has no choices, and is no end', () => {
    expect(streams.some(({ response }) => response.bodyText!.includes('prompt_filter_results'))).toBe(true)
  })

  test.each([
    ['azure/chat-content-filter-400', 400, 'content_blocked', /content management policy/],
    ['azure/embeddings-azure-embeddings-step3', 502, 'upstream_error', /provider failed/],
  ])('%s means %i %s', async (id, status, code, says) => {
    const fixture = loadFixture(id)
    for (const path of [chatRoute, '/v1/messages']) {
      const { call } = await start({ script: { fixture } })
      const answer = await call({}, path)
      expect([answer.status, answer.headers['x-gateway-error-code']]).toEqual([status, code])
      expect(answer.json.error.message).toMatch(says)
    }
  })
})

test.each([
  [404, { code: 'DeploymentNotFound', message: 'The API deployment for this resource does not exist.' }, 404],
  [429, { code: '429', message: 'Requests have exceeded the token rate limit.' }, 429],
  [401, { code: '401', message: 'Access denied due to invalid subscription key.' }, 502],
  [400, { code: 'BadRequest', message: 'max_tokens is too large' }, 400],
])('an error %i %o becomes %i', async (status, error, expected) => {
  const { call } = await start({ script: { status, json: { error } } })
  const answer = await call()
  expect(answer.status).toBe(expected)
  expect(answer.text.includes(error.message)).toBe(expected === 400 || expected === 404)
})
