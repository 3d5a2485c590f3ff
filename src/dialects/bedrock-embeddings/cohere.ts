import type { EmbeddingRequest, EmbeddingResponse } from '../../canonical/embedding.ts'
import { isObject } from '../../canonical/json.ts'
import type { EncodedRequest } from '../dialect.ts'
import { type EmbeddingFormat, isVector, lostOf, notVectors, textsOf } from './body.ts'

/**
 * Cohere Embed. What a text is for is demanded, and no caller's dialect says it: `search_document` is how texts
 * are embedded that others are to be compared with.
 */
const cohere = (encodeSize: (request: EmbeddingRequest) => EncodedRequest): EmbeddingFormat => ({
  encodeRequest(request) {
    const size = encodeSize(request)
    return {
      body: { texts: textsOf(request), input_type: 'search_document', ...size.body },
      lost: [...lostOf(request), ...size.lost],
    }
  },
  decodeResponse,
})

/** Its vectors have 1024 numbers. */
export const cohereV3 = cohere(({ dimensions }) => ({
  body: {},
  lost: dimensions === undefined ? [] : ['dimensions'],
}))

export const cohereV4 = cohere(({ dimensions }) => ({
  body: dimensions === undefined ? {} : { output_dimension: dimensions },
  lost: [],
}))

/** A list of vectors, or lists by the type of their numbers; how many tokens there were stands in a header alone. */
function decodeResponse(body: unknown, request: EmbeddingRequest): EmbeddingResponse {
  const embeddings = isObject(body) ? body.embeddings : undefined
  const vectors = isObject(embeddings) ? embeddings.float : embeddings
  if (!Array.isArray(vectors) || !vectors.every(isVector)) throw notVectors('the answer has no vectors')
  const wanted = textsOf(request).length
  if (vectors.length !== wanted) throw notVectors(`${vectors.length} vectors for ${wanted} texts`)
  return { model: request.model, vectors }
}
