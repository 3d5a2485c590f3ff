import type { Call } from './call.ts'
import type { Deadlines } from './target.ts'

/** How long an error's body may take after its head, milliseconds; what has come by then must do. */
const errorBodyMs = 5_000
/** How long a connection may take to end after the stream's end marker before it is destroyed, milliseconds. */
const lingerMs = 1_000

/** `answer`: its head, of a stream its first event. `rest`: what only the deadline of the whole call bounds. */
export type Awaited = 'answer' | 'rest' | 'error_body' | 'event' | 'close'

/** One timer for all deadlines of an attempt, set for whichever comes first. Times are of the monotonic clock. */
export class DeadlineTimer {
  readonly startedAt = performance.now()
  readonly #call: Call
  readonly #deadlines: Deadlines
  readonly #owner: { timeIsUp(): void }
  #awaited: Awaited = 'answer'
  #since = 0
  #pausedAt: number | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(call: Call, deadlines: Deadlines, owner: { timeIsUp(): void }) {
    this.#call = call
    this.#deadlines = deadlines
    this.#owner = owner
  }

  get isPaused(): boolean {
    return this.#pausedAt !== undefined
  }

  /** What is waited for from now on. */
  await(awaited: Awaited, now = performance.now()): void {
    this.#awaited = awaited
    this.#since = now
    this.#arm(now)
  }

  /** For `rest` the timer may run on: when it fires, it finds that it is too early. */
  awaitRest(): void {
    this.#awaited = 'rest'
  }

  /** An event that means something has come; the next one has its whole time again. */
  noteLife(): number {
    this.#since = performance.now()
    return this.#since
  }

  /** The caller takes nothing, which is not the provider's silence. */
  pause(): void {
    this.#pausedAt ??= performance.now()
  }

  resume(): void {
    if (this.#pausedAt === undefined) return
    const now = performance.now()
    // While it was paused, the idle deadline did not count; to start it anew would let comments keep a stream alive.
    this.#since += now - Math.max(this.#pausedAt, this.#since)
    this.#pausedAt = undefined
    if (this.#awaited === 'event') this.#arm(now)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  /** @internal for the timer */
  tick(): void {
    const now = performance.now()
    if (now < this.#due()) this.#arm(now)
    else this.#owner.timeIsUp()
  }

  #arm(now: number): void {
    clearTimeout(this.#timer)
    // Rounded up: a timer that fires a fraction early would only be set again.
    this.#timer = setTimeout(onTick, Math.max(1, Math.ceil(this.#due() - now)), this)
  }

  #due(): number {
    if (this.#awaited === 'close') return this.#since + lingerMs
    const { stream, timeoutMs, record } = this.#call
    const deadlines = this.#deadlines
    let due = this.startedAt + (stream ? deadlines.streamingMs : deadlines.requestMs)
    if (timeoutMs !== undefined) due = Math.min(due, record.startedAt + timeoutMs)
    if (this.#awaited === 'answer') {
      const firstByteMs = stream ? deadlines.streamFirstByteMs : deadlines.jsonFirstByteMs
      if (firstByteMs !== undefined) due = Math.min(due, this.startedAt + firstByteMs)
    } else if (this.#awaited === 'error_body') {
      due = Math.min(due, this.#since + errorBodyMs)
    } else if (this.#awaited === 'event' && this.#pausedAt === undefined) {
      due = Math.min(due, this.#since + deadlines.idleMs)
    }
    return due
  }
}

function onTick(timer: DeadlineTimer): void {
  timer.tick()
}
