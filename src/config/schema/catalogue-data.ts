/**
 * The data file of `catalogue.file`. What this version does not know of a model is passed over, so that a file of a
 * newer one can be read.
 */
import { z } from 'zod'
import { capabilities, modes } from './catalogue.ts'
import { count } from './fields.ts'

/** Nano-dollars: a whole number, or decimal text where it isn't whole. */
const amount = () => z.union([z.number().min(0), z.string().regex(/^\d+(?:\.\d+)?$/)]).optional()

const tokenPrices = {
  input: amount(),
  output: amount(),
  reasoning: amount(),
  cacheRead: amount(),
  cacheWrite5m: amount(),
  cacheWrite1h: amount(),
  audioInput: amount(),
  audioOutput: amount(),
  audioCacheRead: amount(),
  audioCacheWrite: amount(),
  imageInput: amount(),
  imageOutput: amount(),
}

const tieredPrices = {
  ...tokenPrices,
  above: z.array(z.object({ tokens: count(), ...tokenPrices })).optional(),
}

const unitPrices = z.object({
  inputCharacter: amount(),
  outputCharacter: amount(),
  inputSecond: amount(),
  outputSecond: amount(),
  inputImage: amount(),
  outputImage: amount(),
  query: amount(),
})

const model = z.object({
  name: z.string().min(1).max(512),
  mode: z.enum(modes),
  contextTokens: count().optional(),
  maxOutputTokens: count().optional(),
  capabilities: z.array(z.enum(capabilities)).optional(),
  streaming: z.literal(false).optional(),
  deprecated: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/)
    .optional(),
  price: z
    .object({
      ...tieredPrices,
      batch: z.object(tieredPrices).optional(),
      flex: z.object(tieredPrices).optional(),
      priority: z.object(tieredPrices).optional(),
      units: unitPrices.optional(),
    })
    .optional(),
})

export const catalogueDataSchema = z.object({ models: z.record(z.string(), z.array(model)) })

/** For each provider type its models, in the order of the file. */
export type CatalogueData = z.output<typeof catalogueDataSchema>['models']
