import { isObject, type JsonObject } from '../canonical/json.ts'
import { skipSpace, skipString } from './members.ts'

/**
 * Reads what a relayed answer says of itself without building all of it: docs/decisions/0007.
 *
 * Providers write `usage` last, or nearly so. What stands from there to the end is parsed, which also shows that the
 * answer is whole: the last brace must close the outermost object. A key in quotes cannot be found inside of a text,
 * because there the quotes are escaped.
 *
 * @param bytes the answer's UTF-8 bytes, one character each
 * @param answerField the outermost list that makes a body an answer: `choices`
 * @returns the members from `usage` on, `model` if it is a text, and `answerField` as `[null]`; `undefined` where a
 *   glance does not do and the body must be parsed
 */
export function glance(bytes: string, answerField: string): JsonObject | undefined {
  const usageAt = bytes.lastIndexOf('"usage"')
  if (usageAt < 0 || bytes.charCodeAt(0) !== OPEN_BRACE) return undefined
  const listAt = bytes.indexOf(`"${answerField}"`)
  if (listAt < 0 || listAt > usageAt || !beginsFullList(bytes, listAt + answerField.length + 2))
    return undefined
  const tail = parseTail(bytes, usageAt)
  if (!tail) return undefined
  tail[answerField] = [null]
  tail.model ??= modelIn(bytes, usageAt)
  return tail
}

const QUOTE = 0x22
const COLON = 0x3a
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b

/** `: [` and something else than `]`. */
function beginsFullList(bytes: string, at: number): boolean {
  const colon = skipSpace(bytes, at)
  const open = skipSpace(bytes, colon + 1)
  if (bytes.charCodeAt(colon) !== COLON || bytes.charCodeAt(open) !== OPEN_BRACKET) return false
  const first = skipSpace(bytes, open + 1)
  return first < bytes.length && bytes.charCodeAt(first) !== CLOSE_BRACKET
}

function parseTail(bytes: string, from: number): JsonObject | undefined {
  try {
    const tail: unknown = JSON.parse(`{${bytes.slice(from)}`)
    return isObject(tail) ? tail : undefined
  } catch {
    return undefined
  }
}

function modelIn(bytes: string, before: number): string | undefined {
  const at = bytes.indexOf('"model"')
  if (at < 0 || at > before) return undefined
  const open = skipSpace(bytes, skipSpace(bytes, at + 7) + 1)
  if (bytes.charCodeAt(open) !== QUOTE) return undefined
  // Parsed and not only sliced: a slice would keep the whole answer alive for as long as the name is remembered.
  const model: unknown = JSON.parse(bytes.slice(open, skipString(bytes, open)))
  return typeof model === 'string' ? model : undefined
}
