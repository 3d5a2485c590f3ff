import type { WireError } from '../canonical/wire-error.ts'
import { GatewayError, type ErrorCode } from '../errors.ts'
import type { UpstreamFailure } from '../upstream/transport.ts'
import type { Target } from './target.ts'

type Headers = Readonly<Record<string, string | string[] | undefined>>

/**
 * What the caller is told of a provider's error. A 4xx about the request keeps the provider's words; trouble between
 * the gateway and the provider (a bad credential, a 5xx) keeps only what it means.
 */
export function fromWireError(error: WireError, target: Target, retryAfterMs?: number): GatewayError {
  const about = { target: describe(target), cause: error }
  switch (error.kind) {
    case 'request':
    case 'context_length':
    case 'content_policy':
    case 'not_found':
      return new GatewayError(requestCodes[error.kind], {
        ...about,
        message: withoutSecrets(error.message, target),
        param: error.param,
        upstreamCode: error.code ?? undefined,
      })
    case 'rate_limit':
      return new GatewayError('rate_limit_exceeded', {
        ...about,
        message: 'The provider limits the rate of requests.',
        retryAfterMs,
      })
    case 'quota':
      return new GatewayError('rate_limit_exceeded', {
        ...about,
        message: "The provider refuses requests: the gateway's account there has no quota left.",
        retryAfterMs,
        shouldRetry: false,
      })
    case 'overloaded':
      return new GatewayError('overloaded', { ...about, retryAfterMs })
    case 'auth':
      // The caller cannot mend the credential; only where there are several may the next one do.
      return new GatewayError('upstream_error', { ...about, shouldRetry: target.provider.credentials > 1 })
    case 'server':
      return new GatewayError('upstream_error', { ...about, retryAfterMs })
  }
}

const requestCodes = {
  request: 'invalid_request',
  context_length: 'context_length_exceeded',
  content_policy: 'content_blocked',
  not_found: 'model_not_found',
} as const satisfies Record<string, ErrorCode>

/** The provider could not be reached, broke off, or sent what is no HTTP. */
export function fromFailure(failure: UpstreamFailure, target: Target): GatewayError {
  const code = failure.kind === 'timeout' ? 'upstream_timeout' : 'upstream_error'
  return new GatewayError(code, { target: describe(target), cause: failure })
}

/**
 * Milliseconds to wait, from any of the three forms: `retry-after-ms`, `retry-after` in seconds, `retry-after` as a
 * date. `undefined` for none or nonsense.
 * @see RFC 9110 section 10.2.3
 */
export function readRetryAfter(headers: Headers, now: number): number | undefined {
  const milliseconds = Number(first(headers['retry-after-ms']) ?? Number.NaN)
  if (Number.isFinite(milliseconds) && milliseconds >= 0) return milliseconds
  const text = first(headers['retry-after'])?.trim()
  if (!text) return undefined
  const seconds = Number(text)
  if (Number.isFinite(seconds)) return seconds >= 0 ? seconds * 1_000 : undefined
  const date = Date.parse(text)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

export const first = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value

const describe = (target: Target) => `${target.provider.name}/${target.model}`

function withoutSecrets(message: string, target: Target): string {
  let text = message
  for (const secret of target.provider.secrets) text = text.replaceAll(secret, '[redacted]')
  return text
}
