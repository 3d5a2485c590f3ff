import type { ChatRequest } from '../../../src/canonical/chat.ts'
import { isObject, type JsonObject } from '../../../src/canonical/json.ts'

/** A provider's request as the canonical form says it, read without the gateway's own code. */
export interface ReadRequest {
  request: ChatRequest
  /** What no caller of the gateway has words for: fields that only this provider knows. */
  unknown: string[]
}

/** Takes the members of an object one by one, so that what nobody took can be told. */
export class Members {
  readonly #path: string
  readonly #left: Map<string, unknown>

  constructor(value: unknown, path = '') {
    if (!isObject(value)) throw new Error(`${path || 'the body'} is no object`)
    this.#path = path
    // Two SDKs write the same names in two ways.
    this.#left = new Map(Object.entries(value).map(([name, member]) => [camel(name), member]))
  }

  take(name: string): unknown {
    const value = this.#left.get(name)
    this.#left.delete(name)
    return value
  }
  text(name: string): string | undefined {
    return this.take(name) as string | undefined
  }
  number(name: string): number | undefined {
    return this.take(name) as number | undefined
  }
  list(name: string): JsonObject[] {
    return (this.take(name) ?? []) as JsonObject[]
  }
  /** An object's members; none where it is absent. */
  within(name: string): Members {
    return new Members(this.take(name) ?? {}, this.#path === '' ? name : `${this.#path}.${name}`)
  }
  /** The paths of what was not taken. */
  rest(): string[] {
    return [...this.#left.keys()].map((name) => (this.#path === '' ? name : `${this.#path}.${name}`))
  }
  /** @throws where something was left over */
  done(): void {
    if (this.#left.size > 0) throw new Error(`nobody reads ${this.rest().join(', ')}`)
  }
}

const camel = (name: string): string =>
  name.replaceAll(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase())

/** Without the fields that are not there. */
export function present<Value extends object>(value: Value): Value {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Value
}
