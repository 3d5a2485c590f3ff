/** The callers of the bench: raw sockets, prebuilt request bytes, every answer checked. */
import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { ResponseReader, type ResponseSink } from './response-reader.ts'

/** Says what is wrong with an answer, or nothing. */
export type Check = (status: number, body: Buffer) => string | undefined

export type Load = {
  port: number
  /** The whole HTTP request, head and body. */
  request: Buffer
  check: Check
  concurrency: number
}

/** `latenciesMs`: whole answers in a closed loop, first bytes of streams. */
export type Observed = { done: number; elapsedMs: number; latenciesMs: number[]; errors: string[] }

const answerDeadlineMs = 20_000
const kindsOfErrorKept = 5

/** One caller on one connection, one call at a time. */
class Caller implements ResponseSink {
  readonly socket: Socket
  firstByteMs = 0
  finishedMs = 0
  sentMs = 0
  private readonly load: Load
  private readonly reader: ResponseReader
  private parts: Buffer[] = []
  private settle: (error: string | undefined) => void = () => {}
  private waiting = false
  private again: () => boolean = () => false

  constructor(load: Load) {
    this.load = load
    this.reader = new ResponseReader(this)
    this.socket = connect({ port: load.port, host: '127.0.0.1', noDelay: true })
    this.socket.on('data', (part) => this.receive(part))
    this.socket.on('error', (error) => this.stop(error.message))
    this.socket.on('close', () => this.stop('the connection was closed before the answer was whole'))
  }

  /**
   * Calls until `again` (asked after each good answer) says no. Resolves with what went wrong, if anything did;
   * after that the caller is of no more use.
   */
  run(again: () => boolean): Promise<string | undefined> {
    this.again = again
    return new Promise((resolve) => {
      this.settle = resolve
      this.send()
    })
  }

  body(part: Buffer): void {
    if (this.firstByteMs === 0) this.firstByteMs = performance.now()
    this.parts.push(part)
  }

  end(status: number): void {
    this.finishedMs = performance.now()
    this.waiting = false
    const body = this.parts.length === 1 ? this.parts[0]! : Buffer.concat(this.parts)
    this.parts = []
    const wrong = this.load.check(status, body)
    if (wrong === undefined && this.again()) this.send()
    else this.settle(wrong)
  }

  private send(): void {
    this.waiting = true
    this.firstByteMs = 0
    this.sentMs = performance.now()
    this.socket.write(this.load.request)
  }

  private receive(part: Buffer): void {
    try {
      this.reader.push(part)
    } catch (error) {
      this.stop((error as Error).message)
    }
  }

  stop(reason: string): void {
    if (!this.waiting) return
    this.waiting = false
    this.settle(reason)
    this.socket.destroy()
  }
}

async function connectAll(load: Load): Promise<Caller[]> {
  const callers = Array.from({ length: load.concurrency }, () => new Caller(load))
  await Promise.all(callers.map((caller) => once(caller.socket, 'connect')))
  return callers
}

function hangUpAll(callers: Caller[]): void {
  for (const caller of callers) caller.socket.destroy()
}

function stopLateCallers(callers: Caller[], afterMs: number): NodeJS.Timeout {
  return setTimeout(() => {
    for (const caller of callers) caller.stop(`no whole answer within ${afterMs} ms`)
  }, afterMs)
}

const kept = (errors: Array<string | undefined>): string[] => {
  const found = errors.filter((error) => error !== undefined)
  return [...new Set(found)].slice(0, kindsOfErrorKept)
}

/**
 * Each caller sends the next request as soon as the last is answered. After `warmMs` the measurement begins and
 * lasts `measureMs`; `window` is called at its two ends and its answer is the caller's CPU clock.
 */
export async function closedLoop(
  load: Load,
  { warmMs, measureMs, cpu }: { warmMs: number; measureMs: number; cpu: () => number },
): Promise<Observed & { cpuUs: number }> {
  const callers = await connectAll(load)
  const latenciesMs: number[] = []
  let phase: 'warm' | 'measure' | 'over' = 'warm'
  const loops = callers.map((caller) =>
    caller.run(() => {
      if (phase === 'measure') latenciesMs.push(caller.finishedMs - caller.sentMs)
      return phase !== 'over'
    }),
  )
  const late = stopLateCallers(callers, warmMs + measureMs + answerDeadlineMs)
  await delay(warmMs)
  const cpuBefore = cpu()
  const began = performance.now()
  phase = 'measure'
  await delay(measureMs)
  const elapsedMs = performance.now() - began
  const cpuSpentUs = cpu() - cpuBefore
  phase = 'over'
  const errors = kept(await Promise.all(loops))
  clearTimeout(late)
  hangUpAll(callers)
  return { done: latenciesMs.length, elapsedMs, latenciesMs, errors, cpuUs: cpuSpentUs }
}

/** `concurrency` streams begun together, each read to its end; measured from the first request to the last byte. */
export async function streamsTogether(
  load: Load,
  { cpu }: { cpu: () => number },
): Promise<Observed & { cpuUs: number }> {
  const callers = await connectAll(load)
  const late = stopLateCallers(callers, answerDeadlineMs)
  const cpuBefore = cpu()
  const began = performance.now()
  const outcomes = await Promise.all(callers.map((caller) => caller.run(() => false)))
  const elapsedMs = performance.now() - began
  const cpuSpentUs = cpu() - cpuBefore
  clearTimeout(late)
  hangUpAll(callers)
  const done = outcomes.filter((outcome) => outcome === undefined).length
  const latenciesMs = callers.map((caller) => caller.firstByteMs - caller.sentMs)
  return { done, elapsedMs, latenciesMs, errors: kept(outcomes), cpuUs: cpuSpentUs }
}

/** Opens streams that go on for long, and returns how to hang up on all of them once each has begun. */
export async function openStreams(load: Load): Promise<{ begun: number; hangUp: () => void }> {
  const callers = await connectAll(load)
  for (const caller of callers) void caller.run(() => false)
  const until = performance.now() + answerDeadlineMs
  const begun = (): number => callers.filter((caller) => caller.firstByteMs > 0).length
  while (begun() < callers.length && performance.now() < until) await delay(20)
  return { begun: begun(), hangUp: () => hangUpAll(callers) }
}
