import { isObject, parseJson, type JsonObject } from '../../canonical/json.ts'
import type { Frame } from '../../framing/frame.ts'

/** Anchored and without nested repeats: a look at the first bytes, not a parse. */
const leadingType = /^\s*\{\s*"type"\s*:\s*"([a-z_.]+)"/

/** The event's name; a sender that leaves out `event:` says it in the data, nearly always first. */
export function eventOf(frame: Frame): string | undefined {
  if (frame.event !== undefined) return frame.event
  const leading = leadingType.exec(frame.data)
  if (leading) return leading[1]
  const event = readable(frame.data)
  return typeof event?.type === 'string' ? event.type : undefined
}

/** The object of JSON text; `undefined` for any other text. */
export function readable(data: string): JsonObject | undefined {
  try {
    const value = parseJson(data)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** The end of a chat's stream, which some servers append to every stream. */
export const isDone = (frame: Frame): boolean => frame.data.trim() === '[DONE]'
