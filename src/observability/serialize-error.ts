/** Errors as the log shows them: type, message and the chain of causes; never more of an object than that. */
import { redactText } from './redact.ts'

export interface SerializedError {
  type: string
  message: string
  /** The catalogue's or the system's code: `upstream_error`, `ECONNREFUSED`. */
  code?: string
  stack?: string
  cause?: SerializedError
  /** The parts of an `AggregateError`: one per address tried, for instance. */
  errors?: SerializedError[]
}

const longestMessage = 2_000
const deepestCause = 5
const mostParts = 5

/** @param withStack stacks only help who reads at debug level. */
export function serializeError(error: unknown, withStack: boolean): SerializedError {
  return serialize(error, withStack, deepestCause)
}

function serialize(error: unknown, withStack: boolean, depth: number): SerializedError {
  // Something thrown that is no error may be anything, a request body too: only text is shown.
  if (!(error instanceof Error))
    return { type: typeof error, message: typeof error === 'string' ? clean(error) : '' }
  const out: SerializedError = { type: typeName(error), message: clean(error.message) }
  const { code } = error as { code?: unknown }
  if (typeof code === 'string') out.code = clean(code)
  if (withStack && typeof error.stack === 'string')
    out.stack = redactText(error.stack.slice(0, 4 * longestMessage))
  if (depth === 0) return out
  if (error.cause !== undefined) out.cause = serialize(error.cause, withStack, depth - 1)
  if (error instanceof AggregateError)
    out.errors = error.errors.slice(0, mostParts).map((part) => serialize(part, withStack, depth - 1))
  return out
}

function typeName(error: Error): string {
  const name: unknown = error.name === 'Error' ? error.constructor.name : error.name
  return typeof name === 'string' && name !== '' ? name.slice(0, 100) : 'Error'
}

// Redacted before it is cut, so that no cut hides the mark of a key from the patterns; but not all of a huge text.
const clean = (text: string): string => {
  const part = redactText(text.slice(0, 2 * longestMessage))
  return part.length > longestMessage ? `${part.slice(0, longestMessage)}…` : part
}
