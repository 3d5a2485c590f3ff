import { GatewayError } from '../../errors.ts'
import type { EmbeddingFormat } from './body.ts'
import { cohereV3, cohereV4 } from './cohere.ts'
import { titanV1, titanV2 } from './titan.ts'

/** By a part of the model's id, so that inference profiles and ARNs of it count too; the first that fits. */
const formats: readonly [RegExp, EmbeddingFormat][] = [
  [/(^|[./])amazon\.titan-embed-text-v2/, titanV2],
  [/(^|[./])amazon\.titan-embed-(text|g1-text)/, titanV1],
  [/(^|[./])cohere\.embed-(english|multilingual)-v3/, cohereV3],
  [/(^|[./])cohere\.embed-/, cohereV4],
]

/** @throws GatewayError `invalid_request` for any other model, whose bodies are not known here. */
export function formatOf(model: string): EmbeddingFormat {
  const found = formats.find(([pattern]) => pattern.test(model))
  if (found) return found[1]
  throw new GatewayError('invalid_request', {
    message:
      'model: found one that is not known to make embeddings at Bedrock, ' +
      'allowed: amazon.titan-embed-text-* and cohere.embed-*.',
    param: 'model',
  })
}
