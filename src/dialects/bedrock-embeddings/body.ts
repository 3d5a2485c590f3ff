import type { EmbeddingRequest } from '../../canonical/embedding.ts'
import { GatewayError } from '../../errors.ts'
import type { EmbeddingProviderDialect } from '../embedding-dialect.ts'

/** The bodies of one maker's model. */
export type EmbeddingFormat = Pick<EmbeddingProviderDialect, 'encodeRequest' | 'decodeResponse'>

/** @throws GatewayError `invalid_request` where the input is tokens, of which these models have others. */
export function textsOf({ input }: EmbeddingRequest): string[] {
  if (input.kind === 'texts') return input.texts
  throw new GatewayError('invalid_request', {
    message: 'input: found tokens, allowed for this model: text.',
    param: 'input',
  })
}

/** What no model here takes; the encoding of the vectors is the caller's dialect's affair. */
export function lostOf({ user, extensions }: EmbeddingRequest): string[] {
  const lost = user === undefined ? [] : ['user']
  return extensions ? [...lost, ...Object.keys(extensions.fields)] : lost
}

export const notVectors = (what: string): GatewayError =>
  new GatewayError('upstream_error', { cause: new Error(`bedrock-embeddings: ${what}`) })

export const isVector = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length > 0 && value.every((number) => typeof number === 'number')
