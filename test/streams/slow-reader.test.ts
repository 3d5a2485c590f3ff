import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { full } from '../support/full.ts'
import { type OpenStream, openStream, post } from '../support/gateway.ts'
import { type Handler, startUpstream, type Upstream } from '../support/upstream.ts'
import {
  bodyOf,
  drainOrClose,
  isEnd,
  type Pair,
  pairs,
  providersAt,
  speechOf,
  textOf,
} from './dialect-pairs.ts'
import { mebibyte, spawnMeasured } from './measured-gateway.ts'

const readers = full ? 200 : 40
/** The bound for 200 readers. */
const mostGrowth = 64 * mebibyte

/** What an endless provider says in its `i`th piece: recognisable, and of many sizes. */
const piece = (i: number): string => `#${i}#${'.'.repeat((i * 37) % 8000)}`

/** Says its pieces for as long as somebody takes them; a prompt for a short answer gets one. */
const provider: Handler = async (_request, response, recorded) => {
  const { opening, delta, closing, whole } = speechOf(recorded)
  const prompt = recorded.body.toString()
  if (prompt.includes('long-json')) return { json: whole('x'.repeat(32 * mebibyte)) }
  if (prompt.includes('short-json')) return { json: whole('short') }
  if (prompt.includes('short-stream')) return { sse: [opening, delta('short'), closing] }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(opening)
  for (let i = 0; !response.destroyed; i++) {
    const isTaken = response.write(delta(piece(i)))
    if (!isTaken) await drainOrClose(response)
    else if (i % 16 === 0) await nextTurn()
  }
  return undefined
}

/** Checks that what was sent arrives: every piece, whole and in its order. */
async function readInOrder(stream: OpenStream, pieces: number): Promise<void> {
  let expected = 0
  let text = ''
  for await (const chunk of stream) {
    text += chunk.toString('latin1')
    for (let at = text.indexOf('#'); at >= 0; at = text.indexOf('#')) {
      // In both dialects the piece stands in a JSON string, plain.
      const said = `${piece(expected)}"`
      if (text.length < at + said.length) break
      expect(text.startsWith(said, at), `piece ${expected} is not what was sent`).toBe(true)
      text = text.slice(at + said.length)
      if (++expected === pieces) return
    }
  }
  throw new Error(`the stream ended after ${expected} of ${pieces} pieces`)
}

/** Waits until the provider can write no more, and gives how much it has written. */
async function stalled(upstream: Upstream): Promise<number> {
  let written = -1
  for (let quiet = 0; quiet < 10;) {
    await delay(50)
    const now = upstream.bytesWritten()
    quiet = now === written ? quiet + 1 : 0
    written = now
  }
  return written
}

/** Takes about as much as a connection's buffers hold, and leaves. */
async function readAndLeave(url: string, pair: Pair): Promise<void> {
  const stream = await openStream(url + pair.path, bodyOf(pair, 'endless'))
  let left = 8 * mebibyte
  for await (const chunk of stream) if ((left -= chunk.length) < 0) break
  stream.hangUp()
}

async function openStalled(url: string, pair: Pair): Promise<OpenStream> {
  const stream = await openStream(url + pair.path, bodyOf(pair, 'endless'))
  expect(stream.status).toBe(200)
  stream.pauseReading()
  return stream
}

test.each(pairs)('a reader who stalls stops the provider, and starts it again: $name', async (pair) => {
  const upstream = await startUpstream(provider)
  const gateway = await spawnMeasured({ config: { providers: providersAt(upstream) } })
  const reader = await openStalled(gateway.url, pair)
  const written = await stalled(upstream)
  // Two connections' worth of kernel buffers, and no more.
  expect(written).toBeLessThan(32 * mebibyte)
  reader.resumeReading()
  await readInOrder(reader, Math.ceil((2 * written) / 4000))
  expect(upstream.bytesWritten()).toBeGreaterThan(written)
  reader.hangUp()
  await upstream.sawDisconnect()
})

test(
  `${readers} readers who stall on endless streams do not grow the process, and miss nothing`,
  { timeout: 180_000 },
  async () => {
    const upstream = await startUpstream(provider)
    const gateway = await spawnMeasured({ config: { providers: providersAt(upstream) } })
    const settled = { timeout: 20_000 }
    // Connections to the provider that are kept for the next call are nobody's leak.
    const unpooledFiles = () => gateway.openFiles() - upstream.connections()
    const allPairs = Array.from({ length: readers }, (_, i) => pairs[i % pairs.length]!)

    // What a process takes for so much traffic, whether it is read or not, is not what stalling costs. So the same
    // number of callers takes as much as the kernel's buffers will hold for those who stall.
    await Promise.all(allPairs.map((pair) => readAndLeave(gateway.url, pair)))
    await expect.poll(() => upstream.openRequests(), settled).toBe(0)
    const idleFiles = unpooledFiles()
    const peakOfTraffic = gateway.peakResidentBytes()
    const heapBefore = await gateway.settledHeapBytes()
    const before = gateway.residentBytes()

    const streams = await Promise.all(allPairs.map((pair) => openStalled(gateway.url, pair)))
    const written = await stalled(upstream)
    const peak = gateway.peakResidentBytes()
    const heapStalled = await gateway.settledHeapBytes()
    const resident = gateway.residentBytes()

    for (const pair of pairs) {
      const json = await post(gateway.url + pair.path, bodyOf(pair, 'short-json', false))
      expect(json.status).toBe(200)
      const events = []
      const stream = await openStream(gateway.url + pair.path, bodyOf(pair, 'short-stream'))
      for await (const event of stream.events()) events.push(event)
      expect(events.map(textOf).join('')).toBe('short')
      expect(events.some(isEnd)).toBe(true)
    }

    await Promise.all(
      streams.map(async (stream) => {
        stream.resumeReading()
        await readInOrder(stream, Math.ceil((1.2 * written) / readers / 4000))
        stream.hangUp()
      }),
    )
    await expect.poll(() => upstream.openRequests(), settled).toBe(0)
    await expect.poll(() => gateway.inFlight(), settled).toBe(0)
    await expect.poll(unpooledFiles, settled).toBeLessThanOrEqual(idleFiles)
    const heapAfter = await gateway.settledHeapBytes()
    console.info(
      `${readers} stalled readers, ${inMebibytes(written)} MiB taken from the provider: resident ` +
        `${inMebibytes(before)} MiB before, ${inMebibytes(resident)} MiB stalled (at most ` +
        `${inMebibytes(peakOfTraffic)} MiB read, ${inMebibytes(peak)} MiB stalled); heap ${inMebibytes(heapBefore)} ` +
        `MiB before, ${inMebibytes(heapStalled)} MiB stalled, ${inMebibytes(heapAfter)} MiB after`,
    )
    expect(resident - before).toBeLessThan(mostGrowth)
    expect(heapStalled - heapBefore).toBeLessThan(mostGrowth)
    expect(heapAfter - heapBefore).toBeLessThan(4 * mebibyte)
  },
)

test('a reader who stalls beyond the longest time of a stream is let go, socket and all', async () => {
  const upstream = await startUpstream(provider)
  const gateway = await spawnMeasured({
    config: {
      server: { timeout_seconds: 1 },
      providers: providersAt(upstream),
      resilience: { timeout: { streaming_seconds: 1 } },
    },
  })
  const idleFiles = gateway.openFiles()
  const streams = await Promise.all(pairs.map((pair) => openStalled(gateway.url, pair)))
  await upstream.sawDisconnect(pairs.length)
  await expect.poll(() => gateway.inFlight(), { timeout: 15_000 }).toBe(0)
  await expect.poll(() => gateway.openFiles(), { timeout: 5000 }).toBeLessThanOrEqual(idleFiles)
  for (const stream of streams) stream.hangUp()
})

test('a caller who takes nothing of a long answer is let go, socket and all', async () => {
  const upstream = await startUpstream(provider)
  const gateway = await spawnMeasured({
    config: { server: { timeout_seconds: 1 }, providers: providersAt(upstream) },
  })
  const heapBefore = await gateway.settledHeapBytes()
  for (const pair of pairs) {
    const stream = await openStream(gateway.url + pair.path, bodyOf(pair, 'long-json', false))
    expect(stream.status).toBe(200)
    stream.pauseReading()
  }
  await expect.poll(() => gateway.inFlight(), { timeout: 15_000 }).toBe(0)
  expect((await gateway.settledHeapBytes()) - heapBefore).toBeLessThan(4 * mebibyte)
})

test('a reader who stalls is not taken for a provider that is silent', async () => {
  const upstream = await startUpstream(provider)
  const gateway = await spawnMeasured({
    config: { providers: providersAt(upstream), resilience: { timeout: { idle_seconds: 0.5 } } },
  })
  const reader = await openStalled(gateway.url, pairs[0]!)
  const written = await stalled(upstream)
  await delay(1000)
  expect(upstream.openRequests()).toBe(1)
  reader.resumeReading()
  await readInOrder(reader, Math.ceil((1.2 * written) / 4000))
  reader.hangUp()
})

const inMebibytes = (bytes: number): string => (bytes / mebibyte).toFixed(1)
