import { Agent } from 'node:http'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { get, openStream, post, rawRequest } from './client.ts'
import { loadFixture, loadFixtures, responseBytes } from './fixtures.ts'
import { readEvents } from './sse-reader.ts'
import {
  anthropicMessage,
  anthropicStream,
  chatCompletion,
  chatStream,
  startUpstream,
  type Upstream,
} from './upstream.ts'

describe('an upstream', () => {
  test('records what it got, to the byte, and answers as told', async () => {
    const upstream = await startUpstream({ status: 201, headers: { 'X-Extra': 'yes' }, json: { ok: true } })
    const answer = await post(`${upstream.url}/v1/x?y=1`, { a: 'é' }, { headers: { 'X-Key': 'K' } })
    expect(answer).toMatchObject({ status: 201, json: { ok: true }, headers: { 'x-extra': 'yes' } })
    const [recorded] = upstream.requests
    expect(recorded).toMatchObject({
      method: 'POST',
      path: '/v1/x?y=1',
      json: { a: 'é' },
      headers: { 'x-key': 'K' },
    })
    expect(recorded!.rawHeaders).toContain('X-Key')
    expect(recorded!.body).toEqual(Buffer.from('{"a":"é"}'))
    expect(upstream.disconnects).toBe(0)
  })

  test('plays a list of answers one by one, its last again, and another script from then on', async () => {
    const upstream = await startUpstream([{ status: 503, json: {} }, () => ({ status: 200, json: {} })])
    const statuses = []
    for (let i = 0; i < 3; i++) statuses.push((await post(upstream.url, {})).status)
    upstream.on({ status: 418, body: 'teapot' })
    statuses.push((await get(upstream.url)).status)
    expect(statuses).toEqual([503, 200, 200, 418])
    expect(upstream.requests.at(-1)!.json).toBeUndefined()
  })

  test('cuts its answer where it is told to, and loses nothing', async () => {
    const events = chatStream('Grüße ', '\u{1f30d}')
    const whole = events.join('')
    const upstream = await startUpstream({ sse: events, chunkBytes: 1 })
    const stream = await openStream(upstream.url, {})
    const chunks: Buffer[] = []
    for await (const chunk of stream) chunks.push(chunk)
    expect(Buffer.concat(chunks).toString()).toBe(whole)
    expect(chunks.length).toBeGreaterThan(events.length)
    const read = readEvents(whole).map(({ data }) => data)
    const again = await openStream(upstream.url, {})
    const seen = []
    for await (const event of again.events()) seen.push(event.data)
    expect(seen).toEqual(read)
    expect(seen.at(-1)).toBe('[DONE]')
  })

  test('notices at once when the caller hangs up', async () => {
    const upstream = await startUpstream({ sse: chatStream('one'), thenHangs: true })
    const stream = await openStream(upstream.url, {})
    expect((await stream.firstChunk())?.toString()).toContain('data: ')
    expect(upstream.openRequests()).toBe(1)
    stream.hangUp()
    await upstream.sawDisconnect()
    expect(upstream.openRequests()).toBe(0)
    expect(upstream.disconnects).toBe(1)
    expect(upstream.requests[0]!.disconnectedAtMs).toBeGreaterThan(upstream.requests[0]!.startedAtMs)
  })

  test('notices a caller who leaves before the answer has begun', async () => {
    const upstream = await startUpstream({ hangs: true })
    const answer = rawRequest(upstream.port, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n', { hangUpAfterMs: 50 })
    await upstream.sawRequests()
    await upstream.sawDisconnect()
    expect(await answer).toEqual({ status: 0, text: '' })
  })

  test.each([
    ['before an answer', { resets: true } as const],
    ['in the middle of a stream', { sse: chatStream('one'), thenResets: true }],
  ])('resets the connection %s', async (_name, script) => {
    const upstream = await startUpstream(script)
    const call = async () => (await openStream(upstream.url, {})).text()
    await expect(call()).rejects.toThrow(/ECONNRESET|aborted|hang up/)
  })

  test('an endless stream waits for a reader that does not read', async () => {
    const upstream = await startUpstream({ sse: [`data: ${'x'.repeat(10_000)}\n\n`], repeats: Infinity })
    const stream = await openStream(upstream.url, {})
    await stream.firstChunk()
    stream.pauseReading()
    // Without back-pressure this would never come to a stop.
    let written = 0
    for (let quietTurns = 0; quietTurns < 20;) {
      await new Promise((resolve) => setTimeout(resolve, 5))
      quietTurns = upstream.bytesWritten() === written ? quietTurns + 1 : 0
      written = upstream.bytesWritten()
    }
    stream.resumeReading()
    while (upstream.bytesWritten() === written) expect(await stream.firstChunk()).toBeDefined()
    stream.hangUp()
    await upstream.sawDisconnect()
  })

  test('counts connections that are kept and those ever made', async () => {
    const upstream = await startUpstream({ json: {} })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (let i = 0; i < 3; i++) await post(upstream.url, {}, { agent })
    expect(upstream.connectionsOpened()).toBe(1)
    expect(upstream.connections()).toBe(1)
    agent.destroy()
    await post(upstream.url, {})
    expect(upstream.connectionsOpened()).toBe(2)
  })

  test('a script that fails makes the close fail, so that no test passes over it', async () => {
    const upstream = await startUpstream(() => {
      throw new Error('wrong in the script')
    })
    await expect(post(upstream.url, {})).rejects.toThrow()
    await expect(upstream.close()).rejects.toThrow(AggregateError)
  })
})

describe('started before all tests', () => {
  let upstream: Upstream
  beforeAll(async () => {
    upstream = await startUpstream({ json: chatCompletion() })
  })
  afterAll(() => upstream.close())

  test.each([1, 2])('it serves every one of them (%i)', async () => {
    const { json } = await post(upstream.url, {})
    expect(json).toMatchObject({ choices: [{ message: { content: 'Hello there.' }, finish_reason: 'stop' }] })
  })
})

describe('what providers say', () => {
  test('Anthropic: the stream adds up to the message', async () => {
    const events = readEvents(anthropicStream('Hel', 'lo').join(''))
    expect(events.map(({ event }) => event)).toEqual([
      'message_start',
      'content_block_start',
      'ping',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ])
    expect(anthropicMessage('Hi')).toMatchObject({ type: 'message', content: [{ type: 'text', text: 'Hi' }] })
  })
})

describe('recordings', () => {
  test('are played back with their status, headers and bytes', async () => {
    for (const fixture of [
      ...loadFixtures({ feature: 'stream' }).slice(0, 3),
      ...loadFixtures({ feature: 'error' }).slice(0, 3),
    ]) {
      const upstream = await startUpstream({ fixture, chunkBytes: 100 })
      const answer = await post(upstream.url, fixture.request.body ?? {})
      expect(answer.status).toBe(fixture.response.status)
      expect(answer.headers['content-type']).toBe(fixture.response.headers['content-type'])
      expect(answer.text).toBe(responseBytes(fixture).toString())
    }
  })

  test('can be chosen by what they are, and a choice of nothing is an error', () => {
    const streams = loadFixtures({ dialect: 'anthropic-messages', feature: ['stream', 'thinking'] })
    expect(
      streams.every(
        ({ dialect, features }) => dialect === 'anthropic-messages' && features.includes('thinking'),
      ),
    ).toBe(true)
    expect(loadFixture(streams[0]!.id)).toBe(streams[0])
    expect(() => loadFixtures({ provider: 'nobody' })).toThrow('nobody')
    expect(() => loadFixture('nobody/nothing')).toThrow('nobody/nothing')
  })
})

describe('a raw request', () => {
  test('brings back what a server says to bytes that are no HTTP', async () => {
    const upstream = await startUpstream({ json: {} })
    expect(await rawRequest(upstream.port, 'nonsense\r\n\r\n')).toMatchObject({ status: 400 })
    expect(await rawRequest(upstream.port, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n')).toMatchObject({
      status: 200,
    })
    expect(upstream.requests).toHaveLength(1)
  })
})

test('the reader of events does not mind where a stream is cut', async () => {
  const { EventReader } = await import('./sse-reader.ts')
  const text = 'data: a\r\n\r\nevent: b\ndata: 1\ndata: 2\n\n: comment\n\ndata: half'
  fc.assert(
    fc.property(fc.array(fc.nat(text.length)), (cuts) => {
      const reader = new EventReader()
      const ends = [...new Set([...cuts, text.length])].sort((a, b) => a - b)
      const events = ends.flatMap((end, i) => reader.push(text.slice(ends[i - 1] ?? 0, end)))
      expect(events).toEqual([
        { event: undefined, data: 'a' },
        { event: 'b', data: '1\n2' },
      ])
    }),
  )
})
