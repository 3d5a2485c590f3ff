import { isObject, type JsonObject } from '../../canonical/json.ts'
import type { WireError } from '../../canonical/wire-error.ts'
import { isErrorObject, readError } from '../openai-error.ts'

type Kind = WireError['kind']

/** Google answers some calls, and all streams without `alt=sse`, with a list. */
const first = (body: unknown): unknown => (Array.isArray(body) ? (body as unknown[])[0] : body)

/** `{"error":…}`, also as the only item of a list: never a part of an answer. */
export function isErrorBody(body: unknown): boolean {
  const outer = first(body)
  return isObject(outer) && isErrorObject(outer)
}

/** Words of `google.rpc.Code`. Source: github.com/googleapis/googleapis google/rpc/code.proto (checked 2026-11-21). */
const kindByStatus: Readonly<Record<string, Kind>> = {
  INVALID_ARGUMENT: 'request',
  FAILED_PRECONDITION: 'request',
  OUT_OF_RANGE: 'request',
  UNAUTHENTICATED: 'auth',
  PERMISSION_DENIED: 'auth',
  NOT_FOUND: 'not_found',
  RESOURCE_EXHAUSTED: 'rate_limit',
  UNAVAILABLE: 'overloaded',
  CANCELLED: 'server',
  UNKNOWN: 'server',
  DEADLINE_EXCEEDED: 'server',
  ABORTED: 'server',
  UNIMPLEMENTED: 'server',
  INTERNAL: 'server',
  DATA_LOSS: 'server',
}

/** `ErrorInfo.reason`s that say more than the status: a key that is not valid is a 400 here. */
const kindByReason: Readonly<Record<string, Kind>> = {
  API_KEY_INVALID: 'auth',
  API_KEY_EXPIRED: 'auth',
  BILLING_DISABLED: 'quota',
}

/** Phrases of messages, for errors which have the status of others. */
const phrases: readonly [Kind, readonly Kind[], RegExp][] = [
  [
    'context_length',
    ['request'],
    /token count.{0,40}exceeds|maximum number of tokens|context (window|length)/i,
  ],
  ['content_policy', ['request'], /responsible ai|usage guidelines|prohibited use policy/i],
  // About the gateway's own place and account, which no caller can change.
  ['auth', ['request'], /location is not supported|API key (not valid|not found|expired)/i],
  ['quota', ['request', 'rate_limit'], /credits are depleted|billing to be enabled/i],
]

/**
 * Reads `{"error":{code,message,status,details}}`, alone or in a list, and what proxies put in its place.
 * `status` 200 is an error inside a stream: its own `code` says more.
 */
export function decodeError(status: number, body: unknown): WireError {
  const outer = first(body)
  const error = isObject(outer) && isObject(outer.error) ? outer.error : {}
  const read = readError(status, outer)
  const details = Array.isArray(error.details) ? error.details.filter(isObject) : []
  const reason = wordIn(details, 'reason')
  const word = typeof error.status === 'string' && error.status !== '' ? error.status : undefined
  // The status says no more than the HTTP status does: without a reason, our own codes tell the caller more.
  const code = reason ?? (word === undefined ? read.code : undefined)
  const param = fieldIn(details) ?? read.param
  return {
    message: read.message,
    ...(word !== undefined && { type: word }),
    ...(code !== undefined && { code }),
    ...(param !== undefined && { param }),
    kind: kindOf(reason, word, read),
  }
}

function kindOf(reason: string | undefined, status: string | undefined, { kind, message }: WireError): Kind {
  const told = lookUp(kindByReason, reason) ?? lookUp(kindByStatus, status) ?? kind
  return phrases.find(([, of, phrase]) => of.includes(told) && phrase.test(message))?.[0] ?? told
}

const lookUp = (table: Readonly<Record<string, Kind>>, word: string | undefined): Kind | undefined =>
  word !== undefined && Object.hasOwn(table, word) ? table[word] : undefined

function wordIn(details: readonly JsonObject[], name: string): string | undefined {
  const found = details.find((detail) => typeof detail[name] === 'string')
  return found?.[name] as string | undefined
}

/** The first field of a `BadRequest` detail. */
function fieldIn(details: readonly JsonObject[]): string | undefined {
  for (const { fieldViolations } of details) {
    const violation: unknown = Array.isArray(fieldViolations) ? fieldViolations[0] : undefined
    if (isObject(violation) && typeof violation.field === 'string' && violation.field !== '')
      return violation.field
  }
  return undefined
}
