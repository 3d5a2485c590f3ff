import { isObject, parseJson } from '../../canonical/json.ts'
import type { Frame } from '../../framing/frame.ts'

/** Anchored and without nested repeats: a look at the first bytes, not a parse. */
const leadingType = /^\s*\{\s*"type"\s*:\s*"([a-z_]+)"/

/**
 * The event's name; a sender that leaves out `event:` says it in the data, nearly always first.
 * `undefined` for data that is no event of this API.
 */
export function eventOf(frame: Frame): string | undefined {
  if (frame.event !== undefined) return frame.event
  const leading = leadingType.exec(frame.data)
  if (leading) return leading[1]
  const value = readable(frame.data)
  return isObject(value) && typeof value.type === 'string' ? value.type : undefined
}

/** The value of JSON text; `undefined` for any other text. */
export function readable(data: string): unknown {
  try {
    return parseJson(data)
  } catch {
    return undefined
  }
}

/** OpenAI's end of a stream, which some proxies append to every stream. */
export const isDone = (frame: Frame): boolean => frame.data.trim() === '[DONE]'
