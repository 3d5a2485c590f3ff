/** Contract 1: what happens without any key. */
import { networkInterfaces } from 'node:os'
import { describe, expect, test } from 'vitest'
import { runHere } from '../cli/spawn.ts'
import { get, post, rawRequest, startGateway } from '../support/gateway.ts'
import { chatCompletion, startUpstream } from '../support/upstream.ts'
import { bearer, hello, messages, playGateway } from './played-gateway.ts'

const ask = { model: 'mock-gpt', messages }
const forwardingHeaders = [
  ...['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port'],
  ...['x-forwarded-server', 'x-real-ip', 'x-client-ip', 'x-cluster-client-ip', 'true-client-ip'],
  ...['cf-connecting-ip', 'via'],
]

/** Addresses of this machine that are not loopback. */
const outerAddresses = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .filter(({ internal, family }) => !internal && family === 'IPv4')
  .map(({ address }) => address)

const start = (more: Record<string, unknown> = {}) =>
  startGateway({ config: { providers: { mock: {} }, ...more } })
const listenEverywhere = { host: '0.0.0.0' }

describe('“without any key configured the gateway serves without authentication on loopback addresses only”', () => {
  test('“and the caller may do everything”', async () => {
    const { url } = await start()
    expect((await post(`${url}/v1/chat/completions`, ask)).status).toBe(200)
    expect((await get(`${url}/v1/models`)).status).toBe(200)
    expect((await get(`${url}/metrics`)).status).toBe(200)
    expect((await get(`${url}/health?detailed=true`)).json.providers).toHaveLength(1)
  })

  test('a key that nobody configured changes nothing', async () => {
    const { url } = await start()
    expect((await post(`${url}/v1/chat/completions`, ask, { headers: bearer('sk-whatever') })).status).toBe(
      200,
    )
    expect(
      (await post(`${url}/v1/messages`, { ...ask, max_tokens: 9 }, { headers: { 'x-api-key': 'any' } }))
        .status,
    ).toBe(200)
  })

  test.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('%s is loopback', async (host) => {
    const { url } = await start({ server: { host } })
    expect((await post(`${url}/v1/chat/completions`, ask)).status).toBe(200)
  })

  test.each(['0.0.0.0', '::', '192.0.2.1'])(
    '“on any other address it refuses to start”: %s',
    async (host) => {
      const { code, stdout, stderr } = await runHere(['start', '--host', host])
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr).toContain(
        `server.host: found "${host}" and no key, allowed a loopback address, or a key`,
      )
      expect(stderr).toContain('auth.enabled: false')
    },
  )

  test('“decided from configuration alone”: one key of any kind ends it', async () => {
    for (const auth of [{ admin_keys: ['a'] }, { keys: [{ name: 'k', key: 'k' }] }]) {
      const { url } = await start({ auth })
      expect((await post(`${url}/v1/chat/completions`, ask)).status).toBe(401)
    }
    const { url } = await startGateway({
      config: { providers: { mock: {} } },
      env: { GATEWAY_ADMIN_KEY: 'admin' },
    })
    expect((await post(`${url}/v1/chat/completions`, ask)).status).toBe(401)
    expect((await post(`${url}/v1/chat/completions`, ask, { headers: bearer('admin') })).status).toBe(200)
  })
})

describe('“unless auth.enabled: false says so”', () => {
  test('it then serves every address, host and origin, and everyone may do everything', async () => {
    const { url } = await start({ auth: { enabled: false }, server: listenEverywhere })
    const headers = {
      host: 'gateway.example.com',
      origin: 'https://elsewhere.example',
      'x-forwarded-for': '8.8.8.8',
    }
    expect((await post(`${url}/v1/chat/completions`, ask, { headers })).status).toBe(200)
    expect((await get(`${url}/metrics`, { headers })).status).toBe(200)
    const port = new URL(url).port
    for (const address of outerAddresses) {
      expect((await post(`http://${address}:${port}/v1/chat/completions`, ask)).status).toBe(200)
    }
  })

  test('keys that are configured are not asked for', async () => {
    const { url } = await start({ auth: { enabled: false, keys: [{ name: 'k', key: 'k' }] } })
    expect((await post(`${url}/v1/chat/completions`, ask)).status).toBe(200)
  })
})

describe('“in this keyless mode a Host that is not loopback or a foreign Origin gets 403”', () => {
  test.each([
    'localhost',
    'LOCALHOST:8080',
    'app.localhost:3000',
    '127.0.0.1',
    '127.0.0.1:65535',
    '127.9.9.9',
    '[::1]',
    '[::1]:8080',
  ])('the Host %s is answered', async (host) => {
    const { url } = await start()
    expect((await post(`${url}/v1/chat/completions`, ask, { headers: { host } })).status).toBe(200)
  })

  test.each([
    ...[
      'example.com',
      'example.com:8080',
      'localhost.example.com',
      '127.0.0.1.nip.io',
      '10.0.0.1',
      '0.0.0.0',
    ],
    ...['[::2]:80', 'notlocalhost', '127.0.0.1@example.com'],
  ])('the Host %j is 403', async (host) => {
    const upstream = await startUpstream({ json: chatCompletion() })
    const { url } = await start({ providers: { openai: { api_key: 'sk', base_url: upstream.url } } })
    for (const path of ['/v1/chat/completions', '/chat/completions', '/v1/messages', '/v1/embeddings']) {
      const answer = await post(url + path, hello, { headers: { host } })
      expect([answer.status, answer.headers['x-gateway-error-code']]).toEqual([403, 'host_not_allowed'])
    }
    for (const path of ['/v1/models', '/metrics', '/health?detailed=true']) {
      expect((await get(url + path, { headers: { host } })).status).toBe(403)
    }
    expect(upstream.requests).toHaveLength(0)
  })

  test('a call without a Host, as HTTP/1.0 allows, or with an empty one is 403', async () => {
    const { url } = await start()
    const port = Number(new URL(url).port)
    expect((await rawRequest(port, 'GET /v1/models HTTP/1.0\r\n\r\n')).status).toBe(403)
    expect((await rawRequest(port, 'GET /v1/models HTTP/1.1\r\nhost:\r\n\r\n')).status).toBe(403)
  })

  test.each(['http://localhost:3000', 'http://127.0.0.1:5173', 'https://[::1]:8443', 'http://app.localhost'])(
    'the Origin %s is answered',
    async (origin) => {
      const { url } = await start()
      expect((await post(`${url}/v1/chat/completions`, ask, { headers: { origin } })).status).toBe(200)
    },
  )

  test.each([
    'https://example.com',
    'null',
    'http://localhost.example.com',
    'http://127.0.0.1.nip.io',
    'garbage',
  ])('the Origin %s is 403', async (origin) => {
    const { url } = await start()
    const answer = await post(`${url}/v1/chat/completions`, ask, { headers: { origin } })
    expect([answer.status, answer.json.error.code, answer.json.error.type]).toEqual([
      403,
      'host_not_allowed',
      'permission_error',
    ])
  })

  test('in the Anthropic dialect too', async () => {
    const { url } = await start()
    const answer = await post(`${url}/v1/messages`, ask, { headers: { origin: 'https://example.com' } })
    expect([answer.status, answer.json.type, answer.json.error.type]).toEqual([
      403,
      'error',
      'permission_error',
    ])
  })

  test('with a key configured, Host and Origin are the caller’s own business', async () => {
    const { chat } = await playGateway()
    expect((await chat({}, { host: 'gateway.example.com', origin: 'https://example.com' })).status).toBe(200)
  })
})

describe('“loopback means: the peer’s address is loopback and no forwarding header is present”', () => {
  test.each(forwardingHeaders)('with %s a keyless call is 403', async (name) => {
    const { url } = await start()
    const answer = await post(`${url}/v1/chat/completions`, ask, { headers: { [name]: '127.0.0.1' } })
    expect([answer.status, answer.headers['x-gateway-error-code']]).toEqual([403, 'host_not_allowed'])
  })

  test.each(forwardingHeaders)(
    'with %s neither metrics nor detailed health are shown without an admin key',
    async (name) => {
      const { gateway } = await playGateway()
      const headers = { [name]: '127.0.0.1' }
      expect((await get(`${gateway.url}/metrics`, { headers })).status).toBe(401)
      expect((await get(`${gateway.url}/health?detailed=true`, { headers })).json).not.toHaveProperty(
        'providers',
      )
    },
  )

  test('another address of this machine is not loopback', async () => {
    const { url } = await start({ auth: { admin_keys: ['admin'] }, server: listenEverywhere })
    const port = new URL(url).port
    for (const address of outerAddresses) {
      expect((await get(`http://${address}:${port}/metrics`)).status).toBe(401)
      expect((await get(`http://${address}:${port}/health?detailed=true`)).json).not.toHaveProperty(
        'providers',
      )
    }
    expect((await get(`http://127.0.0.1:${port}/metrics`)).status).toBe(200)
  })
})
