/** Whole calls through a running gateway to a played Gemini. */
import { beforeAll, beforeEach, afterAll, describe, expect, test } from 'vitest'
import { get, post, startGateway, type AnyJson, type StartedGateway } from '../support/gateway.ts'
import { loadFixture } from '../support/fixtures.ts'
import { startUpstream, type Script, type Upstream } from '../support/upstream.ts'

const model = 'gemini-3-flash-preview'
const apiKey = 'AIza-of-the-provider'
const hello = [{ role: 'user', content: 'Hello' }]
const fixture = (name: string): Script => ({ fixture: loadFixture(`gemini/${name}`), chunkBytes: 61 })

let upstream: Upstream
let gateway: StartedGateway

beforeAll(async () => {
  upstream = await startUpstream()
  gateway = await startGateway({
    config: {
      auth: { enabled: false },
      resilience: { retry: { max_attempts: 1 }, circuit_breaker: { enabled: false } },
      providers: { gemini: { api_key: apiKey, base_url: upstream.url, models: [model] } },
    },
  })
})
beforeEach(() => {
  upstream.requests.length = 0
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

const chat = (body: object) => post(`${gateway.url}/v1/chat/completions`, { model, messages: hello, ...body })
const message = (body: object) =>
  post(`${gateway.url}/v1/messages`, { model, max_tokens: 500, messages: hello, ...body })
const eventsOf = (text: string): AnyJson[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice(6)))
const sentParts = (): AnyJson[] =>
  (upstream.requests.at(-1)?.json?.contents as { parts: unknown[] }[]).flatMap(({ parts }) => parts)

const parallel = 'generate-streaming-reasoning-with-multiple-tool-calls'
/** The recorded signature on the first of the parallel calls. */
const parallelSignature = /"thoughtSignature": "([^"]+)"/.exec(
  loadFixture(`gemini/${parallel}`).response.bodyText ?? '',
)?.[1]
const replayed = [
  {
    functionCall: { id: 'dv8szvqe', name: 'get_weather', args: { location: 'Boston' } },
    thoughtSignature: parallelSignature,
  },
  { functionCall: { id: 'j80tal12', name: 'get_weather', args: { location: 'New Delhi' } } },
  { functionResponse: { id: 'dv8szvqe', name: 'get_weather', response: { output: 'sunny' } } },
  { functionResponse: { id: 'j80tal12', name: 'get_weather', response: { output: 'hot' } } },
]

describe('a signature goes round', () => {
  test('from a stream of calls through OpenAI’s dialect', async () => {
    upstream.on(fixture(parallel))
    const { text } = await chat({ stream: true })
    const calls = eventsOf(text).flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])
    const heads = calls.filter(({ id }) => id !== undefined)
    expect(heads[0].extra_content).toEqual({ google: { thought_signature: parallelSignature } })
    const tool_calls = heads.map(({ index, ...call }) => ({
      ...call,
      function: {
        ...call.function,
        arguments: calls
          .filter((piece) => piece.index === index)
          .map((piece) => piece.function?.arguments ?? '')
          .join(''),
      },
    }))
    await chat({
      messages: [
        ...hello,
        { role: 'assistant', content: null, tool_calls },
        { role: 'tool', tool_call_id: 'dv8szvqe', content: 'sunny' },
        { role: 'tool', tool_call_id: 'j80tal12', content: 'hot' },
      ],
    })
    expect(sentParts().slice(1)).toEqual(replayed)
  })

  test('from a stream of calls through Anthropic’s dialect', async () => {
    upstream.on(fixture(parallel))
    const { text } = await message({ stream: true })
    const events = eventsOf(text)
    const content = events
      .filter(({ type }) => type === 'content_block_start')
      .map(({ content_block, index }) =>
        content_block.type === 'tool_use'
          ? {
              ...content_block,
              input: JSON.parse(
                events
                  .filter((event) => event.type === 'content_block_delta' && event.index === index)
                  .map(({ delta }) => delta.partial_json)
                  .join(''),
              ),
            }
          : content_block,
      )
    await message({
      messages: [
        ...hello,
        { role: 'assistant', content },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'dv8szvqe', content: 'sunny' },
            { type: 'tool_result', tool_use_id: 'j80tal12', content: 'hot' },
          ],
        },
      ],
    })
    expect(sentParts().slice(1)).toEqual(replayed)
  })

  test.each([
    [
      'OpenAI’s',
      async () => {
        const { json } = await chat({})
        await chat({ messages: [...hello, json.choices[0].message, { role: 'user', content: 'So?' }] })
      },
    ],
    [
      'Anthropic’s',
      async () => {
        const { json } = await message({})
        await message({
          messages: [
            ...hello,
            { role: 'assistant', content: json.content },
            { role: 'user', content: 'So?' },
          ],
        })
      },
    ],
  ])('with text through %s dialect', async (_, converse) => {
    upstream.on(fixture('generate-reasoning'))
    await converse()
    const { response } = loadFixture('gemini/generate-reasoning')
    expect(sentParts()).toEqual([
      { text: 'Hello' },
      (response.body as AnyJson).candidates[0].content.parts[0],
      { text: 'So?' },
    ])
  })
})

describe('a caller hears', () => {
  test('thoughts as reasoning, and usage with them', async () => {
    upstream.on(fixture('generate-thinking-part-step2'))
    const { json } = await chat({})
    expect(json).toMatchObject({
      model: 'gemini-3-pro-preview',
      choices: [{ finish_reason: 'stop' }],
      usage: {
        prompt_tokens: 1280,
        completion_tokens: 2073,
        completion_tokens_details: { reasoning_tokens: 1115 },
      },
    })
    expect(json.choices[0].message.reasoning_content).toHaveLength(2781)
    expect(json.choices[0].message.content).toHaveLength(3850)
  })

  test('a whole stream, its usage and its end', async () => {
    upstream.on(fixture('generate-reasoning-gemini3-stream'))
    const { text, headers } = await chat({ stream: true, stream_options: { include_usage: true } })
    expect(headers['content-type']).toContain('text/event-stream')
    const chunks = eventsOf(text)
    const content = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')
    expect(content).toBe('There are **3** "r"s in strawberry.\n\nSt**r**awbe**rr**y')
    expect(chunks.at(-2).choices[0].finish_reason).toBe('stop')
    expect(chunks.at(-1).usage).toMatchObject({ prompt_tokens: 9, completion_tokens: 325 })
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
  })

  test('that a prompt was blocked', async () => {
    upstream.on({ json: { promptFeedback: { blockReason: 'SAFETY' }, modelVersion: model, responseId: 'r' } })
    const { status, json } = await chat({})
    expect(status).toBe(200)
    expect(json.choices[0]).toMatchObject({ message: { content: '' }, finish_reason: 'content_filter' })
  })
})

describe('an error of Gemini’s', () => {
  const google = (code: number, status: string, text: string) => ({
    status: code,
    json: { error: { code, message: text, status } },
  })

  test.each<[string, Script, number, object]>([
    [
      'about the gateway’s key is the operator’s',
      fixture('generate-invalid-key-400'),
      502,
      { code: 'upstream_error' },
    ],
    ['of too much work is told as such', fixture('generate-overloaded-503'), 503, { code: 'overloaded' }],
    [
      'about the request has its words',
      google(400, 'INVALID_ARGUMENT', 'Function name is not valid.'),
      400,
      { message: 'Function name is not valid.', type: 'invalid_request_error' },
    ],
    [
      'about a prompt too long has a code for it',
      google(
        400,
        'INVALID_ARGUMENT',
        'The input token count (9) exceeds the maximum number of tokens allowed (8).',
      ),
      400,
      { code: 'context_length_exceeded' },
    ],
    [
      'about too many requests',
      google(429, 'RESOURCE_EXHAUSTED', 'Slow down.'),
      429,
      { type: 'rate_limit_error' },
    ],
    [
      'about a model',
      fixture('generate-model-name-suggestion-google'),
      404,
      { type: 'invalid_request_error' },
    ],
  ])('%s', async (_, script, status, error) => {
    upstream.on(script)
    const answered = await chat({})
    expect(answered.status).toBe(status)
    expect(answered.json.error).toMatchObject(error)
    expect(answered.text).not.toContain(apiKey)
    expect(answered.text).not.toContain('API key')
  })

  const begun = `data: {"candidates":[{"content":{"parts":[{"text":"Hel"}]}}],"responseId":"r","modelVersion":"m"}\r\n\r\n`
  test.each([
    ['is told', [begun, 'data: {"error":{"code":503,"message":"Busy.","status":"UNAVAILABLE"}}\r\n\r\n']],
    ['that is silence is told as well', [begun]],
  ])('in the middle of a stream %s', async (_, sse) => {
    upstream.on({ sse })
    const { text } = await chat({ stream: true })
    expect(text).toContain('"Hel"')
    expect(eventsOf(text).at(-1)).toHaveProperty('error')
    expect(text).not.toContain('[DONE]')
    const { text: inAnthropics } = await message({ stream: true })
    expect(inAnthropics).toContain('event: error')
    expect(inAnthropics).not.toContain('message_stop')
  })

  test('is no answer under status 200', async () => {
    upstream.on({ json: { error: { code: 500, message: 'Oh.', status: 'INTERNAL' } } })
    expect((await chat({})).status).toBe(502)
  })
})

test('the key stands in no address, and in no log', async () => {
  upstream.on(fixture('generate-reasoning'))
  await chat({})
  expect(upstream.requests[0]?.headers['x-goog-api-key']).toBe(apiKey)
  expect(upstream.requests[0]?.path).toBe(`/v1beta/models/${model}:generateContent`)
  await get(`${gateway.url}/health?detailed=true`)
  expect(JSON.stringify(gateway.logs())).not.toContain(apiKey)
})

test('tokens cannot be embedded, and the caller hears why', async () => {
  const { status, json } = await post(`${gateway.url}/v1/embeddings`, {
    model: `gemini/gemini-embedding-001`,
    input: [1, 2, 3],
  })
  expect(status).toBe(400)
  expect(json.error).toMatchObject({ param: 'input', type: 'invalid_request_error' })
})
