import { isObject, parseJson, type JsonObject } from '../canonical/json.ts'
import type { WireError } from '../canonical/wire-error.ts'
import type { Frame } from '../framing/frame.ts'

/** Errors of Bedrock, whichever of its operations was called. */

type Kind = WireError['kind']

/**
 * By the name of the exception, in lower case and without `Exception`: streams begin it with a small letter.
 * Source: the errors of the SDK's service and AWS's common errors (checked 2026-11-21).
 */
const kindByType: ReadonlyMap<string, Kind> = new Map(
  Object.entries<Kind>({
    accessdenied: 'auth',
    expiredtoken: 'auth',
    incompletesignature: 'auth',
    invalidclienttokenid: 'auth',
    invalidsignature: 'auth',
    missingauthenticationtoken: 'auth',
    notauthorized: 'auth',
    optinrequired: 'auth',
    requestexpired: 'auth',
    signaturedoesnotmatch: 'auth',
    unrecognizedclient: 'auth',
    throttling: 'rate_limit',
    toomanyrequests: 'rate_limit',
    requestlimitexceeded: 'rate_limit',
    // The quota of a time, which comes back, and not an account without money.
    servicequotaexceeded: 'rate_limit',
    modelnotready: 'overloaded',
    serviceunavailable: 'overloaded',
    resourcenotfound: 'not_found',
    validation: 'request',
    conflict: 'request',
    serialization: 'request',
    internalserver: 'server',
    internalfailure: 'server',
    modelerror: 'server',
    modelstreamerror: 'server',
    modeltimeout: 'server',
  }),
)

const kindByStatus: Readonly<Record<number, Kind>> = {
  401: 'auth',
  402: 'quota',
  403: 'auth',
  404: 'not_found',
  408: 'server',
  424: 'server',
  429: 'rate_limit',
  503: 'overloaded',
  529: 'overloaded',
}

/** Phrases of messages, in lower case: a `ValidationException` says everything from a typing error to a missing model. */
const phrases: readonly [Kind, readonly string[]][] = [
  [
    'context_length',
    [
      'input is too long',
      'prompt is too long',
      'too many input tokens',
      'exceed context limit',
      'context window',
      'maximum context length',
    ],
  ],
  ['content_policy', ['content filtering policy', 'usage policy', 'blocked by guardrail']],
  ['not_found', ['model identifier is invalid']],
]

function kindOf(status: number, type: string | undefined, message: string): Kind {
  const name = type?.toLowerCase().replace(/(exception|error)$/, '') ?? ''
  const byType = kindByType.get(name)
  const kind = byType ?? kindByStatus[status] ?? (status >= 400 && status < 500 ? 'request' : 'server')
  if (kind !== 'request') return kind
  const lower = message.toLowerCase()
  return phrases.find(([, words]) => words.some((phrase) => lower.includes(phrase)))?.[0] ?? kind
}

/**
 * Reads `{"message"}` or `{"Message"}`, beside which `__type` may stand; mostly the type is in a header alone,
 * so that the status tells. Also plain text, and a proxy's HTML.
 */
export function decodeError(status: number, body: unknown): WireError {
  const type = isObject(body) ? typeName(body.__type ?? body.code) : undefined
  const message = messageOf(body) ?? `The provider answered with status ${status} and no readable message.`
  return { message, ...(type !== undefined && { type }), kind: kindOf(status, type, message) }
}

/** An exception in the middle of a stream. */
export function decodeException(frame: Frame): WireError {
  const type = typeName(frame.event)
  const message =
    messageOf(readable(frame.data)) ??
    'The provider failed in the middle of its answer and gave no readable message.'
  return { message, ...(type !== undefined && { type }), kind: kindOf(200, type, message) }
}

/** Without the namespace before `#` and the address after `:`. */
function typeName(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const name = value.replace(/^.*#/, '').replace(/:.*$/, '')
  return name === '' ? undefined : name
}

function messageOf(body: unknown): string | undefined {
  const found = isObject(body) ? messageField(body) : body
  if (typeof found !== 'string') return undefined
  const trimmed = found.trim()
  // A page of HTML is a proxy's, about itself.
  return trimmed === '' || trimmed.startsWith('<') ? undefined : trimmed
}

const messageField = (body: JsonObject): unknown =>
  [body.message, body.Message, body.originalMessage].find((value) => typeof value === 'string')

function readable(data: string): unknown {
  try {
    return parseJson(data)
  } catch {
    return data
  }
}
