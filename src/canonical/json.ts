/**
 * JSON that survives the trip: integers beyond 2^53 keep every digit.
 *
 * `JSON.parse` rounds them (`seed: 9007199254740993` loses its last digit). Here they become
 * `JSON.rawJSON` values, which `JSON.stringify` writes out digit by digit as they came.
 * @see TC39 proposal-json-parse-with-source
 */

export type JsonObject = Record<string, unknown>

/** A number kept as its source text; opaque to everything but `JSON.stringify`. */
export interface RawJson {
  readonly rawJSON: string
}

interface JsonWithSource {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown
  rawJSON(text: string): RawJson
  isRawJSON(value: unknown): value is RawJson
}
const json = JSON as unknown as JsonWithSource

export const isRawJson = (value: unknown): value is RawJson => json.isRawJSON(value)

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** @throws SyntaxError as `JSON.parse` does; RangeError for nesting beyond the stack. */
export function parseJson(text: string): unknown {
  return withEveryDigit(JSON.parse(text), () => text)
}

/** What `JSON.parse` made of a text, or the text parsed again where that lost digits. */
export function withEveryDigit(value: unknown, text: () => string): unknown {
  // Nearly no body has such an integer, so nearly none pays for a reviver.
  return holdsUnsafeInteger(value) ? json.parse(text(), keepUnsafeIntegers) : value
}

function holdsUnsafeInteger(value: unknown): boolean {
  if (typeof value === 'number') return Number.isInteger(value) && !Number.isSafeInteger(value)
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return value.some(holdsUnsafeInteger)
  for (const key in value) if (holdsUnsafeInteger((value as JsonObject)[key])) return true
  return false
}

function keepUnsafeIntegers(_key: string, value: unknown, context: { source?: string }): unknown {
  const unsafe = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)
  return unsafe && context.source !== undefined ? json.rawJSON(context.source) : value
}
