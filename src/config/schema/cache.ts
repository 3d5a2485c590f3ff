import { z } from 'zod'
import { count, providerName, seconds, text } from './fields.ts'

const embeddingSchema = z.strictObject({
  provider: providerName().describe('A name of providers:.'),
  model: text().describe("The embedding model, by the provider's own name."),
})

const semanticCacheSchema = z.strictObject({
  enabled: z.boolean().default(true).describe('Answer from the cache when a question means the same.'),
  similarity_threshold: z.number().gt(0).max(1).default(0.95).describe('How alike two questions must be.'),
  embedding: embeddingSchema.optional().describe('Who measures likeness; unset: the built-in embedder.'),
})

export const cacheSchema = z.strictObject({
  enabled: z.boolean().default(false).describe('Answer identical requests of a tenant from a cache.'),
  backend: z.enum(['memory', 'redis']).default('memory').describe('Where answers are kept.'),
  max_size_mb: count().default(256).describe('Most memory that answers may take, in MiB.'),
  default_ttl_seconds: seconds().default(3600).describe('How long an answer is kept.'),
  cache_nondeterministic: z
    .boolean()
    .default(true)
    .describe('Whether answers sampled with a temperature above 0 are kept.'),
  single_flight: z.boolean().default(false).describe('Identical requests under way share one call.'),
  semantic_cache: semanticCacheSchema.optional().describe('Answers to questions that mean the same.'),
})
