import type { WireError } from '../../canonical/wire-error.ts'
import { readError } from '../openai-error.ts'

// The API has no codes: `{"error":"the input length exceeds the context length"}`.
const contextLength = /exceeds?\b.*\bcontext (?:length|size|window)/i

/** Reads `{"error":"text"}`, and whatever a proxy before the server writes. `status` 200 is an error inside a stream. */
export function decodeError(status: number, body: unknown): WireError {
  const wire = readError(status, body)
  const mayBeLength = wire.kind === 'request' || status === 200
  return mayBeLength && contextLength.test(wire.message) ? { ...wire, kind: 'context_length' } : wire
}
