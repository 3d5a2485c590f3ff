import { type UpstreamExchange, UpstreamFailure, type UpstreamReceiver } from '../../upstream/transport.ts'
import type { Reply } from './reply.ts'

/** Characters handed over at once where nothing asks for a pace: about what a socket would give. */
const batchCharacters = 16 * 1024

/**
 * One request under way. Everything reaches the receiver from a turn of the event loop of its own, never from
 * inside `send`, `pause`, `resume` or `cancel`.
 */
export class MockExchange implements UpstreamExchange {
  readonly #receiver: UpstreamReceiver
  readonly #prepare: () => Reply
  readonly #onOver: (exchange: MockExchange) => void
  #reply: Reply | undefined
  #state: 'waiting' | 'answering' | 'over' = 'waiting'
  #isPaused = false
  /** Set while a step is running, so that a `resume` from inside does not start a second one. */
  #isStepping = false
  #immediate: NodeJS.Immediate | undefined
  #timer: NodeJS.Timeout | undefined
  /** Monotonic clock: when piece 0 was due, and how many pieces have been taken since. */
  #startedAtMs = 0
  #taken = 0

  constructor(receiver: UpstreamReceiver, prepare: () => Reply, onOver: (exchange: MockExchange) => void) {
    this.#receiver = receiver
    this.#prepare = prepare
    this.#onOver = onOver
    this.#soon()
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    const isScheduled = this.#immediate !== undefined || this.#timer !== undefined
    if (!this.#isStepping && !isScheduled && this.#reply?.hangs !== true) this.#soon()
  }

  cancel(): void {
    if (this.#state !== 'over') this.#finish()
  }

  /** For a transport that closes: nobody can wait for an answer that never comes. */
  failIfHanging(): void {
    if (this.#reply?.hangs === true)
      this.fail(new UpstreamFailure('protocol', 'The mock provider was closed.'))
  }

  fail(failure: UpstreamFailure): void {
    if (this.#state === 'over') return
    this.#finish()
    this.#receiver.onError(failure)
  }

  #soon(): void {
    if (this.#state !== 'over') this.#immediate = setImmediate(step, this)
  }

  #later(waitMs: number): void {
    // The server that waits for this answer is what keeps the process alive, not the answer.
    this.#timer = setTimeout(step, waitMs, this).unref()
  }

  step(): void {
    this.#immediate = undefined
    this.#timer = undefined
    if (this.#reply === undefined) {
      this.#reply = this.#prepare()
      if (this.#reply.hangs) return
      if (this.#reply.firstByteMs > 0) return this.#later(this.#reply.firstByteMs)
    }
    this.#isStepping = true
    if (!this.#isPaused) this.#give(this.#reply)
    this.#isStepping = false
  }

  #give(reply: Reply): void {
    if (this.#state === 'waiting') {
      this.#state = 'answering'
      if (reply.betweenPiecesMs > 0) this.#startedAtMs = performance.now()
      this.#receiver.onHead(reply.status, reply.headers)
    }
    if (!this.#mayGive()) return
    const { text, isLast } = reply.betweenPiecesMs > 0 ? this.#takeDue(reply) : takeBatch(reply.pieces)
    if (text !== '') this.#receiver.onData(Buffer.from(text))
    if (!isLast) {
      if (this.#mayGive()) this.#schedule(reply)
    } else if (this.#mayGive()) {
      this.#finish()
      this.#receiver.onEnd()
    }
  }

  /** The receiver may have paused or cancelled in the call before. */
  #mayGive(): boolean {
    return this.#state === 'answering' && !this.#isPaused
  }

  /** What a provider of this pace would have sent by now; a pause lets it pile up, as in a socket's buffer. */
  #takeDue(reply: Reply): { text: string; isLast: boolean } {
    const due = 1 + Math.floor((performance.now() - this.#startedAtMs) / reply.betweenPiecesMs)
    let text = ''
    while (this.#taken < due && text.length < batchCharacters) {
      const { value, done } = reply.pieces.next()
      if (done === true) return { text, isLast: true }
      text += value
      this.#taken++
    }
    return { text, isLast: false }
  }

  #schedule(reply: Reply): void {
    if (reply.betweenPiecesMs === 0) return this.#soon()
    const waitMs = this.#startedAtMs + this.#taken * reply.betweenPiecesMs - performance.now()
    if (waitMs > 0) this.#later(waitMs)
    else this.#soon()
  }

  #finish(): void {
    this.#state = 'over'
    clearImmediate(this.#immediate)
    clearTimeout(this.#timer)
    this.#onOver(this)
  }
}

const step = (exchange: MockExchange): void => exchange.step()

function takeBatch(pieces: Iterator<string, void>): { text: string; isLast: boolean } {
  let text = ''
  while (text.length < batchCharacters) {
    const { value, done } = pieces.next()
    if (done === true) return { text, isLast: true }
    if (value === '') break
    text += value
  }
  return { text, isLast: false }
}
