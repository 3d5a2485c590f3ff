import type { JsonObject } from '../../src/canonical/json.ts'

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
