import { z } from 'zod'
import { asRecord, checked, count, countOrZero, crossCheck, milliseconds, seconds } from './fields.ts'

const circuitBreakerSchema = z.strictObject({
  enabled: z.boolean().default(true).describe('Stop asking a target that keeps failing.'),
  failure_threshold: count().default(5).describe('Failures in a row that open it.'),
  success_threshold: count().default(3).describe('Successes in a row that close it again.'),
  timeout_seconds: seconds().default(60).describe('How long it stays open before a probe goes out.'),
})

const retrySchema = z
  .strictObject({
    strategy: z
      .enum(['exponential_jitter', 'exponential', 'fixed'])
      .default('exponential_jitter')
      .describe('How the wait grows from try to try.'),
    max_attempts: count().max(100).default(3).describe('Tries on one target, the first one counted.'),
    initial_delay_ms: milliseconds().default(100).describe('Wait before the second try.'),
    max_delay_ms: milliseconds().default(5000).describe('Longest wait between two tries.'),
    backoff_multiplier: z.number().min(1).max(100).default(2).describe('Factor from one wait to the next.'),
    budget_ratio: z
      .number()
      .min(0)
      .max(1)
      .default(0.2)
      .describe('Retries as a share of live traffic; beyond it none are made.'),
  })
  .check(
    crossCheck<unknown>((value, report) => {
      const { initial_delay_ms: first, max_delay_ms: longest } = asRecord(value)
      if (typeof first === 'number' && typeof longest === 'number' && longest < first)
        report(['max_delay_ms'], 'is shorter than initial_delay_ms', `${first} or more`)
    }),
  )

const timeoutSchema = z.strictObject({
  connect_seconds: seconds().default(5).describe('To a connection with the provider.'),
  first_byte_seconds: seconds()
    .optional()
    .describe('To the first event or the head of a JSON answer. Unset: 120 for streams, none for JSON.'),
  idle_seconds: seconds().default(300).describe('Between two events of a stream.'),
  request_seconds: seconds().default(600).describe('A whole call that is not streamed.'),
  streaming_seconds: seconds().default(600).describe('A whole stream.'),
})

const bulkheadSchema = z.strictObject({
  enabled: z.boolean().default(true).describe('Bound what is under way to one provider.'),
  max_concurrent: count().default(1000).describe('Requests under way to one provider.'),
  max_queue: countOrZero().default(500).describe('Requests that wait for a place; more are refused.'),
})

const hedgeSchema = z.strictObject({
  enabled: z.boolean().default(false).describe('Ask a second target when the first is slow to begin.'),
  after: checked('p50 to p99, a percentile of the time to the first token', (value) =>
    /^p[5-9]\d$/.test(value),
  )
    .default('p95')
    .describe('When: a percentile of the measured time to the first token.'),
  max_share: z.number().gt(0).max(1).default(0.05).describe('Hedged requests as a share of all.'),
})

export const resilienceSchema = z.strictObject({
  circuit_breaker: circuitBreakerSchema.prefault({}).describe('Leaving failing targets alone.'),
  retry: retrySchema.prefault({}).describe('Trying the same target again, before a byte has left.'),
  timeout: timeoutSchema.prefault({}).describe('How long each part of a call may take.'),
  bulkhead: bulkheadSchema.prefault({}).describe('Keeping one provider from taking every place.'),
  hedge: hedgeSchema.prefault({}).describe('A second attempt against slowness.'),
})
