import { describe, expect, test } from 'vitest'
import type { EmbeddingRequest } from '../../src/canonical/embedding.ts'
import type { JsonObject } from '../../src/canonical/json.ts'
import { noUsage } from '../../src/canonical/usage.ts'
import { bedrockEmbeddings } from '../../src/dialects/bedrock-embeddings/index.ts'
import { GatewayError } from '../../src/errors.ts'
import { loadFixture } from '../support/fixtures.ts'

const titanV1 = 'amazon.titan-embed-text-v1'
const titanV2 = 'amazon.titan-embed-text-v2:0'
const cohereV3 = 'cohere.embed-multilingual-v3'
const cohereV4 = 'us.cohere.embed-v4:0'

const ask = (model: string, texts: string[], more: Partial<EmbeddingRequest> = {}): EmbeddingRequest => ({
  model,
  input: { kind: 'texts', texts },
  ...more,
})
const encode = (...call: Parameters<typeof ask>) => bedrockEmbeddings.encodeRequest(ask(...call))
const refusal = (attempt: () => unknown) => {
  expect(attempt).toThrow(GatewayError)
  try {
    attempt()
  } catch (error) {
    const { code, message, detail } = error as GatewayError
    return { code, message, param: detail.param }
  }
  return undefined
}

describe('a request for embeddings', () => {
  test.each<[string, Partial<EmbeddingRequest>, JsonObject, string[]]>([
    [titanV1, {}, { inputText: 'a' }, []],
    [titanV1, { dimensions: 256 }, { inputText: 'a' }, ['dimensions']],
    ['amazon.titan-embed-g1-text-02', {}, { inputText: 'a' }, []],
    [titanV2, { dimensions: 256 }, { inputText: 'a', dimensions: 256 }, []],
    [
      `arn:aws:bedrock:us-east-1::foundation-model/${titanV2}`,
      { dimensions: 512 },
      { inputText: 'a', dimensions: 512 },
      [],
    ],
    [cohereV3, {}, { texts: ['a'], input_type: 'search_document' }, []],
    [
      'cohere.embed-english-v3',
      { dimensions: 256 },
      { texts: ['a'], input_type: 'search_document' },
      ['dimensions'],
    ],
    [
      cohereV4,
      { dimensions: 256 },
      { texts: ['a'], input_type: 'search_document', output_dimension: 256 },
      [],
    ],
    [
      titanV2,
      {
        user: 'u',
        encoding: 'base64',
        extensions: { dialect: 'openai-embeddings', fields: { output_dtype: 'int8' } },
      },
      { inputText: 'a' },
      ['user', 'output_dtype'],
    ],
    [cohereV4, { user: 'u' }, { texts: ['a'], input_type: 'search_document' }, ['user']],
  ])('of %s', (model, more, body, lost) => {
    expect(encode(model, ['a'], more)).toEqual({ body, lost })
  })

  test('holds several texts for Cohere', () => {
    expect(encode(cohereV4, ['a', 'b']).body.texts).toEqual(['a', 'b'])
  })

  test('holds one text for Titan', () => {
    expect(refusal(() => encode(titanV2, ['a', 'b']))).toEqual({
      code: 'invalid_request',
      message: 'input: found 2 texts, allowed for this model: one text in a call.',
      param: 'input',
    })
    expect(refusal(() => encode(titanV1, []))).toMatchObject({ param: 'input' })
  })

  test.each([titanV2, cohereV3])('holds text, not tokens, for %s', (model) => {
    const request: EmbeddingRequest = { model, input: { kind: 'tokens', tokens: [[1]] } }
    expect(refusal(() => bedrockEmbeddings.encodeRequest(request))).toEqual({
      code: 'invalid_request',
      message: 'input: found tokens, allowed for this model: text.',
      param: 'input',
    })
  })

  test.each([
    'anthropic.claude-3-haiku-20240307-v1:0',
    'amazon.titan-text-express-v1',
    'cohere.command-r-v1:0',
  ])('is refused for %s', (model) => {
    expect(refusal(() => encode(model, ['a']))).toMatchObject({ code: 'invalid_request', param: 'model' })
  })
})

describe('an answer with embeddings', () => {
  const decode = (model: string, texts: string[], body: unknown) =>
    bedrockEmbeddings.decodeResponse(body, ask(model, texts))

  test('is read as recorded, and its request written as recorded', () => {
    const { request, response } = loadFixture('bedrock/invoke-embeddings-titan-v2-with-dimensions')
    const { inputText, dimensions } = request.body as { inputText: string; dimensions: number }
    const call = ask(titanV2, [inputText], { dimensions })
    // Normalised is how its vectors are without a word.
    expect({ ...bedrockEmbeddings.encodeRequest(call).body, normalize: true }).toEqual(request.body)
    const { embedding } = response.body as { embedding: number[] }
    expect(embedding).toHaveLength(256)
    expect(bedrockEmbeddings.decodeResponse(response.body, call)).toEqual({
      model: titanV2,
      vectors: [embedding],
      usage: { ...noUsage, input: 4 },
    })
  })

  test('may lack a count', () => {
    const expected = { model: titanV1, vectors: [[1, 2]] }
    expect(decode(titanV1, ['a'], { embedding: [1, 2] })).toEqual(expected)
    expect(decode(titanV1, ['a'], { embedding: [1, 2], inputTextTokenCount: -1 })).toEqual(expected)
  })

  test('is a list for Cohere, or lists by type', () => {
    const vectors = [[1], [2]]
    const expected = { model: cohereV4, vectors }
    expect(decode(cohereV4, ['a', 'b'], { id: 'i', embeddings: vectors, texts: ['a', 'b'] })).toEqual(
      expected,
    )
    expect(decode(cohereV4, ['a', 'b'], { embeddings: { float: vectors } })).toEqual(expected)
  })

  test.each<[string, string, unknown]>([
    ['nothing', titanV2, undefined],
    ['no vector', titanV2, {}],
    ['an empty vector', titanV2, { embedding: [] }],
    ['words', titanV2, { embedding: ['a'] }],
    ['nothing of Cohere', cohereV3, null],
    ['no vectors', cohereV3, { embeddings: { int8: [[1]] } }],
    ['a vector of words', cohereV3, { embeddings: [['a']] }],
    ['too few vectors', cohereV3, { embeddings: [] }],
    ['too many vectors', cohereV3, { embeddings: [[1], [2]] }],
  ])('is refused: %s', (_what, model, body) => {
    expect(refusal(() => decode(model, ['a'], body))).toMatchObject({ code: 'upstream_error' })
  })
})
