import { ApiError, GoogleGenAI, type GenerateContentResponse } from '@google/genai'
import { describe, expect, test } from 'vitest'
import type { ChatResponse } from '../../src/canonical/chat.ts'
import { gemini } from '../../src/dialects/gemini/index.ts'
import { post, startGateway } from '../support/gateway.ts'
import { accumulate } from '../support/accumulate.ts'
import { loadFixture, loadFixtures } from '../support/fixtures.ts'
import { startUpstream } from '../support/upstream.ts'
import { answers, bodyOf, decode, failures, framesOf, streams } from '../dialects/gemini-recordings.ts'
import { differences, models, rows } from './gemini-rows.ts'
import { key, useSides } from './side-by-side.ts'

const answer = {
  candidates: [{ content: { role: 'model', parts: [{ text: 'Hi' }] }, finishReason: 'STOP', index: 0 }],
  usageMetadata: { promptTokenCount: 2, candidatesTokenCount: 1, totalTokenCount: 3 },
  modelVersion: 'gemini-2.5-flash',
  responseId: 'r1',
}

const sides = useSides(
  {
    type: 'gemini',
    models: Object.values(models),
    // The SDK asks `v1` unless told otherwise; Google documents, and we were recorded, `v1beta`.
    open: (baseUrl) => new GoogleGenAI({ apiKey: key, apiVersion: 'v1beta', httpOptions: { baseUrl } }),
    answer: (_request, _response, { path, json }) => {
      if (path.endsWith(':batchEmbedContents'))
        return { json: { embeddings: (json?.requests as object[]).map(() => ({ values: [0.5] })) } }
      return path.includes(':stream')
        ? { sse: [`data: ${JSON.stringify(answer)}\r\n\r\n`] }
        : { json: answer }
    },
  },
  differences,
)

describe('the gateway asks Gemini as Google’s own SDK does', () => {
  test.each(Object.entries(rows))('%s', (_, row) => sides.expectSame(row))

  test('with the same headers, but for those that name the client', async () => {
    const { upstream, client } = sides
    await client.models.generateContent({ model: models.budgets, contents: 'Hello' })
    const gateway = await startGateway({
      config: {
        auth: { enabled: false },
        providers: { gemini: { api_key: key, base_url: upstream.url, models: [models.budgets] } },
      },
    })
    await post(`${gateway.url}/v1/chat/completions`, {
      model: models.budgets,
      messages: [{ role: 'user', content: 'Hello' }],
    })
    const [theirs, ours] = upstream.requests.map(({ headers }) => headers)
    expect(ours?.['x-goog-api-key']).toBe(key)
    expect(theirs?.['x-goog-api-key']).toBe(key)
    // Node's `fetch` adds these, and the SDK says in two of them what it is.
    const namesTheClient = ['accept', 'accept-encoding', 'accept-language', 'sec-fetch-mode', 'user-agent']
    const known = [...namesTheClient, 'connection', 'host', 'content-length', 'x-goog-api-client']
    const essential = (headers: object | undefined) =>
      Object.keys(headers ?? {}).filter((name) => !known.includes(name) && !name.startsWith('trace'))
    expect(essential(ours).sort()).toEqual(essential(theirs).sort())
    expect(ours?.['user-agent']).not.toContain('google-genai-sdk')
  })
})

/** What the SDK makes of an answer, in our words. */
function seenBySdk(chunks: readonly GenerateContentResponse[]) {
  const parts = chunks.flatMap((chunk) => chunk.candidates?.[0]?.content?.parts ?? [])
  const last = chunks.at(-1)
  const texts = (isThought: boolean) =>
    parts.flatMap(({ text, thought }) => ((thought ?? false) === isThought ? [text ?? ''] : [])).join('')
  return {
    text: texts(false),
    thinking: texts(true),
    calls: parts.flatMap(({ functionCall }) => (functionCall?.name === undefined ? [] : [functionCall.name])),
    signatures: parts.flatMap(({ thoughtSignature }) => thoughtSignature ?? []),
    finish: last?.candidates?.[0]?.finishReason,
    id: last?.responseId,
    prompt:
      (last?.usageMetadata?.promptTokenCount ?? 0) + (last?.usageMetadata?.toolUsePromptTokenCount ?? 0),
    output: (last?.usageMetadata?.candidatesTokenCount ?? 0) + (last?.usageMetadata?.thoughtsTokenCount ?? 0),
  }
}

function seenByUs({ id, choices, usage }: ChatResponse): ReturnType<typeof seenBySdk> {
  const [choice] = choices
  const content = choice?.content ?? []
  const texts = (type: 'text' | 'thinking') =>
    content.map((block) => (block.type === type ? block.text : '')).join('')
  return {
    text: texts('text'),
    thinking: texts('thinking'),
    calls: content.flatMap((block) => (block.type === 'tool_call' ? [block.name] : [])),
    signatures: content.flatMap((block) => {
      if (block.type === 'redacted_thinking') return [block.data.value as string]
      const signed = block.type === 'tool_call' || block.type === 'thinking' ? block.signature : undefined
      return signed ? [signed.value as string] : []
    }),
    finish: choice?.finish.raw as ReturnType<typeof seenBySdk>['finish'],
    id,
    prompt: (usage?.input ?? 0) + (usage?.cached ?? 0),
    output: usage?.output ?? 0,
  }
}

describe('the recordings are Gemini’s: its SDK reads them, and reads what we read', () => {
  const call = { model: 'gemini-2.5-flash', contents: 'Hello' }

  test.each(answers.map((recording) => [recording.id, recording] as const))('%s', async (_, fixture) => {
    sides.upstream.on({ fixture })
    const read = await sides.client.models.generateContent(call)
    expect(seenBySdk([read])).toEqual(seenByUs(gemini.decodeResponse(bodyOf(fixture))))
  })

  test.each(streams.map((recording) => [recording.id, recording] as const))('%s', async (_, fixture) => {
    sides.upstream.on({ fixture, chunkBytes: 97 })
    const chunks: GenerateContentResponse[] = []
    for await (const chunk of await sides.client.models.generateContentStream(call)) chunks.push(chunk)
    expect(seenBySdk(chunks)).toEqual(seenByUs(accumulate(decode(framesOf(fixture)))))
  })

  test.each(failures.map((recording) => [recording.id, recording] as const))('%s', async (_, fixture) => {
    sides.upstream.on({ fixture })
    const failed = await sides.client.models.generateContent(call).catch((error: unknown) => error)
    expect(failed).toBeInstanceOf(ApiError)
    expect((failed as ApiError).status).toBe(fixture.response.status)
    const { message } = gemini.decodeError(fixture.response.status, bodyOf(fixture))
    expect((failed as ApiError).message).toContain(message)
  })

  test('gemini/embeddings', async () => {
    const [fixture] = loadFixtures({ dialect: 'gemini-embeddings', without: 'error' })
    sides.upstream.on({ fixture: fixture! })
    const { embeddings } = await sides.client.models.embedContent({ model: models.embeddings, contents: 'x' })
    expect(embeddings).toHaveLength(1)
    expect(embeddings?.[0]?.values).toHaveLength(768)
  })
})

describe('Vertex AI', () => {
  const base = '/v1/projects/p-1/locations/europe-west4'

  /** A gateway before a played Vertex AI, asked with a key because tokens have tests of their own. */
  async function start() {
    const upstream = await startUpstream({
      fixture: loadFixture('vertex/generate-vertex-logprobs-without-top-logprobs'),
    })
    const vertex = {
      ...{ api_key: key, base_url: upstream.url, project: 'p-1', location: 'europe-west4' },
      models: ['gemini-2.5-flash', 'text-embedding-005', 'gemini-embedding-2'],
    }
    const gateway = await startGateway({ config: { auth: { enabled: false }, providers: { vertex } } })
    const client = new GoogleGenAI({ vertexai: true, apiKey: key, httpOptions: { baseUrl: upstream.url } })
    return { upstream, gateway, client }
  }

  test('is asked at the address of the project, in the words of the SDK', async () => {
    const { upstream, gateway, client } = await start()
    await client.models.generateContent({
      model: 'gemini-2.5-flash',
      contents: 'What is 2+2?',
      config: { responseLogprobs: true },
    })
    const answered = await post(`${gateway.url}/v1/chat/completions`, {
      model: 'gemini-2.5-flash',
      messages: [{ role: 'user', content: 'What is 2+2?' }],
      logprobs: true,
    })
    expect(answered.json).toMatchObject({
      model: 'gemini-2.5-flash',
      choices: [
        {
          message: { content: '2 + 2 = 4' },
          logprobs: { content: [{ token: '2' }, {}, {}, {}, {}, {}, {}] },
        },
      ],
      usage: { prompt_tokens: 7, completion_tokens: 24 },
    })
    const [theirs, ours] = upstream.requests
    expect(ours?.json).toEqual(theirs?.json)
    expect(ours?.path).toBe(`${base}/publishers/google/models/gemini-2.5-flash:generateContent`)
    expect(theirs?.path).toContain('/publishers/google/models/gemini-2.5-flash:generateContent')
    expect(ours?.headers['x-goog-api-key']).toBe(theirs?.headers['x-goog-api-key'])
  })

  test('streams as server-sent events', async () => {
    const { upstream, gateway } = await start()
    upstream.on({ fixture: loadFixture('gemini/generate-stream-no-args-tool-call-stream') })
    const answered = await post(
      `${gateway.url}/v1/chat/completions`,
      {
        model: 'models/gemini-2.5-flash',
        messages: [{ role: 'user', content: 'Look.' }],
        stream: true,
      },
      { headers: { 'x-gateway-provider': 'vertex' } },
    )
    expect(upstream.requests[0]?.path).toBe(
      `${base}/publishers/google/models/gemini-2.5-flash:streamGenerateContent?alt=sse`,
    )
    expect(answered.text).toContain('read_theme')
    expect(answered.text.trimEnd()).toMatch(/data: \[DONE\]$/)
  })

  test('embeds by predicting, as the SDK does', async () => {
    const { upstream, gateway, client } = await start()
    const prediction = { embeddings: { values: [0.5, 0.25], statistics: { token_count: 4 } } }
    upstream.on({ json: { predictions: [prediction, prediction] } })
    await client.models.embedContent({
      model: 'text-embedding-005',
      contents: ['one', 'two'],
      config: { outputDimensionality: 2 },
    })
    const answered = await post(`${gateway.url}/v1/embeddings`, {
      model: 'text-embedding-005',
      input: ['one', 'two'],
      dimensions: 2,
    })
    expect(answered.json).toMatchObject({
      data: [{ embedding: [0.5, 0.25] }, { embedding: [0.5, 0.25] }],
      usage: { prompt_tokens: 8 },
    })
    const [theirs, ours] = upstream.requests
    expect(ours?.json).toEqual(theirs?.json)
    expect(ours?.path).toBe(`${base}/publishers/google/models/text-embedding-005:predict`)
  })

  test('embeds one content with newer models, as the SDK does', async () => {
    const { upstream, gateway, client } = await start()
    upstream.on({ json: { embedding: { values: [0.5] }, usageMetadata: { promptTokenCount: 4 } } })
    await client.models.embedContent({
      model: 'gemini-embedding-2',
      contents: 'one',
      config: { outputDimensionality: 1 },
    })
    const answered = await post(`${gateway.url}/v1/embeddings`, {
      model: 'gemini-embedding-2',
      input: ['one'],
      dimensions: 1,
    })
    expect(answered.json).toMatchObject({ data: [{ embedding: [0.5] }], usage: { prompt_tokens: 4 } })
    const [theirs, ours] = upstream.requests
    expect(ours?.json).toEqual(theirs?.json)
    expect(ours?.path).toBe(`${base}/publishers/google/models/gemini-embedding-2:embedContent`)
  })
})
