import type { JsonObject } from '../../canonical/json.ts'
import type { WireError } from '../../canonical/wire-error.ts'
import type { Frame } from '../../framing/frame.ts'
import type { PublicError } from '../dialect.ts'
import { isErrorObject, readError, writeError } from '../openai-error.ts'

export { readError as decodeError, writeError as encodeError } from '../openai-error.ts'

/** An error that came inside a stream under status 200: as its own object or, with `event: error`, as anything. */
export function readStreamError(chunk: JsonObject, event: string | undefined): WireError | undefined {
  return event === 'error' || isErrorObject(chunk) ? readError(200, chunk) : undefined
}

/** The last frame of a stream that failed. No `[DONE]` after it: the answer is not whole. */
export const encodeStreamError = (error: PublicError): readonly Frame[] => [
  { data: JSON.stringify(writeError(error)) },
]
