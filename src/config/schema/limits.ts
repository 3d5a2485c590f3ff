import { z } from 'zod'
import { count, crossCheck, asList } from './fields.ts'

/** How much a tenant, a key or everyone may ask. What is not set is not limited. */
export const rateLimitSchema = z.strictObject({
  enabled: z.boolean().default(true).describe('false: written down, but not in force.'),
  requests_per_minute: count().optional().describe('Requests per minute.'),
  tokens_per_minute: count().optional().describe('Tokens per minute, prompt and answer together.'),
  burst_size: count().optional().describe('Requests that may come at once before the rate counts.'),
  max_parallel_requests: count().optional().describe('Requests under way at once.'),
  strict: z
    .boolean()
    .default(false)
    .describe('true: refuse while the shared store is away, instead of using the leased share.'),
})

export const budgetSchema = z
  .strictObject({
    enabled: z.boolean().default(true).describe('false: written down, but not in force.'),
    limit_usd: z.number().min(0).max(1e9).describe('Most that may be spent in a period, in US dollars.'),
    period: z
      .enum(['day', 'week', 'month', 'total'])
      .default('month')
      .describe('When the count starts anew.'),
    alert_at: z
      .array(z.number().gt(0).max(1))
      .default([0.5, 0.8, 1])
      .describe('Shares of the limit at which an alert goes out.'),
    on_exceeded: z.enum(['block', 'alert']).default('block').describe('Refuse further calls, or only alert.'),
  })
  .check(
    crossCheck<unknown>((value, report) => {
      const shares = asList((value as { alert_at?: unknown }).alert_at)
      for (const [index, share] of shares.entries())
        if (shares.indexOf(share) < index) report(['alert_at', index], 'repeats a share', 'each share once')
    }),
  )
