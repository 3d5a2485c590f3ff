import { describe, expect, test } from 'vitest'
import { conversionOf, convert, split } from './conversion.ts'
import { expectSameAtEveryCut, expectSameInPieces } from './cuts.ts'
import { streams, type Recording } from './recordings.ts'

const named = (list: readonly Recording[]) => list.map((recording) => [recording.id, recording] as const)
const routes = ['/v1/chat/completions', '/v1/messages'] as const

const bytesOf = ({ fixture }: Recording): Buffer => Buffer.from(fixture.response.bodyText!)
const conversionsOf = (recording: Recording) => routes.map((route) => conversionOf(recording, route))

/** The same stream with other line ends, as some servers write them. */
const withLines = (stream: Buffer, lineEnd: string): Buffer => Buffer.from(stream.toString().replaceAll('\n', lineEnd))

describe('a recorded stream cut anywhere', () => {
  test('is one of many', () => expect(streams.length).toBeGreaterThanOrEqual(24))

  test.each(named(streams))('%s, cut in two at every byte, gives the same answer on both routes', (_id, recording) => {
    expectSameAtEveryCut(bytesOf(recording), conversionsOf(recording))
  })

  test.each(named(streams))('%s, in pieces of one byte and of a few, gives the same answer', (_id, recording) => {
    expectSameInPieces(bytesOf(recording), conversionsOf(recording), [1, 2, 3, 7, 64])
  })

  test.each(['\r\n', '\r'])('gives the same answer with lines that end in %j', (lineEnd) => {
    for (const recording of streams.filter(({ fixture }) => fixture.response.bodyText!.length < 3_000)) {
      const stream = withLines(bytesOf(recording), lineEnd)
      const conversions = conversionsOf(recording)
      expectSameAtEveryCut(stream, conversions)
      for (const conversion of conversions) {
        const { text, ...end } = convert(conversion, split([stream]))
        const { text: usual, ...usualEnd } = convert(conversion, split([bytesOf(recording)]))
        expect(end).toEqual(usualEnd)
        // What is relayed keeps the line ends it came with.
        expect(text.replaceAll(lineEnd, '\n')).toBe(usual)
      }
    }
  })

  test.each(named(streams))('%s, cut off before its end, is not finished unless its last word has come', (_id, recording) => {
    const stream = bytesOf(recording)
    for (const conversion of conversionsOf(recording)) {
      const whole = convert(conversion, split([stream]))
      if (whole.error !== undefined) continue
      const last = stream.lastIndexOf('"finish_reason":"') + stream.lastIndexOf('event: message_stop') + 1
      expect(convert(conversion, split([stream.subarray(0, last)])).finished).toBe(false)
    }
  })
})
