import { embed, embedMany } from 'ai'
import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { aiProviders } from './callers/ai.ts'
import { openaiClient } from './callers/openai.ts'
import { isTried } from './gaps.ts'
import {
  credentialOf,
  played,
  providerNames,
  useWorld,
  type CallerName,
  type PlayedProvider,
} from './world.ts'
import type { Handler } from '../support/upstream.ts'

const world = useWorld()

/** Exact as 32-bit floats. */
const vectors = [
  [0.5, -0.25, 1, 0],
  [0.125, 2, -4, 0.75],
]

const base64Of = (vector: number[]) => Buffer.from(new Float32Array(vector).buffer).toString('base64')

/** Answers in the encoding that is asked for, as OpenAI and Mistral do; `forced` pays no heed, as some servers. */
const answer =
  (forced?: 'float'): Handler =>
  (_request, _response, { json }) => {
    const inputs = Array.isArray(json?.input) ? json.input : [json?.input]
    const isBase64 = (forced ?? json?.encoding_format) === 'base64'
    const data = inputs.map((_, index) => {
      const vector = vectors[index]!
      return { object: 'embedding', index, embedding: isBase64 ? base64Of(vector) : vector }
    })
    return {
      json: { object: 'list', model: json?.model, data, usage: { prompt_tokens: 6, total_tokens: 6 } },
    }
  }

const tried = (caller: CallerName) =>
  providerNames.filter((provider) => isTried({ caller, provider, subject: 'embeddings' }))

const modelOf = (provider: (typeof providerNames)[number]) =>
  provider === 'mock' ? 'mock-embedding' : played[provider].embeddingModel!

function expectSent(provider: PlayedProvider, body: object): void {
  const request = world.got(provider)
  expect(request.path).toBe('/v1/embeddings')
  expect(request.headers.authorization).toBe(`Bearer ${credentialOf(provider)}`)
  expect(request.json).toEqual({ model: played[provider].embeddingModel, ...body })
}

describe.each(tried('openai'))('openai to %s', (provider) => {
  const create = (body: Partial<OpenAI.EmbeddingCreateParams>) =>
    openaiClient(world.address).embeddings.create({
      model: modelOf(provider),
      input: ['one', 'two'],
      ...body,
    })

  test('asks for base64 by itself and gets numbers', async () => {
    if (provider !== 'mock') world.on(provider, answer())
    const { data, usage } = await create({})
    expect(data.map(({ index }) => index)).toEqual([0, 1])
    expect(usage.prompt_tokens).toBeGreaterThan(0)
    if (provider === 'mock') return expect(Math.hypot(...data[0]!.embedding)).toBeCloseTo(1, 3)
    expect(data.map(({ embedding }) => embedding)).toEqual(vectors)
    expectSent(provider, { input: ['one', 'two'], encoding_format: 'base64' })
  })

  test('gets the same as floats', async () => {
    if (provider !== 'mock') world.on(provider, answer())
    const { data } = await create({ encoding_format: 'float', input: 'one' })
    expect(data).toHaveLength(1)
    if (provider === 'mock') {
      const packed = await create({ input: 'one' })
      data[0]!.embedding.forEach((number, i) => expect(packed.data[0]!.embedding[i]).toBeCloseTo(number, 6))
      return
    }
    expect(data[0]?.embedding).toEqual(vectors[0])
    expectSent(provider, { input: 'one', encoding_format: 'float' })
  })

  test('copes with a server that only writes floats', async () => {
    if (provider !== 'mock') world.on(provider, answer('float'))
    const { data } = await create({})
    expect(data.every(({ embedding }) => embedding.every((number) => typeof number === 'number'))).toBe(true)
    if (provider !== 'mock') expect(data.map(({ embedding }) => embedding)).toEqual(vectors)
  })

  test('may ask for fewer dimensions', async () => {
    if (provider !== 'mock') world.on(provider, answer())
    const { data } = await create({ dimensions: 4 })
    expect(data[0]?.embedding).toHaveLength(4)
    // Mistral has a word of its own for it.
    const size = provider === 'mistral' ? { output_dimension: 4 } : { dimensions: 4 }
    if (provider !== 'mock')
      expectSent(provider, { input: ['one', 'two'], ...size, encoding_format: 'base64' })
  })
})

const aiModels = {
  'ai + @ai-sdk/openai': (name: string) => aiProviders.openai(world.address).embedding(name),
  'ai + @ai-sdk/openai-compatible': (name: string) =>
    aiProviders.compatible(world.address).embeddingModel(name),
}

describe.each(Object.keys(aiModels) as (keyof typeof aiModels)[])('%s', (caller) => {
  test.each(tried(caller))('embeds one value by %s', async (provider) => {
    if (provider !== 'mock') world.on(provider, answer())
    const model = aiModels[caller](modelOf(provider))
    const { embedding, usage } = await embed({ model, value: 'one', maxRetries: 0 })
    expect(usage.tokens).toBeGreaterThan(0)
    if (provider === 'mock') return expect(Math.hypot(...embedding)).toBeCloseTo(1, 3)
    expect(embedding).toEqual(vectors[0])
    expectSent(provider, { input: ['one'], encoding_format: 'float' })
  })

  test.each(tried(caller))('embeds many values by %s', async (provider) => {
    if (provider !== 'mock') world.on(provider, answer())
    const model = aiModels[caller](modelOf(provider))
    const { embeddings } = await embedMany({ model, values: ['one', 'two'], maxRetries: 0 })
    expect(embeddings).toHaveLength(2)
    if (provider !== 'mock') expect(embeddings).toEqual(vectors)
  })
})

test('a model of Anthropic is refused, with a reason and without asking anybody', async () => {
  const call = openaiClient(world.address).embeddings.create({ model: 'claude-haiku-4-5', input: 'one' })
  await expect(call).rejects.toSatisfy(
    (error) => error instanceof OpenAI.APIError && [400, 404].includes(error.status as number),
  )
  await expect(call).rejects.toThrow(/claude-haiku-4-5/)
  expect(world.upstreams.anthropic.requests).toEqual([])
})
