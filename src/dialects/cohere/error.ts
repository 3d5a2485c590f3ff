import type { WireError } from '../../canonical/wire-error.ts'
import { readError } from '../openai-error.ts'

/**
 * Reads `{message, id?}` and whatever a proxy puts in its place. There are no codes: the status says what it means, and
 * the first words of the message.
 * Source: docs.cohere.com/reference/errors (checked 2026-11-21).
 */
export function decodeError(status: number, body: unknown): WireError {
  const wire = readError(status, body)
  return { ...wire, kind: kindOf(status, wire) }
}

function kindOf(status: number, { kind, message }: WireError): WireError['kind'] {
  // A text of the request or the answer is on a list of what is not allowed.
  if (status === 498) return 'content_policy'
  // The request was cancelled on their side.
  if (status === 499) return 'server'
  // The model has no such function.
  if (status === 501) return 'request'
  // A trial key's calls of the month are used up: waiting does not help.
  if (status === 429 && /calls \/ month/i.test(message)) return 'quota'
  return isTooLong(message) ? 'context_length' : kind
}

/** The same words also say that `max_tokens` is more than the model can produce. */
const isTooLong = (message: string): boolean =>
  /^too many tokens/i.test(message) && !/max tokens must be/i.test(message)
