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

const form = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

/** Undefined for anything that is not well-formed: a bad header starts a new trace, it is no error. */
export function parseTraceParent(header: string): TraceParent | undefined {
  if (header.length !== 55 || !form.test(header)) return undefined
  const sampled = (parseInt(header.slice(53), 16) & 1) === 1
  return { traceId: header.slice(3, 35), spanId: header.slice(36, 52), sampled }
}

export const formatTraceParent = ({ traceId, spanId, sampled }: TraceParent): string =>
  `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`
