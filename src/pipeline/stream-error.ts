import type { Frame } from '../framing/frame.ts'
import type { GatewayError } from '../errors.ts'
import type { ErrorDetail } from '../errors.ts'
import type { PublicError } from '../dialects/dialect.ts'
import type { Call } from './call.ts'

/**
 * The frames that tell the caller of a stream, in the caller's dialect, that it failed after its first byte.
 * @param sent how many events came before
 */
export function streamError(call: Call, error: GatewayError, sent: number): readonly Frame[] {
  const { endpoint, record } = call
  const told = publicError(error, record.clientRequestId ?? record.requestId)
  if (endpoint.operation === 'chat') return endpoint.dialect.encodeStreamError(told, sent)
  if (endpoint.operation === 'embedding') return []
  return endpoint.dialect.events?.encodeError(told) ?? []
}

/** What a caller may read of an error. */
export function publicError(error: GatewayError, requestId: string): PublicError {
  const { param, upstreamCode }: ErrorDetail = error.detail
  return { code: error.code, message: error.publicMessage, param, upstreamCode, requestId }
}
