/** Ids of traces and spans: random, lower-case hex, never all 0. They are no secrets, so `Math.random` will do. */

const bytes = Buffer.alloc(16)
const random32 = (): number => Math.floor(Math.random() * 2 ** 32)

/** 16 hex digits. */
export function makeSpanId(): string {
  bytes.writeUInt32BE(random32(), 0)
  // Of 64 bits one is always set.
  bytes.writeUInt32BE((random32() | 1) >>> 0, 4)
  return bytes.toString('hex', 0, 8)
}

/**
 * A trace id (32 hex digits) whose last 56 bits are the lot that was drawn for it, so that any collector which
 * samples by trace id at the same rate keeps the same traces: those whose bits are at least 1 - rate.
 * @param lot at least 0, below 1
 * @see OpenTelemetry, consistent probability sampling; W3C Trace Context level 2, random trace ids
 */
export function traceIdOf(lot: number): string {
  const scaled = lot * 2 ** 24
  const high = Math.floor(scaled)
  bytes.writeUInt32BE(random32(), 0)
  bytes.writeUInt32BE((random32() | 1) >>> 0, 4)
  bytes.writeUInt32BE(random32(), 8)
  bytes.writeUIntBE(high, 9, 3)
  bytes.writeUInt32BE(Math.floor((scaled - high) * 2 ** 32), 12)
  return bytes.toString('hex')
}
