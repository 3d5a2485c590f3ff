import type { EmbeddingRequest, EmbeddingResponse } from '../../canonical/embedding.ts'
import { isObject, type JsonObject } from '../../canonical/json.ts'
import { noUsage } from '../../canonical/usage.ts'
import type { EncodedRequest } from '../dialect.ts'
import { demandVectors, lostOf, notVectors, textsOf } from './embedding-input.ts'

/**
 * `:predict` of Vertex AI's text embedding models: the text in `instances`, the size in `parameters`.
 * Source: cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api (checked 2026-11-21).
 */
export function encodePrediction(request: EmbeddingRequest): EncodedRequest {
  const body: JsonObject = { instances: textsOf(request).map((content) => ({ content })) }
  if (request.dimensions !== undefined) body.parameters = { outputDimensionality: request.dimensions }
  return { body, lost: lostOf(request) }
}

/** @throws GatewayError `upstream_error` when the body is no list of as many predictions as there were inputs. */
export function decodePrediction(body: unknown, request: EmbeddingRequest): EmbeddingResponse {
  if (!isObject(body) || !Array.isArray(body.predictions)) throw notVectors('it has no `predictions`')
  const embeddings = body.predictions.map((item: unknown) =>
    isObject(item) && isObject(item.embeddings) ? item.embeddings : {},
  )
  const vectors = demandVectors(
    embeddings.map(({ values }) => values),
    textsOf(request).length,
  )
  const tokens = embeddings.map(({ statistics }) =>
    isObject(statistics) ? statistics.token_count : undefined,
  )
  const response = { model: request.model, vectors }
  if (!tokens.every((count): count is number => Number.isSafeInteger(count) && (count as number) >= 0))
    return response
  return { ...response, usage: { ...noUsage, input: tokens.reduce((sum, count) => sum + count, 0) } }
}
