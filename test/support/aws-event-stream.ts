import { crc32 } from 'node:zlib'

/** Headers of a message; all are written as text. */
export type MessageHeaders = Readonly<Record<string, string>>

/** A header's value as its type byte and its bytes, for the types other than text. */
export interface RawHeader {
  name: string
  type: number
  value: Buffer
}

/** One message of AWS's binary event stream, with right checksums. */
export function encodeMessage(
  headers: MessageHeaders,
  payload: string,
  rawHeaders: readonly RawHeader[] = [],
): Buffer {
  const head = Buffer.concat([
    ...rawHeaders.map(({ name, type, value }) => encodeHeader(name, type, value)),
    ...Object.entries(headers).map(([name, value]) => {
      const text = Buffer.from(value)
      const length = Buffer.alloc(2)
      length.writeUInt16BE(text.length)
      return encodeHeader(name, 7, Buffer.concat([length, text]))
    }),
  ])
  const body = Buffer.from(payload)
  const prelude = Buffer.alloc(8)
  prelude.writeUInt32BE(12 + head.length + body.length + 4, 0)
  prelude.writeUInt32BE(head.length, 4)
  const message = Buffer.concat([prelude, checksum(prelude), head, body])
  return Buffer.concat([message, checksum(message)])
}

function encodeHeader(name: string, type: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), Buffer.from([type]), value])
}

function checksum(bytes: Buffer): Buffer {
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(bytes))
  return sum
}

/** An event as Bedrock sends it. */
export const encodeEvent = (event: string, payload: unknown): Buffer =>
  encodeMessage(
    { ':event-type': event, ':content-type': 'application/json', ':message-type': 'event' },
    JSON.stringify(payload),
  )

/** An exception as Bedrock sends it in the middle of a stream. */
export const encodeException = (type: string, message: string): Buffer =>
  encodeMessage(
    { ':exception-type': type, ':content-type': 'application/json', ':message-type': 'exception' },
    JSON.stringify({ message }),
  )
