/**
 * Reading the fields of a caller's body, one by one. `null` counts as absent, as SDKs write it for fields
 * nobody set. A wrong shape is refused with its place, what was found and what is allowed; never with the
 * value itself, which may be somebody's prompt.
 */
import { isObject, isRawJson, type JsonObject, type RawJson } from '../canonical/json.ts'
import { GatewayError } from '../errors.ts'

/** @throws GatewayError `invalid_request` */
export function refuse(param: string, found: unknown, allowed: string): never {
  refuseAs(param, describe(found), allowed)
}

/** The same with a phrase for what was found. */
export function refuseAs(param: string, found: string, allowed: string): never {
  const message = `\`${param}\` is ${found}; allowed: ${allowed}.`
  throw new GatewayError('invalid_request', { message, param })
}

/** Refuses a word out of a fixed list; such a word is short, so the message may show its beginning. */
export function refuseWord(param: string, found: unknown, allowed: readonly string[]): never {
  const list = allowed.map((word) => `"${word}"`).join(', ')
  if (typeof found !== 'string') refuse(param, found, list)
  refuseAs(param, JSON.stringify(found.slice(0, 40)), list)
}

function describe(value: unknown): string {
  if (value === undefined) return 'missing'
  if (value === null) return 'null'
  if (isRawJson(value)) return 'a number beyond 2^53'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
  if (value === '') return 'an empty string'
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return typeof value === 'string' ? 'a string' : 'an object'
}

export const at = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`)

export function readString(object: JsonObject, name: string, path = ''): string | undefined {
  const value = object[name] ?? undefined
  if (value !== undefined && typeof value !== 'string') refuse(at(path, name), value, 'a string')
  return value
}

/** A string that must be there; empty only where `''` means something. */
export function readText(object: JsonObject, name: string, path: string): string {
  const value = object[name]
  if (typeof value !== 'string') refuse(at(path, name), value, 'a string')
  return value
}

export function readName(object: JsonObject, name: string, path: string): string {
  const value = object[name]
  if (typeof value !== 'string' || value === '') refuse(at(path, name), value, 'a string that is not empty')
  return value
}

export function readBoolean(object: JsonObject, name: string, path = ''): boolean | undefined {
  const value = object[name] ?? undefined
  if (value !== undefined && typeof value !== 'boolean') refuse(at(path, name), value, 'true or false')
  return value
}

export function readNumber(object: JsonObject, name: string, path = ''): number | undefined {
  const value = object[name] ?? undefined
  if (value !== undefined && typeof value !== 'number') refuse(at(path, name), value, 'a number')
  return value
}

export function readInteger(
  object: JsonObject,
  name: string,
  minimum: number,
  path = '',
): number | undefined {
  const value = object[name] ?? undefined
  if (value === undefined) return undefined
  if (typeof value !== 'number' || !Number.isInteger(value) || value < minimum)
    refuse(at(path, name), value, `an integer from ${minimum}`)
  return value
}

/** An integer of any size: beyond 2^53 it keeps its digits. */
export function readBigInteger(object: JsonObject, name: string): number | RawJson | undefined {
  const value = object[name] ?? undefined
  if (value === undefined || isRawJson(value)) return value
  if (typeof value !== 'number' || !Number.isInteger(value)) refuse(name, value, 'an integer')
  return value
}

export function readObject(object: JsonObject, name: string, path = ''): JsonObject | undefined {
  const value = object[name] ?? undefined
  if (value !== undefined && (!isObject(value) || isRawJson(value)))
    refuse(at(path, name), value, 'an object')
  return value
}

export function readArray(object: JsonObject, name: string, path = ''): unknown[] | undefined {
  const value = object[name] ?? undefined
  if (value !== undefined && !Array.isArray(value)) refuse(at(path, name), value, 'an array')
  return value
}

/** An item of a list that must be an object. */
export function asItem(value: unknown, path: string): JsonObject {
  if (!isObject(value) || isRawJson(value)) refuse(path, value, 'an object')
  return value
}

/** Fields that nobody here knows, as paths; a field whose value is null asks for nothing. */
export class UnknownFields {
  readonly #paths = new Set<string>()

  /** `place`: the object's own path with `[]` for every index, empty for the body. */
  note(object: JsonObject, known: ReadonlySet<string>, place: string): void {
    for (const name in object) if (!known.has(name) && object[name] !== null) this.#paths.add(at(place, name))
  }

  list(): string[] {
    return [...this.#paths]
  }
}

/** The fields that have a value, in their order: what goes into a body. */
export function defined(fields: JsonObject): JsonObject {
  const body: JsonObject = {}
  for (const name in fields) if (fields[name] !== undefined) body[name] = fields[name]
  return body
}
