import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { get, spawnGateway, type SpawnedGateway, type SpawnOptions } from '../support/gateway.ts'

/** A gateway in a process of its own whose memory and sockets can be looked at. Needs Linux: it reads `/proc`. */
export interface MeasuredGateway extends SpawnedGateway {
  port: number
  /** Files and sockets open now. */
  openFiles(): number
  /** Resident memory now, bytes. */
  residentBytes(): number
  /** Largest resident memory since the last `forgetPeak`, bytes. */
  peakResidentBytes(): number
  forgetPeak(): void
  /** Requests under way, without the one that asks. */
  inFlight(): Promise<number>
  /** Attempts under way on all providers, as the detailed health tells. */
  attemptsInFlight(): Promise<number>
  /** JavaScript heap and buffers in use after a forced collection, bytes. */
  settledHeapBytes(): Promise<number>
}

export const mebibyte = 1024 * 1024

export async function spawnMeasured(options: SpawnOptions): Promise<MeasuredGateway> {
  // The debugger's port is the way to force a collection in a process that is otherwise as users run it.
  const env = { ...options.env, NODE_OPTIONS: '--inspect=127.0.0.1:0' }
  const gateway = await spawnGateway({ ...options, env })
  const proc = `/proc/${gateway.process.pid!}`
  const statusBytes = (field: string): number => {
    const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`${proc}/status`, 'utf8'))
    return Number(kibibytes![1]) * 1024
  }
  return {
    ...gateway,
    port: Number(new URL(gateway.url).port),
    openFiles: () => readdirSync(`${proc}/fd`).length,
    residentBytes: () => statusBytes('VmRSS'),
    peakResidentBytes: () => statusBytes('VmHWM'),
    forgetPeak: () => writeFileSync(`${proc}/clear_refs`, '5'),
    async inFlight() {
      const { text } = await get(`${gateway.url}/metrics`)
      return Number(/^gateway_inflight_requests (\d+)$/m.exec(text)![1]) - 1
    },
    async attemptsInFlight() {
      const { json } = await get(`${gateway.url}/health?detailed=true`)
      const providers = json.providers as { in_flight: number }[]
      return providers.reduce((sum, { in_flight }) => sum + in_flight, 0)
    },
    settledHeapBytes: () => settledHeapBytes(debuggerUrl(gateway.stderr())),
  }
}

const debuggerUrl = (output: string): string => /ws:\/\/\S+/.exec(output)![0]

interface HeapUsage {
  usedSize: number
  backingStorageSize?: number
}

/** The connection is not kept: a process with a debugger does not end by itself. */
async function settledHeapBytes(url: string): Promise<number> {
  const socket = new WebSocket(url)
  const replies = new Map<number, (result: unknown) => void>()
  socket.addEventListener('message', ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { id: number; result: unknown }
    replies.get(id)?.(result)
  })
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', () => reject(new Error(`No debugger at ${url}`)))
  })
  const ask = (id: number, method: string): Promise<unknown> =>
    new Promise((resolve) => {
      replies.set(id, resolve)
      socket.send(JSON.stringify({ id, method }))
    })
  // What is freed by finalizers goes with the second one.
  await ask(1, 'HeapProfiler.collectGarbage')
  await ask(2, 'HeapProfiler.collectGarbage')
  const { usedSize, backingStorageSize = 0 } = (await ask(3, 'Runtime.getHeapUsage')) as HeapUsage
  const closed = new Promise((resolve) => socket.addEventListener('close', resolve))
  socket.close()
  await closed
  return usedSize + backingStorageSize
}
