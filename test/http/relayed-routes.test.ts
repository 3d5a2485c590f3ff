import AnthropicClient from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { loadFixtures } from '../support/fixtures.ts'
import { openStream, post } from '../support/gateway.ts'
import { openaiError, type ScriptedAnswer } from '../support/upstream.ts'
import { headers, logLine, narrowHeaders, startRelaying } from './relayed-routes-gateway.ts'

const verdict = {
  id: 'modr-1',
  model: 'omni-moderation-2024-09-26',
  results: [{ flagged: false, categories: {} }],
}
const pictures = {
  created: 1_700_000_000,
  data: [{ b64_json: 'iVBORw0KGgo=' }],
  usage: {
    input_tokens: 50,
    output_tokens: 4160,
    total_tokens: 4210,
    input_tokens_details: { text_tokens: 10, image_tokens: 40, cached_tokens: 20 },
  },
}
const ranking = {
  id: 'rerank-1',
  results: [
    { index: 1, relevance_score: 0.9 },
    { index: 0, relevance_score: 0.1 },
  ],
}

/** Each route that takes JSON and answers with it: a call that it takes, and the provider's answer. */
const routes = [
  {
    path: '/v1/moderations',
    body: { model: 'omni-moderation-latest', input: ['Hello', 'there'] },
    answer: verdict,
    required: 'input',
  },
  {
    path: '/v1/moderations',
    body: { model: 'mistral-moderation-latest', input: 'Hello' },
    answer: verdict,
    required: 'input',
  },
  {
    path: '/v1/images/generations',
    body: { model: 'gpt-image-2', prompt: 'A cat' },
    answer: pictures,
    required: 'prompt',
  },
  {
    path: '/v1/images/generations',
    body: { model: 'flux', prompt: 'A cat' },
    answer: pictures,
    required: 'model',
  },
  {
    path: '/v1/rerank',
    body: { model: 'rerank-1', query: 'cat', documents: ['a dog', 'a cat'], top_n: 2 },
    answer: ranking,
    required: 'documents',
  },
  {
    path: '/v1/rerank',
    body: { model: 'rerank-2', query: 'cat', documents: ['a dog', { text: 'a cat' }] },
    answer: ranking,
    required: 'query',
  },
] as const

describe.each(routes)('$path for $body.model', ({ path, body, answer, required }) => {
  const text = `{ "x_unknown": {"kept": 1.0, "big": 92233720368547758071}, ${JSON.stringify(body).slice(1)}`

  test.each([path, path.replace('/v1', '')])('relays both sides untouched, as %s', async (address) => {
    const { at, upstream } = await startRelaying({
      json: answer,
      headers: { 'x-request-id': 'req-up', 'mistral-correlation-id': 'req-up' },
    })
    const response = await post(`${at(address)}?a=b`, text, { headers })
    expect(response.status).toBe(200)
    expect(response.text).toBe(JSON.stringify(answer))
    expect(response.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'x-gateway-attempts': '1',
      'x-gateway-upstream-request-id': 'req-up',
    })
    expect(upstream.requests).toHaveLength(1)
    expect(upstream.requests[0]?.path).toBe(`${path}?a=b`)
    expect(upstream.requests[0]?.body.toString()).toBe(text)
    expect(upstream.requests[0]?.headers['content-type']).toBe('application/json')
  })

  test(`demands ${required}`, async () => {
    const { at, upstream } = await startRelaying({ json: answer })
    const response = await post(at(path), { ...body, [required]: undefined }, { headers })
    expect(response.status).toBe(400)
    expect(response.json.error).toMatchObject({
      type: 'invalid_request_error',
      code: 'invalid_request',
      param: required,
    })
    expect(upstream.requests).toEqual([])
  })

  test('demands a key', async () => {
    const { at, upstream } = await startRelaying({ json: answer })
    const response = await post(at(path), body)
    expect(response.status).toBe(401)
    expect(response.json.error.code).toBe('invalid_api_key')
    expect(upstream.requests).toEqual([])
  })

  test.each([
    [400, openaiError('Bad prompt'), 400, /Bad prompt/],
    [400, { message: 'invalid request: bad prompt' }, 400, /bad prompt/],
    [401, openaiError('Wrong key sk-openai'), 502, /failed to answer/],
    [429, openaiError('Slow down'), 429, /limits the rate/],
    [500, openaiError('Oops'), 502, /failed to answer/],
    [503, openaiError('Busy'), 503, /overloaded/],
  ])('tells of a %i with %j', async (status, error, shown, message) => {
    const { at } = await startRelaying({ status, json: error })
    const response = await post(at(path), body, { headers })
    expect(response.status).toBe(shown)
    expect(response.json.error.message).toMatch(message)
    expect(response.text).not.toContain('sk-openai')
  })

  test.each<[string, ScriptedAnswer]>([
    ['an error under 200', { json: openaiError('Oops') }],
    ['another shape', { json: { choices: [] } }],
    ['no object', { json: [1] }],
    ['no JSON', { body: 'Hello', headers: { 'content-type': 'text/plain' } }],
    ['half of the JSON', { body: JSON.stringify(answer).slice(0, -9) }],
    ['a reset', { resets: true }],
  ])('%s is no answer', async (_name, script) => {
    const { at } = await startRelaying(script)
    const response = await post(at(path), body, { headers })
    expect(response.status).toBe(502)
    expect(response.json.error.code).toBe('upstream_error')
  })
})

describe('what the SDK says and hears', () => {
  test('moderations', async () => {
    const { openai, upstream } = await startRelaying({ json: verdict })
    const input = [{ type: 'text' as const, text: 'Hello' }]
    expect(await openai.moderations.create({ model: 'omni-moderation-latest', input })).toEqual(verdict)
    expect(upstream.requests[0]?.json).toEqual({ model: 'omni-moderation-latest', input })
  })

  test('images', async () => {
    const { openai, upstream } = await startRelaying({ json: pictures })
    const answer = await openai.images.generate({ model: 'picture', prompt: 'A cat', n: 1 })
    expect(answer.data?.[0]?.b64_json).toBe('iVBORw0KGgo=')
    expect(upstream.requests[0]?.json).toEqual({ model: 'gpt-image-2', prompt: 'A cat', n: 1 })
    expect(upstream.requests[0]?.headers.authorization).toBe('Bearer sk-openai')
  })

  test('an error as its own class', async () => {
    const { openai } = await startRelaying({
      status: 400,
      json: openaiError('Bad size', undefined, 'bad_size'),
    })
    const call = openai.images.generate({ model: 'gpt-image-2', prompt: 'A cat' })
    await expect(call).rejects.toBeInstanceOf(OpenAI.BadRequestError)
    await expect(call).rejects.toThrow(/Bad size/)
  })
})

describe('a moderation without a model', () => {
  test('is for the model that OpenAI has for it, which is then named', async () => {
    const { at, upstream } = await startRelaying({ json: verdict })
    const response = await post(at('/v1/moderations'), { input: 'Hello' }, { headers })
    expect(response.headers['x-gateway-provider']).toBe('openai')
    expect(upstream.requests[0]?.body.toString()).toBe('{"input":"Hello","model":"omni-moderation-latest"}')
  })

  test('where it says null', async () => {
    const { at, upstream } = await startRelaying({ json: verdict })
    await post(at('/v1/moderations'), '{"model":null,"input":"Hello"}', { headers })
    expect(upstream.requests[0]?.body.toString()).toBe('{"model":"omni-moderation-latest","input":"Hello"}')
  })

  test('is refused to a key that may not use that model', async () => {
    const { at, upstream } = await startRelaying({ json: verdict })
    const response = await post(at('/v1/moderations'), { input: 'Hello' }, { headers: narrowHeaders })
    expect(response.json.error.code).toBe('model_not_allowed')
    expect(upstream.requests).toEqual([])
  })

  test('may be given to another provider by a virtual model of that name', async () => {
    const targets = [{ provider: 'mistral', model: 'mistral-moderation-latest' }]
    const { at, upstream } = await startRelaying(
      { json: verdict },
      { more: { models: [{ name: 'omni-moderation-latest', targets }] } },
    )
    await post(at('/v1/moderations'), { input: 'Hello' }, { headers })
    expect(upstream.requests[0]?.json?.model).toBe('mistral-moderation-latest')
  })
})

describe('who serves what', () => {
  test.each([
    ['/v1/moderations', { model: 'rerank-2', input: 'a' }, 'vllm: it does not serve moderation'],
    ['/v1/rerank', { model: 'gpt-4o', query: 'a', documents: ['b'] }, 'openai: it does not serve reranking'],
    [
      '/v1/images/generations',
      { model: 'claude-haiku-4-5', prompt: 'a' },
      'anthropic: it does not serve images',
    ],
    [
      '/v1/audio/speech',
      { model: 'mistral/tts', input: 'a', voice: 'b' },
      'mistral: it does not serve speech',
    ],
  ])('%s says why nobody can', async (path, body, reason) => {
    const { at, upstream } = await startRelaying({ json: {} })
    const response = await post(at(path), body, { headers })
    expect(response.status).toBe(404)
    expect(response.json.error).toMatchObject({ code: 'model_not_found', param: 'model' })
    expect(response.json.error.message).toContain(reason)
    expect(upstream.requests).toEqual([])
  })

  test('fails over, each target with its own name for the model', async () => {
    const { at, upstream, backup } = await startRelaying(
      { status: 500, json: openaiError('Oops') },
      { backup: { json: ranking } },
    )
    const body = '{"query":"a","model":"sure","documents":["b"]}'
    const response = await post(at('/v1/rerank'), body, { headers })
    expect(response.json).toEqual(ranking)
    expect(response.headers).toMatchObject({ 'x-gateway-provider': 'backup', 'x-gateway-attempts': '2' })
    expect(upstream.requests[0]?.body.toString()).toBe('{"query":"a","model":"any-1","documents":["b"]}')
    expect(backup?.requests[0]?.body.toString()).toBe('{"query":"a","model":"backup-1","documents":["b"]}')
  })
})

describe('usage', () => {
  test.each([
    [
      '/v1/images/generations',
      { model: 'gpt-image-2', prompt: 'a' },
      pictures,
      { input: 30, output: 4160, cached: 20 },
    ],
    [
      '/v1/rerank',
      { model: 'rerank-1', query: 'a', documents: ['b'] },
      {
        ...ranking,
        model: 'Salesforce/Llama-Rank-V1',
        usage: { prompt_tokens: 9, completion_tokens: 1, total_tokens: 10 },
      },
      { input: 9, output: 1, cached: 0 },
    ],
    [
      '/v1/rerank',
      { model: 'rerank-2', query: 'a', documents: ['b'] },
      { ...ranking, usage: { total_tokens: 12 } },
      { input: 12, output: 0, cached: 0 },
    ],
    [
      '/v1/rerank',
      { model: 'any-1', query: 'a', documents: ['b'] },
      {
        ...ranking,
        meta: { billed_units: { search_units: 1 }, tokens: { input_tokens: 7, output_tokens: 0 } },
      },
      { input: 7, output: 0, cached: 0 },
    ],
    [
      '/v1/rerank',
      { model: 'any-1', query: 'a', documents: ['b'] },
      { ...ranking, meta: { billed_units: { search_units: 1 } } },
      undefined,
    ],
    [
      '/v1/rerank',
      { model: 'any-1', query: 'a', documents: ['b'] },
      { ...ranking, usage: { total_tokens: -1 } },
      undefined,
    ],
    ['/v1/moderations', { input: 'a' }, verdict, undefined],
    [
      '/v1/moderations',
      { input: 'a' },
      { ...verdict, usage: { prompt_tokens: 4, total_tokens: 4 } },
      { input: 4, output: 0, cached: 0 },
    ],
  ])('of %s with %j is in the log', async (path, body, answer, tokens) => {
    const relaying = await startRelaying({ json: answer })
    await post(relaying.at(path), body, { headers })
    const line = await logLine(relaying, path)
    expect(line.tokens).toEqual(tokens)
    if ('model' in answer) expect(line.model).toBe(answer.model)
  })
})

describe('/v1/messages/count_tokens', () => {
  const body = { model: 'claude-haiku-4-5', messages: [{ role: 'user' as const, content: 'Hello' }] }

  test.each(loadFixtures({ dialect: 'anthropic-count-tokens' }))('$id', async (fixture) => {
    const { at, upstream } = await startRelaying({ fixture })
    const sent = { ...fixture.request.body, model: `anthropic/${String(fixture.request.body?.model)}` }
    const response = await post(`${at('/v1/messages/count_tokens')}?beta=true`, sent, {
      headers: { ...headers, 'anthropic-beta': 'token-counting', 'anthropic-version': '2023-06-01' },
    })
    expect(response.status).toBe(fixture.response.status)
    expect(upstream.requests[0]?.path).toBe('/v1/messages/count_tokens?beta=true')
    expect(upstream.requests[0]?.json).toEqual(fixture.request.body)
    expect(upstream.requests[0]?.headers).toMatchObject({
      'anthropic-beta': 'token-counting',
      'x-api-key': 'sk-ant',
    })
    if (fixture.response.status === 200) return expect(response.json).toEqual(fixture.response.body)
    expect(response.json).toMatchObject({
      type: 'error',
      error: { type: 'not_found_error', message: 'model: claude-does-not-exist' },
    })
  })

  test('by the SDK, also through a virtual model', async () => {
    const { anthropic, upstream } = await startRelaying({ json: { input_tokens: 9 } })
    expect(await anthropic.messages.countTokens(body)).toEqual({ input_tokens: 9 })
    expect(await anthropic.messages.countTokens({ ...body, model: 'counts' })).toEqual({ input_tokens: 9 })
    expect(upstream.requests.map(({ json }) => json)).toEqual([body, body])
  })

  test('counts without spending', async () => {
    const relaying = await startRelaying({ json: { input_tokens: 9 } })
    await post(relaying.at('/messages/count_tokens'), body, { headers })
    expect((await logLine(relaying, '/messages/count_tokens')).tokens).toBeUndefined()
  })

  test.each([
    [
      'a model whose provider cannot count',
      { model: 'gpt-4o' },
      404,
      'not_found_error',
      /openai: it does not serve counting of tokens/,
    ],
    ['no model', { model: undefined }, 400, 'invalid_request_error', /"model" is required/],
    ['no messages', { messages: [] }, 400, 'invalid_request_error', /"messages" is not valid/],
    ['tools that are none', { tools: 'all' }, 400, 'invalid_request_error', /"tools" is not valid/],
    ['a system that is none', { system: 1 }, 400, 'invalid_request_error', /"system" is not valid/],
  ])('%s is told in the form of Anthropic', async (_name, change, status, type, message) => {
    const { at, upstream, anthropic } = await startRelaying({ json: { input_tokens: 9 } })
    const response = await post(at('/v1/messages/count_tokens'), { ...body, ...change }, { headers })
    expect(response.status).toBe(status)
    expect(response.json).toMatchObject({
      type: 'error',
      error: { type, message: expect.stringMatching(message) },
    })
    const call = anthropic.messages.countTokens({ ...body, ...change } as typeof body)
    await expect(call).rejects.toBeInstanceOf(AnthropicClient.APIError)
    expect(upstream.requests).toEqual([])
  })

  test.each([{ input_tokens: -1 }, { input_tokens: '9' }, {}])('%j is no answer', async (json) => {
    const { at } = await startRelaying({ json })
    const response = await post(at('/v1/messages/count_tokens'), body, { headers })
    expect(response.status).toBe(502)
    expect(response.json.error.type).toBe('api_error')
  })
})

describe('images as events', () => {
  const partial = (index: number) =>
    `event: image_generation.partial_image\ndata: ${JSON.stringify({
      type: 'image_generation.partial_image',
      partial_image_index: index,
      b64_json: 'iVBORw0KGgo='.repeat(1_000),
    })}\n\n`
  const completed = `event: image_generation.completed\ndata: ${JSON.stringify({
    type: 'image_generation.completed',
    b64_json: 'iVBORw0KGgo=',
    usage: pictures.usage,
  })}\n\n`
  const body = { model: 'gpt-image-2', prompt: 'A cat', stream: true }

  test('are relayed as they are, and their usage is read', async () => {
    const relaying = await startRelaying({ sse: [partial(0), ': a comment\n\n', partial(1), completed] })
    const stream = await openStream(relaying.at('/v1/images/generations'), body, { headers })
    expect(stream.headers['content-type']).toBe('text/event-stream; charset=utf-8')
    expect(await stream.text()).toBe(`${partial(0)}: a comment\n\n${partial(1)}${completed}`)
    expect(await logLine(relaying, '/v1/images/generations')).toMatchObject({
      status: 200,
      stream: true,
      tokens: { input: 30, output: 4160, cached: 20 },
    })
  })

  test('by the SDK', async () => {
    const { openai } = await startRelaying({ sse: [partial(0), completed] })
    const stream = await openai.images.generate({ model: 'gpt-image-2', prompt: 'A cat', stream: true })
    const types = (await Array.fromAsync(stream)).map(({ type }) => type)
    expect(types).toEqual(['image_generation.partial_image', 'image_generation.completed'])
  })

  test.each<[string, ScriptedAnswer]>([
    ['stops after a part', { sse: [partial(0)] }],
    ['stops after the first of two images', { sse: [partial(0), completed, partial(1)] }],
    ['stops in the middle of an event', { sse: [partial(0), completed, partial(1).slice(0, -100)] }],
    ['breaks off', { sse: [partial(0)], thenResets: true }],
    [
      'says error',
      {
        sse: [
          partial(0),
          'event: error\ndata: {"type":"error","error":{"message":"Oops","type":"server_error"}}\n\n',
        ],
      },
    ],
    ['says error in another form', { sse: [partial(0), 'data: {"type":"error","message":"Oops"}\n\n'] }],
    ['says error in words', { sse: [partial(0), 'event: error\ndata: Oops\n\n'] }],
  ])('end with an error where the provider %s', async (_name, script) => {
    const relaying = await startRelaying(script)
    const stream = await openStream(relaying.at('/v1/images/generations'), body, { headers })
    const events = await Array.fromAsync(stream.events())
    expect(events.at(-1)?.json.error).toMatchObject({ type: 'server_error', code: 'upstream_error' })
    expect(events.filter(({ json }) => json.error)).toHaveLength(1)
    expect((await logLine(relaying, '/v1/images/generations')).error_code).toBe('upstream_error')
  })

  test('that begin with an error are an error with its status', async () => {
    const { at } = await startRelaying({
      sse: ['event: error\ndata: {"error":{"message":"Bad size","type":"invalid_request_error"}}\n\n'],
    })
    const response = await post(at('/v1/images/generations'), body, { headers })
    expect(response.status).toBe(400)
    expect(response.json.error.message).toBe('Bad size')
  })

  test('may come as JSON from a server that does not stream', async () => {
    const relaying = await startRelaying({ json: pictures })
    const response = await post(relaying.at('/v1/images/generations'), body, { headers })
    expect(response.json).toEqual(pictures)
    expect((await logLine(relaying, '/v1/images/generations')).stream).toBeUndefined()
  })

  test('are left alone by the gateway where nobody asked for them', async () => {
    const { at } = await startRelaying({ sse: [completed] })
    const response = await post(at('/v1/images/generations'), { ...body, stream: undefined }, { headers })
    expect(response.text).toBe(completed)
  })

  test('are no audio and no page', async () => {
    const { at } = await startRelaying({ body: 'ID3', headers: { 'content-type': 'audio/mpeg' } })
    const response = await post(at('/v1/images/generations'), body, { headers })
    expect(response.status).toBe(502)
  })
})
