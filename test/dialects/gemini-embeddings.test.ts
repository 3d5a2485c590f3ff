import { describe, expect, test } from 'vitest'
import type { EmbeddingRequest } from '../../src/canonical/embedding.ts'
import { geminiEmbeddings, vertexEmbedContent, vertexEmbeddings } from '../../src/dialects/gemini/index.ts'
import { loadFixture } from '../support/fixtures.ts'
import { bodyOf } from './gemini-recordings.ts'

const request = (more: Partial<EmbeddingRequest> = {}): EmbeddingRequest => ({
  model: 'gemini-embedding-001',
  input: { kind: 'texts', texts: ['one', 'two'] },
  ...more,
})
const single = request({ input: { kind: 'texts', texts: ['one'] }, isSingle: true })
const tokens = request({ input: { kind: 'tokens', tokens: [[1, 2]] } })
const content = (text: string) => ({ role: 'user', parts: [{ text }] })
const usage = (input: number) => ({ usage: expect.objectContaining({ input, output: 0 }) })

describe('embeddings of the Gemini API', () => {
  const model = 'models/gemini-embedding-001'

  test('are asked for as a batch, one text as well', () => {
    expect(geminiEmbeddings.encodeRequest(request())).toEqual({
      body: {
        requests: [
          { model, content: content('one') },
          { model, content: content('two') },
        ],
      },
      lost: [],
    })
    expect(geminiEmbeddings.encodeRequest(single).body).toEqual({
      requests: [{ model, content: content('one') }],
    })
  })

  test('have the size that is asked for', () => {
    expect(geminiEmbeddings.encodeRequest({ ...single, dimensions: 768, encoding: 'base64' })).toEqual({
      body: { requests: [{ model, content: content('one'), outputDimensionality: 768 }] },
      lost: [],
    })
  })

  test.each(['models/x', 'tunedModels/x'])('take %s as a whole name', (name) => {
    expect(geminiEmbeddings.encodeRequest({ ...single, model: name }).body).toMatchObject({
      requests: [{ model: name }],
    })
  })

  test('come in the order of the inputs', () => {
    const body = { embeddings: [{ values: [0.1, 0.2] }, { values: [1] }] }
    expect(geminiEmbeddings.decodeResponse(body, request())).toEqual({
      model: 'gemini-embedding-001',
      vectors: [[0.1, 0.2], [1]],
    })
  })

  test.each([
    [{ promptTokenCount: 7 }, usage(7)],
    [{ promptTokenCount: -7 }, {}],
    [{ promptTokenCount: '7' }, {}],
    [null, {}],
  ])('with %j', (usageMetadata, expected) => {
    const body = { embeddings: [{ values: [1] }], usageMetadata }
    expect(geminiEmbeddings.decodeResponse(body, single)).toEqual({
      model: 'gemini-embedding-001',
      vectors: [[1]],
      ...expected,
    })
  })

  test('are read as recorded', () => {
    const fixture = loadFixture('gemini/embeddings-embedding-gemini-embedding-001-768')
    const { vectors } = geminiEmbeddings.decodeResponse(bodyOf(fixture), single)
    expect(vectors).toHaveLength(1)
    expect(vectors[0]).toHaveLength(768)
    expect(vectors[0]?.[0]).toBe(-0.01530608)
  })

  test.each([
    ['null', null],
    ['no list', { embeddings: {} }],
    ['too few', { embeddings: [{ values: [1] }] }],
    ['too many', { embeddings: [{ values: [1] }, { values: [1] }, { values: [1] }] }],
    ['no values', { embeddings: [{ values: [1] }, {}] }],
    ['no item', { embeddings: [{ values: [1] }, null] }],
    ['no numbers', { embeddings: [{ values: [1] }, { values: ['1'] }] }],
    ['an empty vector', { embeddings: [{ values: [1] }, { values: [] }] }],
  ])('%s is no answer', (_, body) => {
    expect(() => geminiEmbeddings.decodeResponse(body, request())).toThrow(
      expect.objectContaining({ code: 'upstream_error' }),
    )
  })
})

describe('embeddings of Vertex AI', () => {
  const prediction = (values: unknown, count: unknown) => ({
    embeddings: { values, statistics: { token_count: count, truncated: false } },
  })

  test('are asked for as instances, with the size among the parameters', () => {
    expect(vertexEmbeddings.encodeRequest(request())).toEqual({
      body: { instances: [{ content: 'one' }, { content: 'two' }] },
      lost: [],
    })
    expect(vertexEmbeddings.encodeRequest({ ...single, dimensions: 256 })).toEqual({
      body: { instances: [{ content: 'one' }], parameters: { outputDimensionality: 256 } },
      lost: [],
    })
  })

  test('come with their tokens', () => {
    const body = { predictions: [prediction([0.5], 3), prediction([1], 4)] }
    expect(vertexEmbeddings.decodeResponse(body, request())).toEqual({
      model: 'gemini-embedding-001',
      vectors: [[0.5], [1]],
      ...usage(7),
    })
  })

  test.each([[undefined], [-1], [0.5], ['4']])('with %j tokens have no usage', (count) => {
    const body = { predictions: [prediction([0.5], 3), prediction([1], count)] }
    expect(vertexEmbeddings.decodeResponse(body, request())).toEqual({
      model: 'gemini-embedding-001',
      vectors: [[0.5], [1]],
    })
  })

  test('without statistics have no usage', () => {
    const body = { predictions: [{ embeddings: { values: [1] } }] }
    expect(vertexEmbeddings.decodeResponse(body, single)).not.toHaveProperty('usage')
  })

  test.each([
    ['null', null],
    ['no list', { predictions: 'x' }],
    ['too few', { predictions: [prediction([1], 1)] }],
    ['no embeddings', { predictions: [prediction([1], 1), {}] }],
    ['no item', { predictions: [prediction([1], 1), 'x'] }],
  ])('%s is no answer', (_, body) => {
    expect(() => vertexEmbeddings.decodeResponse(body, request())).toThrow(
      expect.objectContaining({ code: 'upstream_error' }),
    )
  })
})

describe('embeddings of newer models of Vertex AI', () => {
  test('are asked for as one content, with the size beside it', () => {
    expect(vertexEmbedContent.encodeRequest(single)).toEqual({ body: { content: content('one') }, lost: [] })
    expect(vertexEmbedContent.encodeRequest({ ...single, dimensions: 256 }).body).toEqual({
      content: content('one'),
      embedContentConfig: { outputDimensionality: 256 },
    })
  })

  test('are one a request', () => {
    expect(() => vertexEmbedContent.encodeRequest(request())).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        message: 'input: found 2 texts, allowed: one text a request for this model.',
        detail: expect.objectContaining({ param: 'input' }),
      }),
    )
  })

  test.each([
    [{ promptTokenCount: 7 }, usage(7)],
    [undefined, {}],
  ])('come with %j', (usageMetadata, expected) => {
    expect(
      vertexEmbedContent.decodeResponse({ embedding: { values: [1, 2] }, usageMetadata }, single),
    ).toEqual({
      model: 'gemini-embedding-001',
      vectors: [[1, 2]],
      ...expected,
    })
  })

  test.each([[null], [{}], [{ embedding: null }], [{ embedding: { values: ['1'] } }]])(
    '%j is no answer',
    (body) => {
      expect(() => vertexEmbedContent.decodeResponse(body, single)).toThrow(
        expect.objectContaining({ code: 'upstream_error' }),
      )
    },
  )
})

test.each([
  ['Gemini', geminiEmbeddings],
  ['Vertex’s newer models', vertexEmbedContent],
  ['Vertex', vertexEmbeddings],
])('%s takes no tokens, and names what it cannot say', (_, dialect) => {
  expect(() => dialect.encodeRequest(tokens)).toThrow(
    expect.objectContaining({
      code: 'invalid_request',
      message: 'input: found tokens, allowed: a string or an array of strings.',
      detail: expect.objectContaining({ param: 'input' }),
    }),
  )
  const extensions = { dialect: 'openai-embeddings', fields: { output_dtype: 'int8' } } as const
  expect(dialect.encodeRequest({ ...single, user: 'u', extensions }).lost).toEqual(['user', 'output_dtype'])
})
