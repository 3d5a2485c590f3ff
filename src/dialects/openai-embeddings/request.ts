import type { EmbeddingInput, EmbeddingRequest } from '../../canonical/embedding.ts'
import type { JsonObject } from '../../canonical/json.ts'
import type { EncodedRequest } from '../dialect.ts'
import type { DecodedEmbeddingRequest } from '../embedding-dialect.ts'
import {
  defined,
  readInteger,
  readName,
  readString,
  refuse,
  refuseWord,
  UnknownFields,
} from '../openai-fields.ts'

/** Mistral's fields for the size and the number format of its vectors. */
const extensionNames = ['output_dimension', 'output_dtype']
/** Cohere's fields for what the vectors are for, and for which end of a long text is cut. */
const cohereNames = ['input_type', 'truncate']
const known = new Set([
  ...['model', 'input', 'dimensions', 'encoding_format', 'user'],
  ...[...extensionNames, ...cohereNames],
])

/** Reads `CreateEmbeddingRequest`. */
export function decodeRequest(body: JsonObject): DecodedEmbeddingRequest {
  const unknown = new UnknownFields()
  unknown.note(body, known, '')
  const request: EmbeddingRequest = {
    model: readName(body, 'model', ''),
    ...readInput(body.input),
    dimensions: readInteger(body, 'dimensions', 1),
    encoding: readEncoding(body),
    user: readString(body, 'user'),
    extensions: readExtensions(body),
  }
  return { request, unknown: unknown.list() }
}

const allowedInput = 'a string, an array of strings, an array of tokens, or an array of arrays of tokens'

function readInput(input: unknown): { input: EmbeddingInput; isSingle?: boolean } {
  if (typeof input === 'string') {
    if (input === '') refuse('input', input, `${allowedInput}; not empty`)
    return { input: { kind: 'texts', texts: [input] }, isSingle: true }
  }
  if (!Array.isArray(input) || input.length === 0) refuse('input', input, `${allowedInput}; not empty`)
  const first: unknown = input[0]
  if (typeof first === 'string') {
    input.forEach((item, i) => {
      if (typeof item !== 'string') refuse(`input[${i}]`, item, 'a string, as the items before')
    })
    return { input: { kind: 'texts', texts: input as string[] } }
  }
  if (typeof first === 'number')
    return { input: { kind: 'tokens', tokens: [readTokens(input, 'input')] }, isSingle: true }
  if (!Array.isArray(first)) refuse('input[0]', first, 'a string, a token, or an array of tokens')
  const tokens = input.map((item, i) => readTokens(item, `input[${i}]`))
  return { input: { kind: 'tokens', tokens } }
}

function readTokens(list: unknown, path: string): number[] {
  if (!Array.isArray(list) || list.length === 0) refuse(path, list, 'an array of tokens, as the items before')
  list.forEach((token, i) => {
    if (!Number.isSafeInteger(token) || token < 0)
      refuse(`${path}[${i}]`, token, 'a token: an integer from 0')
  })
  return list as number[]
}

function readEncoding(body: JsonObject): EmbeddingRequest['encoding'] {
  const encoding = body.encoding_format ?? undefined
  if (encoding === undefined || encoding === 'float' || encoding === 'base64') return encoding
  return refuseWord('encoding_format', encoding, ['float', 'base64'])
}

function readExtensions(body: JsonObject): EmbeddingRequest['extensions'] {
  const fields: JsonObject = {}
  for (const name of [...extensionNames, ...cohereNames])
    if (body[name] !== undefined && body[name] !== null) fields[name] = body[name]
  if (Object.keys(fields).length === 0) return undefined
  const isForCohere = cohereNames.some((name) => name in fields)
  return { dialect: isForCohere ? 'cohere' : 'openai-embeddings', fields }
}

export function encodeRequest(request: EmbeddingRequest): EncodedRequest {
  const { model, input, isSingle, dimensions, encoding, user, extensions } = request
  const items = input.kind === 'texts' ? input.texts : input.tokens
  const lost: string[] = []
  const fields = extensions?.dialect === 'openai-embeddings' ? extensions.fields : {}
  if (extensions && extensions.dialect !== 'openai-embeddings') lost.push(...Object.keys(extensions.fields))
  const body = defined({
    model,
    input: isSingle && items.length === 1 ? items[0] : items,
    dimensions,
    encoding_format: encoding,
    user,
    ...fields,
  })
  return { body, lost }
}
