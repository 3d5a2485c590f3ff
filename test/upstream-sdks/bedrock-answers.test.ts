import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  ThrottlingException,
  ValidationException,
  type ContentBlock,
  type ConverseStreamOutput,
} from '@aws-sdk/client-bedrock-runtime'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadFixture, loadFixtures, type Fixture } from '../support/fixtures.ts'
import { post, startGateway, type StartedGateway } from '../support/gateway.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { drain } from './side-by-side.ts'

/** Recorded bytes, read by Bedrock's own SDK and, through the gateway, by callers of other APIs. */

const model = 'us.anthropic.claude-sonnet-4-20250514-v1:0'
const messages = [{ role: 'user' as const, content: [{ text: 'Hello' }] }]

let upstream: Upstream
let gateway: StartedGateway
let client: BedrockRuntimeClient

beforeAll(async () => {
  upstream = await startUpstream()
  gateway = await startGateway({
    config: {
      auth: { enabled: false },
      resilience: { retry: { max_attempts: 1 }, circuit_breaker: { enabled: false } },
      providers: { bedrock: { api_key: 'key', base_url: upstream.url, models: [model] } },
    },
  })
  client = new BedrockRuntimeClient({
    region: 'us-east-1',
    endpoint: upstream.url,
    credentials: { accessKeyId: 'AKID', secretAccessKey: 'secret' },
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler(),
  })
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

interface Told {
  text: string
  thinking: string
  calls: unknown[]
  usage: [input: number, output: number] | undefined
}

const arguments_ = (text: string): unknown => JSON.parse(text === '' ? '{}' : text)

/** Calls of the provider's own tools are nothing to a caller of another API. */
const isOwn = (type: string | undefined) => type === undefined || type === 'tool_use'

function toldBySdk(content: ContentBlock[], usage: Told['usage']): Told {
  const told: Told = { text: '', thinking: '', calls: [], usage }
  for (const block of content) {
    told.text += block.text ?? block.citationsContent?.content?.map(({ text }) => text).join('') ?? ''
    told.thinking += block.reasoningContent?.reasoningText?.text ?? ''
    if (block.toolUse && isOwn(block.toolUse.type)) {
      const { toolUseId, name, input } = block.toolUse
      told.calls.push({ id: toolUseId, name, input })
    }
  }
  return told
}

function toldByStream(events: ConverseStreamOutput[]): Told {
  const told: Told = { text: '', thinking: '', calls: [], usage: undefined }
  const calls = new Map<number, { id: string; name: string; input: string }>()
  for (const { contentBlockStart, contentBlockDelta, metadata } of events) {
    const use = contentBlockStart?.start?.toolUse
    if (use)
      calls.set(contentBlockStart.contentBlockIndex!, { id: use.toolUseId!, name: use.name!, input: '' })
    const delta = contentBlockDelta?.delta
    told.text += delta?.text ?? ''
    told.thinking += delta?.reasoningContent?.text ?? ''
    if (delta?.toolUse) calls.get(contentBlockDelta!.contentBlockIndex!)!.input += delta.toolUse.input
    if (metadata?.usage) told.usage = [metadata.usage.inputTokens!, metadata.usage.outputTokens!]
  }
  told.calls = [...calls.values()].map((call) => ({ ...call, input: arguments_(call.input) }))
  return told
}

interface OpenaiMessage {
  content?: string | null
  reasoning_content?: string
  tool_calls?: { index?: number; id?: string; function: { name?: string; arguments: string } }[]
}

function toldByOpenai(pieces: OpenaiMessage[], usage: Record<string, number>): Told {
  const told: Told = {
    text: '',
    thinking: '',
    calls: [],
    usage: [usage.prompt_tokens!, usage.completion_tokens!],
  }
  const calls: { id: string; name: string; input: string }[] = []
  for (const piece of pieces) {
    told.text += piece.content ?? ''
    told.thinking += piece.reasoning_content ?? ''
    piece.tool_calls?.forEach(({ index, id = '', function: called }, at) => {
      const call = (calls[index ?? at] ??= { id, name: called.name ?? '', input: '' })
      call.input += called.arguments
    })
  }
  told.calls = calls.map((call) => ({ ...call, input: arguments_(call.input) }))
  return told
}

const dataOf = (sse: string): unknown[] =>
  sse
    .split('\n\n')
    .flatMap((event) => event.split('\n').filter((line) => line.startsWith('data: ')))
    .map((line) => line.slice(6))
    .filter((data) => data !== '[DONE]')
    .map((data) => JSON.parse(data) as unknown)

const ask = (more: object = {}) =>
  post(`${gateway.url}/v1/chat/completions`, {
    model,
    messages: [{ role: 'user', content: 'Hello' }],
    ...more,
  })

/** Tokens of the cache are part of OpenAI's prompt. */
const promptOf = (usage: Record<string, number>) =>
  usage.inputTokens! + (usage.cacheReadInputTokens ?? 0) + (usage.cacheWriteInputTokens ?? 0)

const all = loadFixtures({ dialect: 'bedrock-converse' })
const named = (fixtures: Fixture[]) => fixtures.map((fixture) => [fixture.id, fixture] as const)
const answers = named(all.filter(({ response }) => response.status === 200 && response.body !== undefined))
const streams = named(all.filter(({ id, response }) => response.bodyBase64 && !id.includes('mid-stream')))

test('there are recordings', () => {
  expect(answers.length).toBeGreaterThanOrEqual(9)
  expect(streams.length).toBeGreaterThanOrEqual(7)
})

test.each(answers)('%s says to the caller what it says to the SDK', async (_id, fixture) => {
  upstream.on({ fixture })
  const read = await client.send(new ConverseCommand({ modelId: model, messages }))
  const { usage } = fixture.response.body as { usage: Record<string, number> }
  const bySdk = toldBySdk(read.output!.message!.content!, [promptOf(usage), read.usage!.outputTokens!])
  const { json } = await ask()
  const { choices, usage: counted } = json as {
    choices: { message: OpenaiMessage }[]
    usage: Record<string, number>
  }
  expect(toldByOpenai([choices[0]!.message], counted)).toEqual(bySdk)
})

test.each(streams)('%s says to the caller what it says to the SDK', async (_id, fixture) => {
  upstream.on({ fixture })
  const { stream } = await client.send(new ConverseStreamCommand({ modelId: model, messages }))
  const bySdk = toldByStream(await drain(stream!))
  expect(bySdk.usage).toBeDefined()
  const answered = await ask({ stream: true, stream_options: { include_usage: true } })
  expect(answered.text).toContain('data: [DONE]')
  const chunks = dataOf(answered.text) as {
    choices: { delta: OpenaiMessage }[]
    usage: Record<string, number> | null
  }[]
  const pieces = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta))
  expect(toldByOpenai(pieces, chunks.at(-1)!.usage!)).toEqual(bySdk)
})

test('an exception in the middle of a stream is one to the SDK and an error to callers', async () => {
  const fixture = loadFixture('bedrock/converse-exception-mid-stream')
  // In pieces, so that some of the answer has left before the exception comes.
  upstream.on({ fixture, chunkBytes: 100, delayMs: 5 })
  const { stream } = await client.send(new ConverseStreamCommand({ modelId: model, messages }))
  await expect(drain(stream!)).rejects.toThrow(ThrottlingException)
  const openai = await ask({ stream: true })
  expect(openai.text).toContain('Hel')
  expect(openai.text).not.toContain('[DONE]')
  expect(dataOf(openai.text).at(-1)).toMatchObject({ error: { code: 'rate_limit_exceeded' } })
  const anthropic = await post(`${gateway.url}/v1/messages`, {
    model,
    max_tokens: 100,
    messages: [{ role: 'user', content: 'Hello' }],
    stream: true,
  })
  expect(anthropic.text).toContain('event: error')
  expect(anthropic.text).not.toContain('message_stop')
  upstream.on({ fixture })
  expect(await ask({ stream: true })).toMatchObject({ status: 429 })
})

test('an error is one to the SDK and to callers', async () => {
  upstream.on({ fixture: loadFixture('bedrock/converse-stream-with-invalid-model') })
  await expect(client.send(new ConverseCommand({ modelId: model, messages }))).rejects.toThrow(
    ValidationException,
  )
  expect(await ask()).toMatchObject({ status: 404 })
  upstream.on({ fixture: loadFixture('bedrock/converse-throttling-429') })
  await expect(client.send(new ConverseCommand({ modelId: model, messages }))).rejects.toThrow(
    ThrottlingException,
  )
  expect(await ask()).toMatchObject({ status: 429 })
})

test('what the model thought goes back to it as it came, from either route', async () => {
  const fixture = loadFixture('bedrock/converse-thinking-part-anthropic')
  const { content } = (fixture.response.body as { output: { message: { content: ContentBlock[] } } }).output
    .message
  const hidden = { reasoningContent: { redactedContent: 'AQIDBA==' } }
  const thoughts = [content[0], hidden]
  const body = {
    ...(fixture.response.body as object),
    output: { message: { content: [hidden, ...content] } },
  }
  const first = { role: 'user', content: 'Hello' }
  const again = { role: 'user', content: 'And now?' }
  for (const route of ['chat/completions', 'messages']) {
    upstream.on({ json: body })
    upstream.requests.length = 0
    const call = (turns: unknown[]) =>
      post(`${gateway.url}/v1/${route}`, { model, max_tokens: 100, messages: turns })
    const { json } = (await call([first])) as {
      json: { choices?: { message: object }[]; content?: unknown }
    }
    const turn = json.choices?.[0]!.message ?? { role: 'assistant', content: json.content }
    expect((await call([first, turn, again])).headers['x-gateway-dropped']).toBeUndefined()
    const sent = upstream.requests[1]!.json as { messages: { content: unknown[] }[] }
    expect(sent.messages[1]!.content).toEqual(expect.arrayContaining(thoughts))
    expect(sent.messages[1]!.content).toHaveLength(3)
  }
})
