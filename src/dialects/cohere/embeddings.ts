import type { EmbeddingRequest, EmbeddingResponse, EmbeddingVector } from '../../canonical/embedding.ts'
import { isObject, type JsonObject } from '../../canonical/json.ts'
import { noUsage, type Usage } from '../../canonical/usage.ts'
import { GatewayError } from '../../errors.ts'
import type { EncodedRequest } from '../dialect.ts'
import { defined } from '../openai-fields.ts'
import { list, notOfThisDialect } from './types.ts'

/** Models from v3 on demand to know what the vectors are for; this is what most are made for. */
const defaultInputType = 'search_document'
/** Fields of this API that a caller of another dialect may send beside its own. */
const taken = new Set(['input_type', 'truncate', 'output_dimension', 'max_tokens', 'priority'])

/**
 * Writes `POST /v2/embed` for texts.
 * @throws GatewayError `invalid_request` for tokens, which mean nothing to these models.
 */
export function encodeEmbeddingRequest(request: EmbeddingRequest): EncodedRequest {
  const { model, input, dimensions, encoding = 'float', user, extensions } = request
  if (input.kind === 'tokens')
    throw new GatewayError('invalid_request', {
      message: 'input: found tokens, allowed: a string or an array of strings.',
      param: 'input',
    })
  const fields = Object.entries(extensions?.fields ?? {})
  const body = defined({
    model,
    texts: input.texts,
    input_type: defaultInputType,
    embedding_types: [encoding],
    ...Object.fromEntries(fields.filter(([name]) => taken.has(name))),
    ...(dimensions !== undefined && { output_dimension: dimensions }),
  })
  const lost = fields.map(([name]) => name).filter((name) => !taken.has(name))
  return { body, lost: user === undefined ? lost : ['user', ...lost] }
}

/**
 * Reads `{embeddings: {float | base64}}`; older models give the list itself. Answers have no word for the model.
 * @throws GatewayError `upstream_error` when there is not one vector for each text.
 */
export function decodeEmbeddings(body: unknown, { model, input }: EmbeddingRequest): EmbeddingResponse {
  const found = isObject(body) ? body.embeddings : undefined
  const vectors = [...list(isObject(found) ? (found.float ?? found.base64) : found)]
  const wanted = input.kind === 'texts' ? input.texts.length : input.tokens.length
  if (vectors.length !== wanted)
    throw notOfThisDialect(`the answer has ${vectors.length} vectors for ${wanted} texts`)
  if (!vectors.every(isVector)) throw notOfThisDialect('an embedding is no vector')
  const usage = isObject(body) && isObject(body.meta) ? decodeUsage(body.meta) : undefined
  return { model, vectors, ...(usage && { usage }) }
}

function isVector(value: unknown): value is EmbeddingVector {
  if (typeof value === 'string') return value !== '' && Buffer.byteLength(value, 'base64') % 4 === 0
  return Array.isArray(value) && value.length > 0 && value.every((number) => typeof number === 'number')
}

/** `meta` of API v2 counts what is billed, which for texts are all tokens. */
function decodeUsage({ tokens, billed_units }: JsonObject): Usage | undefined {
  const counts = isObject(tokens) ? tokens : billed_units
  const input = isObject(counts) ? counts.input_tokens : undefined
  return Number.isSafeInteger(input) && (input as number) >= 0
    ? { ...noUsage, input: input as number }
    : undefined
}
