import { crc32 } from 'node:zlib'
import { FrameTooLarge, type Frame, type FrameReader } from './frame.ts'

/**
 * AWS's binary event stream. A message is a prelude (its length, the length of its headers, a CRC of these
 * eight bytes), headers, the payload, and a CRC of all before it; numbers are big-endian.
 * @see https://smithy.io/2.0/aws/amazon-eventstream.html (checked 2026-11-21)
 */

const preludeBytes = 12
const checksumBytes = 4

/** Messages as frames. One that is cut off at the end of the stream is none. */
export class AwsEventStreamReader implements FrameReader {
  readonly #maxEventBytes: number
  #held: Buffer = Buffer.alloc(0)
  #heldLength = 0

  constructor(limits: { maxEventBytes: number }) {
    this.#maxEventBytes = limits.maxEventBytes
  }

  push(chunk: Buffer): readonly Frame[] {
    const bytes = this.#heldLength === 0 ? chunk : this.#withHeld(chunk)
    const frames: Frame[] = []
    let start = 0
    for (;;) {
      const length = this.#messageLength(bytes, start)
      if (length === undefined || bytes.length - start < length) break
      const frame = readMessage(bytes.subarray(start, start + length))
      if (frame) frames.push(frame)
      start += length
    }
    this.#hold(bytes.subarray(start))
    return frames
  }

  close(): readonly Frame[] {
    return []
  }

  /** `undefined` while the prelude has not come whole. Its checksum comes first: a wrong length would be waited for. */
  #messageLength(bytes: Buffer, start: number): number | undefined {
    if (bytes.length - start < preludeBytes) return undefined
    if (crc32(bytes.subarray(start, start + 8)) !== bytes.readUInt32BE(start + 8))
      throw new SyntaxError('the prelude of a message does not match its checksum')
    const length = bytes.readUInt32BE(start)
    if (length > this.#maxEventBytes) throw new FrameTooLarge(this.#maxEventBytes)
    if (bytes.readUInt32BE(start + 4) > length - preludeBytes - checksumBytes)
      throw new SyntaxError('the headers of a message are longer than the message')
    return length
  }

  #withHeld(chunk: Buffer): Buffer {
    const length = this.#heldLength + chunk.length
    if (length > this.#held.length) {
      // Doubling keeps a message that comes byte by byte linear. Not from Node's pool: it would hold a whole slab.
      const grown = Buffer.allocUnsafeSlow(Math.max(1024, length, this.#held.length * 2))
      this.#held.copy(grown, 0, 0, this.#heldLength)
      this.#held = grown
    }
    chunk.copy(this.#held, this.#heldLength)
    return this.#held.subarray(0, length)
  }

  /** Keeps the beginning of a message, which may lie in the very memory it is kept in. */
  #hold(bytes: Buffer): void {
    if (bytes.buffer !== this.#held.buffer) {
      this.#heldLength = 0
      this.#withHeld(bytes)
    } else if (bytes.byteOffset !== this.#held.byteOffset) bytes.copy(this.#held)
    this.#heldLength = bytes.length
  }
}

/** `undefined` for a message of a type that is neither event, exception nor error. */
function readMessage(message: Buffer): Frame | undefined {
  const end = message.length - checksumBytes
  if (crc32(message.subarray(0, end)) !== message.readUInt32BE(end))
    throw new SyntaxError('a message does not match its checksum')
  const payload = preludeBytes + message.readUInt32BE(4)
  const headers = readHeaders(message.subarray(preludeBytes, payload))
  const data = message.toString('utf8', payload, end)
  switch (headers.get(':message-type') ?? 'event') {
    case 'event':
      return named(headers.get(':event-type'), { data })
    case 'exception':
      return named(headers.get(':exception-type'), { data, isException: true })
    case 'error':
      // An error is not modelled by the service: its message is a header, and it has no payload.
      return named(headers.get(':error-code'), {
        data: data || JSON.stringify({ message: headers.get(':error-message') ?? '' }),
        isException: true,
      })
    default:
      return undefined
  }
}

const named = (event: string | undefined, frame: Frame): Frame => (event ? { event, ...frame } : frame)

/** Bytes of a header's value by its type; types 6 (bytes) and 7 (text) say their own length. */
const valueBytes: Readonly<Record<number, number>> = { 0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16 }
const textType = 7
const bytesType = 6

/** The headers whose value is text; others are passed over. */
function readHeaders(bytes: Buffer): Map<string, string> {
  const headers = new Map<string, string>()
  let at = 0
  const take = (length: number): number => {
    const from = at
    at += length
    if (at > bytes.length) throw new SyntaxError('a header of a message is cut off')
    return from
  }
  while (at < bytes.length) {
    const nameLength = bytes[take(1)]!
    const name = bytes.toString('utf8', take(nameLength), at)
    const type = bytes[take(1)]!
    const isSized = type === textType || type === bytesType
    const length = isSized ? bytes.readUInt16BE(take(2)) : valueBytes[type]
    if (length === undefined) throw new SyntaxError(`a header of a message has the unknown type ${type}`)
    const from = take(length)
    if (type === textType) headers.set(name, bytes.toString('utf8', from, at))
  }
  return headers
}
