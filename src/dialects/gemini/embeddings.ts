import type { EmbeddingRequest, EmbeddingResponse } from '../../canonical/embedding.ts'
import { isObject, type JsonObject } from '../../canonical/json.ts'
import type { EncodedRequest } from '../dialect.ts'
import { defined } from '../openai-fields.ts'
import { qualifiedModel } from './address.ts'
import { demandVectors, lostOf, notVectors, textsOf, withPromptTokens } from './embedding-input.ts'

/** `batchEmbedContents`, for one input as for many. Source: ai.google.dev/api/embeddings (checked 2026-11-21). */
export function encodeBatch(request: EmbeddingRequest): EncodedRequest {
  const model = qualifiedModel(request.model)
  const requests = textsOf(request).map((text): JsonObject =>
    defined({
      model,
      content: { role: 'user', parts: [{ text }] },
      outputDimensionality: request.dimensions,
    }),
  )
  return { body: { requests }, lost: lostOf(request) }
}

/** @throws GatewayError `upstream_error` when the body is no list of as many embeddings as there were inputs. */
export function decodeBatch(body: unknown, request: EmbeddingRequest): EmbeddingResponse {
  if (!isObject(body) || !Array.isArray(body.embeddings)) throw notVectors('it has no `embeddings`')
  const values = body.embeddings.map((item: unknown) => (isObject(item) ? item.values : undefined))
  const vectors = demandVectors(values, textsOf(request).length)
  return withPromptTokens({ model: request.model, vectors }, body.usageMetadata)
}
