import { once } from 'node:events'
import { Agent } from 'node:http'
import { describe, expect, test } from 'vitest'
import { type OpenStream, openStream, post, type SpawnedGateway, spawnGateway } from '../support/gateway.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { bodyOf, isEnd, isError, pairs, providersAt, speechOf, textOf } from './dialect-pairs.ts'
import { RawCaller } from './raw-caller.ts'

const streamCount = 20

/** Streams that are under way, over connections that their callers would keep. */
async function startStreaming(graceSeconds: number) {
  let finish = (): void => {}
  const mayFinish = new Promise<void>((resolve) => (finish = resolve))
  const upstream = await startUpstream(async (_request, response, recorded) => {
    const { opening, delta, closing } = speechOf(recorded)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(opening + delta('begun'))
    await Promise.race([mayFinish, once(response, 'close')])
    if (!response.destroyed) response.end(delta(' and finished') + closing)
  })
  const gateway = await spawnGateway({
    config: { server: { shutdown_grace_seconds: graceSeconds }, providers: providersAt(upstream) },
  })
  const agent = new Agent({ keepAlive: true })
  const streams = await Promise.all(
    Array.from({ length: streamCount }, async (_, i) => {
      const pair = pairs[i % pairs.length]!
      const stream = await openStream(gateway.url + pair.path, bodyOf(pair, 'hello'), { agent })
      expect(stream.status).toBe(200)
      await stream.firstChunk()
      return stream
    }),
  )
  return { upstream, gateway, streams, finish, exitCode: exitOf(gateway) }
}

const exitOf = ({ process }: SpawnedGateway): Promise<number | null> =>
  new Promise((resolve) => process.once('exit', resolve))

const isDraining = (line: Record<string, unknown>): boolean => line.message === 'draining'

async function readToEnd(stream: OpenStream): Promise<{ text: string; isWhole: boolean; isBroken: boolean }> {
  let text = ''
  let isWhole = false
  let isBroken = false
  try {
    for await (const event of stream.events()) {
      text += textOf(event)
      isWhole ||= isEnd(event)
      isBroken ||= isError(event)
    }
  } catch {
    isBroken = true
  }
  return { text, isWhole, isBroken }
}

async function isReleased(upstream: Upstream): Promise<void> {
  await expect.poll(() => upstream.openRequests()).toBe(0)
  await expect.poll(() => upstream.connections()).toBe(0)
}

describe(`SIGTERM with ${streamCount} streams under way`, () => {
  test('takes nothing new, lets them finish, and then ends at once with 0', async () => {
    const { upstream, gateway, streams, finish, exitCode } = await startStreaming(600)
    const port = Number(new URL(gateway.url).port)
    // Connections that were there before, and have begun to ask.
    const early = await RawCaller.connect(port)
    early.write('GET /ready HTTP/1.1\r\nhost: 127.0.0.1\r\n')
    const late = await RawCaller.connect(port)
    const pair = pairs[0]!
    const body = JSON.stringify(bodyOf(pair, 'hello'))
    late.write(
      `POST ${pair.path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`,
    )
    await expect
      .poll(async () => (await post(`${gateway.url}/live`, undefined, { method: 'GET' })).status)
      .toBe(200)

    gateway.process.kill('SIGTERM')
    await gateway.sawLog(isDraining)
    await expect(RawCaller.connect(port)).rejects.toThrow('ECONNREFUSED')
    early.write('\r\n')
    await early.saw(/^HTTP\/1\.1 503 [^]*draining/)
    await early.closed
    // Its head had come before the signal, so it is served like those that stream.
    late.write(body)
    await late.saw(/begun/)

    finish()
    for (const { text, isWhole, isBroken } of await Promise.all(streams.map(readToEnd))) {
      expect(text).toBe(' and finished')
      expect(isWhole).toBe(true)
      expect(isBroken).toBe(false)
    }
    await late.saw(/ and finished[^]*\[DONE\]/)
    // The grace is ten minutes: only a process that waits for nobody ends within the test.
    expect(await exitCode).toBe(0)
    expect(gateway.logs().at(-1)).toMatchObject({ message: 'stopped' })
    await isReleased(upstream)
  })

  test('cuts streams that never end after the grace, tells nobody that they were whole, and ends with 0', async () => {
    const { upstream, gateway, streams, exitCode } = await startStreaming(1)
    const outcomes = Promise.all(streams.map(readToEnd))
    gateway.process.kill('SIGTERM')
    expect(await exitCode).toBe(0)
    for (const { isWhole, isBroken } of await outcomes) {
      expect(isWhole).toBe(false)
      expect(isBroken).toBe(true)
    }
    await isReleased(upstream)
    expect(gateway.logs().filter(({ stream }) => stream === true)).toHaveLength(streamCount)
  })

  test('cuts them at once when it comes a second time, and ends with 0', async () => {
    const { upstream, gateway, streams, exitCode } = await startStreaming(600)
    const outcomes = Promise.all(streams.map(readToEnd))
    gateway.process.kill('SIGTERM')
    await gateway.sawLog(isDraining)
    gateway.process.kill('SIGTERM')
    expect(await exitCode).toBe(0)
    for (const { isWhole } of await outcomes) expect(isWhole).toBe(false)
    await isReleased(upstream)
  })

  test('does not wait for connections that are only kept, nor for callers who do not read', async () => {
    const { gateway, streams, finish, exitCode } = await startStreaming(600)
    for (const stream of streams) stream.pauseReading()
    const agent = new Agent({ keepAlive: true })
    await post(`${gateway.url}/live`, undefined, { method: 'GET', agent })
    gateway.process.kill('SIGTERM')
    await gateway.sawLog(isDraining)
    finish()
    expect(await exitCode).toBe(0)
    agent.destroy()
  })
})
