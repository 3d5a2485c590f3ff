import { describe, expect, test } from 'vitest'
import { responseBytes } from '../support/fixtures.ts'
import { full } from '../support/full.ts'
import { conversionOf, convert } from './conversion.ts'
import { expectSameAtEveryCut, expectSameInPieces } from './cuts.ts'
import { piecesOf } from './events.ts'
import { providerDialect, reachedBy, routesOf, streams, type Recording, type Route } from './recordings.ts'

const named = (list: readonly Recording[]) => list.map((recording) => [recording.id, recording] as const)

const bytesOf = ({ fixture }: Recording): Buffer => responseBytes(fixture)
const conversionsOf = (recording: Recording) =>
  routesOf(recording).map((route) => conversionOf(reachedBy(route, recording), route))
const framingOf = (recording: Recording) => providerDialect(recording).framing

const isBelow = (length: number, recording: Recording): boolean => bytesOf(recording).length < length

/** The same stream with other line ends, as some servers write them. */
const withLines = (stream: Buffer, lineEnd: string): Buffer =>
  Buffer.from(stream.toString().replaceAll('\n', lineEnd))

describe('a recorded stream cut anywhere', () => {
  test('is one of many', () => expect(streams.length).toBeGreaterThanOrEqual(24))

  test.each(named(streams))(
    '%s, cut in two at every byte, gives the same answer on all routes',
    (_id, recording) => {
      expectSameAtEveryCut(bytesOf(recording), conversionsOf(recording), framingOf(recording))
    },
    full ? 600_000 : 30_000,
  )

  test.each(named(streams))(
    '%s, in pieces of one byte and of a few, gives the same answer',
    (_id, recording) => {
      expectSameInPieces(bytesOf(recording), conversionsOf(recording), [1, 2, 3, 7, 64])
    },
  )

  test.each(['\r\n', '\r'])('gives the same answer with lines that end in %j', (lineEnd) => {
    const short = streams.filter(
      (recording) =>
        framingOf(recording) === 'sse' && isBelow(3_000, recording) && !bytesOf(recording).includes('\r'),
    )
    for (const recording of short) {
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

/** What each provider finishes with. */
const finishWords: Readonly<Record<string, RegExp>> = {
  'openai-chat': /"finish_reason": ?"[a-z_]+"/,
  'openai-completions': /"finish_reason": ?"[a-z_]+"/,
  'mistral-chat': /"finish_reason": ?"[a-z_]+"/,
  'openai-responses': /"type": ?"response\.(completed|incomplete)"/,
  'anthropic-messages': /"type": ?"message_stop"/,
  'gemini-generate': /"finishReason": ?"/,
  'bedrock-converse': /messageStop/,
  'cohere-v2-chat': /"type": ?"message-end"/,
  'ollama-chat': /"done": ?true/,
}

/** The first byte count with which a stream says that it is whole. A last event counts without its line ends. */
function finishedFrom(recording: Recording): number {
  const framing = framingOf(recording)
  let length = 0
  for (const piece of piecesOf(bytesOf(recording), framing)) {
    const text = piece.toString('latin1')
    if (finishWords[recording.fixture.dialect]!.test(text))
      return length + (framing === 'aws-event-stream' ? piece.length : text.trimEnd().length)
    length += piece.length
  }
  return Infinity
}

const lastWords: Readonly<Partial<Record<Route, RegExp>>> = {
  '/v1/chat/completions': /data: \[DONE\]\s*$/,
  '/v1/completions': /data: \[DONE\]\s*$/,
  '/v1/messages': /event: message_stop\ndata: \{"type":"message_stop" *\}\s*$/,
  '/v1/responses': /event: response\.(completed|incomplete)\ndata: \{.*\}\s*$/,
}

describe('a recorded stream whose connection ends at any byte', () => {
  const short = streams.filter((recording) => isBelow(full ? 8_000 : 2_500, recording))
  test('is one of many', () => expect(short.length).toBeGreaterThanOrEqual(8))

  test.each(named(short))(
    '%s is finished if its finish has come, and else never looks like it',
    (_id, recording) => {
      const stream = bytesOf(recording)
      const from = finishedFrom(recording)
      for (const route of routesOf(recording)) {
        const conversion = conversionOf(reachedBy(route, recording), route)
        for (let length = 0; length <= stream.length; length++) {
          const { text, ...end } = convert(conversion, [stream.subarray(0, length)])
          const isWhole = length >= from
          const looksWhole = lastWords[route]!.test(text)
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
