import type { JsonObject } from '../canonical/json.ts'

/**
 * Changes members at the top level of a JSON object without touching any other byte: numbers keep their
 * digits, keys their order, and a 200 KB prompt is not serialised again to rename a model.
 *
 * The object comes as its UTF-8 bytes in a string of one character each (`latin1`): searching a string costs
 * a tenth of searching a Buffer, and positions are still those of the bytes.
 */

export type Edit =
  { key: string; set: string } | { key: string; rename: string } | { key: string; remove: true }

interface Member {
  key: string
  keyStart: number
  keyEnd: number
  valueStart: number
  valueEnd: number
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d

/**
 * @param bytes a JSON object, already known to parse.
 * @param edits at most one per key. `set` adds a member that is not there; `rename` and `remove` ignore one.
 */
export function splice(bytes: string, edits: readonly Edit[]): string {
  if (edits.length === 0) return bytes
  const { members, close } = readMembers(bytes)
  let edited = ''
  let copied = 0
  let kept = 0
  const replace = (from: number, to: number, text: string) => {
    edited += bytes.slice(copied, from) + asBytes(text)
    copied = to
  }
  for (const [index, member] of members.entries()) {
    const edit = edits.find(({ key }) => key === member.key)
    if (edit && 'remove' in edit) {
      // Its comma goes too: the one before it, or the one after it where nothing is left before it.
      if (kept > 0) replace(Math.max(copied, members[index - 1]?.valueEnd ?? 0), member.valueEnd, '')
      else replace(member.keyStart, members[index + 1]?.keyStart ?? member.valueEnd, '')
      continue
    }
    kept++
    if (edit && 'set' in edit) replace(member.valueStart, member.valueEnd, edit.set)
    if (edit && 'rename' in edit) replace(member.keyStart, member.keyEnd, JSON.stringify(edit.rename))
  }
  for (const edit of edits) {
    if (!('set' in edit) || members.some(({ key }) => key === edit.key)) continue
    replace(close, close, `${kept++ > 0 ? ',' : ''}${JSON.stringify(edit.key)}:${edit.set}`)
  }
  return edited + bytes.slice(copied)
}

const asBytes = (text: string): string => Buffer.from(text).toString('latin1')

/**
 * A key that stands twice at the top level, or `undefined`. Parsers disagree on which one counts, so what was
 * checked here might not be what the provider reads.
 */
export function duplicateKey(bytes: string, body: JsonObject): string | undefined {
  const { members } = readMembers(bytes)
  if (members.length === Object.keys(body).length) return undefined
  const seen = new Set<string>()
  return members.find(({ key }) => seen.size === seen.add(key).size)?.key
}

function readMembers(raw: string): { members: Member[]; close: number } {
  const members: Member[] = []
  let at = skipSpace(raw, skipSpace(raw, 0) + 1)
  while (raw.charCodeAt(at) === QUOTE) {
    const keyStart = at
    const keyEnd = skipString(raw, at)
    const valueStart = skipSpace(raw, skipSpace(raw, keyEnd) + 1)
    const valueEnd = skipValue(raw, valueStart)
    members.push({ key: readKey(raw, keyStart, keyEnd), keyStart, keyEnd, valueStart, valueEnd })
    at = skipSpace(raw, valueEnd)
    if (raw.charCodeAt(at) !== COMMA) break
    at = skipSpace(raw, at + 1)
  }
  return { members, close: at }
}

const plainKey = /^[\x20-\x5b\x5d-\x7e]*$/

function readKey(raw: string, start: number, end: number): string {
  const key = raw.slice(start + 1, end - 1)
  return plainKey.test(key) ? key : (JSON.parse(`"${Buffer.from(key, 'latin1').toString()}"`) as string)
}

function skipSpace(raw: string, at: number): number {
  for (;;) {
    const byte = raw.charCodeAt(at)
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at
    at++
  }
}

/** From an opening quote to after the closing one. */
function skipString(raw: string, at: number): number {
  for (let quote = raw.indexOf('"', at + 1); ; quote = raw.indexOf('"', quote + 1)) {
    if (quote < 0) return raw.length
    let backslashes = 0
    while (raw.charCodeAt(quote - 1 - backslashes) === BACKSLASH) backslashes++
    if (backslashes % 2 === 0) return quote + 1
  }
}

function skipValue(raw: string, at: number): number {
  const first = raw.charCodeAt(at)
  if (first === QUOTE) return skipString(raw, at)
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) return skipScalar(raw, at)
  let depth = 0
  while (at < raw.length) {
    const byte = raw.charCodeAt(at)
    if (byte === QUOTE) {
      at = skipString(raw, at)
      continue
    }
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--
    at++
    if (depth === 0) return at
  }
  return at
}

function skipScalar(raw: string, at: number): number {
  for (; at < raw.length; at++) {
    const byte = raw.charCodeAt(at)
    if (
      byte === COMMA ||
      byte === CLOSE_BRACE ||
      byte === 0x20 ||
      byte === 0x0a ||
      byte === 0x0d ||
      byte === 0x09
    )
      break
  }
  return at
}
