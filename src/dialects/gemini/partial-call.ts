import { isObject, type JsonObject } from '../../canonical/json.ts'

/**
 * Arguments that come piece by piece, each with its place in the object: `{jsonPath:"$.city", stringValue:"Par",
 * willContinue:true}`, then `"is"`. Texts at one place are joined; numbers, booleans and nulls come whole.
 * Source: `PartialArg` of @google/genai 3.1 and recorded traffic.
 */
export class PartialArguments {
  readonly #arguments: JsonObject

  constructor(known: unknown) {
    this.#arguments = isObject(known) ? { ...known } : {}
  }

  add(piece: unknown): void {
    if (!isObject(piece) || typeof piece.jsonPath !== 'string') return
    const steps = readPath(piece.jsonPath)
    const value = valueOf(piece)
    if (steps.length > 0 && value !== undefined) put(this.#arguments, steps, value)
  }

  get text(): string {
    return JSON.stringify(this.#arguments)
  }
}

type Step = string | number

const step = /\.([^.[\]]+)|\[(\d+)\]|\[(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\]/g

/** `$.items[0]['full name']` as `items`, 0, `full name`. */
function readPath(path: string): Step[] {
  return [...path.matchAll(step)].map(([, name, index, single, double]) =>
    index === undefined ? (name ?? (single ?? double ?? '').replaceAll(/\\(.)/g, '$1')) : Number(index),
  )
}

function valueOf({ stringValue, numberValue, boolValue, nullValue }: JsonObject): unknown {
  const value = stringValue ?? numberValue ?? boolValue
  // Protocol buffers write their null as the name of its only value.
  return value === undefined && nullValue !== undefined ? null : value
}

/** A huge index would make a huge list. */
const longestList = 10_000

const isPlace = (at: Step): boolean => (typeof at === 'number' ? at < longestList : at !== '__proto__')

function put(root: JsonObject, steps: readonly Step[], value: unknown): void {
  if (!steps.every(isPlace)) return
  let holder = root as Record<Step, unknown>
  steps.slice(0, -1).forEach((at, i) => {
    const inner = holder[at]
    const isHolder = typeof inner === 'object' && inner !== null
    const next = isHolder ? inner : typeof steps[i + 1] === 'number' ? [] : {}
    holder[at] = next
    holder = next as Record<Step, unknown>
  })
  const last = steps.at(-1) as Step
  const before = holder[last]
  holder[last] = typeof before === 'string' && typeof value === 'string' ? before + value : value
}
