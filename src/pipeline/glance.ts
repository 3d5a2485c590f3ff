import { isObject, type JsonObject } from '../canonical/json.ts'

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

const OPEN_BRACE = 0x7b

/** `: [` and something else than `]`. */
function beginsFullList(bytes: string, at: number): boolean {
  return /^\s*:\s*\[\s*[^\]\s]/.test(bytes.slice(at, at + 16))
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
  return /^\s*:\s*"([\x20\x21\x23-\x5b\x5d-\x7e]*)"/.exec(bytes.slice(at + 7, at + 300))?.[1]
}
