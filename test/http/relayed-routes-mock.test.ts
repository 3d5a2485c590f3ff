import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { post, startGateway, type StartedGateway } from '../support/gateway.ts'

let gateway: StartedGateway
let openai: OpenAI

beforeAll(async () => {
  gateway = await startGateway({ config: { providers: { mock: {} } } })
  openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'none', maxRetries: 0 })
})
afterAll(() => gateway.close())

const call = (path: string, body: object) => post(gateway.url + path, { model: 'mock-gpt', ...body })

describe('the mock', () => {
  test('counts tokens, four characters each', async () => {
    const anthropic = new Anthropic({ baseURL: gateway.url, apiKey: 'none', maxRetries: 0 })
    const count = (text: string, system?: string) =>
      anthropic.messages.countTokens({
        model: 'mock-gpt',
        messages: [{ role: 'user', content: text }],
        system,
      })
    expect(await count('a'.repeat(400))).toEqual({ input_tokens: 100 })
    expect(await count('a'.repeat(400), 'b'.repeat(40))).toEqual({ input_tokens: 110 })
  })

  test('moderates by one word', async () => {
    const { results } = await openai.moderations.create({
      model: 'mock-gpt',
      input: ['fine', 'a mock-flagged word'],
    })
    expect(results.map(({ flagged }) => flagged)).toEqual([false, true])
    const parts = [{ type: 'text' as const, text: 'mock-flagged' }]
    expect((await openai.moderations.create({ model: 'mock-gpt', input: parts })).results).toHaveLength(1)
  })

  test('ranks by words in common', async () => {
    const documents = ['A dog', 'The black cat', { text: 'a cat' }]
    const { json } = await call('/v1/rerank', { query: 'black cat', documents, top_n: 2 })
    expect(json.results).toEqual([
      { index: 1, relevance_score: 1 },
      { index: 2, relevance_score: 0.5 },
    ])
  })

  test('paints dots', async () => {
    const { data, usage } = await openai.images.generate({ model: 'mock-gpt', prompt: 'A cat', n: 2 })
    expect(data).toHaveLength(2)
    expect(
      Buffer.from(data?.[0]?.b64_json ?? '', 'base64')
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG')
    expect(usage).toMatchObject({ input_tokens: 2, output_tokens: 32 })
  })

  test('fails as its model says', async () => {
    const response = await call('/v1/rerank', { model: 'mock-error-503', query: 'a', documents: ['b'] })
    expect(response.status).toBe(503)
  })

  test.each([
    ['/v1/images/generations', { prompt: 'a', n: 11 }, 'n'],
    ['/v1/moderations', { input: [{ type: 'text' }, 'a'].slice(0, 1), mock: 1 }, 'mock'],
    ['/v1/rerank', { query: 'a', documents: { content: [] } }, 'documents'],
  ])('refuses on %s what is wrong', async (path, body, param) => {
    const response = await call(path, body)
    expect(response.status).toBe(400)
    expect(response.json.error.param).toBe(param)
  })

  test('says that it has no sound', async () => {
    const response = await call('/v1/audio/speech', { input: 'Hello', voice: 'ash' })
    expect(response.status).toBe(404)
    expect(response.json.error.message).toContain('mock: it does not serve speech')
  })
})
