export interface RetryPolicy {
  strategy: 'fixed' | 'exponential' | 'exponential_jitter'
  initialDelayMs: number
  maxDelayMs: number
  /** What each further wait is multiplied by. */
  backoffMultiplier: number
}

/**
 * Milliseconds before retry number `retry` (from 1).
 * `exponential_jitter` spreads callers evenly between nothing and the exponential wait, so that those who failed
 * together do not come back together.
 */
export function backoffMs(policy: RetryPolicy, retry: number, random: () => number = Math.random): number {
  if (policy.strategy === 'fixed') return policy.initialDelayMs
  const exponential = Math.min(
    policy.maxDelayMs,
    policy.initialDelayMs * policy.backoffMultiplier ** (retry - 1),
  )
  return policy.strategy === 'exponential' ? exponential : exponential * random()
}
