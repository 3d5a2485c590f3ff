/** Numbers of the sources, kept exact: no price ever becomes a float. */
import type { NanoDollars } from '../catalogue-shape.ts'

/** A number as the source wrote it. */
export interface SourceNumber {
  digits: string
}

/** JSON whose numbers stay text: a price such as 1.1e-07 has no exact double. */
export function parseExactly(text: string): unknown {
  const parse = JSON.parse as (
    text: string,
    revive: (key: string, value: unknown, context: { source?: string }) => unknown,
  ) => unknown
  return parse(text, (_key, value, { source }) => (typeof value === 'number' ? { digits: source } : value))
}

/** `decimal` times ten to the `places`, without rounding: a whole number if it is one, else text. */
export function shiftDecimal(decimal: string, places: number): NanoDollars {
  const parts = /^(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(decimal)
  if (!parts) throw new Error(`A price must be a plain decimal number of at least 0, found ${decimal}`)
  const [, whole = '', fraction = '', exponent = '0'] = parts
  const point = whole.length + Number(exponent) + places
  const digits = (whole + fraction).padStart(whole.length + fraction.length - Math.min(point, 0), '0')
  const split = Math.max(point, 0)
  const left = digits.slice(0, split).padEnd(split, '0').replace(/^0+/, '') || '0'
  const right = digits.slice(split).replace(/0+$/, '')
  if (right) return `${left}.${right}`
  return Number.isSafeInteger(Number(left)) ? Number(left) : left
}

export const isNumber = (value: unknown): value is SourceNumber =>
  typeof value === 'object' && value !== null && 'digits' in value
