import { isAscii } from 'node:buffer'
import type { JsonObject } from '../canonical/json.ts'
import { readMembers } from './members.ts'

/**
 * A JSON object's outermost shape: enough to tell whether an answer is one, and what it cost, without building
 * every value of it. A list that holds anything is `[null]`, an object `{}` unless its name is in `whole`; of texts
 * and numbers only the texts named in `texts` are there.
 *
 * @returns `undefined` when brackets and quotes do not add up to one whole object
 * @throws SyntaxError when a member of `whole` or `texts` is no JSON
 */
export function outline(
  raw: Buffer,
  { whole, texts }: { whole: readonly string[]; texts: readonly string[] },
): JsonObject | undefined {
  if (raw[0] !== 0x7b) return undefined
  const bytes = raw.toString('latin1')
  const { members, close } = readMembers(bytes)
  if (bytes.charCodeAt(close) !== 0x7d || bytes.slice(close + 1).trim() !== '') return undefined
  const valueAt = isAscii(raw)
    ? (start: number, end: number): unknown => JSON.parse(bytes.slice(start, end))
    : (start: number, end: number): unknown => JSON.parse(raw.toString('utf8', start, end))
  const shape: JsonObject = {}
  for (const { key, valueStart, valueEnd } of members) {
    if (valueEnd <= valueStart) return undefined
    const first = bytes[valueStart]
    if (first === '[') shape[key] = isEmpty(bytes, valueStart) ? [] : [null]
    else if (first === '{') shape[key] = whole.includes(key) ? valueAt(valueStart, valueEnd) : {}
    else if (first === '"' && texts.includes(key)) shape[key] = valueAt(valueStart, valueEnd)
  }
  return shape
}

const isEmpty = (bytes: string, start: number) => /^\[\s*\]/.test(bytes.slice(start, start + 16))
