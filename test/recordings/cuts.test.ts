import { describe, expect, test } from 'vitest'
import { full } from '../support/full.ts'
import { conversionOf, convert } from './conversion.ts'
import { expectSameAtEveryCut, expectSameInPieces } from './cuts.ts'
import { eventTexts, jsonOf } from './events.ts'
import { streams, type Recording } from './recordings.ts'

const named = (list: readonly Recording[]) => list.map((recording) => [recording.id, recording] as const)
const routes = ['/v1/chat/completions', '/v1/messages'] as const

const bytesOf = ({ fixture }: Recording): Buffer => Buffer.from(fixture.response.bodyText!)
const conversionsOf = (recording: Recording) => routes.map((route) => conversionOf(recording, route))

/** The same stream with other line ends, as some servers write them. */
const withLines = (stream: Buffer, lineEnd: string): Buffer =>
  Buffer.from(stream.toString().replaceAll('\n', lineEnd))

describe('a recorded stream cut anywhere', () => {
  test('is one of many', () => expect(streams.length).toBeGreaterThanOrEqual(24))

  test.each(named(streams))(
    '%s, cut in two at every byte, gives the same answer on both routes',
    (_id, recording) => {
      expectSameAtEveryCut(bytesOf(recording), conversionsOf(recording))
    },
  )

  test.each(named(streams))(
    '%s, in pieces of one byte and of a few, gives the same answer',
    (_id, recording) => {
      expectSameInPieces(bytesOf(recording), conversionsOf(recording), [1, 2, 3, 7, 64])
    },
  )

  test.each(['\r\n', '\r'])('gives the same answer with lines that end in %j', (lineEnd) => {
    for (const recording of streams.filter(({ fixture }) => fixture.response.bodyText!.length < 3_000)) {
      const stream = withLines(bytesOf(recording), lineEnd)
      const conversions = conversionsOf(recording)
      expectSameAtEveryCut(stream, conversions)
      for (const conversion of conversions) {
        const { text, ...end } = convert(conversion, [stream])
        const { text: usual, ...usualEnd } = convert(conversion, [bytesOf(recording)])
        expect(end).toEqual(usualEnd)
        // What is relayed keeps the line ends it came with.
        expect(text.replaceAll(lineEnd, '\n')).toBe(usual)
      }
    }
  })
})

/** The first byte count with which a stream says that it is whole: its last finish reason, or `message_stop`. */
function finishedFrom(stream: string): number {
  let length = 0
  for (const event of eventTexts(stream)) {
    const json = jsonOf(event)
    const [choice] = (json?.choices ?? []) as { finish_reason?: string | null }[]
    if (json?.type === 'message_stop' || choice?.finish_reason)
      return length + Buffer.byteLength(event.trimEnd())
    length += Buffer.byteLength(event)
  }
  return Infinity
}

const lastWords = {
  '/v1/chat/completions': /data: \[DONE\]\s*$/,
  '/v1/messages': /event: message_stop\ndata: \{"type":"message_stop" *\}\s*$/,
}

describe('a recorded stream whose connection ends at any byte', () => {
  const short = streams.filter(({ fixture }) => fixture.response.bodyText!.length < (full ? 8_000 : 2_500))
  test('is one of many', () => expect(short.length).toBeGreaterThanOrEqual(8))

  test.each(named(short))(
    '%s is finished if its finish has come, and else never looks like it',
    (_id, recording) => {
      const stream = bytesOf(recording)
      const from = finishedFrom(stream.toString())
      for (const route of routes) {
        const conversion = conversionOf(recording, route)
        for (let length = 0; length <= stream.length; length++) {
          const { text, ...end } = convert(conversion, [stream.subarray(0, length)])
          const isWhole = length >= from
          const looksWhole = lastWords[route].test(text)
          if (end.finished !== isWhole || looksWhole !== isWhole) {
            expect({ route, length, ...end, looksWhole }).toMatchObject({
              finished: isWhole,
              looksWhole: isWhole,
            })
          }
        }
      }
    },
  )
})
