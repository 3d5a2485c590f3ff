import { describe, expect, test } from 'vitest'
import { figures, isBroken, verdict } from './figures.ts'
import type { Leg } from './measure.ts'
import { chatRequest, models, relayedStream, textEventsPerStream } from './payloads.ts'
import { ResponseReader } from './response-reader.ts'
import { scenarios } from './scenarios.ts'

const sized = 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello'
const chunked =
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n, wor\r\nld!\r\n0\r\ntrailer: 1\r\n\r\n'
const empty = 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n'

function read(parts: Buffer[]): string[] {
  const found: string[] = []
  let body = ''
  const reader = new ResponseReader({
    body: (part) => (body += part.toString('latin1')),
    end: (status) => {
      found.push(`${status} ${body}`)
      body = ''
    },
  })
  for (const part of parts) reader.push(part)
  return found
}

describe('the load reads answers', () => {
  const bytes = Buffer.from(sized + chunked + empty + sized)
  const whole = ['200 hello', '200 hello, wor\r\nld!', '204 ', '200 hello']

  test('cut at any byte they are the same', () => {
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(read([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(whole)
    }
    expect(read([...bytes].map((byte) => Buffer.from([byte])))).toEqual(whole)
  })

  test('an answer without a length is refused, not waited for', () => {
    expect(() => read([Buffer.from('HTTP/1.1 200 OK\r\n\r\nhello')])).toThrow('neither a length nor chunks')
  })
})

describe('the load checks answers', () => {
  test('a relayed stream passes whole and fails when one byte is missing', () => {
    const { check } = scenarios.find(({ name }) => name === 'sse-relay paced')!.gateway
    for (const withUsage of [false, true]) {
      const stream = relayedStream('openai', 'bench-paced', withUsage)
      expect(check(200, Buffer.from(stream))).toBeUndefined()
      expect(check(200, Buffer.from(stream.slice(1)))).toContain('differs')
    }
  })

  test('a usage chunk that nobody asked for is not in a relayed stream', () => {
    expect(relayedStream('openai', 'bench-paced', true)).not.toContain('"choices":[]')
    expect(relayedStream('openai', 'bench-paced', true)).toContain('data: [DONE]\n\n')
  })

  test('a translated stream fails when a text or its end is missing', () => {
    const { check } = scenarios.find(({ name }) => name === 'sse-chat-to-anthropic paced')!.gateway
    const stream = relayedStream('openai', models.anthropic[1], false)
    expect(check(200, Buffer.from(stream))).toBeUndefined()
    expect(check(200, Buffer.from(stream.replace('Zq7', '')))).toContain(`99 of ${textEventsPerStream}`)
    expect(check(200, Buffer.from(stream.replace('[DONE]', '')))).toContain("doesn't end")
  })

  test('every scenario fails on any status but 200', () => {
    for (const { gateway, bare } of scenarios) {
      expect(gateway.check(503, Buffer.from('{}'))).toContain('status 503')
      expect(bare.check(429, Buffer.from('{}'))).toContain('status 429')
    }
  })
})

test('a chat request has exactly the size that was asked for, in both dialects', () => {
  for (const wire of ['openai', 'anthropic'] as const) {
    for (const bytes of [1024, 16_384]) {
      const request = chatRequest(wire, models[wire][0], bytes)
      expect(request.length).toBe(bytes)
      expect(JSON.parse(request.toString())).toMatchObject({ model: models[wire][0] })
    }
  }
  expect(() => chatRequest('openai', 'bench-json', 10)).toThrow(RangeError)
})

describe('verdicts', () => {
  const leg = (server: Leg['server'], round: number, p50Ms: number): Leg => ({
    scenario: 'json-relay c=1',
    server,
    round,
    answers: 1,
    requestsPerSecond: 1,
    p50Ms,
    p99Ms: 1,
    cpuUsPerRequest: 1,
    cpuUsPerEvent: null,
    rssMb: 1,
    errors: '',
  })
  const ratio = (scenario: string, cpu: number) => ({
    scenario,
    cpu,
    low: cpu,
    high: cpu,
    requestsPerSecond: 1,
    p50: 1,
  })

  test('a figure over several scenarios is the worst of them', () => {
    const all = figures([], [ratio('json-relay c=16', 1.1), ratio('json-relay c=64', 1.5)], {})
    expect(all[0]).toMatchObject({ measured: 1.5 })
    expect(verdict(all[0]!)).toBe('FAIL')
    expect(all.slice(1).map(verdict)).toEqual(Array.from({ length: all.length - 1 }, () => 'not measured'))
  })

  test('added latency compares legs of the same round', () => {
    const legs = [leg('bare', 1, 0.1), leg('gateway', 1, 0.13), leg('bare', 2, 0.5), leg('gateway', 2, 0.53)]
    const added = figures(legs, [], {}).find(({ name }) => name === 'added p50 at c = 1')
    expect(added?.measured).toBeCloseTo(30)
  })

  test('the short form breaks only on ratios, and only above 1.5 times their bound', () => {
    const short = { tolerance: 1.5, onlyRatios: true }
    const of = (cpu: number) => figures([], [ratio('json-relay c=16', cpu)], { startToListeningMs: 9_999 })
    expect(of(2.0).filter((figure) => isBroken(figure, short))).toEqual([])
    expect(of(2.1).filter((figure) => isBroken(figure, short))).toHaveLength(1)
    expect(of(2.1).filter((figure) => isBroken(figure, { tolerance: 1, onlyRatios: false }))).toHaveLength(2)
  })
})
