import type { EmbeddingEncoding, EmbeddingResponse, EmbeddingVector } from '../../canonical/embedding.ts'
import { isObject, type JsonObject } from '../../canonical/json.ts'
import { noUsage, promptTokens, type Usage } from '../../canonical/usage.ts'
import { GatewayError } from '../../errors.ts'
import { encodeVector, isEncodedVector } from './vector.ts'

const notVectors = (what: string): GatewayError =>
  new GatewayError('upstream_error', {
    cause: new Error(`the provider's answer is no list of embeddings: ${what}`),
  })

/** @throws GatewayError `upstream_error` when the body is no list of embeddings. */
export function decodeResponse(body: unknown): EmbeddingResponse {
  if (!isObject(body) || !Array.isArray(body.data)) throw notVectors('it has no `data`')
  const vectors: EmbeddingVector[] = []
  body.data.forEach((item: unknown, position) => {
    const { index, vector } = readItem(item, position)
    if (index >= (body.data as unknown[]).length || vectors[index] !== undefined)
      throw notVectors(`its indexes do not count from 0 to ${(body.data as unknown[]).length - 1}`)
    vectors[index] = vector
  })
  const response: EmbeddingResponse = { model: typeof body.model === 'string' ? body.model : '', vectors }
  const usage = readUsage(body.usage)
  return usage ? { ...response, usage } : response
}

function readItem(item: unknown, position: number): { index: number; vector: EmbeddingVector } {
  if (!isObject(item)) throw notVectors(`item ${position} is no object`)
  const index = item.index ?? position
  if (!Number.isSafeInteger(index) || (index as number) < 0) throw notVectors(`item ${position} has no index`)
  const vector = item.embedding
  const isVector =
    typeof vector === 'string'
      ? isEncodedVector(vector)
      : Array.isArray(vector) && vector.every((number) => typeof number === 'number')
  if (!isVector) throw notVectors(`item ${position} has no vector`)
  return { index: index as number, vector: vector as EmbeddingVector }
}

/** `usage.prompt_tokens`; `undefined` where that is no integer from 0. */
export function readUsage(value: unknown): Usage | undefined {
  if (!isObject(value) || !Number.isSafeInteger(value.prompt_tokens)) return undefined
  const input = value.prompt_tokens as number
  return input < 0 ? undefined : { ...noUsage, input }
}

/** Vectors in `encoding`. The usage object is demanded by the API, so an unknown one is written as 0. */
export function encodeResponse(response: EmbeddingResponse, encoding: EmbeddingEncoding): JsonObject {
  const tokens = response.usage ? promptTokens(response.usage) : 0
  return {
    object: 'list',
    data: response.vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: encodeVector(vector, encoding),
    })),
    model: response.model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  }
}
