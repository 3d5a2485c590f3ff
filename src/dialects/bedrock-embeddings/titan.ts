import type { EmbeddingRequest, EmbeddingResponse } from '../../canonical/embedding.ts'
import { isObject } from '../../canonical/json.ts'
import { noUsage } from '../../canonical/usage.ts'
import { GatewayError } from '../../errors.ts'
import type { EncodedRequest } from '../dialect.ts'
import { type EmbeddingFormat, isVector, lostOf, notVectors, textsOf } from './body.ts'

/** Amazon Titan Text Embeddings: one text a call. */
const titan = (encodeSize: (request: EmbeddingRequest) => EncodedRequest): EmbeddingFormat => ({
  encodeRequest(request) {
    const size = encodeSize(request)
    return { body: { inputText: onlyText(request), ...size.body }, lost: [...lostOf(request), ...size.lost] }
  },
  decodeResponse,
})

/** Its vectors have 1536 numbers. */
export const titanV1 = titan(({ dimensions }) => ({
  body: {},
  lost: dimensions === undefined ? [] : ['dimensions'],
}))

export const titanV2 = titan(({ dimensions }) => ({
  body: dimensions === undefined ? {} : { dimensions },
  lost: [],
}))

function onlyText(request: EmbeddingRequest): string {
  const texts = textsOf(request)
  const [only] = texts
  if (only !== undefined && texts.length === 1) return only
  throw new GatewayError('invalid_request', {
    message: `input: found ${texts.length} texts, allowed for this model: one text in a call.`,
    param: 'input',
  })
}

function decodeResponse(body: unknown, request: EmbeddingRequest): EmbeddingResponse {
  const vector = isObject(body) ? body.embedding : undefined
  if (!isObject(body) || !isVector(vector)) throw notVectors('the answer has no vector')
  const input = body.inputTextTokenCount
  const isCount = typeof input === 'number' && Number.isSafeInteger(input) && input >= 0
  return { model: request.model, vectors: [vector], ...(isCount && { usage: { ...noUsage, input } }) }
}
