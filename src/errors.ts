/**
 * The one catalogue of errors. A stable `code` decides the status, the type in each
 * dialect and whether another target may be tried; what a caller reads is kept apart
 * from what the log says, so that a message never holds a key, an address or a stack.
 */

export interface ErrorEntry {
  /** HTTP status sent to the caller. */
  status: number
  /** `error.type` on OpenAI routes. */
  openaiType: string
  /** `error.type` on Anthropic routes. */
  anthropicType: string
  /** Whether another target may be tried before a byte has left. */
  retryable: boolean
  /** What the caller reads unless the thrower has a better public sentence. */
  message: string
}

const invalid = {
  openaiType: 'invalid_request_error',
  anthropicType: 'invalid_request_error',
  retryable: false,
}
const denied = {
  status: 403,
  openaiType: 'permission_error',
  anthropicType: 'permission_error',
  retryable: false,
}
const busy = { status: 503, openaiType: 'server_error', anthropicType: 'overloaded_error', retryable: true }

export const errors = {
  invalid_request: { ...invalid, status: 400, message: 'The request is not valid.' },
  unsupported_parameter: {
    ...invalid,
    status: 400,
    message: 'The target cannot carry every field of this request.',
  },
  context_length_exceeded: {
    ...invalid,
    status: 400,
    message: "The request exceeds the model's context length.",
  },
  content_blocked: { ...invalid, status: 400, message: 'The content was blocked.' },
  invalid_api_key: {
    status: 401,
    openaiType: 'invalid_request_error',
    anthropicType: 'authentication_error',
    retryable: false,
    message: 'The API key is missing or not valid.',
  },
  invalid_signature: {
    status: 401,
    openaiType: 'invalid_request_error',
    anthropicType: 'authentication_error',
    retryable: false,
    message: 'The API key is missing or not valid.',
  },
  model_not_allowed: { ...denied, message: 'This key may not use this model.' },
  ip_not_allowed: { ...denied, message: 'This address is not allowed.' },
  region_not_allowed: { ...denied, message: 'No allowed region serves this model.' },
  host_not_allowed: { ...denied, message: 'This host or origin is not allowed.' },
  insufficient_scope: { ...denied, message: 'This key may not do that.' },
  model_not_found: {
    status: 404,
    openaiType: 'invalid_request_error',
    anthropicType: 'not_found_error',
    retryable: false,
    message: 'The model does not exist here.',
  },
  not_found: {
    status: 404,
    openaiType: 'invalid_request_error',
    anthropicType: 'not_found_error',
    retryable: false,
    message: 'There is nothing at this address.',
  },
  method_not_allowed: { ...invalid, status: 405, message: 'This address does not take that method.' },
  request_timeout: { ...invalid, status: 408, message: 'The request did not arrive in time.' },
  idempotency_conflict: {
    ...invalid,
    status: 409,
    message: 'This Idempotency-Key was used with another body.',
  },
  request_too_large: {
    status: 413,
    openaiType: 'invalid_request_error',
    anthropicType: 'request_too_large',
    retryable: false,
    message: 'The request body is too large.',
  },
  unsupported_media_type: { ...invalid, status: 415, message: 'Send the body as application/json.' },
  rate_limit_exceeded: {
    status: 429,
    openaiType: 'rate_limit_error',
    anthropicType: 'rate_limit_error',
    retryable: true,
    message: 'Too many requests.',
  },
  insufficient_quota: {
    status: 429,
    openaiType: 'insufficient_quota',
    anthropicType: 'rate_limit_error',
    retryable: false,
    message: 'The budget is used up.',
  },
  /** The caller hung up: in logs and metrics only, nobody is there to read it. */
  client_closed: { ...invalid, status: 499, message: 'The caller hung up.' },
  internal_error: {
    status: 500,
    openaiType: 'server_error',
    anthropicType: 'api_error',
    retryable: false,
    message: 'The gateway failed to handle this request.',
  },
  upstream_error: {
    status: 502,
    openaiType: 'server_error',
    anthropicType: 'api_error',
    retryable: true,
    message: 'The provider failed to answer.',
  },
  overloaded: { ...busy, message: 'The provider is overloaded. Try again later.' },
  no_healthy_provider: { ...busy, message: 'No provider can serve this request now.' },
  ledger_unavailable: { ...busy, retryable: false, message: 'Usage cannot be recorded now.' },
  starting: { ...busy, retryable: false, message: 'The gateway is starting or stopping.' },
  upstream_timeout: {
    status: 504,
    openaiType: 'server_error',
    anthropicType: 'api_error',
    retryable: true,
    message: 'The provider took too long to answer.',
  },
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof errors

export interface ErrorDetail {
  /** A public sentence that replaces the catalogue's. Never a key, an address or a stack. */
  message?: string
  /** The field at fault, as the caller wrote it: `messages[2].content`. */
  param?: string
  /** Milliseconds after which a new try makes sense: sent as `retry-after`. */
  retryAfterMs?: number
  /** False adds `x-should-retry: false`: a retry cannot help. */
  shouldRetry?: boolean
  /** The `allow` header of a 405. */
  allow?: string
  /** The provider's own error code, where the message is the provider's too. */
  upstreamCode?: string
  /** For the log only. */
  cause?: unknown
  /** For the log only: the target that failed. */
  target?: string
}

/** An error with a code of the catalogue. Everything a caller may see is `publicMessage` and `param`. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError'
  readonly code: ErrorCode
  readonly detail: ErrorDetail

  constructor(code: ErrorCode, detail: ErrorDetail = {}) {
    super(
      detail.message ?? errors[code].message,
      detail.cause === undefined ? undefined : { cause: detail.cause },
    )
    this.code = code
    this.detail = detail
  }

  get entry(): ErrorEntry {
    return errors[this.code]
  }

  get status(): number {
    return this.entry.status
  }

  get publicMessage(): string {
    return this.message
  }
}

/** What went wrong, as an error of the catalogue; a stranger becomes `internal_error` with the original as its cause. */
export function asGatewayError(error: unknown): GatewayError {
  return error instanceof GatewayError ? error : new GatewayError('internal_error', { cause: error })
}
