import type { EmbeddingRequest, EmbeddingResponse } from '../../canonical/embedding.ts'
import { isObject } from '../../canonical/json.ts'
import { noUsage } from '../../canonical/usage.ts'
import { GatewayError } from '../../errors.ts'

/** @throws GatewayError `invalid_request` for tokens: they are of another model's vocabulary, and this API takes text. */
export function textsOf({ input }: EmbeddingRequest): string[] {
  if (input.kind === 'texts') return input.texts
  throw new GatewayError('invalid_request', {
    message: 'input: found tokens, allowed: a string or an array of strings.',
    param: 'input',
  })
}

/** What no embedding request of Google's can say. */
export function lostOf({ user, extensions }: EmbeddingRequest): string[] {
  return [...(user === undefined ? [] : ['user']), ...Object.keys(extensions?.fields ?? {})]
}

/** @throws GatewayError `upstream_error` unless it is a list of one vector for each input */
export function demandVectors(vectors: unknown[], inputs: number): number[][] {
  if (vectors.length !== inputs) throw notVectors(`${vectors.length} vectors for ${inputs} inputs`)
  vectors.forEach((vector, i) => {
    if (!isVector(vector)) throw notVectors(`item ${i} has no vector`)
  })
  return vectors as number[][]
}

const isVector = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && value.every((number) => typeof number === 'number')

export const notVectors = (what: string): GatewayError =>
  new GatewayError('upstream_error', {
    cause: new Error(`the provider's answer is no list of embeddings: ${what}`),
  })

/** With the usage of `usageMetadata`, which most models leave out. */
export function withPromptTokens(response: EmbeddingResponse, usageMetadata: unknown): EmbeddingResponse {
  const tokens = isObject(usageMetadata) ? usageMetadata.promptTokenCount : undefined
  if (!Number.isSafeInteger(tokens) || (tokens as number) < 0) return response
  return { ...response, usage: { ...noUsage, input: tokens as number } }
}
