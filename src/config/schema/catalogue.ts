import { z } from 'zod'
import { count, crossCheck, asList, asRecord, text } from './fields.ts'

/** The words of the catalogue's own data. The catalogue stands behind the providers, which this layer does not know. */
export const capabilities = [
  'tools',
  'parallel_tools',
  'vision',
  'documents',
  'audio_input',
  'json_schema',
  'thinking',
  'prompt_cache',
] as const

export const modes = [
  'chat',
  'responses',
  'completion',
  'embedding',
  'rerank',
  'moderation',
  'image',
  'audio_speech',
  'audio_transcription',
] as const

const usdPerMillion = () => z.number().min(0).max(1_000_000)

const priceSchema = z.strictObject({
  input_usd_per_million: usdPerMillion().describe('US dollars for a million prompt tokens.'),
  output_usd_per_million: usdPerMillion().describe('US dollars for a million answer tokens.'),
  cache_read_usd_per_million: usdPerMillion()
    .optional()
    .describe('For prompt tokens read from a cache; as input unless set.'),
  cache_write_usd_per_million: usdPerMillion()
    .optional()
    .describe('For prompt tokens written to a cache; as input unless set.'),
})

/** What is not set stays as the catalogue has it. */
const modelFactsSchema = z.strictObject({
  provider: text().describe('A name of providers:.'),
  model: text().describe("The model, by the provider's own name."),
  mode: z.enum(modes).optional().describe('What it is for; chat where nothing else is known.'),
  context_tokens: count().optional().describe('The longest prompt.'),
  max_output_tokens: count().optional().describe('The longest answer.'),
  capabilities: z.array(z.enum(capabilities)).optional().describe('All that it can do.'),
  streaming: z.boolean().optional().describe('Whether its answers can be streamed.'),
  price: priceSchema.optional().describe('What it costs.'),
})

export const catalogueSchema = z
  .strictObject({
    file: text()
      .optional()
      .describe('Data made by "llm-gateway catalogue refresh", instead of the built-in data.'),
    models: z
      .array(modelFactsSchema)
      .default([])
      .describe('Models that are added or corrected, one provider at a time.'),
  })
  .check(
    crossCheck<unknown>((value, report) => {
      const seen = new Set<string>()
      for (const [index, entry] of asList(asRecord(value).models).entries()) {
        const { provider, model } = asRecord(entry)
        if (typeof provider !== 'string' || typeof model !== 'string') continue
        const name = `${provider}/${model}`
        if (seen.has(name)) report(['models', index, 'model'], `repeats ${name}`, 'each model once')
        seen.add(name)
      }
    }),
  )
