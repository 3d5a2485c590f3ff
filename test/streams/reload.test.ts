import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { ConfigObject } from '../support/config-file.ts'
import { full } from '../support/full.ts'
import { type AnyJson, get, openStream, post, type SpawnedGateway, spawnGateway } from '../support/gateway.ts'
import { chatCompletion, type Handler, startUpstream, type Upstream } from '../support/upstream.ts'
import {
  bodyOf,
  isEnd,
  isError,
  type Pair,
  pairs,
  providersAt,
  requestHead,
  speechOf,
  textOf,
} from './dialect-pairs.ts'
import { RawCaller } from './raw-caller.ts'

const rewrites = full ? 100 : 20
const together = full ? 16 : 8

/** Counts up in a stream until the test says that it is enough; anything else is answered at once. */
function startCounting() {
  let isEnough = false
  const provider: Handler = async (_request, response, recorded) => {
    const { opening, delta, closing, whole } = speechOf(recorded)
    if (recorded.json!.stream !== true) return { json: whole('at once') }
    if (!recorded.body.includes('count')) return { sse: [opening, delta('at '), delta('once'), closing] }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(opening)
    for (let i = 0; !isEnough && !response.destroyed; i++) {
      response.write(delta(`${i} `))
      await delay(20)
    }
    response.end(closing)
    return undefined
  }
  return { provider, stop: () => (isEnough = true) }
}

/** Differs from number to number in what a reload must take over: connections, retries, providers. */
const version = (upstream: Upstream, number: number): ConfigObject => ({
  providers: {
    ...providersAt(upstream),
    ...(number % 2 === 0
      ? {}
      : { extra: { type: 'openai', api_key: 'sk-extra', base_url: upstream.url, models: ['x'] } }),
  },
  resilience: { timeout: { connect_seconds: 5 + number }, retry: { max_attempts: 1 } },
})

const invalid = [
  'providers: [',
  '',
  'providers: { openai: { api_key: sk-x, base_url: 17 } }',
  'servers: { port: 1 }',
]

async function configOf({ url }: SpawnedGateway): Promise<AnyJson> {
  return (await get(`${url}/health?detailed=true`)).json.config
}

async function callOnce(url: string, pair: Pair, index: number): Promise<void> {
  if (index % 2 === 0) {
    const { status, text } = await post(url + pair.path, bodyOf(pair, 'hello', false))
    expect(status, text).toBe(200)
    return
  }
  const stream = await openStream(url + pair.path, bodyOf(pair, 'hello'))
  expect(stream.status).toBe(200)
  const events = []
  for await (const event of stream.events()) events.push(event)
  expect(events.map(textOf).join('')).toBe('at once')
  expect(events.some(isEnd)).toBe(true)
}

test(
  `a configuration rewritten ${rewrites} times under load, at times wrongly, costs no call and cuts no stream`,
  { timeout: 300_000 },
  async () => {
    const { provider, stop } = startCounting()
    const upstream = await startUpstream(provider)
    const gateway = await spawnGateway({ config: version(upstream, 0) })

    const counting = pairs.map(async (pair) => {
      const stream = await openStream(gateway.url + pair.path, bodyOf(pair, 'count'))
      const events = []
      for await (const event of stream.events()) events.push(event)
      return events
    })
    let isRewriting = true
    let calls = 0
    const load = Array.from({ length: together }, async () => {
      while (isRewriting) {
        await callOnce(gateway.url, pairs[calls % pairs.length]!, Math.floor(calls++ / pairs.length))
        await delay(5)
      }
    })

    let taken = 1
    for (let number = 1; number <= rewrites; number++) {
      const isWrong = number % 4 === 0
      const text = invalid[(number / 4) % invalid.length]
      gateway.writeConfig(isWrong ? text! : version(upstream, number))
      if (isWrong)
        await expect.poll(async () => (await configOf(gateway)).last_error, settling).not.toBeNull()
      else await expect.poll(async () => (await configOf(gateway)).version, settling).toBe(++taken)
      const config = await configOf(gateway)
      expect(config.version).toBe(taken)
      if (!isWrong) expect(config.last_error).toBeNull()
    }
    isRewriting = false
    await Promise.all(load)
    stop()
    for (const events of await Promise.all(counting)) {
      const numbers = events.map(textOf).join('').trim().split(' ')
      expect(numbers.length).toBeGreaterThan(10)
      expect(numbers).toEqual(numbers.map((_, i) => String(i)))
      expect(events.filter(isError)).toEqual([])
      expect(events.some(isEnd)).toBe(true)
    }
    expect(calls).toBeGreaterThan(rewrites)
    const told = (message: RegExp) =>
      gateway.logs().filter((line) => message.test(String(line.message))).length
    await expect.poll(() => told(/new configuration is in force/)).toBe(taken - 1)
    await expect.poll(() => told(/new configuration is not valid/)).toBe(Math.floor(rewrites / 4))
    expect(gateway.logs().filter(({ status }) => typeof status === 'number' && status >= 400)).toEqual([])
    // Connections of all those versions do not pile up.
    await expect.poll(() => upstream.connections(), settling).toBeLessThan(2 * (together + pairs.length))
  },
)

const settling = { timeout: 10_000, interval: 20 }

describe('a request that began before a reload ends as it began', () => {
  /** Without the providers that the first file had, but with one that keeps the gateway ready. */
  const withoutThem = (): ConfigObject => ({
    providers: { other: { type: 'mock' } },
  })

  async function takesOver(gateway: SpawnedGateway, config: ConfigObject): Promise<void> {
    const before = (await configOf(gateway)).version
    gateway.writeConfig(config)
    await expect.poll(async () => (await configOf(gateway)).version, settling).toBe(before + 1)
  }

  test.each(pairs)('when its provider is removed while its stream is under way: $name', async (pair) => {
    const { provider, stop } = startCounting()
    const upstream = await startUpstream(provider)
    const gateway = await spawnGateway({ config: version(upstream, 0) })
    const stream = await openStream(gateway.url + pair.path, bodyOf(pair, 'count'))
    await takesOver(gateway, withoutThem())
    expect((await post(gateway.url + pair.path, bodyOf(pair, 'hello', false))).status).toBe(404)
    stop()
    const events = []
    for await (const event of stream.events()) events.push(event)
    expect(events.some(isEnd)).toBe(true)
    expect(events.filter(isError)).toEqual([])
    // Its connections go with it.
    await expect.poll(() => upstream.connections(), settling).toBe(0)
  })

  test.each(pairs)('when its provider is removed while its body is read: $name', async (pair) => {
    const { provider } = startCounting()
    const upstream = await startUpstream(provider)
    const gateway = await spawnGateway({ config: version(upstream, 0) })
    await callOnce(gateway.url, pair, 0)
    const caller = await RawCaller.connect(Number(new URL(gateway.url).port))
    const body = JSON.stringify(bodyOf(pair, 'hello', false))
    caller.write(requestHead(pair.path, body.length) + body.slice(0, 10))
    await expect
      .poll(async () => (await get(`${gateway.url}/metrics`)).text)
      .toMatch(/^gateway_inflight_requests 2$/m)
    await takesOver(gateway, withoutThem())
    caller.write(body.slice(10))
    await caller.saw(/^HTTP\/1\.1 \d/)
    expect(caller.text).toMatch(/^HTTP\/1\.1 200 /)
    await caller.saw(/at once/)
    await expect.poll(() => upstream.connections(), settling).toBe(0)
  })

  test('when its provider is removed while it waits to be tried again', async () => {
    const pair = pairs[0]!
    const upstream = await startUpstream([{ status: 500, json: {} }, { json: chatCompletion('second try') }])
    const gateway = await spawnGateway({
      config: {
        ...version(upstream, 0),
        resilience: { retry: { strategy: 'fixed', initial_delay_ms: 2000, max_attempts: 2 } },
      },
    })
    const answer = post(gateway.url + pair.path, bodyOf(pair, 'hello', false))
    await upstream.sawRequests(1)
    await takesOver(gateway, withoutThem())
    expect((await answer).status).toBe(200)
    expect(upstream.requests).toHaveLength(2)
  })
})
