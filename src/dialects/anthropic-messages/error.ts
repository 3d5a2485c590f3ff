import { isObject, type JsonObject } from '../../canonical/json.ts'
import type { WireError } from '../../canonical/wire-error.ts'
import { errors } from '../../errors.ts'
import type { Frame } from '../../framing/frame.ts'
import type { PublicError } from '../dialect.ts'

type Kind = WireError['kind']

const kindByType: ReadonlyMap<string, Kind> = new Map(
  Object.entries<Kind>({
    invalid_request_error: 'request',
    request_too_large: 'request',
    conflict_error: 'request',
    authentication_error: 'auth',
    permission_error: 'auth',
    billing_error: 'quota',
    not_found_error: 'not_found',
    rate_limit_error: 'rate_limit',
    overloaded_error: 'overloaded',
  }),
)

const kindByStatus: Readonly<Record<number, Kind>> = {
  401: 'auth',
  402: 'quota',
  403: 'auth',
  404: 'not_found',
  408: 'server',
  429: 'rate_limit',
  503: 'overloaded',
  529: 'overloaded',
}

/** Phrases of messages, in lower case. The API has one type for all of these. */
const phrases: readonly [Kind, readonly string[]][] = [
  ['context_length', ['prompt is too long', 'exceed context limit', 'input is too long', 'context window']],
  ['quota', ['credit balance', 'usage limits']],
  ['content_policy', ['content filtering policy', 'usage policy']],
]

function kindOf(status: number, type: string | undefined, message: string): Kind {
  const byType = type === undefined ? undefined : kindByType.get(type)
  const kind = byType ?? kindByStatus[status] ?? (status >= 400 && status < 500 ? 'request' : 'server')
  if (kind !== 'request') return kind
  const lower = message.toLowerCase()
  return phrases.find(([, words]) => words.some((phrase) => lower.includes(phrase)))?.[0] ?? kind
}

/**
 * Reads `{"type":"error","error":{"type","message"}}` and what proxies and clouds put in its place:
 * `{error: "…"}`, `{message}`, `{detail}`, a list of one of these, plain text, HTML.
 * `status` 200 is an error inside a stream: only its words count.
 */
export function decodeError(status: number, body: unknown): WireError {
  const outer = Array.isArray(body) ? (body as unknown[])[0] : body
  const inner = isObject(outer) && isObject(outer.error) ? outer.error : outer
  const message = messageOf(inner) ?? unreadable(status)
  const fields = isObject(inner) ? inner : {}
  const type = typeof fields.type === 'string' && fields.type !== 'error' ? fields.type : undefined
  const code = codeOf(fields)
  return {
    message,
    ...(type !== undefined && { type }),
    ...(code !== undefined && { code }),
    kind: kindOf(status, type, message),
  }
}

const unreadable = (status: number): string =>
  status === 200
    ? 'The provider failed in the middle of its answer and gave no readable message.'
    : `The provider answered with status ${status} and no readable message.`

function messageOf(body: unknown): string | undefined {
  const found = isObject(body)
    ? [body.message, body.error, body.detail].find((value) => typeof value === 'string')
    : body
  if (typeof found !== 'string') return undefined
  const trimmed = found.trim()
  // A page of HTML is a proxy's, about itself.
  return trimmed === '' || trimmed.startsWith('<') ? undefined : trimmed
}

function codeOf(error: JsonObject): string | undefined {
  const details = isObject(error.details) ? error.details : {}
  const code = details.error_code ?? error.code
  return typeof code === 'string' || typeof code === 'number' ? String(code) : undefined
}

/** Codes of this API that its SDK acts on; other providers' codes would mean nothing to it. */
const ownCodes = new Set<string | undefined>(['thread_not_found'])

export function encodeError(error: PublicError): JsonObject {
  return {
    type: 'error',
    error: {
      type: errors[error.code].anthropicType,
      message: error.message,
      ...(ownCodes.has(error.upstreamCode) && { details: { error_code: error.upstreamCode } }),
    },
    request_id: error.requestId,
  }
}

/** No `message_stop` follows: a stream that failed is not finished. */
export const encodeStreamError = (error: PublicError): readonly Frame[] => [
  { event: 'error', data: JSON.stringify(encodeError(error)) },
]
