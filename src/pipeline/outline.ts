import type { JsonObject } from '../canonical/json.ts'
import { readMembers } from './members.ts'

/**
 * A JSON object's outermost shape: enough to tell whether an answer is one, and what it cost, without building
 * every value of it. Short texts and the members named in `whole` are there; a list that holds anything is `[null]`,
 * another object `{}`, other numbers are left out.
 *
 * @param bytes the object's UTF-8 bytes, one character each
 * @returns `undefined` when brackets and quotes do not add up to one whole object
 * @throws SyntaxError when a member of `whole` is no JSON
 */
export function outline(bytes: string, whole: readonly string[]): JsonObject | undefined {
  if (bytes.charCodeAt(0) !== 0x7b) return undefined
  const { members, close } = readMembers(bytes)
  if (bytes.charCodeAt(close) !== 0x7d || bytes.slice(close + 1).trim() !== '') return undefined
  const shape: JsonObject = {}
  for (const { key, valueStart, valueEnd } of members) {
    if (valueEnd <= valueStart) return undefined
    const first = bytes[valueStart]
    if (first === '{') shape[key] = whole.includes(key) ? JSON.parse(bytes.slice(valueStart, valueEnd)) : {}
    else if (first === '[') shape[key] = isEmpty(bytes, valueStart) ? [] : [null]
    else if (first === '"' && valueEnd - valueStart < longestText)
      shape[key] = textOf(bytes, valueStart, valueEnd)
  }
  return shape
}

const longestText = 256

const isEmpty = (bytes: string, start: number) => /^\[\s*\]/.test(bytes.slice(start, start + 16))

function textOf(bytes: string, start: number, end: number): string {
  const text = bytes.slice(start + 1, end - 1)
  return plain.test(text) ? text : (JSON.parse(`"${Buffer.from(text, 'latin1').toString()}"`) as string)
}

const plain = /^[\x20-\x5b\x5d-\x7e]*$/
