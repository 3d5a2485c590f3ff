import { expect } from 'vitest'
import type { FramingName } from '../../src/framing/frame.ts'
import { framings } from '../../src/framing/index.ts'
import { SseSplitter, type WholeEvents } from '../../src/framing/sse.ts'
import type { Conversion } from '../../src/pipeline/conversion.ts'
import { full } from '../support/full.ts'
import { convert, type Converted } from './conversion.ts'
import { framesOf } from './events.ts'

const manyBytes = 60_000

/**
 * Cuts a stream in two at every byte (a long one at every 17th, unless all is asked for), and demands the same answer each time.
 *
 * Each cut goes through a splitter of its own. What comes out is held against the positions of the events, counted
 * here, so that nothing is lost or doubled; then it depends only on how the events were grouped. Each grouping that
 * comes up goes through a conversion of its own, which has to give what the uncut stream gives.
 */
export function expectSameAtEveryCut(
  stream: Buffer,
  conversions: readonly Conversion[],
  framing: FramingName = 'sse',
): void {
  // Each cut reads the whole stream, so long ones take minutes.
  const step = full || stream.length < manyBytes ? 1 : 17
  const grouping = framing === 'sse' ? sseGrouping(stream) : frameGrouping(stream, framing)
  const uncut = conversions.map((conversion) => convert(conversion, [stream]))
  const seen = new Set<string>()
  for (let at = 0; at <= stream.length; at += step) {
    const pieces = [stream.subarray(0, at), stream.subarray(at)]
    const groups = grouping(pieces)
    if (seen.has(groups)) continue
    seen.add(groups)
    conversions.forEach((conversion, i) => expectSame(convert(conversion, pieces), uncut[i]!, at))
  }
  const events = framing === 'sse' ? endsOf(stream) : framesOf(stream, framing)
  expect(seen.size).toBeGreaterThanOrEqual(events.length / step)
}

/** How the events of a stream came in groups, as a word; throws unless they are exactly the stream's, in their order. */
type Grouping = (pieces: readonly Buffer[]) => string

function sseGrouping(stream: Buffer): Grouping {
  const ends = endsOf(stream)
  return (pieces) => groupingOf(split(pieces), stream, ends, pieces[0]!.length)
}

/** Of other framings only the frames can be seen, which are the same however they are cut. */
function frameGrouping(stream: Buffer, framing: FramingName): Grouping {
  const whole = framesOf(stream, framing)
  return (pieces) => {
    const reader = framings[framing].open({ maxEventBytes: stream.length })
    const groups = [...pieces.map((piece) => reader.push(piece)), reader.close()]
    const isRight = groups
      .flat()
      .every(({ event, data }, i) => data === whole[i]?.data && event === whole[i].event)
    const sizes = groups.map(({ length }) => length)
    if (!isRight || sizes.reduce((sum, size) => sum + size) !== whole.length)
      throw new Error(`cut at ${pieces[0]!.length}, other frames come out`)
    return sizes.join('+')
  }
}

/** Byte by byte, and in pieces of a few bytes that never fit the events. */
export function expectSameInPieces(
  stream: Buffer,
  conversions: readonly Conversion[],
  sizes: readonly number[],
): void {
  for (const conversion of conversions) {
    const uncut = convert(conversion, [stream])
    for (const size of sizes) expectSame(convert(conversion, piecesOf(stream, size)), uncut, size)
  }
}

function piecesOf(stream: Buffer, size: number): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0; at < stream.length; at += size) pieces.push(stream.subarray(at, at + size))
  return pieces
}

function expectSame(cut: Converted, uncut: Converted, at: number): void {
  // Compared by hand first: `expect` is slow, and nearly always there is nothing to tell.
  const text = withWholeLineEnd(cut.text)
  if (text === uncut.text && cut.finished === uncut.finished && cut.error === uncut.error) return
  expect({ at, ...cut, text }).toEqual({ at, ...uncut })
}

/** Where only the LF of the very last CRLF was cut off, nothing is missing. */
const withWholeLineEnd = (text: string): string => (text.endsWith('\r\n\r') ? `${text}\n` : text)

/** Where events end: after each blank line, whatever ends the lines. */
function endsOf(stream: Buffer): number[] {
  const text = stream.toString('latin1')
  return [...text.matchAll(/\r\n\r\n|\n\n|\r\r/g)].map(({ index, 0: blank }) => index + blank.length)
}

/** An event is whole with the CR of its blank line; an LF that comes after a cut belongs to nothing. */
const isEnd = (found: number, end: number | undefined, stream: Buffer): boolean =>
  found === end || (found + 1 === end && stream.toString('latin1', found - 1, end) === '\r\n')

/** What a splitter makes of a stream that comes in pieces: groups of whole events, and what is left at the end. */
interface Split {
  groups: WholeEvents[]
  rest: Buffer
}

function split(pieces: readonly Buffer[]): Split {
  const splitter = new SseSplitter({ maxEventBytes: 1024 * 1024 })
  const groups: WholeEvents[] = []
  for (const piece of pieces) {
    const group = splitter.push(piece)
    if (group) groups.push(group)
  }
  return { groups, rest: splitter.rest() }
}

/** How many events each group has; throws unless the groups hold exactly the stream's events, in their order. */
function groupingOf({ groups, rest }: Split, stream: Buffer, ends: readonly number[], at: number): string {
  let from = 0
  let event = 0
  let isRight = true
  for (const group of groups) {
    isRight &&= stream.subarray(from, from + group.bytes.length).equals(group.bytes)
    for (const end of group.ends) isRight &&= isEnd(from + end, ends[event++], stream)
    from += group.bytes.length
  }
  isRight &&= stream.subarray(from).equals(rest) && event === ends.length
  if (!isRight) throw new Error(`cut at ${at}, other events come out`)
  return groups.map((group) => group.ends.length).join('+')
}
