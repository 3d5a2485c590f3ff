import { isAscii } from 'node:buffer'
import { FrameTooLarge, type Frame } from './frame.ts'

/**
 * Server-sent events, from bytes and to bytes.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */

const LF = 10
const CR = 13

/** Whole events at the front of what has arrived: `bytes` ends with the last one. */
export interface WholeEvents {
  bytes: Buffer
  /** Exclusive end of each event in `bytes`, its blank line included; ascending, at least one. */
  ends: number[]
  /** Each event as text, its blank line included. */
  texts: string[]
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
    // One character a byte: searching a string costs a tenth of searching a Buffer.
    const latin1 = chunk.toString('latin1')
    const ends =
      this.#afterCarriageReturn || latin1.includes('\r') ? this.#scanAnyLine(latin1) : this.#scanLines(latin1)
    const last = ends[ends.length - 1]
    if (last === undefined) {
      this.#hold(chunk)
      return undefined
    }
    if (this.#heldLength + last > this.#maxEventBytes) this.#refuseLargeEvents(ends)
    const whole =
      this.#heldLength === 0 ? fromChunk(chunk, latin1, ends) : this.#withHeld(chunk.subarray(0, last), ends)
    if (last < chunk.length) this.#hold(chunk.subarray(last))
    return whole
  }

  /** What is left when the stream has ended: an event without its blank line, or nothing. */
  rest(): Buffer {
    return this.#held.subarray(0, this.#heldLength)
  }

  /** Blank lines where all lines end in LF: nearly every stream. */
  #scanLines(text: string): number[] {
    const ends: number[] = []
    let at = 0
    if (this.#lineIsEmpty) {
      while (text.charCodeAt(at) === LF) ends.push(++at)
    }
    for (;;) {
      const found = text.indexOf('\n\n', at)
      if (found < 0) break
      at = found + 2
      ends.push(at)
      while (text.charCodeAt(at) === LF) ends.push(++at)
    }
    if (text.length > 0) this.#lineIsEmpty = text.charCodeAt(text.length - 1) === LF
    return ends
  }

  /** The same for any mixture of LF, CRLF and CR, byte by byte. */
  #scanAnyLine(text: string): number[] {
    const ends: number[] = []
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      // The LF of a CRLF belongs to the line that the CR has ended already.
      if (code === LF && this.#afterCarriageReturn) {
        this.#afterCarriageReturn = false
        if (ends[ends.length - 1] === i) ends[ends.length - 1] = i + 1
        continue
      }
      this.#afterCarriageReturn = code === CR
      if (code !== LF && code !== CR) {
        this.#lineIsEmpty = false
        continue
      }
      if (this.#lineIsEmpty) ends.push(i + 1)
      this.#lineIsEmpty = true
    }
    return ends
  }

  #withHeld(chunk: Buffer, ends: number[]): WholeEvents {
    const held = this.#heldLength
    const bytes = Buffer.concat([this.#held.subarray(0, held), chunk])
    for (let i = 0; i < ends.length; i++) ends[i] = (ends[i] as number) + held
    this.#heldLength = 0
    return { bytes, ends, texts: textsOf(bytes, bytes.toString('latin1'), ends) }
  }

  #hold(bytes: Buffer): void {
    const length = this.#heldLength + bytes.length
    if (length > this.#maxEventBytes) throw new FrameTooLarge(this.#maxEventBytes)
    if (length > this.#held.length) {
      // Doubling keeps an event that comes byte by byte linear.
      // Not from Node's pool: this lives as long as its stream, and would hold a whole slab of the pool.
      const grown = Buffer.allocUnsafeSlow(Math.max(1024, length, this.#held.length * 2))
      this.#held.copy(grown, 0, 0, this.#heldLength)
      this.#held = grown
    }
    bytes.copy(this.#held, this.#heldLength)
    this.#heldLength = length
  }

  #refuseLargeEvents(ends: number[]): void {
    let start = -this.#heldLength
    for (const end of ends) {
      if (end - start > this.#maxEventBytes) throw new FrameTooLarge(this.#maxEventBytes)
      start = end
    }
  }
}

function fromChunk(chunk: Buffer, latin1: string, ends: number[]): WholeEvents {
  const last = ends[ends.length - 1] as number
  const bytes = last === chunk.length ? chunk : chunk.subarray(0, last)
  return { bytes, ends, texts: textsOf(bytes, latin1, ends) }
}

function textsOf(bytes: Buffer, latin1: string, ends: readonly number[]): string[] {
  const ascii = isAscii(bytes)
  const texts: string[] = []
  let start = 0
  for (const end of ends) {
    texts.push(ascii ? latin1.slice(start, end) : bytes.toString('utf8', start, end))
    start = end
  }
  return texts
}

/**
 * Reads one whole event (its text with or without the blank line). `undefined` when it carries no data: a
 * comment, a retry hint, or an empty line.
 */
export function parseEvent(text: string): Frame | undefined {
  // Nearly every event is one line of data, with its name before it or without: do not split it.
  if (text.startsWith('data: ')) {
    if (endsWithLine(text, 6)) return { data: text.slice(6, -2) }
  } else if (text.startsWith('event: ')) {
    const nameEnd = text.indexOf('\n')
    if (nameEnd > 7 && text.startsWith('data: ', nameEnd + 1) && endsWithLine(text, nameEnd + 7)) {
      return { event: text.slice(7, nameEnd), data: text.slice(nameEnd + 7, -2) }
    }
  }
  return parseLines(text)
}

/** Whether what begins at `from` is the last line, and a blank one after it. */
function endsWithLine(text: string, from: number): boolean {
  const end = text.indexOf('\n', from)
  return end >= 0 && end === text.length - 2 && text.charCodeAt(end + 1) === LF && !text.includes('\r')
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
