import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { dataLines } from '../support/sse-reader.ts'
import { type Handler, startUpstream, type Upstream } from '../support/upstream.ts'
import { bodyOf, pairs, providersAt, requestBytes, requestHead, speechOf } from './dialect-pairs.ts'
import { RawCaller } from './raw-caller.ts'
import { type MeasuredGateway, spawnMeasured } from './measured-gateway.ts'

/** Answers with the word of the prompt; a slow word takes its time, an endless one never ends. */
const provider: Handler = (_request, _response, recorded) => {
  const word = /word-([a-z]+-\d+)/.exec(recorded.body.toString())![1]!
  const { opening, delta, closing, whole } = speechOf(recorded)
  if (recorded.json!.stream !== true)
    return { json: whole(word), delayMs: word.startsWith('slow') ? 200 : undefined }
  if (word.startsWith('endless')) return { sse: [opening, delta(word)], thenHangs: true }
  return { sse: [opening, delta(word), closing], delayMs: word.startsWith('slow') ? 50 : undefined }
}

let upstream: Upstream
let gateway: MeasuredGateway

beforeAll(async () => {
  upstream = await startUpstream(provider)
  gateway = await spawnMeasured({ config: { providers: providersAt(upstream) } })
})

beforeEach(() => void (upstream.requests.length = 0))

afterAll(async () => {
  await gateway.stop(1000)
  await upstream.close()
})

/** Requests that have come whole, in this test. */
const arrived = (): number => upstream.requests.filter(({ body }) => body.length > 0).length

/** Calls of this prompt that the log knows as gone. */
const gone = (since: number): number =>
  gateway
    .logs()
    .slice(since)
    .filter(({ status }) => status === 499).length

const words = (text: string): string[] =>
  [...text.matchAll(/"((?:slow|quick|endless)-\d+)"/g)].map(([, word]) => word!)

describe('pipelined requests', () => {
  test.each(pairs)('are answered in their order, streams and JSON: $name', async (pair) => {
    const caller = await RawCaller.connect(gateway.port)
    const asked = ['slow-1', 'quick-2', 'slow-3', 'quick-4']
    caller.write(
      asked.map((word, i) => requestBytes(pair.path, bodyOf(pair, `word-${word}`, i % 2 === 0))).join(''),
    )
    await caller.saw(/quick-4"[^]*\}$/)
    expect(words(caller.text)).toEqual(asked)
    caller.hangUp()
    await expect.poll(() => gateway.inFlight()).toBe(0)
  })

  test.each(pairs)('are all cancelled when their caller leaves: $name', async (pair) => {
    const caller = await RawCaller.connect(gateway.port)
    const logged = gateway.logs().length
    const asked = ['endless-1', 'endless-2', 'endless-3']
    caller.write(asked.map((word) => requestBytes(pair.path, bodyOf(pair, `word-${word}`))).join(''))
    await caller.saw(/endless-1/)
    await expect.poll(arrived).toBe(asked.length)
    caller.hangUp()
    await expect.poll(() => upstream.openRequests()).toBe(0)
    await expect.poll(() => gateway.inFlight()).toBe(0)
    expect(await gateway.attemptsInFlight()).toBe(0)
    await expect.poll(() => gone(logged)).toBe(asked.length)
  })
})

describe('Expect: 100-continue', () => {
  test.each(pairs)('is answered before the body, and the call is served: $name', async (pair) => {
    const caller = await RawCaller.connect(gateway.port)
    const body = JSON.stringify(bodyOf(pair, 'word-quick-1', false))
    caller.write(requestHead(pair.path, body.length, 'expect: 100-continue\r\n'))
    await caller.saw(/^HTTP\/1\.1 100 Continue\r\n\r\n/)
    caller.write(body)
    await caller.saw(/HTTP\/1\.1 200 [^]*quick-1/)
  })

  test('an expectation that nobody knows is refused or ignored, and reaches nobody unasked', async () => {
    const caller = await RawCaller.connect(gateway.port)
    caller.write(requestHead('/v1/chat/completions', 2, 'expect: miracles\r\nconnection: close\r\n') + '{}')
    await caller.saw(/^HTTP\/1\.1 4\d\d /)
    expect(upstream.requests).toEqual([])
  })
})

describe('HTTP/1.0', () => {
  const asOld = (bytes: string): string => bytes.replace('HTTP/1.1', 'HTTP/1.0')

  test.each(pairs)('gets JSON, and the connection closes: $name', async (pair) => {
    const caller = await RawCaller.connect(gateway.port)
    caller.write(asOld(requestBytes(pair.path, bodyOf(pair, 'word-quick-1', false))))
    await caller.closed
    expect(caller.text).toMatch(/^HTTP\/1\.[01] 200 /)
    expect(words(caller.text)).toEqual(['quick-1'])
  })

  test.each(pairs)('gets a stream that ends with the connection, and no chunks: $name', async (pair) => {
    const caller = await RawCaller.connect(gateway.port)
    caller.write(asOld(requestBytes(pair.path, bodyOf(pair, 'word-slow-1'))))
    await caller.closed
    const [head, body] = caller.text.split(/\r\n\r\n([^]*)/)
    expect(head).toMatch(/^HTTP\/1\.[01] 200 /)
    expect(head).not.toMatch(/transfer-encoding/i)
    const data = dataLines(body!)
    expect(words(data.join('\n'))).toEqual(['slow-1'])
    expect(data.at(-1)).toMatch(pair.caller === 'openai' ? /^\[DONE\]$/ : /"message_stop"/)
  })
})

describe('a connection that its caller has closed for writing', () => {
  test.each(pairs)('counts as hung up, and leaves nothing behind: $name', async (pair) => {
    const caller = await RawCaller.connect(gateway.port, { allowHalfOpen: true })
    caller.write(requestBytes(pair.path, bodyOf(pair, 'word-endless-1')))
    await caller.saw(/endless-1/)
    caller.endWriting()
    await expect.poll(() => upstream.openRequests()).toBe(0)
    await expect.poll(() => gateway.inFlight()).toBe(0)
    await caller.closed
  })

  test('is let go when it never asked for anything', async () => {
    const idleFiles = gateway.openFiles()
    const callers = await Promise.all(
      Array.from({ length: 20 }, () => RawCaller.connect(gateway.port, { allowHalfOpen: true })),
    )
    for (const [i, caller] of callers.entries()) {
      if (i % 2 === 0) caller.write('GET /health HTT')
      await delay(1)
      caller.endWriting()
    }
    await Promise.all(callers.map(({ closed }) => closed))
    await expect.poll(() => gateway.openFiles()).toBeLessThanOrEqual(idleFiles)
  })
})
