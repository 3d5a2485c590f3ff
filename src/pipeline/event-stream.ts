import type { Usage } from '../canonical/usage.ts'
import type { WireError } from '../canonical/wire-error.ts'
import type { EventWatch } from '../dialects/relayed-dialect.ts'
import { parseEvent, SseSplitter } from '../framing/sse.ts'
import type { StreamConversion } from './conversion.ts'

/** An image is one event. */
const maxEventBytes = 64 * 1024 * 1024

/** Events that are relayed untouched, and in whole pieces; their dialect only says when they are all. */
export class EventStream implements StreamConversion {
  readonly #splitter = new SseSplitter({ maxEventBytes })
  readonly #watch: EventWatch
  lifeSigns = 0
  ended = false

  constructor(watch: EventWatch) {
    this.#watch = watch
  }

  get finished(): boolean {
    return this.#watch.mayEnd
  }
  get error(): WireError | undefined {
    return this.#watch.error
  }
  get usage(): Usage | undefined {
    return this.#watch.usage
  }
  get model(): string | undefined {
    return this.#watch.model
  }

  push(chunk: Buffer): Buffer | undefined {
    const whole = this.#splitter.push(chunk)
    if (!whole) return undefined
    const { bytes, ends, texts } = whole
    let end = 0
    for (let i = 0; i < ends.length && !this.ended; i++) {
      if (!this.#see(texts[i] as string)) break
      end = ends[i] as number
    }
    return end === 0 ? undefined : bytes.subarray(0, end)
  }

  close(): Buffer | undefined {
    const rest = this.#splitter.rest()
    const frame = rest.length > 0 ? parseEvent(rest.toString()) : undefined
    // Some servers leave out the blank line after the last event; half an event is a stream cut off.
    if (frame && !isWhole(frame.data)) return undefined
    if (frame && !this.#see(rest.toString())) return undefined
    this.ended = this.#watch.mayEnd
    return frame ? Buffer.concat([rest, blankLine]) : undefined
  }

  /** False where the event is an error, which the caller gets from the gateway. */
  #see(text: string): boolean {
    const frame = parseEvent(text)
    if (!frame) return true
    const seen = this.#watch.see(frame)
    if (seen !== 'ping') this.lifeSigns++
    if (seen === 'end') this.ended = true
    return seen !== 'error'
  }
}

const blankLine = Buffer.from('\n\n')

function isWhole(data: string): boolean {
  if (data.startsWith('[DONE]')) return true
  try {
    JSON.parse(data)
    return true
  } catch {
    return false
  }
}
