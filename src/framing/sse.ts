import type { Frame } from './frame.ts'

/**
 * Server-sent events, from bytes and to bytes.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */

const LF = 10
const CR = 13

/** Thrown when an event grows past its cap; the stream can't be trusted after that. */
export class FrameTooLarge extends Error {
  override readonly name = 'FrameTooLarge'
  constructor(limitBytes: number) {
    super(`an event of the stream is larger than ${limitBytes} bytes`)
  }
}

/** Whole events at the front of what has arrived: `bytes` ends with the last one, `ends` says where each one stops. */
export interface WholeEvents {
  bytes: Buffer
  /** Exclusive end of each event in `bytes`, its blank line included; ascending, at least one. */
  ends: number[]
}

/**
 * Cuts a byte stream into whole events, wherever the network cut it. The bytes are never changed: what goes
 * in comes out, only regrouped. Lines may end in LF, CRLF or CR.
 */
export class SseSplitter {
  readonly #maxEventBytes: number
  #held: Buffer = Buffer.alloc(0)
  #heldLength = 0
  #lineIsEmpty = true
  #afterCarriageReturn = false

  constructor(limits: { maxEventBytes: number }) {
    this.#maxEventBytes = limits.maxEventBytes
  }

  /**
   * Takes what arrived; gives the events that are whole now, or `undefined` when none is.
   * @throws FrameTooLarge
   */
  push(chunk: Buffer): WholeEvents | undefined {
    const ends =
      this.#afterCarriageReturn || chunk.includes(CR) ? this.#scanAnyLine(chunk) : this.#scanLines(chunk)
    const last = ends[ends.length - 1]
    if (last === undefined) {
      this.#hold(chunk)
      return undefined
    }
    const held = this.#heldLength
    if (last > this.#maxEventBytes) this.#refuseLargeEvents(ends)
    let bytes: Buffer
    if (held === 0) {
      bytes = last === chunk.length ? chunk : chunk.subarray(0, last)
    } else {
      if (held + (ends[0] as number) > this.#maxEventBytes) throw new FrameTooLarge(this.#maxEventBytes)
      bytes = Buffer.concat([this.#held.subarray(0, held), chunk.subarray(0, last)])
      for (let i = 0; i < ends.length; i++) ends[i] = (ends[i] as number) + held
      this.#heldLength = 0
    }
    if (last < chunk.length) this.#hold(chunk.subarray(last))
    return { bytes, ends }
  }

  /** What is left when the stream has ended: an event without its blank line, or nothing. */
  rest(): Buffer {
    return this.#held.subarray(0, this.#heldLength)
  }

  /** Blank lines where all lines end in LF: nearly every stream. */
  #scanLines(chunk: Buffer): number[] {
    const ends: number[] = []
    let at = 0
    if (this.#lineIsEmpty) {
      while (chunk[at] === LF) ends.push(++at)
    }
    for (;;) {
      const found = chunk.indexOf('\n\n', at, 'latin1')
      if (found < 0) break
      at = found + 2
      ends.push(at)
      while (chunk[at] === LF) ends.push(++at)
    }
    if (chunk.length > 0) this.#lineIsEmpty = chunk[chunk.length - 1] === LF
    return ends
  }

  /** The same for any mixture of LF, CRLF and CR, byte by byte. */
  #scanAnyLine(chunk: Buffer): number[] {
    const ends: number[] = []
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i]
      // The LF of a CRLF belongs to the line that the CR has ended already.
      if (byte === LF && this.#afterCarriageReturn) {
        this.#afterCarriageReturn = false
        if (ends[ends.length - 1] === i) ends[ends.length - 1] = i + 1
        continue
      }
      this.#afterCarriageReturn = byte === CR
      if (byte !== LF && byte !== CR) {
        this.#lineIsEmpty = false
        continue
      }
      if (this.#lineIsEmpty) ends.push(i + 1)
      this.#lineIsEmpty = true
    }
    return ends
  }

  #hold(bytes: Buffer): void {
    const length = this.#heldLength + bytes.length
    if (length > this.#maxEventBytes) throw new FrameTooLarge(this.#maxEventBytes)
    if (length > this.#held.length) {
      // Doubling keeps an event that comes byte by byte linear.
      const grown = Buffer.allocUnsafe(Math.max(1024, length, this.#held.length * 2))
      this.#held.copy(grown, 0, 0, this.#heldLength)
      this.#held = grown
    }
    bytes.copy(this.#held, this.#heldLength)
    this.#heldLength = length
  }

  #refuseLargeEvents(ends: number[]): void {
    let start = 0
    for (const end of ends) {
      if (end - start > this.#maxEventBytes) throw new FrameTooLarge(this.#maxEventBytes)
      start = end
    }
  }
}

/**
 * Reads one whole event (its text with or without the blank line). `undefined` when it carries no data: a
 * comment, a retry hint, or an empty line.
 */
export function parseEvent(text: string): Frame | undefined {
  // Nearly every event of an OpenAI stream is one line of data; do not split it.
  if (text.startsWith('data: ')) {
    const end = text.search(/[\r\n]/)
    if (end < 0 || isBlank(text, end)) return { data: end < 0 ? text.slice(6) : text.slice(6, end) }
  }
  return parseLines(text)
}

function isBlank(text: string, from: number): boolean {
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code !== LF && code !== CR) return false
  }
  return true
}

function parseLines(text: string): Frame | undefined {
  let event: string | undefined
  let data: string | undefined
  for (const line of text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)) {
    const colon = line.indexOf(':')
    if (colon === 0 || line === '') continue
    const name = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (name === 'data') data = data === undefined ? value : `${data}\n${value}`
    else if (name === 'event') event = value
  }
  if (data === undefined) return undefined
  return event ? { event, data } : { data }
}

/** One event as it goes over the wire. A line break inside `data` becomes another `data:` line. */
export function formatEvent(frame: Frame): string {
  const data = frame.data.includes('\n') ? frame.data.replaceAll('\n', '\ndata: ') : frame.data
  return frame.event ? `event: ${frame.event}\ndata: ${data}\n\n` : `data: ${data}\n\n`
}

export function formatEvents(frames: readonly Frame[]): string {
  let text = ''
  for (const frame of frames) text += formatEvent(frame)
  return text
}
