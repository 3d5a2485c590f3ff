import type { ChatProviderDialect } from '../dialect.ts'
import type { EmbeddingProviderDialect } from '../embedding-dialect.ts'
import { decodeEmbeddings, encodeEmbeddingRequest } from './embeddings.ts'
import { encodeRequest } from './encode-request.ts'
import { decodeError } from './error.ts'
import { features } from './features.ts'
import { decodeResponse } from './response.ts'
import { CohereStreamDecoder } from './stream-decoder.ts'
import { dialect } from './types.ts'

/** Cohere's chat, API v2. */
export const cohere: ChatProviderDialect = {
  name: dialect,
  features,
  framing: 'sse',
  encodeRequest,
  decodeResponse,
  streamDecoder: () => new CohereStreamDecoder(),
  decodeError,
}

/** Cohere's embeddings, API v2. */
export const cohereEmbeddings: EmbeddingProviderDialect = {
  name: dialect,
  encodeRequest: encodeEmbeddingRequest,
  decodeResponse: decodeEmbeddings,
  decodeError,
}
