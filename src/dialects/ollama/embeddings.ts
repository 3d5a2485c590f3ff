import type { EmbeddingRequest, EmbeddingResponse } from '../../canonical/embedding.ts'
import { isObject } from '../../canonical/json.ts'
import { GatewayError } from '../../errors.ts'
import type { EncodedRequest } from '../dialect.ts'
import type { EmbeddingProviderDialect } from '../embedding-dialect.ts'
import { defined } from '../openai-fields.ts'
import { readUsage, text } from './answer.ts'
import { decodeError } from './error.ts'

/**
 * Ollama's `/api/embed`. Source: docs.ollama.com/api/embed and the types of the `ollama` package 0.6.4
 * (checked 2026-11-21).
 */
export const ollamaEmbeddings: EmbeddingProviderDialect = {
  name: 'ollama',
  encodeRequest,
  decodeResponse,
  decodeError,
}

/** `extensions` of this dialect (`truncate`, `keep_alive`, `options`) are sent as they are. */
function encodeRequest(request: EmbeddingRequest): EncodedRequest {
  const { model, input, isSingle, dimensions, user, extensions } = request
  if (input.kind === 'tokens')
    throw new GatewayError('invalid_request', {
      message:
        '`input` is made of tokens, which this provider cannot read; allowed: a string, or an array of strings.',
      param: 'input',
    })
  const fields = extensions?.dialect === 'ollama' ? extensions.fields : {}
  const body = defined({
    ...fields,
    model,
    input: isSingle && input.texts.length === 1 ? input.texts[0] : input.texts,
    dimensions,
  })
  return { body, lost: user === undefined ? [] : ['user'] }
}

const notVectors = (what: string): GatewayError =>
  new GatewayError('upstream_error', {
    cause: new Error(`the provider's answer is no list of embeddings: ${what}`),
  })

function decodeResponse(body: unknown, { input }: EmbeddingRequest): EmbeddingResponse {
  if (!isObject(body) || !Array.isArray(body.embeddings)) throw notVectors('it has no `embeddings`')
  const vectors: unknown[] = body.embeddings
  const wanted = input.kind === 'texts' ? input.texts.length : input.tokens.length
  if (vectors.length !== wanted) throw notVectors(`it has ${vectors.length} for ${wanted} inputs`)
  if (!vectors.every(isVector)) throw notVectors('one of them is no vector')
  const usage = readUsage(body)
  return { model: text(body.model), vectors, ...(usage && { usage }) }
}

const isVector = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length > 0 && value.every((number) => typeof number === 'number')
