import { GatewayError } from '../errors.ts'
import { readDisposition } from './disposition.ts'

/**
 * Finds the parts of a body of `multipart/form-data` (RFC 7578, RFC 2046 5.1) as it comes in, cut anywhere, and keeps
 * nothing but the values of the few fields that are asked for. It is strict: what another parser might read in
 * another way is refused, or a caller could show the gateway one model and the provider another.
 */

export interface MultipartField {
  value: string
  /** Where the value stands in the body; `end` is exclusive. */
  start: number
  end: number
}

interface OpenField {
  name: string
  /** The end of the blank line before it included. */
  pieces: Buffer[]
}

/** Delimiter lines and the heads of parts are a few hundred bytes. */
const maxHeadBytes = 16 * 1024
const maxParts = 1_000
/** Of a value that is asked for. */
const maxValueBytes = 1_024

const lineFeed = 0x0a
const lineEnd = Buffer.from('\r\n')
const headEnd = Buffer.from('\r\n\r\n')
const utf8 = new TextDecoder('utf-8', { fatal: true })

export class MultipartScanner {
  readonly fields = new Map<string, MultipartField>()
  readonly #wanted: ReadonlySet<string>
  readonly #delimiter: Buffer
  #state: 'preamble' | 'delimiter' | 'head' | 'value' | 'epilogue' = 'preamble'
  // The first delimiter needs no line end before it; with one ahead of the body it is found as all others.
  #pending: Buffer = lineEnd
  /** Where `#pending` begins in the body. */
  #at = -lineEnd.length
  #parts = 0
  /** Where the value of the part begins; at first, the preamble. */
  #valueAt = this.#at
  /** The wanted field whose value is being read. */
  #open: OpenField | undefined

  constructor(boundary: string, wanted: readonly string[]) {
    this.#delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1')
    this.#wanted = new Set(wanted)
  }

  /** @throws GatewayError `invalid_request` */
  push(chunk: Buffer): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk])
    while (this.#step());
  }

  /** @throws GatewayError `invalid_request` */
  end(): void {
    if (this.#state !== 'epilogue') throw malformed('it ends before its closing boundary')
  }

  /** False where it takes more bytes to go on. */
  #step(): boolean {
    switch (this.#state) {
      case 'preamble':
      case 'value':
        return this.#findDelimiter()
      case 'delimiter':
        return this.#readDelimiterLine()
      case 'head':
        return this.#readHead()
      case 'epilogue':
        return this.#readEpilogue()
    }
  }

  #findDelimiter(): boolean {
    const found = this.#pending.indexOf(this.#delimiter)
    // What could be the beginning of a delimiter stays.
    const until = found < 0 ? Math.max(0, this.#pending.length - this.#delimiter.length + 1) : found
    const value = this.#take(until)
    if (this.#open) this.#keep(this.#open, value)
    if (found < 0) return false
    if (this.#at < this.#valueAt) throw malformed('a part has no value, or one that begins with its boundary')
    if (this.#open) this.#close(this.#open)
    this.#take(this.#delimiter.length)
    this.#state = 'delimiter'
    return true
  }

  #readDelimiterLine(): boolean {
    if (this.#pending.length < 2) return false
    if (this.#pending.toString('latin1', 0, 2) === '--') {
      this.#take(2)
      this.#state = 'epilogue'
      return true
    }
    if (this.#pending[0] === lineFeed) throw malformed('its lines end in LF, not in CRLF')
    const end = this.#pending.indexOf(lineEnd)
    if (end < 0) {
      if (!isBlank(this.#pending)) throw malformed('a line begins with its boundary and goes on')
      return this.#waitForHead()
    }
    if (!isBlank(this.#pending.subarray(0, end)))
      throw malformed('a line begins with its boundary and goes on')
    this.#take(end + lineEnd.length)
    this.#state = 'head'
    return true
  }

  #readHead(): boolean {
    if (this.#pending.length >= 2 && this.#pending.indexOf(lineEnd) === 0)
      throw malformed('a part has no content-disposition')
    const end = this.#pending.indexOf(headEnd)
    if (end < 0) return this.#waitForHead()
    const head = this.#take(end).toString('latin1')
    this.#take(lineEnd.length)
    // The blank line stays: a delimiter that begins with it would be a part without a value, which only some see.
    this.#valueAt = this.#at + lineEnd.length
    if (++this.#parts > maxParts) throw malformed(`it has more than ${maxParts} parts`)
    const disposition = readDisposition(head)
    if (typeof disposition === 'string') throw malformed(disposition)
    this.#state = 'value'
    if (this.#wanted.has(disposition.name)) this.#openField(disposition)
    return true
  }

  /** Only a closing line end: an epilogue is allowed by the RFC, and written by nobody. */
  #readEpilogue(): false {
    if (!isBlank(this.#pending)) throw malformed('it goes on after its closing boundary')
    this.#take(this.#pending.length)
    return false
  }

  #waitForHead(): false {
    if (this.#pending.length > maxHeadBytes)
      throw malformed(`the head of a part is larger than ${maxHeadBytes} bytes`)
    return false
  }

  #openField({ name, isPlain }: { name: string; isPlain: boolean }): void {
    if (this.fields.has(name))
      throw new GatewayError('invalid_request', {
        message: `The field ${JSON.stringify(name)} stands twice in the body; keep one of them.`,
        param: name,
      })
    if (!isPlain)
      throw new GatewayError('invalid_request', {
        message: `The field ${JSON.stringify(name)} must be plain text in UTF-8, found a file or another encoding.`,
        param: name,
      })
    this.#open = { name, pieces: [] }
  }

  #keep({ name, pieces }: OpenField, value: Buffer): void {
    if (this.#at - this.#valueAt > maxValueBytes)
      throw new GatewayError('invalid_request', {
        message: `The field ${JSON.stringify(name)} is longer than ${maxValueBytes} bytes.`,
        param: name,
      })
    pieces.push(Buffer.from(value))
  }

  #close({ name, pieces }: OpenField): void {
    this.#open = undefined
    const bytes = Buffer.concat(pieces).subarray(lineEnd.length)
    const start = this.#valueAt
    try {
      this.fields.set(name, { value: utf8.decode(bytes), start, end: start + bytes.length })
    } catch {
      throw new GatewayError('invalid_request', {
        message: `The field ${JSON.stringify(name)} is not valid UTF-8.`,
        param: name,
      })
    }
  }

  #take(length: number): Buffer {
    const taken = this.#pending.subarray(0, length)
    this.#pending = this.#pending.subarray(length)
    this.#at += length
    return taken
  }
}

/** Spaces, tabs and line ends. */
const isBlank = (bytes: Buffer): boolean => /^[ \t\r\n]*$/.test(bytes.toString('latin1'))

const malformed = (what: string): GatewayError =>
  new GatewayError('invalid_request', { message: `The body is no valid multipart/form-data: ${what}.` })
