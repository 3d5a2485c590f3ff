import { describe, expect, test } from 'vitest'
import type { EmbeddingRequest } from '../../src/canonical/embedding.ts'
import type { JsonObject } from '../../src/canonical/json.ts'
import { noUsage } from '../../src/canonical/usage.ts'
import { ollamaEmbeddings } from '../../src/dialects/ollama/index.ts'
import { loadFixture } from '../support/fixtures.ts'

const request: EmbeddingRequest = { model: 'm', input: { kind: 'texts', texts: ['a', 'b'] } }
const decode = (body: unknown) => ollamaEmbeddings.decodeResponse(body, request)

describe('a request written for /api/embed', () => {
  test('has its texts in a list, or the one that stood alone alone', () => {
    expect(ollamaEmbeddings.encodeRequest(request)).toEqual({
      body: { model: 'm', input: ['a', 'b'] },
      lost: [],
    })
    const one = { kind: 'texts', texts: ['a'] } as const
    const encode = (isSingle: boolean) =>
      ollamaEmbeddings.encodeRequest({ model: 'm', input: { ...one, texts: ['a'] }, isSingle }).body.input
    expect(encode(true)).toBe('a')
    expect(encode(false)).toEqual(['a'])
  })

  test('has the wanted dimensions, and names the user as lost; the encoding is written by the gateway', () => {
    const encoded = ollamaEmbeddings.encodeRequest({
      ...request,
      dimensions: 8,
      user: 'u',
      encoding: 'base64',
    })
    expect(encoded).toEqual({ body: { model: 'm', input: ['a', 'b'], dimensions: 8 }, lost: ['user'] })
  })

  test('sends on what only this dialect can say', () => {
    const fields = { truncate: false, keep_alive: '5m', options: { num_ctx: 512 } }
    expect(
      ollamaEmbeddings.encodeRequest({ ...request, extensions: { dialect: 'ollama', fields } }).body,
    ).toEqual({ model: 'm', input: ['a', 'b'], ...fields })
    const foreign = { dialect: 'openai-embeddings', fields } as const
    expect(ollamaEmbeddings.encodeRequest({ ...request, extensions: foreign }).body).toEqual({
      model: 'm',
      input: ['a', 'b'],
    })
  })

  test('cannot be made of tokens', () => {
    const input = { kind: 'tokens', tokens: [[1, 2]] } as const
    expect(() =>
      ollamaEmbeddings.encodeRequest({ model: 'm', input: { ...input, tokens: [[1, 2]] } }),
    ).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        detail: expect.objectContaining({ param: 'input' }),
      }) as Error,
    )
  })
})

describe('an answer', () => {
  test('is read with its vectors and what they cost', () => {
    const body = { model: 'm:latest', embeddings: [[1, 2], [3]], prompt_eval_count: 6 }
    expect(decode(body)).toEqual({
      model: 'm:latest',
      vectors: [[1, 2], [3]],
      usage: { ...noUsage, input: 6 },
    })
    expect(decode({ embeddings: [[1], [2]] })).toEqual({ model: '', vectors: [[1], [2]] })
  })

  test('that was recorded is read whole', () => {
    const { request: sent, response } = loadFixture('ollama/api-embed-embed-a410d4')
    const body = response.body as JsonObject & { embeddings: number[][] }
    const { input, model } = sent.body as { input: string[]; model: string }
    const asked: EmbeddingRequest = { model, input: { kind: 'texts', texts: input } }
    expect(ollamaEmbeddings.encodeRequest(asked).body).toEqual(sent.body)
    expect(ollamaEmbeddings.decodeResponse(body, asked)).toEqual({
      model,
      vectors: body.embeddings,
      usage: { ...noUsage, input: body.prompt_eval_count },
    })
  })

  test.each([
    ['text', 'vectors'],
    ['an error', { error: 'broken' }],
    ['the shape of the older API', { embedding: [1] }],
    ['too few', { embeddings: [[1]] }],
    ['too many', { embeddings: [[1], [2], [3]] }],
    ['an empty vector', { embeddings: [[1], []] }],
    ['words', { embeddings: [[1], ['a']] }],
    ['no list', { embeddings: [[1], 'a'] }],
  ])('that is none is refused: %s', (_what, body) => {
    expect(() => decode(body)).toThrow(expect.objectContaining({ code: 'upstream_error' }) as Error)
  })

  test('to tokens is counted by the lists of tokens', () => {
    const asked: EmbeddingRequest = { model: 'm', input: { kind: 'tokens', tokens: [[1, 2]] } }
    expect(ollamaEmbeddings.decodeResponse({ embeddings: [[1]] }, asked).vectors).toEqual([[1]])
  })
})

test('an input that is too long is read as such', () => {
  const error = 'the input length exceeds the context length'
  expect(ollamaEmbeddings.decodeError(400, { error })).toEqual({ message: error, kind: 'context_length' })
  expect(ollamaEmbeddings.name).toBe('ollama')
})
