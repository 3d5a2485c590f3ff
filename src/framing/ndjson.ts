import { FrameTooLarge, type Frame, type FrameReader } from './frame.ts'

const LF = 10
const smallestHold = 1024

const none: readonly Frame[] = []

/**
 * One JSON value a line. Lines end in LF or CRLF; blank ones say nothing. Bytes become text only when a line is
 * whole, so a cut inside a character does no harm. The values are not parsed here.
 * @see https://github.com/ndjson/ndjson-spec
 */
export class NdjsonReader implements FrameReader {
  readonly #maxEventBytes: number
  #held: Buffer = Buffer.alloc(0)
  #heldLength = 0

  constructor(limits: { maxEventBytes: number }) {
    this.#maxEventBytes = limits.maxEventBytes
  }

  push(chunk: Buffer): readonly Frame[] {
    const frames: Frame[] = []
    let start = 0
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      const data = this.#takeLine(chunk.subarray(start, end))
      if (data !== '') frames.push({ data })
      start = end + 1
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start))
    return frames
  }

  /** A last line without its line feed counts only if it is not cut: whole JSON. */
  close(): readonly Frame[] {
    const data = this.#takeLine(Buffer.alloc(0))
    return isJson(data) ? [{ data }] : none
  }

  /** The line that ends with these bytes, without what surrounds its value: CR, spaces, a byte order mark. */
  #takeLine(end: Buffer): string {
    this.#refuseLonger(this.#heldLength + end.length)
    if (this.#heldLength === 0) return end.toString().trim()
    this.#hold(end)
    const line = this.#held.toString('utf8', 0, this.#heldLength).trim()
    this.#heldLength = 0
    return line
  }

  #hold(bytes: Buffer): void {
    const length = this.#heldLength + bytes.length
    this.#refuseLonger(length)
    if (length > this.#held.length) {
      // Doubling keeps a line that comes byte by byte linear.
      // Not from Node's pool: this lives as long as its stream, and would hold a whole slab of the pool.
      const grown = Buffer.allocUnsafeSlow(Math.max(smallestHold, length, this.#held.length * 2))
      this.#held.copy(grown, 0, 0, this.#heldLength)
      this.#held = grown
    }
    bytes.copy(this.#held, this.#heldLength)
    this.#heldLength = length
  }

  #refuseLonger(length: number): void {
    if (length > this.#maxEventBytes) throw new FrameTooLarge(this.#maxEventBytes)
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
