import { describe, expect, test } from 'vitest'
import { openMockTransport } from '../../src/providers/mock/transport.ts'
import { sendAndRead } from '../support/exchange.ts'

const transport = openMockTransport()

interface Embeddings {
  object: string
  model: string
  data: { object: string; index: number; embedding: number[] }[]
  usage: { prompt_tokens: number; total_tokens: number }
  error: { message: string; param: string | null }
}

async function embed(body: object): Promise<Embeddings & { status: number | undefined }> {
  const request = { model: 'mock-embedding', input: 'hello', ...body }
  const { status, text } = await sendAndRead(transport, '/v1/embeddings', request)
  return { status, ...(JSON.parse(text) as Embeddings) }
}

describe('mock-embedding', () => {
  test('gives one vector of length 1 and 256 dimensions for each input, in order', async () => {
    const input = ['one', 'two', 'three']
    const { object, data, model } = await embed({ input })
    expect({ object, model }).toEqual({ object: 'list', model: 'mock-embedding' })
    expect(data.map((item) => item.index)).toEqual([0, 1, 2])
    for (const { embedding } of data) {
      expect(embedding).toHaveLength(256)
      expect(Math.hypot(...embedding)).toBeCloseTo(1, 4)
    }
    expect((await embed({ input: 'two' })).data[0]!.embedding).toEqual(data[1]!.embedding)
    expect(data[0]!.embedding).not.toEqual(data[1]!.embedding)
  })

  test.each([1, 2, 1536, 8192])('honours dimensions: %i', async (dimensions) => {
    const { data } = await embed({ dimensions })
    expect(data[0]!.embedding).toHaveLength(dimensions)
    expect(Math.hypot(...data[0]!.embedding)).toBeCloseTo(1, 2)
  })

  test('base64 holds the same numbers as little-endian float32', async () => {
    const { data } = await embed({})
    const packed = await embed({ encoding_format: 'base64' })
    const bytes = Buffer.from(packed.data[0]!.embedding as unknown as string, 'base64')
    expect(bytes).toHaveLength(256 * 4)
    const numbers = Array.from({ length: 256 }, (_, i) => bytes.readFloatLE(i * 4))
    expect(numbers).toEqual(data[0]!.embedding.map(Math.fround))
  })

  test('takes tokens instead of text and counts them', async () => {
    const one = await embed({ input: [1, 2, 3] })
    const several = await embed({ input: [[1, 2, 3], [4]] })
    expect(one.data).toHaveLength(1)
    expect(one.usage).toEqual({ prompt_tokens: 3, total_tokens: 3 })
    expect(several.data).toHaveLength(2)
    expect(several.usage.prompt_tokens).toBe(4)
    expect(several.data[0]!.embedding).toEqual(one.data[0]!.embedding)
    expect((await embed({ input: '1,2,3' })).data[0]!.embedding).not.toEqual(one.data[0]!.embedding)
  })

  test.each([
    [{ input: undefined }, 'input'],
    [{ input: '' }, 'input'],
    [{ input: [] }, 'input'],
    [{ input: 7 }, 'input'],
    [{ input: ['a', ''] }, 'input[1]'],
    [{ input: ['a', -1] }, 'input[1]'],
    [{ input: [[1], []] }, 'input[1]'],
    [{ input: Array.from({ length: 2049 }, () => 'a') }, 'input'],
    [{ input: Array.from({ length: 2048 }, () => 'a'), dimensions: 8192 }, 'input'],
    [{ dimensions: 0 }, 'dimensions'],
    [{ dimensions: 8193 }, 'dimensions'],
    [{ encoding_format: 'hex' }, 'encoding_format'],
  ])('refuses what is no input: case %#', async (body, param) => {
    const answer = await embed(body)
    expect(answer.status).toBe(400)
    expect(answer.error.param).toBe(param)
  })

  test('fails as its name or the mock object says', async () => {
    expect(await embed({ model: 'mock-error-503' })).toMatchObject({ status: 503 })
    expect(await embed({ mock: { status: 429 } })).toMatchObject({ status: 429 })
    expect(await embed({ model: 'text-embedding-3-small' })).toMatchObject({ status: 404 })
  })
})
