import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { full } from '../support/full.ts'
import { type Handler, startUpstream } from '../support/upstream.ts'
import { bodyOf, openSocket, pairs, providersAt, requestBytes, speechOf } from './dialect-pairs.ts'
import { mebibyte, spawnMeasured } from './measured-gateway.ts'

const callers = full ? 1000 : 200
const waves = 3
/** Callers come and stay for at most so long, each for a random time. */
const comingMs = full ? 1500 : 400
const stayingMs = full ? 1500 : 600
const dueMs = 100

/** What the provider is doing when the caller leaves. */
const moments = ['silent', 'between', 'midevent', 'waiting', 'midjson'] as const
type Moment = (typeof moments)[number]

/** Never finishes an answer; how far it gets is what the prompt says. */
const provider: Handler = async (_request, response, recorded) => {
  const moment = /moment-([a-z]+)/.exec(recorded.body.toString())![1] as Moment
  if (moment === 'silent' || moment === 'waiting') return
  const { opening, delta, whole } = speechOf(recorded)
  if (moment === 'midjson') {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.write(JSON.stringify(whole('never whole')).slice(0, 80))
    return
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(opening)
  if (moment === 'midevent') {
    response.write(delta('one'))
    response.write(delta('half').slice(0, 40))
    return
  }
  while (!response.destroyed) {
    response.write(delta('again '))
    await delay(100)
  }
}

interface Leaving {
  moment: Moment
  leftAtMs: number
}

/** Calls, reads whatever comes, and leaves after so long. */
async function callAndLeave(port: number, index: number): Promise<Leaving> {
  const pair = pairs[index % pairs.length]!
  const moment = moments[Math.floor(index / pairs.length) % moments.length]!
  const isStream = moment !== 'waiting' && moment !== 'midjson'
  const body = bodyOf(pair, `caller-${index}- moment-${moment}`, isStream)
  await delay(Math.random() * comingMs)
  const socket = await openSocket(port)
  socket.resume()
  socket.write(requestBytes(pair.path, body))
  await delay(Math.random() * stayingMs)
  expect(socket.destroyed, `the gateway closed on a caller (${moment})`).toBe(false)
  const leftAtMs = performance.now()
  socket.destroy()
  return { moment, leftAtMs }
}

test(
  `${callers} callers who hang up at random moments cancel what the provider does for them, and leave nothing behind`,
  { timeout: 120_000 },
  async () => {
    const upstream = await startUpstream(provider)
    const gateway = await spawnMeasured({ config: { providers: providersAt(upstream) } })
    // The first calls of a process load and compile; they are not the measure of those that follow.
    const kinds = pairs.length * moments.length
    await Promise.all(Array.from({ length: kinds }, (_, i) => callAndLeave(gateway.port, i)))
    await expect.poll(() => gateway.inFlight()).toBe(0)
    await expect.poll(() => upstream.openRequests()).toBe(0)
    const idleFiles = gateway.openFiles()

    const heaps: number[] = []
    const residents: number[] = []
    const lateMs: number[] = []
    for (let wave = 0; wave < waves; wave++) {
      upstream.requests.length = 0
      const leavings = await Promise.all(
        Array.from({ length: callers }, (_, i) => callAndLeave(gateway.port, i)),
      )

      const settled = { timeout: 10_000 }
      await expect.poll(() => gateway.inFlight(), settled).toBe(0)
      await expect.poll(() => upstream.openRequests(), settled).toBe(0)
      await expect.poll(() => upstream.connections(), settled).toBe(0)
      await expect.poll(() => gateway.openFiles(), settled).toBeLessThanOrEqual(idleFiles)
      expect(await gateway.attemptsInFlight()).toBe(0)

      const reached = new Set<Moment>()
      for (const { body, startedAtMs, disconnectedAtMs } of upstream.requests) {
        const index = /caller-(\d+)-/.exec(body.toString())?.[1]
        // Cancelled before its body had come.
        if (index === undefined) continue
        const { leftAtMs, moment } = leavings[Number(index)]!
        reached.add(moment)
        lateMs.push(disconnectedAtMs! - Math.max(leftAtMs, startedAtMs))
      }
      expect(reached.size).toBe(moments.length)
      expect(upstream.requests.length).toBeGreaterThan(callers / 2)
      heaps.push(await gateway.settledHeapBytes())
      residents.push(gateway.residentBytes())
    }

    lateMs.sort((a, b) => a - b)
    const inTime = lateMs.filter((ms) => ms <= dueMs).length
    const at = (share: number) => lateMs[Math.ceil(lateMs.length * share) - 1]!.toFixed(1)
    console.info(
      `${lateMs.length} hang-ups: ${lateMs.length - inTime} cancelled after more than ${dueMs} ms; ` +
        `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms; ` +
        `heap ${heaps.map(inMebibytes).join(', ')} MiB, resident ${residents.map(inMebibytes).join(', ')} MiB`,
    )
    // Both ends are timed by this process; on a busy machine it may itself be late.
    expect(inTime / lateMs.length).toBeGreaterThanOrEqual(0.99)
    expect(lateMs.at(-1)).toBeLessThanOrEqual(1000)
    expect(heaps.at(-1)! - heaps[0]!).toBeLessThan(2 * mebibyte)
    expect(residents.at(-1)! - residents[0]!).toBeLessThan(32 * mebibyte)

    const lines = gateway
      .logs()
      .filter(({ route }) => route === '/v1/chat/completions' || route === '/v1/messages')
    expect(lines.length).toBeGreaterThan(0)
    expect(lines.filter(({ status }) => status !== 499)).toEqual([])
  },
)

const inMebibytes = (bytes: number): string => (bytes / mebibyte).toFixed(1)
