/**
 * The members at the top level of a JSON object, found without parsing what is in them.
 *
 * The object comes as its UTF-8 bytes in a string of one character each (`latin1`): searching a string costs
 * a tenth of searching a Buffer, and positions are still those of the bytes.
 */

export interface Member {
  key: string
  keyStart: number
  keyEnd: number
  valueStart: number
  valueEnd: number
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d

/** `close` is where the object's closing brace must stand. */
export function readMembers(raw: string): { members: Member[]; close: number } {
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

/** How many members there are: one colon outside of texts for each. */
export function countMembers(bytes: string): number {
  let depth = 0
  let count = 0
  for (let at = 0; at < bytes.length;) {
    const byte = bytes.charCodeAt(at)
    if (byte === QUOTE) {
      at = skipString(bytes, at)
      continue
    }
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--
    else if (byte === COLON && depth === 1) count++
    at++
  }
  return count
}

const plainKey = /^[\x20-\x5b\x5d-\x7e]*$/

function readKey(raw: string, start: number, end: number): string {
  const key = raw.slice(start + 1, end - 1)
  return plainKey.test(key) ? key : (JSON.parse(`"${Buffer.from(key, 'latin1').toString()}"`) as string)
}

export function skipSpace(raw: string, at: number): number {
  for (;;) {
    const byte = raw.charCodeAt(at)
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at
    at++
  }
}

/** From an opening quote to after the closing one. */
export function skipString(raw: string, at: number): number {
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
