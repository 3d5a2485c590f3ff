import { isObject, type JsonObject } from '../../canonical/json.ts'
import type { WireError } from '../../canonical/wire-error.ts'
import { errors } from '../../errors.ts'
import type { Frame } from '../../framing/frame.ts'
import type { PublicError } from '../dialect.ts'
import { readError, writeError } from '../openai-error.ts'
import { writeSnapshot } from './snapshot.ts'

export { readError as decodeError, writeError as encodeError } from '../openai-error.ts'

/** Codes of a response that failed by what was in the request. Source: `ResponseErrorCode`, 2.3.0. */
const requestCodes: ReadonlySet<string> = new Set([
  ...['invalid_prompt', 'invalid_image', 'invalid_image_format', 'invalid_base64_image', 'invalid_image_url'],
  ...[
    'invalid_image_mode',
    'image_too_large',
    'image_too_small',
    'image_parse_error',
    'image_file_too_large',
  ],
  ...['unsupported_image_media_type', 'empty_image_file', 'failed_to_download_image', 'image_file_not_found'],
])
const policyCodes: ReadonlySet<string> = new Set([
  ...['image_content_policy_violation', 'bio_policy', 'misalignment_policy_violation'],
])

/**
 * What went wrong by an `error` event, whose fields OpenAI describes flat and sends within `error`, or by the `error`
 * of a response that failed. All of them come under status 200.
 */
export function readStreamError(event: JsonObject): WireError {
  const { type, sequence_number: _number, response, ...flat } = event
  const holder = isObject(response) ? { error: response.error } : flat
  const isFlat = type === 'error' && !isObject(holder.error)
  const error = readError(200, isFlat ? { error: flat } : holder)
  const { code = '' } = error
  if (requestCodes.has(code)) return { ...error, kind: 'request' }
  return policyCodes.has(code) ? { ...error, kind: 'content_policy' } : error
}

/**
 * The last frames of a stream that failed: the error, in both of the shapes that callers look for, and the response
 * that failed. Of the stream before only its length is known here, so the id is the request's.
 */
export function encodeStreamError(error: PublicError, sent: number): readonly Frame[] {
  const { error: inner } = writeError(error) as { error: JsonObject }
  const { code, message, param } = inner
  const response = {
    ...writeSnapshot({ id: `resp_${error.requestId}`, model: '', created: 0 }),
    status: 'failed',
    error: { code: errors[error.code].openaiType === 'server_error' ? 'server_error' : code, message },
  }
  return [
    frame({ type: 'error', sequence_number: sent, code, message, param, error: inner }),
    frame({ type: 'response.failed', sequence_number: sent + 1, response }),
  ]
}

/** An event as it goes over the wire: its type is its name. */
export const frame = (event: { type: string } & JsonObject): Frame => ({
  event: event.type,
  data: JSON.stringify(event),
})
