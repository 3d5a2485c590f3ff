/** Contract 6: `/live`, `/ready`, `/health`. */
import { describe, expect, test } from 'vitest'
import { get, openStream, post, spawnGateway, startGateway } from '../support/gateway.ts'
import { chatStream, startUpstream } from '../support/upstream.ts'
import { bearer, hello, playGateway, until } from './played-gateway.ts'

const fromElsewhere = { 'x-forwarded-for': '192.0.2.9' }
const unusable = { config: { providers: { openai: { api_key: undefined } } } }

describe('without a key, for orchestrators', () => {
  test('“/live is 200 while the event loop turns”', async () => {
    const { gateway } = await playGateway()
    for (const headers of [{}, fromElsewhere, bearer('nobody')]) {
      expect((await get(`${gateway.url}/live`, { headers })).status).toBe(200)
    }
  })

  test('“/ready is 200 when a request could be served”', async () => {
    const { gateway } = await playGateway()
    expect((await get(`${gateway.url}/ready`, { headers: fromElsewhere })).status).toBe(200)
  })

  test('“503 … with no usable provider”, and live all the same', async () => {
    const { gateway } = await playGateway(undefined, unusable)
    const ready = await get(`${gateway.url}/ready`)
    expect(ready.status).toBe(503)
    expect(Number(ready.headers['retry-after'])).toBeGreaterThan(0)
    expect((await get(`${gateway.url}/live`)).status).toBe(200)
  })

  test('with a file that lists no provider, too', async () => {
    const { url } = await startGateway({ config: {} })
    expect((await get(`${url}/ready`)).status).toBe(503)
    expect((await get(`${url}/health`)).json.status).toBe('unhealthy')
  })

  test('probes come by address: hosts that are not allowed are answered', async () => {
    const { gateway } = await playGateway(undefined, {
      config: { security: { headers: { allowed_hosts: ['api.example.com'] } } },
    })
    for (const path of ['/live', '/ready', '/health']) {
      expect((await get(gateway.url + path, { headers: { host: '10.1.2.3:8080' } })).status).toBe(200)
    }
  })

  test('HEAD is answered as GET is, without a body', async () => {
    const { gateway } = await playGateway()
    for (const path of ['/live', '/ready', '/health']) {
      const answer = await get(gateway.url + path, { method: 'HEAD' })
      expect([answer.status, answer.text]).toEqual([200, ''])
    }
  })
})

describe('“/health”', () => {
  const keys = ['status', 'uptime_seconds', 'version']

  test('“is 200 when healthy”', async () => {
    const { gateway } = await playGateway()
    const { status, json } = await get(`${gateway.url}/health`)
    expect(status).toBe(200)
    expect(Object.keys(json).sort()).toEqual(keys)
    expect(json).toEqual({
      status: 'healthy',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      uptime_seconds: expect.any(Number),
    })
    expect(json.uptime_seconds).toBeGreaterThanOrEqual(0)
  })

  test('“… or degraded”: where one of several providers cannot be used', async () => {
    const { gateway } = await playGateway(undefined, { openai: { api_key: undefined } })
    const { status, json } = await get(`${gateway.url}/health`)
    expect([status, json.status]).toEqual([200, 'degraded'])
  })

  test('“503 when unhealthy (no usable provider)”', async () => {
    const { gateway } = await playGateway(undefined, unusable)
    const { status, json } = await get(`${gateway.url}/health`)
    expect([status, json.status]).toEqual([503, 'unhealthy'])
    expect(Object.keys(json).sort()).toEqual(keys)
  })

  test.each<[string, Record<string, string>, boolean]>([
    ['loopback', {}, true],
    ['an admin key from elsewhere', { ...fromElsewhere, ...bearer('admin-key') }, true],
    ['an admin key as x-api-key', { ...fromElsewhere, 'x-api-key': 'admin-key' }, true],
    ['nobody from elsewhere', fromElsewhere, false],
    ['a tenant’s key from elsewhere', { ...fromElsewhere, ...bearer('app-key') }, false],
    ['a wrong key from elsewhere', { ...fromElsewhere, ...bearer('nobody') }, false],
  ])('“detail is for admin keys or loopback”: %s', async (_name, headers, isShown) => {
    const { gateway } = await playGateway()
    const { status, json } = await get(`${gateway.url}/health?detailed=true`, { headers })
    expect(status).toBe(200)
    expect(Object.keys(json).sort()).toEqual(
      isShown ? [...keys, 'config', 'dependencies', 'providers'].sort() : keys,
    )
  })

  test.each(['', '?detailed=false', '?detailed', '?other=true'])('%j is without detail', async (query) => {
    const { gateway } = await playGateway()
    expect(Object.keys((await get(`${gateway.url}/health${query}`)).json).sort()).toEqual(keys)
  })

  test('detailed=true has exactly the fields of the contract', async () => {
    const { gateway } = await playGateway(undefined, { openai: { api_key: undefined } })
    const { json } = await get(`${gateway.url}/health?detailed=true`)
    expect(json.providers).toEqual([
      { name: 'openai', healthy: false, latency_ms: null, breaker: null, in_flight: 0 },
      { name: 'anthropic', healthy: true, latency_ms: null, breaker: null, in_flight: 0 },
    ])
    expect(json.dependencies).toEqual({
      redis: 'disabled',
      database: 'disabled',
      ledger_pending: 0,
      disk_space_gb: expect.any(Number),
    })
    expect(json.config).toEqual({
      version: expect.anything(),
      loaded_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      last_error: null,
      restart_required: [],
    })
  })

  test('in_flight counts what is under way on a provider, and goes back when it ends or its caller leaves', async () => {
    const { gateway, stream } = await playGateway({ sse: chatStream('Hi').slice(0, 2), thenHangs: true })
    const inFlight = async () =>
      (await get(`${gateway.url}/health?detailed=true`)).json.providers[0].in_flight
    const [one, two] = [await stream(), await stream()]
    await Promise.all([one.firstChunk(), two.firstChunk()])
    expect(await inFlight()).toBe(2)
    one.hangUp()
    await until(inFlight, (count) => count === 1)
    two.hangUp()
    await until(inFlight, (count) => count === 0)
  })

  test('a detailed answer holds no key and no address', async () => {
    const { gateway, upstream } = await playGateway()
    const { text } = await get(`${gateway.url}/health?detailed=true`)
    for (const secret of ['sk-openai', 'sk-ant', 'app-key', 'admin-key', String(upstream.port)])
      expect(text).not.toContain(secret)
  })
})

test('“503 while … draining”: a request under way is finished, and no new one is taken', async () => {
  const upstream = await startUpstream({ sse: chatStream('one', 'two'), delayMs: 300 })
  const gateway = await spawnGateway({
    config: { providers: { openai: { api_key: 'sk', base_url: upstream.url } } },
  })
  const open = await openStream(`${gateway.url}/v1/chat/completions`, { ...hello, stream: true })
  gateway.process.kill('SIGTERM')
  await gateway.sawLog(({ message }) => message === 'draining')
  await until(
    () =>
      get(`${gateway.url}/ready`).then(
        ({ status }) => status,
        () => 'refused',
      ),
    (answer) => answer === 503 || answer === 'refused',
  )
  await expect(post(`${gateway.url}/v1/chat/completions`, hello)).rejects.toThrow('ECONNREFUSED')
  const text = await open.text()
  expect(text).toContain('two')
  expect(text).toContain('[DONE]')
  expect(await gateway.stop()).toBe(0)
})
