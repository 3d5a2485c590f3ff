import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { openStream, post } from '../support/gateway.ts'
import { resetConnection } from '../support/scripted-answer.ts'
import { openaiError, type Handler, type ScriptedAnswer } from '../support/upstream.ts'
import { RawCaller } from '../streams/raw-caller.ts'
import { headers, logLine, startRelaying } from './relayed-routes-gateway.ts'

const route = '/v1/audio/speech'
const body = { model: 'openai/tts-1', input: 'Hello', voice: 'ash' }
const mp3 = { 'content-type': 'audio/mpeg' }

/** Bytes of every value, which are no text in any encoding. */
const audio = Buffer.concat([Buffer.from([0xff, 0xfb, 0, 0x0d, 0x0a]), randomBytes(200_000)])

/** Without a difference of 200,000 lines. */
function expectAudio(bytes: Buffer): void {
  expect(bytes.length).toBe(audio.length)
  expect(bytes.equals(audio)).toBe(true)
}

async function bytesOf(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(stream))
}

/** Writes a beginning, and leaves the rest to the test. */
const opening =
  (more: (response: ServerResponse) => void, head: Record<string, string> = mp3): Handler =>
  (_request, response) => {
    response.writeHead(200, head)
    response.write(audio.subarray(0, 50_000), () => more(response))
  }

/** Says that audio comes, and leaves. */
const headOnly: Handler = async (_request, response) => {
  response.writeHead(200, mp3).flushHeaders()
  await delay(50)
  resetConnection(response)
}

describe('audio', () => {
  test('by the SDK', async () => {
    const { openai, upstream } = await startRelaying({ body: audio, headers: mp3 })
    const answer = await openai.audio.speech.create({ model: 'openai/tts-1', input: 'Hello', voice: 'ash' })
    expectAudio(Buffer.from(await answer.arrayBuffer()))
    expect(answer.headers.get('content-type')).toBe('audio/mpeg')
    expect(upstream.requests[0]?.json).toEqual({ ...body, model: 'tts-1' })
  })

  test.each([
    ['audio/mpeg', 'audio/mpeg'],
    ['audio/pcm; rate=24000', 'audio/pcm; rate=24000'],
    ['application/octet-stream', 'application/octet-stream'],
    ['text/plain; charset=utf-8', 'text/plain; charset=utf-8'],
  ])('of the type %s comes as it is, cut anywhere', async (type, shown) => {
    const { at } = await startRelaying({ body: audio, headers: { 'content-type': type }, chunkBytes: 7_001 })
    const stream = await openStream(at('/audio/speech'), body, { headers })
    expect(stream.status).toBe(200)
    expect(stream.headers['content-type']).toBe(shown)
    expectAudio(await bytesOf(stream))
  })

  test('without a type is called bytes', async () => {
    const { at } = await startRelaying({ body: audio })
    const stream = await openStream(at(route), body, { headers })
    expect(stream.headers['content-type']).toBe('application/octet-stream')
    expectAudio(await bytesOf(stream))
  })

  test('tells its length where the provider does', async () => {
    const { at } = await startRelaying({
      body: audio,
      headers: { ...mp3, 'content-length': String(audio.length) },
    })
    const stream = await openStream(at(route), body, { headers })
    expect(stream.headers['content-length']).toBe(String(audio.length))
    expectAudio(await bytesOf(stream))
  })

  test('may be empty', async () => {
    const { at } = await startRelaying({ body: '', headers: mp3 })
    const stream = await openStream(at(route), body, { headers })
    expect(stream.status).toBe(200)
    expect(await bytesOf(stream)).toEqual(Buffer.alloc(0))
  })

  test('flows while it is being made', async () => {
    let finish = () => {}
    const { at } = await startRelaying(
      opening((response) => (finish = () => response.end(audio.subarray(50_000)))),
    )
    const stream = await openStream(at(route), body, { headers })
    const first = await stream.firstChunk()
    expect(first?.length).toBeGreaterThan(0)
    finish()
    expectAudio(Buffer.concat([first as Buffer, await bytesOf(stream)]))
  })

  test('is logged as a stream that ended well', async () => {
    const relaying = await startRelaying({ body: audio, headers: mp3 })
    await bytesOf(await openStream(relaying.at(route), body, { headers }))
    const line = await logLine(relaying, route)
    expect(line).toMatchObject({ status: 200, stream: true, provider: 'openai', model: 'tts-1' })
    expect(line.ttft_ms).toBeGreaterThan(0)
    expect(line.tokens).toBeUndefined()
    expect(line.error_code).toBeUndefined()
  })

  test('that nobody reads is not read from the provider either', async () => {
    const piece = Buffer.alloc(64 * 1024, 1)
    const { at, upstream } = await startRelaying(async (_request, response) => {
      response.setMaxListeners(0).writeHead(200, mp3)
      for (let i = 0; i < 2_000 && !response.destroyed; i++)
        if (!response.write(piece)) await Promise.race([once(response, 'drain'), once(response, 'close')])
      response.end()
    })
    const stream = await openStream(at(route), body, { headers })
    stream.pauseReading()
    await delay(300)
    const atRest = upstream.bytesWritten()
    await delay(300)
    expect(upstream.bytesWritten()).toBe(atRest)
    expect(atRest).toBeLessThan(64 * 1024 * 1024)
    stream.resumeReading()
    expect((await bytesOf(stream)).length).toBe(2_000 * piece.length)
  })
})

describe('audio that is cut off never looks whole', () => {
  test.each([
    ['in chunks', mp3],
    ['of a known length', { ...mp3, 'content-length': String(audio.length) }],
  ])('%s', async (_name, head) => {
    const relaying = await startRelaying(opening(resetConnection, head))
    const stream = await openStream(relaying.at(route), body, { headers })
    await expect(bytesOf(stream)).rejects.toThrow()
    expect((await logLine(relaying, route)).error_code).toBe('upstream_error')
  })

  test('and the SDK raises an error', async () => {
    const { openai } = await startRelaying(opening((response) => resetConnection(response)))
    const answer = await openai.audio.speech.create({ ...body, voice: 'ash' })
    await expect(answer.arrayBuffer()).rejects.toThrow()
  })

  test('where the provider falls silent', async () => {
    const { at, upstream } = await startRelaying(
      opening(() => {}),
      {
        more: { resilience: { timeout: { idle_seconds: 1 }, circuit_breaker: { enabled: false } } },
      },
    )
    const stream = await openStream(at(route), body, { headers })
    await expect(bytesOf(stream)).rejects.toThrow()
    await upstream.sawDisconnect()
  })

  test('where it takes longer in all than the caller wants', async () => {
    const { at, upstream } = await startRelaying(opening(() => {}))
    const stream = await openStream(at(route), body, {
      headers: { ...headers, 'x-gateway-timeout-ms': '500' },
    })
    await expect(bytesOf(stream)).rejects.toThrow()
    await upstream.sawDisconnect()
  })

  test('and closes the connection, so that the next call has its own', async () => {
    const { gateway } = await startRelaying(opening(resetConnection))
    const caller = await RawCaller.connect(Number(new URL(gateway.url).port))
    const json = JSON.stringify(body)
    caller.write(
      `POST ${route} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: ${headers.authorization}\r\n` +
        `content-type: application/json\r\ncontent-length: ${json.length}\r\n\r\n${json}`,
    )
    await caller.closed
    expect(caller.text).toMatch(/^HTTP\/1\.1 200/)
    expect(caller.text).not.toMatch(/\r\n0\r\n\r\n$/)
  })
})

test.each([true, false])('a caller who hangs up cancels the request, begun: %s', async (begun) => {
  const relaying = await startRelaying(begun ? opening(() => {}) : { hangs: true })
  const { upstream, at } = relaying
  if (begun) {
    const stream = await openStream(at(route), body, { headers })
    await stream.firstChunk()
    stream.hangUp()
  } else {
    const caller = await RawCaller.connect(Number(new URL(at('/')).port))
    const json = JSON.stringify(body)
    caller.write(
      `POST ${route} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: ${headers.authorization}\r\n` +
        `content-type: application/json\r\ncontent-length: ${json.length}\r\n\r\n${json}`,
    )
    await upstream.sawRequests()
    caller.hangUp()
  }
  await upstream.sawDisconnect()
  expect(await logLine(relaying, route)).toMatchObject({ status: 499 })
})

describe('before the first byte', () => {
  test.each<[string, ScriptedAnswer, number, string]>([
    ['a bad request', { status: 400, json: openaiError('No such voice') }, 400, 'invalid_request'],
    ['a failure', { status: 500, json: openaiError('Oops') }, 502, 'upstream_error'],
    [
      'a page of a proxy',
      { body: '<html>', headers: { 'content-type': 'text/html' } },
      502,
      'upstream_error',
    ],
    ['an error under 200', { json: openaiError('Oops') }, 502, 'upstream_error'],
    [
      'half of a JSON',
      { body: '{"audio":', headers: { 'content-type': 'application/json' } },
      502,
      'upstream_error',
    ],
    [
      'compressed bytes',
      { body: audio, headers: { ...mp3, 'content-encoding': 'gzip' } },
      502,
      'upstream_error',
    ],
    ['a reset', { resets: true }, 502, 'upstream_error'],
  ])('%s is an error with its status', async (_name, script, status, code) => {
    const { at } = await startRelaying(script)
    const response = await post(at(route), body, { headers })
    expect(response.status).toBe(status)
    expect(response.json.error.code).toBe(code)
  })

  test.each<[string, ScriptedAnswer | Handler]>([
    ['a failure', { status: 503, json: openaiError('Busy') }],
    ['a page', { body: '<html>', headers: { 'content-type': 'text/html' } }],
    ['a head and nothing', headOnly],
    ['a reset', { resets: true }],
  ])('%s makes another provider answer', async (_name, script) => {
    const { at, backup } = await startRelaying(script, { backup: { body: audio, headers: mp3 } })
    const stream = await openStream(at(route), { ...body, model: 'sure' }, { headers })
    expect(stream.headers['x-gateway-provider']).toBe('backup')
    expectAudio(await bytesOf(stream))
    expect(backup?.requests[0]?.json).toEqual({ ...body, model: 'backup-1' })
  })

  test('silence is a timeout', async () => {
    const { at } = await startRelaying({ hangs: true })
    const response = await post(at(route), body, { headers: { ...headers, 'x-gateway-timeout-ms': '200' } })
    expect(response.status).toBe(504)
  })
})

describe('speech as events', () => {
  const delta = `data: ${JSON.stringify({ type: 'speech.audio.delta', audio: 'AAAA' })}\n\n`
  const done = `data: ${JSON.stringify({
    type: 'speech.audio.done',
    usage: { input_tokens: 14, output_tokens: 101, total_tokens: 115 },
  })}\n\n`
  const asEvents = { ...body, stream_format: 'sse' }

  test('are relayed as they are, and their usage is read', async () => {
    const relaying = await startRelaying({
      sse: [delta, delta, done],
      headers: { 'content-type': 'text/event-stream' },
    })
    const stream = await openStream(relaying.at(route), asEvents, { headers })
    expect(stream.headers['content-type']).toBe('text/event-stream')
    expect(await stream.text()).toBe(delta + delta + done)
    expect((await logLine(relaying, route)).tokens).toMatchObject({ input: 14, output: 101 })
  })

  test.each<[string, ScriptedAnswer]>([
    ['stop early', { sse: [delta] }],
    ['break off', { sse: [delta], thenResets: true }],
  ])('that %s end with an error event', async (_name, script) => {
    const { at } = await startRelaying(script)
    const events = await Array.fromAsync((await openStream(at(route), asEvents, { headers })).events())
    expect(events.map(({ json }) => json.type ?? json.error.code)).toEqual([
      'speech.audio.delta',
      'upstream_error',
    ])
  })

  test('of a kind that nobody here knows end as HTTP does', async () => {
    const event = 'data: {"chunk":"AAAA"}\n\ndata: {"chunk":"AAAA"}\n\n'
    const { at } = await startRelaying({ sse: [event] })
    expect(await (await openStream(at(route), asEvents, { headers })).text()).toBe(event)
  })
})

test.each([
  ['model', { ...body, model: 1 }],
  ['input', { ...body, input: ['a'] }],
  ['voice', { ...body, voice: 1 }],
])('a wrong %s is refused before any cost', async (param, wrong) => {
  const { at, upstream } = await startRelaying({ body: audio, headers: mp3 })
  const response = await post(at(route), wrong, { headers })
  expect(response.status).toBe(400)
  expect(response.json.error.param).toBe(param)
  expect(upstream.requests).toEqual([])
})
