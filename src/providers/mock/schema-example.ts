import { examplePattern } from './pattern-example.ts'
import { isObject, type JsonObject } from './request.ts'

/** The schema asks for what the mock cannot make up; `message` says what. */
export class NoExample extends Error {
  override readonly name = 'NoExample'
}

/** A schema that requires itself has no end. */
const deepest = 32
/** Below this depth whatever may be left out is left out, so that optional recursion ends. */
const deepestOptional = 4
/** A few references can describe a tree of any size; this bounds the work. */
const mostSteps = 10_000
const mostItems = 100
const longestString = 10_000

/**
 * A value that the JSON Schema accepts, always the same for the same schema. Knows types, enums, `const`,
 * required properties, bounds of numbers, strings and arrays, formats, patterns, local `$ref`, and `anyOf`,
 * `oneOf`, `allOf` (the first branch that works). `not`, `if` and `dependent…` are not looked at.
 * @throws NoExample
 */
export function exampleOf(schema: unknown): unknown {
  return example(schema, { root: schema, steps: { left: mostSteps }, name: '', depth: 0, variant: 0 })
}

interface Place {
  root: unknown
  steps: { left: number }
  /** The property the value is for: it makes texts easier to read. */
  name: string
  depth: number
  /** Which of several different values, for `uniqueItems`. */
  variant: number
}

function example(given: unknown, place: Place): unknown {
  if (place.depth > deepest) throw new NoExample(`the schema nests deeper than ${deepest} levels`)
  if (given === false) throw new NoExample('the schema allows no value')
  const schema = resolve(isObject(given) ? given : {}, place)
  if (schema.const !== undefined) return schema.const
  if (Array.isArray(schema.enum)) return pick(schema.enum, place.variant)
  const branches = schema.anyOf ?? schema.oneOf
  if (Array.isArray(branches)) return exampleOfBranches(schema, branches, place)
  return makers[typeOf(schema)]!(schema, place)
}

function takeStep(place: Place): void {
  if (--place.steps.left < 0) throw new NoExample('the schema describes too large a value')
}

function pick(values: unknown[], variant: number): unknown {
  if (values.length === 0) throw new NoExample('an enum is empty')
  return values[variant % values.length]
}

/** Follows `$ref` and merges `allOf`. */
function resolve(schema: JsonObject, place: Place, hops = 0): JsonObject {
  takeStep(place)
  if (hops > deepest) throw new NoExample('a $ref leads to itself')
  if (typeof schema.$ref === 'string') {
    const { $ref, ...beside } = schema
    return resolve(merge(lookUp(place.root, $ref), beside), place, hops + 1)
  }
  if (!Array.isArray(schema.allOf)) return schema
  const { allOf, ...beside } = schema
  const parts = (allOf as unknown[]).filter(isObject).map((part) => resolve(part, place, hops + 1))
  return resolve(parts.reduce(merge, beside), place, hops + 1)
}

function lookUp(root: unknown, reference: string): JsonObject {
  if (!reference.startsWith('#')) throw new NoExample('a $ref leads outside of the schema')
  let found = root
  for (const step of reference.slice(1).split('/').slice(1)) {
    const name = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')
    found =
      typeof found === 'object' && found !== null && Object.hasOwn(found, name)
        ? (found as JsonObject)[name]
        : undefined
  }
  if (isObject(found)) return found
  throw new NoExample('a $ref leads nowhere')
}

function merge(one: JsonObject, other: JsonObject): JsonObject {
  const merged = { ...one, ...other }
  if (isObject(one.properties) && isObject(other.properties)) {
    merged.properties = { ...one.properties, ...other.properties }
  }
  if (Array.isArray(one.required) && Array.isArray(other.required)) {
    merged.required = [...new Set([...(one.required as unknown[]), ...(other.required as unknown[])])]
  }
  for (const name of ['minimum', 'minLength', 'minItems']) tighten(merged, one, other, name, Math.max)
  for (const name of ['maximum', 'maxLength', 'maxItems']) tighten(merged, one, other, name, Math.min)
  return merged
}

function tighten(
  merged: JsonObject,
  one: JsonObject,
  other: JsonObject,
  name: string,
  tighter: (a: number, b: number) => number,
): void {
  const [a, b] = [one[name], other[name]]
  if (typeof a === 'number' && typeof b === 'number') merged[name] = tighter(a, b)
}

function exampleOfBranches(schema: JsonObject, branches: unknown[], place: Place): unknown {
  const { anyOf: _any, oneOf: _one, ...beside } = schema
  // `null` is the least telling of the values an optional field may have, so it comes last until it must end.
  const sign = place.depth < deepestOptional ? 1 : -1
  const ordered = [...branches].sort((a, b) => sign * (Number(isNull(a)) - Number(isNull(b))))
  let reason = new NoExample('anyOf or oneOf is empty')
  for (const branch of ordered) {
    try {
      return example(isObject(branch) ? merge(beside, branch) : branch, { ...place, depth: place.depth + 1 })
    } catch (error) {
      if (!(error instanceof NoExample)) throw error
      reason = error
    }
  }
  throw reason
}
const isNull = (schema: unknown): boolean => isObject(schema) && schema.type === 'null'

function typeOf(schema: JsonObject): string {
  const types: unknown[] = Array.isArray(schema.type) ? schema.type : [schema.type]
  const known = types.find(
    (type) => type !== 'null' && typeof type === 'string' && Object.hasOwn(makers, type),
  )
  if (known !== undefined) return known as string
  if (types.includes('null')) return 'null'
  if (schema.type !== undefined) throw new NoExample('a type is none of JSON Schema')
  if (isObject(schema.properties) || Array.isArray(schema.required)) return 'object'
  if (schema.items !== undefined || schema.prefixItems !== undefined) return 'array'
  return schema.minimum !== undefined || schema.maximum !== undefined ? 'number' : 'string'
}

const makers: Record<string, (schema: JsonObject, place: Place) => unknown> = {
  object: exampleObject,
  array: exampleArray,
  string: exampleString,
  integer: (schema, place) => exampleNumber(schema, place, 1),
  number: (schema, place) => exampleNumber(schema, place, 0),
  boolean: (_schema, place) => place.variant % 2 === 0,
  null: () => null,
}

function exampleObject(schema: JsonObject, place: Place): JsonObject {
  const properties = isObject(schema.properties) ? schema.properties : {}
  const required = new Set(Array.isArray(schema.required) ? (schema.required as string[]) : [])
  const all = required.size === 0 && place.depth < deepestOptional
  const names = new Set([...Object.keys(properties).filter((name) => all || required.has(name)), ...required])
  const made: [string, unknown][] = []
  for (const name of names) {
    const property = Object.hasOwn(properties, name) ? properties[name] : schema.additionalProperties
    const inner = { ...place, name, depth: place.depth + 1 }
    try {
      made.push([name, example(property, inner)])
    } catch (error) {
      if (required.has(name) || !(error instanceof NoExample)) throw error
    }
  }
  return Object.fromEntries(made)
}

function exampleArray(schema: JsonObject, place: Place): unknown[] {
  const first: unknown[] = Array.isArray(schema.prefixItems) ? schema.prefixItems : []
  const most = bound(schema.maxItems, Infinity)
  const usual = place.depth < deepestOptional ? Math.max(first.length, 1) : 0
  const length = Math.min(Math.max(bound(schema.minItems, 0), usual), most)
  if (length > mostItems) throw new NoExample(`an array must have more than ${mostItems} items`)
  const unique = schema.uniqueItems === true
  return Array.from({ length }, (_, i) =>
    example(first[i] ?? schema.items, {
      ...place,
      depth: place.depth + 1,
      variant: unique ? i : place.variant,
    }),
  )
}

const bound = (value: unknown, otherwise: number): number => (typeof value === 'number' ? value : otherwise)

function exampleNumber(schema: JsonObject, place: Place, wholeStep: 0 | 1): number {
  const step = bound(schema.multipleOf, 0) || wholeStep
  const gap = step || 0.5
  const openLeast = schema.exclusiveMinimum === true ? schema.minimum : schema.exclusiveMinimum
  const openMost = schema.exclusiveMaximum === true ? schema.maximum : schema.exclusiveMaximum
  const least = Math.max(
    bound(schema.minimum, -Infinity),
    typeof openLeast === 'number' ? openLeast : -Infinity,
  )
  const most = Math.min(bound(schema.maximum, Infinity), typeof openMost === 'number' ? openMost : Infinity)
  const fits = (value: number): boolean =>
    value >= least &&
    value <= most &&
    value !== openLeast &&
    value !== openMost &&
    (wholeStep === 0 || Number.isInteger(value))
  const anchor = least > -Infinity ? least : Math.min(1, most)
  const onStep = step > 0 ? Math.ceil(anchor / step) * step : anchor
  const middle = (least + most) / 2
  const candidates = [1, 0, onStep, onStep + gap, onStep - gap, ...(step > 0 ? [] : [middle])].filter(
    (value) => fits(value) && (step === 0 || isMultiple(value, step)),
  )
  const found = candidates[0]
  if (found === undefined) throw new NoExample('no number lies within the bounds')
  const varied = found + place.variant * gap
  return fits(varied) ? varied : found
}
const isMultiple = (value: number, step: number): boolean => Number.isInteger(value / step)

const formats: Record<string, string> = {
  'date-time': '2026-01-01T12:00:00Z',
  date: '2026-01-01',
  time: '12:00:00Z',
  duration: 'PT1H',
  email: 'user@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://example.com/',
  url: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000001',
}

function exampleString(schema: JsonObject, place: Place): string {
  const least = bound(schema.minLength, 0)
  const most = bound(schema.maxLength, Infinity)
  if (least > most || least > longestString) throw new NoExample('a string cannot have the length asked for')
  if (typeof schema.pattern !== 'string') return freeText(schema, place).padEnd(least, 'x').slice(0, most)
  const text = examplePattern(schema.pattern, least, most)
  if (text === undefined)
    throw new NoExample(`no string was found for the pattern ${schema.pattern.slice(0, 100)}`)
  return text
}

function freeText(schema: JsonObject, place: Place): string {
  const { format } = schema
  if (typeof format === 'string' && Object.hasOwn(formats, format)) return formats[format]!
  const text = /^[\w -]{1,40}$/.test(place.name) ? `example ${place.name}` : 'example'
  return place.variant === 0 ? text : `${place.variant} ${text}`
}
