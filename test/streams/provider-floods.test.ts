import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { openStream, post } from '../support/gateway.ts'
import { type Handler, startUpstream, type Upstream } from '../support/upstream.ts'
import {
  bodyOf,
  drainOrClose,
  isEnd,
  isError,
  pairs,
  providersAt,
  speechOf,
  textOf,
} from './dialect-pairs.ts'
import { type MeasuredGateway, mebibyte, spawnMeasured } from './measured-gateway.ts'

const filler = Buffer.alloc(64 * 1024, 'x')

interface Flood {
  status?: number
  contentType: string
  /** What comes before it, given what the provider speaks. */
  prelude?: (speech: ReturnType<typeof speechOf>) => string
  repeats: string | Buffer
}

/** Sends without end, as fast as it is taken. */
const flood =
  ({ status = 200, contentType, prelude, repeats }: Flood): Handler =>
  async (_request, response, recorded) => {
    response.writeHead(status, { 'content-type': contentType })
    response.write(prelude?.(speechOf(recorded)) ?? '')
    while (!response.destroyed) {
      if (!response.write(repeats)) await drainOrClose(response)
      else await nextTurn()
    }
  }

let upstream: Upstream
let gateway: MeasuredGateway

beforeAll(async () => {
  upstream = await startUpstream({ status: 400, json: {} })
  gateway = await spawnMeasured({
    config: {
      providers: providersAt(upstream),
      resilience: { retry: { max_attempts: 1 }, timeout: { first_byte_seconds: 2, idle_seconds: 1 } },
    },
  })
  // The first call loads and compiles; that is no growth.
  for (const pair of pairs) await post(gateway.url + pair.path, bodyOf(pair, 'warm-up', false))
})

afterAll(async () => {
  await gateway.stop(1000)
  await upstream.close()
})

/** From now on the provider sends this; what comes back tells how far the process has grown since. */
async function floodWith(script: Handler): Promise<{ grown: () => number }> {
  upstream.on(script)
  upstream.requests.length = 0
  await gateway.settledHeapBytes()
  const before = gateway.residentBytes()
  gateway.forgetPeak()
  return { grown: () => gateway.peakResidentBytes() - before }
}

/** Nothing is under way any more, at either side. */
async function isOver(): Promise<void> {
  await expect.poll(() => upstream.openRequests()).toBe(0)
  await expect.poll(() => gateway.inFlight()).toBe(0)
  expect(await gateway.attemptsInFlight()).toBe(0)
}

/** Every request was cancelled by the gateway; none was read to its end. */
const allCancelled = (): boolean =>
  upstream.requests.length > 0 &&
  upstream.requests.every(({ disconnectedAtMs }) => disconnectedAtMs !== undefined)

describe('an event without end', () => {
  test.each(pairs)('as the first one is a 502: $name', async (pair) => {
    const { grown } = await floodWith(
      flood({ contentType: 'text/event-stream', prelude: () => 'data: ', repeats: filler }),
    )
    const answer = await post(gateway.url + pair.path, bodyOf(pair, 'hello'))
    expect(answer.status).toBe(502)
    expect(answer.headers['x-gateway-error-code']).toBe('upstream_error')
    await isOver()
    expect(allCancelled()).toBe(true)
    // The cap is 16 MiB; an event that grows is copied when its buffer doubles.
    expect(grown()).toBeLessThan(96 * mebibyte)
  })

  test.each(pairs)('after others is an error event, and no end: $name', async (pair) => {
    const { grown } = await floodWith(
      flood({
        contentType: 'text/event-stream',
        prelude: ({ opening, delta }) => `${opening}${delta('so far')}data: `,
        repeats: filler,
      }),
    )
    const stream = await openStream(gateway.url + pair.path, bodyOf(pair, 'hello'))
    onTestFinished(() => stream.hangUp())
    expect(stream.status).toBe(200)
    const events = []
    for await (const event of stream.events()) events.push(event)
    expect(events.map(textOf).join('')).toBe('so far')
    expect(events.filter(isEnd)).toEqual([])
    expect(events.filter(isError)).toHaveLength(1)
    expect(isError(events.at(-1)!)).toBe(true)
    await isOver()
    expect(allCancelled()).toBe(true)
    expect(grown()).toBeLessThan(96 * mebibyte)
  })

  test('many of them at once are each refused, and what they took is given back', async () => {
    await floodWith(flood({ contentType: 'text/event-stream', prelude: () => 'data: ', repeats: filler }))
    const heapBefore = await gateway.settledHeapBytes()
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) => pairs[i % pairs.length]!).map((pair) =>
        post(gateway.url + pair.path, bodyOf(pair, 'hello')),
      ),
    )
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 502))
    await isOver()
    expect(allCancelled()).toBe(true)
    expect((await gateway.settledHeapBytes()) - heapBefore).toBeLessThan(4 * mebibyte)
  })
})

describe('comments without end', () => {
  const comment = `: ${'x'.repeat(1000)}\n\n`.repeat(64)

  test.each(pairs)(
    'before the first event do not gather in memory, nor hold the caller: $name',
    async (pair) => {
      const { grown } = await floodWith(flood({ contentType: 'text/event-stream', repeats: comment }))
      const answer = await post(gateway.url + pair.path, bodyOf(pair, 'hello'))
      expect([502, 504]).toContain(answer.status)
      await isOver()
      expect(allCancelled()).toBe(true)
      expect(grown()).toBeLessThan(96 * mebibyte)
    },
  )

  test.each(pairs)('between events do not keep a silent stream alive: $name', async (pair) => {
    const { grown } = await floodWith(
      flood({
        contentType: 'text/event-stream',
        prelude: ({ opening, delta }) => opening + delta('so far'),
        repeats: comment,
      }),
    )
    const stream = await openStream(gateway.url + pair.path, bodyOf(pair, 'hello'))
    onTestFinished(() => stream.hangUp())
    let isRefused = false
    for await (const event of stream.events()) {
      expect(isEnd(event)).toBe(false)
      isRefused ||= isError(event)
    }
    expect(isRefused).toBe(true)
    await isOver()
    expect(allCancelled()).toBe(true)
    expect(grown()).toBeLessThan(96 * mebibyte)
  })
})

describe('an answer without end', () => {
  test.each(pairs)('that should be JSON is cut at 64 MiB and is a 502: $name', async (pair) => {
    const { grown } = await floodWith(
      flood({ contentType: 'application/json', prelude: () => '{"id":"', repeats: filler }),
    )
    const answer = await post(gateway.url + pair.path, bodyOf(pair, 'hello', false))
    expect(answer.status).toBe(502)
    await isOver()
    expect(allCancelled()).toBe(true)
    expect(grown()).toBeLessThan(160 * mebibyte)
  })

  test.each(pairs)('that tells of an error is cut at 8 KiB: $name', async (pair) => {
    let written = 0
    const script: Handler = async (_request, response) => {
      response.writeHead(400, { 'content-type': 'application/json' })
      response.write('{"error":{"message":"')
      while (!response.destroyed) {
        written += filler.length
        if (!response.write(filler)) await drainOrClose(response)
        else await nextTurn()
      }
    }
    const { grown } = await floodWith(script)
    for (const isStream of [true, false]) {
      const answer = await post(gateway.url + pair.path, bodyOf(pair, 'hello', isStream))
      expect(answer.status).toBe(400)
      expect(answer.text.length).toBeLessThan(10_000)
    }
    await isOver()
    expect(allCancelled()).toBe(true)
    // No more than what two connections' kernel buffers take before the cut is seen.
    expect(written).toBeLessThan(32 * mebibyte)
    expect(grown()).toBeLessThan(32 * mebibyte)
  })
})

describe('headers of a provider', () => {
  test('without end are a 502', async () => {
    const { grown } = await floodWith(async (_request, response) => {
      const { socket } = response
      socket!.write('HTTP/1.1 200 OK\r\n')
      for (let i = 0; !socket!.destroyed; i++) {
        if (!socket!.write(`x-header-${i}: ${'y'.repeat(1000)}\r\n`)) {
          await new Promise((resolve) => socket!.once('drain', resolve).once('close', resolve))
        } else if (i % 64 === 0) await nextTurn()
      }
    })
    for (const pair of pairs) {
      const answer = await post(gateway.url + pair.path, bodyOf(pair, 'hello'))
      expect(answer.status).toBe(502)
    }
    await isOver()
    expect(allCancelled()).toBe(true)
    expect(grown()).toBeLessThan(32 * mebibyte)
  })

  test('5,000 of them do not keep an answer from its caller, and do not reach them', async () => {
    const headers = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`h${i}`, 'y']))
    await floodWith((_request, _response, recorded) => ({
      json: speechOf(recorded).whole('hello'),
      headers,
    }))
    for (const pair of pairs) {
      const answer = await post(gateway.url + pair.path, bodyOf(pair, 'hello', false))
      expect(answer.status).toBe(200)
      expect(answer.headers.h1).toBeUndefined()
    }
    await isOver()
  })
})
