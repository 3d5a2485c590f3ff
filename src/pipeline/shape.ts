import { isObject } from '../canonical/json.ts'

/**
 * Checks on the outermost shape of a body, made for the hot path: a value that fits costs a few comparisons and no
 * allocation; one that does not says where, what was found and what is allowed.
 */

export interface Misfit {
  path: (string | number)[]
  found: unknown
  /** Completes "allowed is …". */
  allowed: string
}

export type Shape = (value: unknown) => Misfit | undefined

const misfit = (found: unknown, allowed: string): Misfit => ({ path: [], found, allowed })

function shape(allowed: string, fits: (value: unknown) => boolean): Shape {
  return (value) => (fits(value) ? undefined : misfit(value, allowed))
}

export const text = shape('a string', (value) => typeof value === 'string')
export const number = shape('a number', (value) => typeof value === 'number')
export const flag = shape('a boolean', (value) => typeof value === 'boolean')
export const anyObject = shape('an object', isObject)

export const name = shape(
  'a string of 1 to 512 characters',
  (value) => typeof value === 'string' && value.length > 0 && value.length <= 512,
)

export const wholeNumber = (from: number, to = Number.MAX_SAFE_INTEGER): Shape =>
  shape(
    to === Number.MAX_SAFE_INTEGER
      ? `a whole number of at least ${from}`
      : `a whole number from ${from} to ${to}`,
    (value) => Number.isInteger(value) && (value as number) >= from && (value as number) <= to,
  )

export const word = (...words: string[]): Shape =>
  shape(words.map((each) => JSON.stringify(each)).join(' or '), (value) => words.includes(value as string))

/** `null` means absent, as OpenAI's clients write it. */
export const optional =
  (inner: Shape): Shape =>
  (value) =>
    value === undefined || value === null ? undefined : inner(value)

export const listOf =
  (item: Shape, minimum = 0): Shape =>
  (value) => {
    if (!Array.isArray(value)) return misfit(value, 'an array')
    if (value.length < minimum) return misfit(value, 'an array that is not empty')
    for (let i = 0; i < value.length; i++) {
      const wrong = item(value[i])
      if (wrong) return within(i, wrong)
    }
    return undefined
  }

/** An object with at least these members; others pass. */
export const objectWith = (members: Readonly<Record<string, Shape>>): Shape => {
  const entries = Object.entries(members)
  return (value) => {
    if (!isObject(value)) return misfit(value, 'an object')
    for (const [key, member] of entries) {
      const wrong = member(value[key])
      if (wrong) return within(key, wrong)
    }
    return undefined
  }
}

/** Any of them; where none fits, the one that came furthest says why. */
export const either =
  (...shapes: Shape[]): Shape =>
  (value) => {
    const wrong: Misfit[] = []
    for (const each of shapes) {
      const found = each(value)
      if (!found) return undefined
      wrong.push(found)
    }
    const furthest = wrong.reduce((best, each) => (each.path.length > best.path.length ? each : best))
    if (furthest.path.length > 0) return furthest
    return misfit(value, [...new Set(wrong.map(({ allowed }) => allowed))].join(' or '))
  }

function within(step: string | number, wrong: Misfit): Misfit {
  wrong.path.unshift(step)
  return wrong
}
