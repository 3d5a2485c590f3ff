import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../src/canonical/json.ts'
import { openaiEmbeddings } from '../../src/dialects/openai-embeddings/index.ts'
import { problemsBySpec, recordings } from './openai-chat-recordings.ts'

const all = recordings('openai-embeddings', 'mistral-embeddings').map((each) => [each.id, each] as const)
const answers = all.filter(([, { response }]) => response.status === 200)
const embed = (fields: JsonObject) => openaiEmbeddings.decodeRequest({ model: 'm', input: 'a', ...fields })

describe('requests', () => {
  test.each(all)('%s comes out as it went in', (_id, { request }) => {
    const { request: read, unknown } = openaiEmbeddings.decodeRequest(request.body as JsonObject)
    expect(unknown).toEqual([])
    expect(openaiEmbeddings.encodeRequest(read)).toEqual({ body: request.body, lost: [] })
  })

  test.each([
    ['text', { kind: 'texts', texts: ['text'] }],
    [['a', ''], { kind: 'texts', texts: ['a', ''] }],
    [[1, 2], { kind: 'tokens', tokens: [[1, 2]] }],
    [[[1], [2, 3]], { kind: 'tokens', tokens: [[1], [2, 3]] }],
  ])('input %j is kept in its form', (input, expected) => {
    const { request } = embed({ input })
    expect(request.input).toEqual(expected)
    expect(openaiEmbeddings.encodeRequest(request).body.input).toEqual(input)
  })

  test('fields of Mistral stay, unknown ones are listed', () => {
    const { request, unknown } = embed({ output_dimension: 8, user: 'u', dimensions: 3, foo: 1, bar: null })
    expect(unknown).toEqual(['foo'])
    expect(openaiEmbeddings.encodeRequest(request).body).toEqual({
      model: 'm',
      input: 'a',
      dimensions: 3,
      user: 'u',
      output_dimension: 8,
    })
  })

  test.each([
    [{ input: undefined }, 'input'],
    [{ input: '' }, 'input'],
    [{ input: [] }, 'input'],
    [{ input: [{}] }, 'input[0]'],
    [{ input: ['a', 1] }, 'input[1]'],
    [{ input: [1, 'a'] }, 'input[1]'],
    [{ input: [-1] }, 'input[0]'],
    [{ input: [[1], 2] }, 'input[1]'],
    [{ input: [[]] }, 'input[0]'],
    [{ model: 7 }, 'model'],
    [{ dimensions: 0 }, 'dimensions'],
    [{ encoding_format: 'hex' }, 'encoding_format'],
  ])('%j is refused with its place', (fields, param) => {
    expect(() => embed(fields)).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        detail: expect.objectContaining({ param }),
      }) as Error,
    )
  })
})

describe('answers', () => {
  test.each(answers)('%s comes out as it went in, and as OpenAI describes it', (_id, { response }) => {
    const body = response.body as JsonObject & { data: JsonObject[] }
    const read = openaiEmbeddings.decodeResponse(body)
    const encoding = typeof body.data[0]?.embedding === 'string' ? 'base64' : 'float'
    const written = openaiEmbeddings.encodeResponse(read, encoding)
    const { prompt_tokens, total_tokens } = body.usage as JsonObject
    expect(written).toEqual({
      object: 'list',
      data: body.data,
      model: body.model,
      usage: { prompt_tokens, total_tokens },
    })
    expect(openaiEmbeddings.readUsage(body)).toEqual(read.usage)
    const asNumbers = openaiEmbeddings.encodeResponse(read, 'float')
    expect(problemsBySpec('CreateEmbeddingResponse', asNumbers)).toEqual([])
  })

  test('vectors come in the encoding the caller asked for, whichever the provider sent', () => {
    const float = fc.float({ noNaN: true, noDefaultInfinity: true })
    fc.assert(
      fc.property(fc.array(float, { minLength: 1, maxLength: 20 }), (vector) => {
        const response = { model: 'm', vectors: [vector] }
        const packed = openaiEmbeddings.encodeResponse(response, 'base64')
        const again = openaiEmbeddings.decodeResponse(packed)
        const [item] = openaiEmbeddings.encodeResponse(again, 'float').data as [{ embedding: number[] }]
        expect(item.embedding).toEqual(vector)
      }),
    )
  })

  test('vectors are put in the order of their index', () => {
    const data = [
      { index: 1, embedding: [2] },
      { index: 0, embedding: [1] },
    ]
    expect(openaiEmbeddings.decodeResponse({ data }).vectors).toEqual([[1], [2]])
  })

  test.each([
    ['no object', 'text'],
    ['no data', { object: 'list' }],
    ['a vector that is missing', { data: [{ index: 0 }] }],
    ['a vector of words', { data: [{ index: 0, embedding: ['a'] }] }],
    ['half a number', { data: [{ index: 0, embedding: 'AAA=' }] }],
    ['an index beyond the list', { data: [{ index: 5, embedding: [1] }] }],
    [
      'the same index twice',
      {
        data: [
          { index: 0, embedding: [1] },
          { index: 0, embedding: [2] },
        ],
      },
    ],
  ])('%s is a fault of the provider', (_what, body) => {
    expect(() => openaiEmbeddings.decodeResponse(body)).toThrow(
      expect.objectContaining({ code: 'upstream_error' }) as Error,
    )
  })

  test.each([[{}], [{ prompt_tokens: -1 }], [{ prompt_tokens: 1.5 }], [null]])('%j is no usage', (usage) => {
    expect(openaiEmbeddings.readUsage({ usage })).toBeUndefined()
  })

  test('an answer is recognised by its outermost shape', () => {
    expect(openaiEmbeddings.isAnswer({ data: [] })).toBe(true)
    expect(openaiEmbeddings.isAnswer({ error: { message: 'no' }, data: [] })).toBe(false)
    expect(openaiEmbeddings.isAnswer({})).toBe(false)
  })
})
