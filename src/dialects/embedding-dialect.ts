/** What every embedding dialect offers beside what all dialects do. Pure, as chat dialects are. */
import type { EmbeddingEncoding, EmbeddingRequest, EmbeddingResponse } from '../canonical/embedding.ts'
import type { JsonObject } from '../canonical/json.ts'
import type { CallerDialect, EncodedRequest, WireDialect } from './dialect.ts'

export interface DecodedEmbeddingRequest {
  request: EmbeddingRequest
  /** Fields this dialect does not know: lost when translated. */
  unknown: string[]
}

/** A dialect that a provider of embeddings may speak. */
export interface EmbeddingProviderDialect extends WireDialect {
  /** @throws GatewayError `invalid_request` for what the target cannot take in any form. */
  encodeRequest(request: EmbeddingRequest): EncodedRequest
  /**
   * @param request the one that was sent: answers tell less than their requests
   * @throws GatewayError `upstream_error` when the body is not an answer of this dialect.
   */
  decodeResponse(body: unknown, request: EmbeddingRequest): EmbeddingResponse
}

/** A dialect in which callers may ask for embeddings. */
export interface EmbeddingCallerDialect extends CallerDialect {
  /** @throws GatewayError `invalid_request` with `param` for a shape that cannot be read. */
  decodeRequest(body: JsonObject): DecodedEmbeddingRequest
  /** Writes the vectors in the encoding that the caller asked for, whatever the provider sent. */
  encodeResponse(response: EmbeddingResponse, encoding: EmbeddingEncoding): JsonObject
}

export type EmbeddingDialect = EmbeddingProviderDialect & EmbeddingCallerDialect
