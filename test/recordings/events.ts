import type { JsonObject } from '../../src/canonical/json.ts'
import type { Frame, FramingName } from '../../src/framing/frame.ts'
import { framings } from '../../src/framing/index.ts'

/** Reading and changing the text of recorded streams, on purpose without the gateway's own reader. */

/** The events of a stream whose lines end in LF, each with its blank line. */
export const eventTexts = (stream: string): string[] => stream.split(/(?<=\n\n)/)

/** The `data` of an event: one line in every recording. */
export const dataOf = (event: string): string => /^data: ?(.*)$/m.exec(event)?.[1] ?? ''

/** The `data` as JSON; `undefined` for sentinels and comments. */
export function jsonOf(event: string): JsonObject | undefined {
  const data = dataOf(event)
  return data.startsWith('{') ? (JSON.parse(data) as JsonObject) : undefined
}

/** The JSON of each event that has some. */
export const jsonEvents = (stream: string): JsonObject[] =>
  eventTexts(stream)
    .map(jsonOf)
    .filter((json) => json !== undefined)

/** The frames of a whole stream of any framing. */
export function framesOf(stream: Buffer, framing: FramingName): Frame[] {
  const reader = framings[framing].open({ maxEventBytes: stream.length })
  return [...reader.push(stream), ...reader.close()]
}

/** The events of a stream as they stand in it, cut without the gateway's own readers. */
export function piecesOf(stream: Buffer, framing: FramingName): Buffer[] {
  if (framing === 'aws-event-stream') return messagesOf(stream)
  const ends = framing === 'sse' ? /\r?\n\r?\n/g : /\n/g
  const text = stream.toString('latin1')
  const cuts = [0, ...[...text.matchAll(ends)].map(({ index, 0: end }) => index + end.length)]
  return cuts.map((from, at) => stream.subarray(from, cuts[at + 1])).filter((piece) => piece.length > 0)
}

/** Each message begins with its length in four bytes. */
function messagesOf(stream: Buffer): Buffer[] {
  const messages: Buffer[] = []
  for (let from = 0; from < stream.length; from += stream.readUInt32BE(from))
    messages.push(stream.subarray(from, from + stream.readUInt32BE(from)))
  return messages
}
