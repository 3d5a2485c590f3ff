import { isObject, isRawJson, type JsonObject } from '../../canonical/json.ts'
import { GatewayError } from '../../errors.ts'

/**
 * Reading JSON of a known shape. Optional fields take `null` for absent, as the API does. Whatever does
 * not fit throws `invalid_request` with the field's path (`messages[2].content`), what was found (its kind,
 * or the word itself where words are listed) and what is allowed. Contents are never repeated.
 */

const longestWord = 64

/** What a value is, in words that repeat nothing of it but a short enumeration word. */
export function describe(value: unknown, asWord = false): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (isRawJson(value)) return 'a number out of range'
  if (typeof value === 'string' && asWord) return JSON.stringify(value.slice(0, longestWord))
  if (typeof value === 'string') return value === '' ? 'an empty string' : 'a string'
  if (typeof value === 'number' && asWord) return String(value)
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

export function wrongShape(path: string, value: unknown, allowed: string, asWord = false): GatewayError {
  return new GatewayError('invalid_request', {
    message: `${path}: found ${describe(value, asWord)}, allowed: ${allowed}.`,
    param: path,
  })
}

const quoted = (words: readonly string[]): string => words.map((word) => `"${word}"`).join(', ')

export const at = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`)

export function object(value: unknown, path: string): JsonObject {
  if (!isObject(value) || isRawJson(value)) throw wrongShape(path, value, 'an object')
  return value
}

export function array(value: unknown, path: string): unknown[] {
  if (!Array.isArray(value)) throw wrongShape(path, value, 'an array')
  return value
}

export function string(from: JsonObject, name: string, path: string): string {
  const value = from[name]
  if (typeof value !== 'string') throw wrongShape(at(path, name), value, 'a string')
  return value
}

export function optionalString(from: JsonObject, name: string, path: string): string | undefined {
  return from[name] === undefined || from[name] === null ? undefined : string(from, name, path)
}

export function optionalBoolean(from: JsonObject, name: string, path: string): boolean | undefined {
  const value = from[name] ?? undefined
  if (value !== undefined && typeof value !== 'boolean')
    throw wrongShape(at(path, name), value, 'true or false')
  return value
}

export function optionalNumber(from: JsonObject, name: string, path: string): number | undefined {
  const value = from[name] ?? undefined
  if (value !== undefined && typeof value !== 'number') throw wrongShape(at(path, name), value, 'a number')
  return value
}

/** A whole number from 0 up. */
export function count(from: JsonObject, name: string, path: string): number {
  const value = from[name]
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw wrongShape(at(path, name), value, 'a whole number from 0 up', true)
  return value
}

export function optionalCount(from: JsonObject, name: string, path: string): number | undefined {
  return from[name] === undefined || from[name] === null ? undefined : count(from, name, path)
}

export function optionalObject(from: JsonObject, name: string, path: string): JsonObject | undefined {
  return from[name] === undefined || from[name] === null ? undefined : object(from[name], at(path, name))
}

/** One of the listed words. */
export function word<Word extends string>(
  from: JsonObject,
  name: string,
  path: string,
  words: readonly Word[],
): Word {
  const value = from[name]
  const found = words.find((known) => known === value)
  if (found === undefined) throw wrongShape(at(path, name), value, quoted(words), true)
  return found
}

/** Collects the fields that nobody reads, as paths without positions: `messages[].foo`. */
export class UnknownFields {
  readonly #paths = new Set<string>()

  /** Notes every field of `from` that is not in `known`; `null` says nothing and is not noted. */
  beyond(known: ReadonlySet<string>, from: JsonObject, path: string): void {
    for (const name in from)
      if (!known.has(name) && from[name] !== null)
        this.#paths.add(at(path, name).replaceAll(/\[\d+\]/g, '[]'))
  }

  list(): string[] {
    return [...this.#paths]
  }
}
