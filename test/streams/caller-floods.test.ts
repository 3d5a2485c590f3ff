import type { Socket } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { post, rawRequest } from '../support/gateway.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { bodyOf, openSocket, pairs, providersAt, speechOf } from './dialect-pairs.ts'
import { mebibyte, type MeasuredGateway, spawnMeasured } from './measured-gateway.ts'

let upstream: Upstream
let gateway: MeasuredGateway

beforeAll(async () => {
  upstream = await startUpstream((_request, _response, recorded) => ({
    json: speechOf(recorded).whole('hello'),
  }))
  gateway = await spawnMeasured({
    config: {
      providers: providersAt(upstream),
      security: { validation: { max_request_size_bytes: 1_000_000 } },
    },
  })
  for (const pair of pairs) await post(gateway.url + pair.path, bodyOf(pair, 'hello', false))
})

beforeEach(() => {
  upstream.requests.length = 0
  gateway.forgetPeak()
})

afterAll(async () => {
  await gateway.stop(1000)
  await upstream.close()
})

/** Sends a piece again and again until the server answers; gives what it said by the time it closed. */
async function sendWithoutEnd(port: number, prelude: string, pieceNumber: (i: number) => string) {
  const socket: Socket = await openSocket(port)
  let text = ''
  socket.removeAllListeners('error').on('error', () => {})
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk))
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.write(prelude)
  for (let i = 0; text === '' && !socket.destroyed; i++) {
    const piece = pieceNumber(i)
    if (!socket.write(piece)) {
      await Promise.race([closed, new Promise((resolve) => socket.once('drain', resolve))])
    } else if (i % 16 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  await closed
  return text
}

test('headers without end are a 431, and take no memory', async () => {
  const before = gateway.residentBytes()
  const text = await sendWithoutEnd(
    gateway.port,
    'POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\n',
    (i) => `x-header-${i}: ${'y'.repeat(100)}\r\n`,
  )
  expect(text).toMatch(/^HTTP\/1\.1 431 /)
  expect(gateway.peakResidentBytes() - before).toBeLessThan(16 * mebibyte)
  expect(upstream.requests).toEqual([])
})

test('5,000 headers are served or refused, never half read', async () => {
  const many = Array.from({ length: 5000 }, (_, i) => `h${i}: y\r\n`).join('')
  const answer = await rawRequest(gateway.port, `GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\n${many}\r\n`)
  expect(answer.status).toBe(431)
  // Past the number of headers that Node keeps by default; what stands last must still count.
  const few = Array.from({ length: 2100 }, () => 'h:\r\n').join('')
  const last = await rawRequest(
    gateway.port,
    `GET /v1/nowhere HTTP/1.1\r\nhost: 127.0.0.1\r\n${few}x-request-id: the-last-header\r\n\r\n`,
  )
  expect(last.status === 431 || last.text.includes('x-request-id: the-last-header')).toBe(true)
})

test.each(pairs)('a body without end is a 413 after its cap, and reaches nobody: $name', async (pair) => {
  const before = gateway.residentBytes()
  const piece = 'x'.repeat(16_000)
  const text = await sendWithoutEnd(
    gateway.port,
    `POST ${pair.path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`,
    (i) => `${piece.length.toString(16)}\r\n${i === 0 ? `{"model":"${piece.slice(10)}` : piece}\r\n`,
  )
  expect(text).toMatch(/^HTTP\/1\.1 413 /)
  expect(text).toContain(pair.caller === 'openai' ? '"invalid_request_error"' : '"request_too_large"')
  await expect.poll(() => gateway.inFlight()).toBe(0)
  expect(gateway.peakResidentBytes() - before).toBeLessThan(24 * mebibyte)
  expect(upstream.requests).toEqual([])
})

test('a body that says it is too long is a 413 before it is sent', async () => {
  const answer = await rawRequest(
    gateway.port,
    'POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 99999999999\r\n\r\n{',
  )
  expect(answer.status).toBe(413)
  expect(upstream.requests).toEqual([])
})
