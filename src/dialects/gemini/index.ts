import type { ChatProviderDialect } from '../dialect.ts'
import type { EmbeddingProviderDialect } from '../embedding-dialect.ts'
import { decodeBatch, encodeBatch } from './embeddings.ts'
import { encodeRequest } from './encode-request.ts'
import { decodeError } from './error.ts'
import { features, vertexFeatures } from './features.ts'
import { decodeResponse } from './response.ts'
import { GeminiStreamDecoder } from './stream-decoder.ts'
import { dialect } from './types.ts'
import { decodePrediction, encodePrediction } from './vertex-embeddings.ts'
import { decodeEmbedding, encodeEmbedding } from './vertex-embed-content.ts'

export { generateMethod, qualifiedModel } from './address.ts'

/** `generateContent` and `streamGenerateContent?alt=sse` of the Gemini API. */
export const gemini: ChatProviderDialect = {
  name: dialect,
  features,
  framing: 'sse',
  encodeRequest,
  decodeResponse,
  streamDecoder: () => new GeminiStreamDecoder(),
  decodeError,
}

/** The same of Vertex AI. */
export const vertexGemini: ChatProviderDialect = { ...gemini, features: vertexFeatures }

/** `batchEmbedContents` of the Gemini API. */
export const geminiEmbeddings: EmbeddingProviderDialect = {
  name: dialect,
  encodeRequest: encodeBatch,
  decodeResponse: decodeBatch,
  decodeError,
}

/** `predict` of Vertex AI's text embedding models. */
export const vertexEmbeddings: EmbeddingProviderDialect = {
  name: dialect,
  encodeRequest: encodePrediction,
  decodeResponse: decodePrediction,
  decodeError,
}

/** `embedContent` of Vertex AI's newer embedding models, which `predict` does not know. */
export const vertexEmbedContent: EmbeddingProviderDialect = {
  name: dialect,
  encodeRequest: encodeEmbedding,
  decodeResponse: decodeEmbedding,
  decodeError,
}
