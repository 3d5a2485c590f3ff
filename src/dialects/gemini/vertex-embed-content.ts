import type { EmbeddingRequest, EmbeddingResponse } from '../../canonical/embedding.ts'
import { isObject, type JsonObject } from '../../canonical/json.ts'
import { GatewayError } from '../../errors.ts'
import type { EncodedRequest } from '../dialect.ts'
import { demandVectors, lostOf, notVectors, textsOf, withPromptTokens } from './embedding-input.ts'

/**
 * `:embedContent` of Vertex AI: one content, and its settings beside it.
 * Source: what @google/genai 3.1 sends (checked 2026-11-21).
 * @throws GatewayError `invalid_request` for more than one text, which would become one vector for them all
 */
export function encodeEmbedding(request: EmbeddingRequest): EncodedRequest {
  const texts = textsOf(request)
  if (texts.length > 1)
    throw new GatewayError('invalid_request', {
      message: `input: found ${texts.length} texts, allowed: one text a request for this model.`,
      param: 'input',
    })
  const body: JsonObject = { content: { role: 'user', parts: texts.map((text) => ({ text })) } }
  if (request.dimensions !== undefined) body.embedContentConfig = { outputDimensionality: request.dimensions }
  return { body, lost: lostOf(request) }
}

/** @throws GatewayError `upstream_error` when the body is no embedding. */
export function decodeEmbedding(body: unknown, request: EmbeddingRequest): EmbeddingResponse {
  if (!isObject(body) || !isObject(body.embedding)) throw notVectors('it has no `embedding`')
  const vectors = demandVectors([body.embedding.values], textsOf(request).length)
  return withPromptTokens({ model: request.model, vectors }, body.usageMetadata)
}
