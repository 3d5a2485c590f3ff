import { APICallError, generateText, stepCountIs, streamText, tool } from 'ai'
import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { aiProviders } from './callers/ai.ts'
import { anthropicClient } from './callers/anthropic.ts'
import { openaiClient } from './callers/openai.ts'
import { plainReply, type Reply } from './conversation.ts'
import { played, useWorld } from './world.ts'
import { loadFixtures, type Fixture } from '../support/fixtures.ts'
import { anthropicError, anthropicMessage, chatCompletion, openaiError } from '../support/upstream.ts'

const world = useWorld()
const responses = (options: Record<string, unknown> = {}) => openaiClient(world.address, options).responses

type Wire = Record<string, unknown>

const recordings = loadFixtures({ dialect: 'openai-responses', without: 'error' })
const whole = recordings.filter(({ response }) => response.body !== undefined)
const streams = recordings.filter(
  ({ response, features }) => response.bodyText !== undefined && !features.includes('stream-error'),
)
const named = (list: Fixture[]) => list.map((fixture) => [fixture.id, fixture] as const)
const recorded = (id: string): Fixture => recordings.find((fixture) => fixture.id === id)!

const asked = { model: 'gpt-4o-mini', input: 'Hello' }
const claude = { ...asked, model: played.anthropic.model }

const eventsIn = (fixture: Fixture) =>
  [...fixture.response.bodyText!.matchAll(/^data: (.*)$/gm)].map(([, json]) => JSON.parse(json!) as Wire)

describe('relayed to OpenAI', () => {
  test.each(named(whole))('%s comes as it was recorded', async (_id, fixture) => {
    world.on('openai', { fixture })
    const { data, response } = await responses().create(asked).withResponse()
    expect(data).toMatchObject(fixture.response.body as Wire)
    expect(data.output_text.length).toBeGreaterThan(fixture.features.includes('parallel-tools') ? -1 : 0)
    expect(response.headers.get('x-gateway-dropped')).toBeNull()
    expect([world.got('openai').path, world.got('openai').json]).toEqual(['/v1/responses', asked])
  })

  test.each(named(streams))('%s streams as it was recorded', async (_id, fixture) => {
    world.on('openai', { fixture })
    const events = await Array.fromAsync(await responses().create({ ...asked, stream: true }))
    expect(events).toEqual(eventsIn(fixture))
  })

  test('what needs the state that OpenAI keeps goes along untouched', async () => {
    const stateful = {
      ...asked,
      input: [{ type: 'item_reference' as const, id: 'msg_1' }],
      previous_response_id: 'resp_1',
      store: true,
      background: true,
    }
    const queued = { ...(whole[0]!.response.body as Wire), status: 'queued', output: [], usage: null }
    world.on('openai', { json: queued })
    expect(await responses().create(stateful)).toMatchObject({ status: 'queued', output: [] })
    expect(world.got('openai').json).toEqual(stateful)
    world.upstreams.openai.requests.length = 0
    const stored = { model: 'gpt-4o-mini', prompt: { id: 'pmpt_1' } }
    await responses().create(stored)
    expect(world.got('openai').json).toEqual(stored)
  })

  test('an answer that failed is an error, whole or as a stream', async () => {
    const error = { code: 'server_error', message: 'boom at 10.0.0.7' }
    world.on('openai', {
      json: { ...(whole[0]!.response.body as Wire), status: 'failed', output: [], error },
    })
    await expect(responses().create(asked)).rejects.toMatchObject({ status: 502, code: 'upstream_error' })
    const [fixture] = loadFixtures({ dialect: 'openai-responses', feature: 'stream-error' })
    world.on('openai', { fixture: fixture! })
    // It fails before anything was said, so that its status can still tell.
    await expect(responses().create({ ...asked, stream: true })).rejects.toMatchObject({
      status: 429,
      code: 'rate_limit_exceeded',
    })
  })
})

describe('state that another provider does not keep', () => {
  test.each<[Partial<OpenAI.Responses.ResponseCreateParamsNonStreaming>, string]>([
    [{ previous_response_id: 'resp_1' }, 'previous_response_id'],
    [{ conversation: 'conv_1' }, 'conversation'],
    [{ prompt: { id: 'pmpt_1' } }, 'prompt'],
    [{ background: true }, 'background'],
    [{ input: [{ type: 'item_reference', id: 'msg_1' }] }, 'input[0]'],
  ])('%j is refused by its name, at no cost', async (fields, param) => {
    const call = responses().create({ ...claude, ...fields })
    await expect(call).rejects.toBeInstanceOf(OpenAI.BadRequestError)
    await expect(call).rejects.toMatchObject({ status: 400, code: 'unsupported_parameter', param })
    expect(world.upstreams.anthropic.requests).toEqual([])
  })

  test('what is lost is named', async () => {
    world.says('anthropic', plainReply)
    const { response } = await responses()
      .create({
        ...claude,
        store: true,
        truncation: 'auto',
        include: ['web_search_call.results'],
        tools: [{ type: 'web_search' }],
      })
      .withResponse()
    const dropped = response.headers.get('x-gateway-dropped')?.split(',') ?? []
    expect(dropped.map((name) => name.trim()).sort()).toEqual(['include', 'store', 'tools', 'truncation'])
  })
})

const weather = {
  type: 'function' as const,
  name: 'get_weather',
  parameters: z.toJSONSchema(z.object({ city: z.string() })),
  strict: null,
}
const thinking = { text: 'I should look it up.', signature: 'sig/TG9vaw==' }
const calling: Reply = {
  thinking,
  text: 'One moment.',
  calls: [{ id: 'toolu_1', name: 'get_weather', input: { city: 'Bern' } }],
  finish: 'tool-calls',
  usage: { input: 40, cached: 0, output: 12 },
}
const answering: Reply = { ...plainReply, text: 'It is sunny.' }
const prompt = 'How is the weather in Bern?'

/** Anthropic's side of the loop: the call, then the answer. */
const playLoop = () =>
  world.on('anthropic', (_request, _response, { json }) => {
    const isFirst = (json?.messages as unknown[]).length === 1
    return played.anthropic.answer(isFirst ? calling : answering, json ?? {})
  })

/** What Anthropic gets in the second round. */
const secondRound = () => world.upstreams.anthropic.requests[1]?.json?.messages as Wire[]

const called = {
  role: 'assistant',
  content: [
    { type: 'thinking', thinking: thinking.text, signature: thinking.signature },
    { type: 'text', text: 'One moment.' },
    { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: { city: 'Bern' } },
  ],
}
const result = (text: string) => ({
  role: 'user',
  content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'text', text }] }],
})

describe('loops of calls and results, with thinking that comes back to who signed it', () => {
  test.each(['whole', 'as a stream'])('the openai package, %s', async (way) => {
    playLoop()
    const input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: prompt }]
    const ask = () => {
      const body = {
        model: played.anthropic.model,
        input,
        tools: [weather],
        reasoning: { effort: 'low' as const, summary: 'auto' as const },
        max_output_tokens: 4000,
      }
      return way === 'whole' ? responses().create(body) : responses().stream(body).finalResponse()
    }
    const first = await ask()
    input.push(...(first.output as OpenAI.Responses.ResponseInput))
    for (const item of first.output)
      if (item.type === 'function_call')
        input.push({ type: 'function_call_output', call_id: item.call_id, output: 'Sunny in Bern' })
    const second = await ask()
    expect(second.output_text).toBe('It is sunny.')
    expect(secondRound()).toMatchObject([{ role: 'user' }, called, result('Sunny in Bern')])
  })

  const settings = () => ({
    model: aiProviders.openai(world.address).responses(played.anthropic.model),
    prompt,
    tools: {
      get_weather: tool({
        inputSchema: z.object({ city: z.string() }),
        execute: ({ city }) => `Sunny in ${city}`,
      }),
    },
    stopWhen: stepCountIs(4),
    maxOutputTokens: 4000,
    maxRetries: 0,
    providerOptions: { openai: { store: false, reasoningEffort: 'low', forceReasoning: true } },
  })

  test.each(['generateText', 'streamText'])('the AI SDK by %s, which must not store', async (way) => {
    playLoop()
    const text =
      way === 'generateText' ? (await generateText(settings())).text : await streamText(settings()).text
    expect(text).toBe('It is sunny.')
    expect(secondRound()).toMatchObject([{ role: 'user' }, called, result('Sunny in Bern')])
  })

  test('the AI SDK, which refers to what was stored unless it is told not to', async () => {
    playLoop()
    const stored = { ...settings(), providerOptions: {} }
    const failure: unknown = await generateText(stored).catch((error: unknown) => error)
    expect(APICallError.isInstance(failure) && failure.message).toContain('`store: false`')
  })

  test('what is redacted comes back too', async () => {
    const redacted = { type: 'redacted_thinking', data: 'b3BhcXVl' }
    world.on('anthropic', { json: anthropicMessage([redacted, { type: 'text', text: 'Seven.' }]) })
    const { output } = await responses().create(claude)
    world.upstreams.anthropic.requests.length = 0
    const items = output as OpenAI.Responses.ResponseInput
    await responses().create({ ...claude, input: [{ role: 'user', content: 'a' }, ...items] })
    expect((world.got('anthropic').json?.messages as Wire[])[1]).toMatchObject({
      content: [redacted, { type: 'text', text: 'Seven.' }],
    })
  })
})

describe('models that OpenAI has on this API alone', () => {
  const model = 'openai/gpt-5-codex'
  const messages = [{ role: 'user' as const, content: 'Hello' }]
  const text = recorded('openai/responses-stream-step2')
  const call = recorded('openai/responses-streaming-usage')
  const reasoned = recorded('openai/responses-reasoning-summary-auto')
  const item = (reasoned.response.body as { output: Wire[] }).output[0]!
  const inputOf = () => world.got('openai').json?.input as Wire[]

  test('answer callers of chat completions, whole and as a stream', async () => {
    const { chat } = openaiClient(world.address)
    world.on('openai', { fixture: reasoned })
    const completion = await chat.completions.create({ model, messages, reasoning_effort: 'high' })
    expect(completion.choices[0]?.message).toMatchObject({
      content: (reasoned.response.body as { output: { content: Wire[] }[] }).output[1]!.content[0]!.text,
      reasoning_content: expect.stringContaining((item.summary as [Wire])[0].text as string) as string,
    })
    expect(world.got('openai').json).toMatchObject({
      model: 'gpt-5-codex',
      store: false,
      reasoning: { effort: 'high', summary: 'auto' },
      include: ['reasoning.encrypted_content'],
    })
    world.on('openai', { fixture: call })
    const streamed = await chat.completions.stream({ model, messages }).finalChatCompletion()
    expect(streamed.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { tool_calls: [{ function: { name: 'final_result', arguments: '{"result":6666}' } }] },
    })
  })

  test('get their reasoning back from callers of chat completions', async () => {
    const { chat } = openaiClient(world.address)
    world.on('openai', { fixture: reasoned })
    const { choices } = await chat.completions.create({ model, messages })
    world.upstreams.openai.requests.length = 0
    await chat.completions.create({ model, messages: [...messages, choices[0]!.message, ...messages] })
    expect(inputOf()[1]).toEqual(item)
    expect(inputOf()[2]).toMatchObject({ role: 'assistant' })
  })

  test('answer callers of messages, and get their reasoning back from them', async () => {
    const client = anthropicClient(world.address)
    const body = { model, messages, max_tokens: 4000 }
    world.on('openai', { fixture: text })
    const streamed = await client.messages.stream(body).finalMessage()
    expect(streamed).toMatchObject({
      content: [{ type: 'text', text: 'The capital of France is Paris.' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 278, output_tokens: 9 },
    })
    world.on('openai', { fixture: reasoned })
    const { content } = await client.messages.create(body)
    expect(content.map(({ type }) => type)).toEqual(['thinking', 'text'])
    world.upstreams.openai.requests.length = 0
    await client.messages.create({
      ...body,
      messages: [...messages, { role: 'assistant', content }, ...messages],
    })
    expect(inputOf()[1]).toEqual(item)
  })
})

describe('errors are raised as the classes of the openai package', () => {
  test.each<[string, Wire, { new (...parts: never[]): Error }, Wire]>([
    ['a bad key', {}, OpenAI.AuthenticationError, { status: 401, code: 'invalid_api_key' }],
    ['no such model', { model: 'nope' }, OpenAI.NotFoundError, { status: 404, code: 'model_not_found' }],
    [
      'an item that is none',
      { input: [{ role: 'tool', content: '' }] },
      OpenAI.BadRequestError,
      { status: 400, param: 'input[0].role' },
    ],
    ['no input', { input: [] }, OpenAI.BadRequestError, { status: 400, param: 'input' }],
    ['a wrong type', { stream: 'yes' }, OpenAI.BadRequestError, { status: 400, param: 'stream' }],
  ])('%s', async (what, body, kind, expected) => {
    const client = responses(what === 'a bad key' ? { apiKey: 'wrong' } : {})
    const call = client.create({ ...claude, ...body } as never)
    await expect(call).rejects.toBeInstanceOf(kind)
    await expect(call).rejects.toMatchObject(expected)
  })

  test.each([
    [400, 'temperature is too high', OpenAI.BadRequestError, 'invalid_request'],
    [429, 'slow down', OpenAI.RateLimitError, 'rate_limit_exceeded'],
    [500, 'boom', OpenAI.InternalServerError, 'upstream_error'],
    [529, 'too busy', OpenAI.InternalServerError, 'overloaded'],
  ] as const)("a provider's %i", async (status, message, kind, code) => {
    const types = {
      400: 'invalid_request_error',
      429: 'rate_limit_error',
      500: 'api_error',
      529: 'overloaded_error',
    }
    world.on('anthropic', { status, json: anthropicError(message, types[status]) })
    const call = responses().create(claude)
    await expect(call).rejects.toBeInstanceOf(kind)
    await expect(call).rejects.toMatchObject({ code })
    world.on('openai', { status, json: openaiError(message) })
    await expect(responses().create(asked)).rejects.toBeInstanceOf(kind)
  })

  test.each(['mock-error-mid-stream', 'mock-cut'])('a stream that breaks: %s', async (model) => {
    const broken = { ...asked, model }
    const reading = async () => Array.fromAsync(await responses().create({ ...broken, stream: true }))
    await expect(reading()).rejects.toThrow('provider failed')
    await expect(reading()).rejects.toBeInstanceOf(OpenAI.APIError)
    await expect(responses().stream(broken).finalResponse()).rejects.toThrow('provider failed')
    const errors: unknown[] = []
    const result = streamText({
      model: aiProviders.openai(world.address).responses(model),
      prompt: 'Hello',
      maxRetries: 0,
      onError: ({ error }) => void errors.push(error),
    })
    await result.consumeStream()
    expect(JSON.stringify(errors)).toContain('provider failed')
    expect(errors).toHaveLength(1)
  })
})

test('an answer that was cut says so', async () => {
  world.says('anthropic', { ...plainReply, finish: 'length' })
  expect(await responses().create(claude)).toMatchObject({
    status: 'incomplete',
    incomplete_details: { reason: 'max_output_tokens' },
    output: [{ type: 'message', status: 'incomplete' }],
  })
})

test('structured output is asked for in the words of the target, and parsed', async () => {
  world.on('compatible', { json: chatCompletion('{"city":"Bern"}') })
  const { output_parsed: parsed } = await responses().parse({
    model: played.compatible.model,
    input: 'Where?',
    text: {
      format: {
        type: 'json_schema',
        name: 'place',
        schema: { type: 'object', properties: { city: { type: 'string' } } },
        strict: true,
      },
    },
  })
  expect(parsed).toEqual({ city: 'Bern' })
  expect(world.got('compatible').json?.response_format).toMatchObject({
    type: 'json_schema',
    json_schema: { name: 'place', strict: true },
  })
})
