import { crc32 } from 'node:zlib'
import { EventStreamCodec } from '@smithy/eventstream-codec'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AwsEventStreamReader } from '../../src/framing/aws-event-stream.ts'
import { FrameTooLarge, type Frame } from '../../src/framing/frame.ts'
import { encodeEvent, encodeException, encodeMessage } from '../support/aws-event-stream.ts'
import { loadFixtures, responseBytes } from '../support/fixtures.ts'

const maxEventBytes = 1024 * 1024
const text = new TextDecoder()

function read(...chunks: Buffer[]): Frame[] {
  const reader = new AwsEventStreamReader({ maxEventBytes })
  return chunks.flatMap((chunk) => [...reader.push(chunk)]).concat(reader.close())
}

/** Each chunk in memory of its own, as a socket reuses its buffers. */
function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set([...places, bytes.length])].sort((one, other) => one - other)
  return ends.map((end, i) => Buffer.from(bytes.subarray(i === 0 ? 0 : ends[i - 1], end)))
}

/** What the official codec makes of the same bytes. */
function official(bytes: Buffer): Frame[] {
  const codec = new EventStreamCodec(
    (value) => (typeof value === 'string' ? value : text.decode(value as Uint8Array)),
    (value) => Buffer.from(value),
  )
  const frames: Frame[] = []
  for (let start = 0; start < bytes.length; start += bytes.readUInt32BE(start)) {
    const { headers, body } = codec.decode(bytes.subarray(start, start + bytes.readUInt32BE(start)))
    const isException = headers[':message-type']!.value === 'exception'
    const name = headers[isException ? ':exception-type' : ':event-type']!.value as string
    frames.push({ event: name, data: text.decode(body), ...(isException && { isException: true as const }) })
  }
  return frames
}

const recordings = loadFixtures({ dialect: 'bedrock-converse', feature: 'stream', without: 'error-400' }).map(
  (fixture) => [fixture.id, responseBytes(fixture)] as const,
)

describe('every recorded stream', () => {
  test('is among the recordings', () => expect(recordings.length).toBeGreaterThanOrEqual(8))

  test.each(recordings)('%s reads as the official codec reads it, wherever it is cut', (_id, bytes) => {
    const frames = official(bytes)
    expect(frames.length).toBeGreaterThan(2)
    expect(read(bytes)).toEqual(frames)
    expect(read(...cutAt(bytes, [...bytes.keys()]))).toEqual(frames)
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 40 }), (places) => {
        expect(read(...cutAt(bytes, places))).toEqual(frames)
      }),
      { numRuns: 25 },
    )
  })
})

describe('a message', () => {
  const event = encodeEvent('messageStart', { role: 'assistant' })

  test('is an event by its type, with its payload as text', () => {
    expect(read(encodeEvent('contentBlockDelta', { text: 'Grüße 🙂' }))).toEqual([
      { event: 'contentBlockDelta', data: '{"text":"Grüße 🙂"}' },
    ])
  })

  test('is an exception by the name of its exception', () => {
    expect(read(event, encodeException('throttlingException', 'Slow down'))).toEqual([
      { event: 'messageStart', data: '{"role":"assistant"}' },
      { event: 'throttlingException', data: '{"message":"Slow down"}', isException: true },
    ])
  })

  test('is an error by its code, whose message is a header', () => {
    const headers = { ':message-type': 'error', ':error-code': 'InternalError', ':error-message': 'Oh' }
    expect(read(encodeMessage(headers, ''))).toEqual([
      { event: 'InternalError', data: '{"message":"Oh"}', isException: true },
    ])
    expect(read(encodeMessage(headers, '{"own":1}'))).toEqual([
      { event: 'InternalError', data: '{"own":1}', isException: true },
    ])
    expect(read(encodeMessage({ ':message-type': 'error' }, ''))).toEqual([
      { data: '{"message":""}', isException: true },
    ])
  })

  test('without a type is an event, of an unknown type is nothing', () => {
    expect(read(encodeMessage({}, '{}'))).toEqual([{ data: '{}' }])
    expect(read(encodeMessage({ ':message-type': 'weather' }, '{}'), event)).toHaveLength(1)
  })

  test('may have headers of every type between', () => {
    const sized = (bytes: string) => Buffer.concat([Buffer.from([0, bytes.length]), Buffer.from(bytes)])
    const others = [
      { name: 'yes', type: 0, value: Buffer.alloc(0) },
      { name: 'no', type: 1, value: Buffer.alloc(0) },
      { name: 'byte', type: 2, value: Buffer.alloc(1) },
      { name: 'short', type: 3, value: Buffer.alloc(2) },
      { name: 'integer', type: 4, value: Buffer.alloc(4) },
      { name: 'long', type: 5, value: Buffer.alloc(8) },
      { name: ':event-type', type: 6, value: sized('bytes are no text') },
      { name: 'timestamp', type: 8, value: Buffer.alloc(8) },
      { name: 'uuid', type: 9, value: Buffer.alloc(16) },
    ]
    expect(read(encodeMessage({ ':event-type': 'metadata' }, '{}', others))).toEqual([
      { event: 'metadata', data: '{}' },
    ])
  })
})

describe('bytes that are no such stream', () => {
  const event = encodeEvent('messageStart', { role: 'assistant' })
  const damaged = (at: number): Buffer => {
    const bytes = Buffer.from(event)
    bytes[at] = bytes[at]! ^ 1
    return bytes
  }
  const withHeaders = (value: Buffer, type: number) => encodeMessage({}, '', [{ name: 'h', type, value }])

  test.each([...event.keys()])('a bit changed at byte %i is noticed', (at) => {
    expect(() => read(damaged(at))).toThrow(SyntaxError)
  })

  test.each<[string, Buffer]>([
    ['JSON', Buffer.from('{"message":"The security token is expired"}')],
    ['server-sent events', Buffer.from('data: {"a":1}\n\n')],
    ['a header of an unknown type', withHeaders(Buffer.alloc(0), 10)],
    ['a header that is cut off', withHeaders(Buffer.from([255, 255]), 7)],
  ])('%s is refused', (_what, bytes) => {
    expect(() => read(bytes)).toThrow(SyntaxError)
  })

  test('headers that claim more than the message has are refused', () => {
    const whole = encodeMessage({}, '')
    const codec = encodeMessage({ ':event-type': 'a' }, '')
    const lengths = Buffer.concat([whole.subarray(0, 4), codec.subarray(4, 8)])
    // The prelude's own checksum is right, so that nothing but the lengths can be wrong.
    const prelude = encodePrelude(lengths)
    expect(() => read(Buffer.concat([prelude, whole.subarray(12)]))).toThrow('longer than the message')
  })

  test('a message cut off at the end is none', () => {
    const reader = new AwsEventStreamReader({ maxEventBytes })
    expect(reader.push(event.subarray(0, event.length - 1))).toEqual([])
    expect(reader.close()).toEqual([])
  })
})

describe('a limit', () => {
  const event = encodeEvent('messageStart', { role: 'assistant' })

  test('is refused as soon as the prelude tells the length', () => {
    const reader = new AwsEventStreamReader({ maxEventBytes: event.length - 1 })
    expect(reader.push(event.subarray(0, 11))).toEqual([])
    expect(() => reader.push(event.subarray(11, 12))).toThrow(FrameTooLarge)
  })

  test('counts each message by itself', () => {
    const reader = new AwsEventStreamReader({ maxEventBytes: event.length })
    expect(reader.push(Buffer.concat([event, event, event]))).toHaveLength(3)
  })
})

/** A prelude for these eight bytes: the checksum is that of a message which begins with them. */
function encodePrelude(lengths: Buffer): Buffer {
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(lengths))
  return Buffer.concat([lengths, sum])
}
