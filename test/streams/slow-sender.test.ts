import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { type AnyJson, post, rawRequest } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream.ts'
import {
  bodyOf,
  type Pair,
  pairs,
  providersAt,
  requestBytes,
  requestHead,
  speechOf,
} from './dialect-pairs.ts'
import { RawCaller } from './raw-caller.ts'
import { spawnMeasured } from './measured-gateway.ts'

async function start(timeoutSeconds = 1) {
  const upstream = await startUpstream((_request, _response, recorded) => ({
    json: speechOf(recorded).whole('hello'),
  }))
  const gateway = await spawnMeasured({
    config: { server: { timeout_seconds: timeoutSeconds }, providers: providersAt(upstream) },
  })
  return { upstream, gateway }
}

const callersOfEachDialect = pairs.filter(({ relayed }) => relayed)

/** A request whose body says it is longer than what follows. */
const halfRequest = (pair: Pair, more = ''): string =>
  `${requestHead(pair.path, 1000, more)}{"model":"gpt-4o",`

const isLoggedAs =
  (status: number) =>
  (line: Record<string, unknown>): boolean =>
    line.status === status

describe('a caller who does not get done sending', () => {
  test.each(callersOfEachDialect)('gets a 408 in its dialect, and reaches nobody: $caller', async (pair) => {
    const { upstream, gateway } = await start()
    const answer = await rawRequest(gateway.port, halfRequest(pair))
    expect(answer.status).toBe(408)
    const body: AnyJson = JSON.parse(answer.text.slice(answer.text.indexOf('\r\n\r\n')))
    expect(body).toMatchObject(
      pair.caller === 'openai'
        ? { error: { type: 'invalid_request_error', code: 'request_timeout' } }
        : { type: 'error', error: { type: 'invalid_request_error' } },
    )
    expect(answer.text).toContain('x-gateway-error-code: request_timeout')
    await gateway.sawLog(isLoggedAs(408))
    await expect.poll(() => gateway.inFlight()).toBe(0)
    expect(upstream.requests).toEqual([])
  })

  test('gets it too when its bytes keep dripping', async () => {
    const { upstream, gateway } = await start()
    const caller = await RawCaller.connect(gateway.port)
    caller.write(halfRequest(pairs[0]!))
    while (!caller.isClosed) {
      caller.write(' ')
      await delay(50)
    }
    expect(caller.text).toMatch(/^HTTP\/1\.1 408 /)
    expect(upstream.requests).toEqual([])
  })

  test('gets it too when it is the headers that do not end', async () => {
    const { gateway } = await start()
    const answer = await rawRequest(
      gateway.port,
      'POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\nx-he',
    )
    expect(answer.status).toBe(408)
  })

  test('gets it too on a connection that has served before', async () => {
    const { upstream, gateway } = await start()
    const pair = pairs[0]!
    const caller = await RawCaller.connect(gateway.port)
    caller.write(requestBytes(pair.path, bodyOf(pair, 'hello', false)))
    await caller.saw(/"finish_reason"/)
    caller.write(halfRequest(pair))
    await caller.closed
    expect(caller.text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 408'])
    expect(upstream.requests).toHaveLength(1)
  })

  test('gets it too after it was told to continue', async () => {
    const { upstream, gateway } = await start()
    const caller = await RawCaller.connect(gateway.port)
    caller.write(halfRequest(pairs[0]!, 'expect: 100-continue\r\n'))
    await caller.closed
    expect(caller.text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 100', 'HTTP/1.1 408'])
    expect(upstream.requests).toEqual([])
  })

  test('does not keep others waiting', async () => {
    const { upstream, gateway } = await start(60)
    const slow = await Promise.all(Array.from({ length: 50 }, () => RawCaller.connect(gateway.port)))
    for (const caller of slow) caller.write(halfRequest(pairs[0]!))
    await expect.poll(() => gateway.inFlight()).toBe(slow.length)
    for (const pair of pairs) {
      const { status } = await post(gateway.url + pair.path, bodyOf(pair, 'hello', false))
      expect(status).toBe(200)
    }
    expect(upstream.requests).toHaveLength(pairs.length)
    for (const caller of slow) caller.hangUp()
    await expect.poll(() => gateway.inFlight()).toBe(0)
  })
})

test('a caller who sends slowly but gets done is served', async () => {
  const { gateway } = await start(30)
  for (const pair of pairs) {
    const bytes = requestBytes(pair.path, bodyOf(pair, 'hello', false))
    const caller = await RawCaller.connect(gateway.port)
    for (let at = 0; at < bytes.length; at += 7) {
      caller.write(bytes.slice(at, at + 7))
      await delay(2)
    }
    await caller.saw(/HTTP\/1\.1 200 [^]*hello/)
    caller.hangUp()
  }
})

test.each(callersOfEachDialect)(
  'a caller who leaves while its body is read costs nothing, and is logged as gone: $caller',
  async (pair) => {
    const { upstream, gateway } = await start(60)
    const caller = await RawCaller.connect(gateway.port)
    caller.write(halfRequest(pair))
    await expect.poll(() => gateway.inFlight()).toBe(1)
    caller.hangUp()
    const line = await gateway.sawLog(isLoggedAs(499))
    expect(line).toMatchObject({ route: pair.path, status: 499 })
    await expect.poll(() => gateway.inFlight()).toBe(0)
    expect(upstream.requests).toEqual([])
    expect(gateway.logs().filter(({ status }) => status === 499)).toHaveLength(1)
  },
)
