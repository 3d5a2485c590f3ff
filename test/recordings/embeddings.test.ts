import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonObject } from '../../src/canonical/json.ts'
import { loadFixtures, type Fixture } from '../support/fixtures.ts'
import { post, startGateway, type StartedGateway } from '../support/gateway.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

/** How a provider without OpenAI's embeddings is asked for them, read without the gateway's own code. */
interface Native {
  type: string
  basePath: string
  model: (fixture: Fixture) => string
  texts: (body: JsonObject) => string[]
  dimensions?: (body: JsonObject) => number | undefined
  vectors: (answer: JsonObject) => number[][]
  promptTokens: (answer: JsonObject) => number | undefined
}

const inPath = ({ request }: Fixture): string =>
  decodeURIComponent(/\/models?\/([^/:]+(?:%3A\d+)?)/.exec(new URL(request.url).pathname)![1]!)
const inBody = ({ request }: Fixture): string => request.body!.model as string

const natives: Readonly<Record<string, Native>> = {
  'gemini-embeddings': {
    type: 'gemini',
    basePath: '/v1beta',
    model: inPath,
    texts: ({ requests }) =>
      (requests as { content: { parts: { text: string }[] } }[]).map(({ content }) => content.parts[0]!.text),
    dimensions: ({ requests }) => (requests as { outputDimensionality?: number }[])[0]!.outputDimensionality,
    vectors: ({ embeddings }) => (embeddings as { values: number[] }[]).map(({ values }) => values),
    promptTokens: () => undefined,
  },
  'bedrock-embeddings': {
    type: 'bedrock',
    basePath: '',
    model: inPath,
    texts: ({ inputText }) => [inputText as string],
    dimensions: ({ dimensions }) => dimensions as number,
    vectors: ({ embedding }) => [embedding as number[]],
    promptTokens: ({ inputTextTokenCount }) => inputTextTokenCount as number,
  },
  'cohere-embed': {
    type: 'cohere',
    basePath: '/v2',
    model: inBody,
    texts: ({ texts }) => texts as string[],
    vectors: ({ embeddings }) => (embeddings as { float: number[][] }).float,
    promptTokens: ({ meta }) =>
      (meta as { billed_units: { input_tokens: number } }).billed_units.input_tokens,
  },
  'ollama-embed': {
    type: 'ollama',
    basePath: '',
    model: inBody,
    texts: ({ input }) => [input].flat() as string[],
    vectors: ({ embeddings }) => embeddings as number[][],
    promptTokens: ({ prompt_eval_count }) => prompt_eval_count as number,
  },
}

let gateway: StartedGateway
let upstream: Upstream
beforeAll(async () => {
  upstream = await startUpstream()
  const entry = ({ type, basePath }: Native) => ({
    type,
    base_url: `${upstream.url}${basePath}`,
    api_key: 'provider-key',
  })
  gateway = await startGateway({
    config: {
      auth: { keys: [{ name: 'app', key: 'app-key', tenant: 'acme' }] },
      resilience: { retry: { max_attempts: 1 } },
      providers: Object.fromEntries(Object.values(natives).map((native) => [native.type, entry(native)])),
    },
  })
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

async function ask(fixture: Fixture) {
  const native = natives[fixture.dialect]!
  const sent = fixture.request.body as JsonObject
  upstream.on({ fixture })
  const answer = await post(
    `${gateway.url}/v1/embeddings`,
    {
      model: `${native.type}/${native.model(fixture)}`,
      input: native.texts(sent),
      dimensions: native.dimensions?.(sent),
      input_type: sent.input_type,
    },
    { headers: { authorization: 'Bearer app-key' } },
  )
  return { native, sent, answer, received: upstream.requests.at(-1)! }
}

const fixtures = loadFixtures({ dialect: Object.keys(natives) }).map(
  (fixture) => [fixture.id, fixture] as const,
)

describe('embeddings of a provider with a form of its own, by /v1/embeddings', () => {
  test.each(fixtures.filter(([, { response }]) => response.status === 200))(
    '%s are asked for in that form, and come back as OpenAI’s',
    async (_id, fixture) => {
      const { native, sent, answer, received } = await ask(fixture)
      const { pathname } = new URL(fixture.request.url)
      // Recorded under the older name, with the newer one's request and answer.
      const path = pathname.replace('/api/embeddings', '/api/embed')
      expect(decodeURIComponent(received.path)).toBe(decodeURIComponent(path))
      expect(received.json).toMatchObject(withoutOwn(sent))
      expect(answer.status).toBe(200)
      const body = fixture.response.body as JsonObject
      expect(answer.json).toMatchObject({
        object: 'list',
        data: native.vectors(body).map((embedding, index) => ({ object: 'embedding', index, embedding })),
        ...(native.promptTokens(body) !== undefined && {
          usage: { prompt_tokens: native.promptTokens(body) },
        }),
      })
    },
  )

  test.each(fixtures.filter(([, { response }]) => response.status !== 200))(
    '%s fails as the provider says',
    async (_id, fixture) => {
      const { answer } = await ask(fixture)
      const { error } = answer.json as { error: { message: string; code: string } }
      expect([answer.status, error.code]).toEqual([404, 'model_not_found'])
      expect(JSON.stringify(fixture.response.body)).toContain(error.message)
    },
  )
})

/** What only the provider's own callers can say. */
const withoutOwn = ({ normalize: _normalize, ...body }: JsonObject): JsonObject => body
