import { describe, expect, test } from 'vitest'
import type { EmbeddingRequest } from '../../src/canonical/embedding.ts'
import { noUsage } from '../../src/canonical/usage.ts'
import { cohereEmbeddings } from '../../src/dialects/cohere/index.ts'
import { loadFixture } from '../support/fixtures.ts'

const base: EmbeddingRequest = { model: 'embed-v4.0', input: { kind: 'texts', texts: ['a', 'b'] } }
const written = {
  model: 'embed-v4.0',
  texts: ['a', 'b'],
  input_type: 'search_document',
  embedding_types: ['float'],
}
const encode = (fields: Partial<EmbeddingRequest>) => cohereEmbeddings.encodeRequest({ ...base, ...fields })

describe('a request for embeddings', () => {
  test.each<[string, Partial<EmbeddingRequest>, object, string[]?]>([
    ['of the smallest kind', {}, written],
    ['of one text', { isSingle: true, input: { kind: 'texts', texts: ['a'] } }, { ...written, texts: ['a'] }],
    ['of numbers', { encoding: 'float' }, written],
    ['of base64', { encoding: 'base64' }, { ...written, embedding_types: ['base64'] }],
    ['of a size', { dimensions: 256 }, { ...written, output_dimension: 256 }],
    ['of a user', { user: 'u' }, written, ['user']],
    [
      'of another kind',
      {
        extensions: {
          dialect: 'openai-embeddings',
          fields: { input_type: 'search_query', truncate: 'START' },
        },
      },
      { ...written, input_type: 'search_query', truncate: 'START' },
    ],
    [
      'of its own fields',
      { extensions: { dialect: 'cohere', fields: { max_tokens: 10, priority: 1, output_dimension: 512 } } },
      { ...written, max_tokens: 10, priority: 1, output_dimension: 512 },
    ],
    [
      'of two sizes, the first of which counts',
      { dimensions: 256, extensions: { dialect: 'openai-embeddings', fields: { output_dimension: 512 } } },
      { ...written, output_dimension: 256 },
    ],
    [
      'of fields that are not known',
      { user: 'u', extensions: { dialect: 'openai-embeddings', fields: { output_dtype: 'int8' } } },
      written,
      ['user', 'output_dtype'],
    ],
  ])('%s', (_name, fields, body, lost = []) => expect(encode(fields)).toEqual({ body, lost }))

  test('of tokens is refused', () => {
    const tokens = () => encode({ input: { kind: 'tokens', tokens: [[1, 2]] } })
    expect(tokens).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        detail: expect.objectContaining({ param: 'input' }) as unknown,
      }),
    )
    expect(tokens).toThrow('input: found tokens, allowed: a string or an array of strings.')
  })
})

describe('an answer with embeddings', () => {
  const float = [
    [0.5, 1],
    [2, 3],
  ]
  const decode = (body: unknown, fields: Partial<EmbeddingRequest> = {}) =>
    cohereEmbeddings.decodeResponse(body, { ...base, ...fields })

  test.each<[string, object, object]>([
    ['numbers', { embeddings: { float } }, { vectors: float }],
    ['base64', { embeddings: { base64: ['AAAAPw==', 'AACAPw=='] } }, { vectors: ['AAAAPw==', 'AACAPw=='] }],
    ['numbers beside base64', { embeddings: { base64: ['AAAAPw=='], float } }, { vectors: float }],
    ['a list', { embeddings: float }, { vectors: float }],
    [
      'what is billed',
      { embeddings: { float }, meta: { billed_units: { input_tokens: 7 } } },
      { vectors: float, usage: { ...noUsage, input: 7 } },
    ],
    [
      'tokens',
      { embeddings: { float }, meta: { billed_units: { input_tokens: 7 }, tokens: { input_tokens: 8 } } },
      { vectors: float, usage: { ...noUsage, input: 8 } },
    ],
    ['no count', { embeddings: { float }, meta: { billed_units: { input_tokens: -7 } } }, { vectors: float }],
    ['a meta without counts', { embeddings: { float }, meta: {} }, { vectors: float }],
  ])('of %s', (_name, body, expected) => expect(decode(body)).toEqual({ model: 'embed-v4.0', ...expected }))

  test.each<[string, unknown]>([
    ['text', 'hello'],
    ['an error', { message: 'no' }],
    ['a vector too few', { embeddings: { float: float.slice(1) } }],
    ['a vector too many', { embeddings: { float: [...float, [1]] } }],
    ['other numbers', { embeddings: { int8: float } }],
    ['an empty vector', { embeddings: { float: [[], [1]] } }],
    ['words for numbers', { embeddings: { float: [['x'], [1]] } }],
    ['half a number', { embeddings: { base64: ['AAAAPw==', 'AAAA'] } }],
    ['an empty text', { embeddings: { base64: ['AAAAPw==', ''] } }],
  ])('%s is none', (_name, body) => {
    expect(() => decode(body)).toThrow(expect.objectContaining({ code: 'upstream_error' }))
  })

  test('as recorded has a vector for each text', () => {
    const { request, response } = loadFixture('cohere/embed')
    const texts = (request.body as { texts: string[] }).texts
    const answer = decode(response.body, { input: { kind: 'texts', texts } })
    expect(answer.vectors).toEqual((response.body as { embeddings: { float: unknown } }).embeddings.float)
    expect(answer.usage).toEqual({ ...noUsage, input: 208 })
  })

  test('as recorded for a model that does not exist says so', () => {
    const { status, body } = loadFixture('cohere/embed-error').response
    expect(cohereEmbeddings.decodeError(status, body)).toEqual({
      kind: 'not_found',
      message: (body as { message: string }).message,
    })
  })
})
