/**
 * The `traceparent` header.
 * @see W3C Trace Context, section 3.2 (version 00)
 */

export interface TraceParent {
  /** 32 lower-case hex digits, not all 0. */
  traceId: string
  /** 16 lower-case hex digits, not all 0. */
  spanId: string
  sampled: boolean
}

const form = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/
const noTrace = '0'.repeat(32)
const noSpan = '0'.repeat(16)

/** Undefined for anything that is not well-formed: a bad header starts a new trace, it is no error. */
export function parseTraceParent(header: string): TraceParent | undefined {
  const match = form.exec(header)
  if (match === null) return undefined
  const [, traceId, spanId, flags] = match as unknown as [string, string, string, string]
  if (traceId === noTrace || spanId === noSpan) return undefined
  return { traceId, spanId, sampled: (parseInt(flags, 16) & 1) === 1 }
}

export const formatTraceParent = ({ traceId, spanId, sampled }: TraceParent): string =>
  `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`
