import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { openaiClient } from './callers/openai.ts'
import { plainReply, type Reply } from './conversation.ts'
import { played, playedNames, useWorld } from './world.ts'
import { anthropicMessage, chatCompletion, openaiError, sse, chatChunk } from '../support/upstream.ts'

const world = useWorld()
const client = (options: Record<string, unknown> = {}) => openaiClient(world.address, options)

const messages = [{ role: 'user' as const, content: 'Hello' }]

describe('the client of the openai package', () => {
  test('works with a base URL that ends in /v1, in /v1/ and in nothing', async () => {
    for (const path of ['/v1', '/v1/', '', '/']) {
      const { chat } = client({ baseURL: world.address.url + path })
      const { choices } = await chat.completions.create({ model: 'mock-echo', messages })
      expect(choices[0]?.message.content).toBe('Hello')
    }
  })

  test('takes a key that is fetched when it is needed', async () => {
    const { chat } = client({ apiKey: () => Promise.resolve(world.address.key) })
    expect((await chat.completions.create({ model: 'mock-echo', messages })).choices).toHaveLength(1)
  })

  test.each(playedNames)(
    'shows the request id, the same in the object and in the header: %s',
    async (provider) => {
      world.says(provider, plainReply)
      const { data, response, request_id } = await client()
        .chat.completions.create({ model: played[provider].model, messages })
        .withResponse()
      expect(request_id).toMatch(/^[\w-]{10,}$/)
      expect(data).toMatchObject({ _request_id: request_id })
      expect(response.headers.get('x-gateway-provider')).toBe(provider)
      expect(response.headers.get('x-gateway-upstream-request-id')).toBe(
        provider === 'anthropic' ? 'req_anthropic_1' : 'req_openai_1',
      )
    },
  )

  test("keeps the caller's own request id", async () => {
    const headers = { 'x-request-id': 'my-request-0001' }
    const answer = await client().chat.completions.create({ model: 'mock-echo', messages }, { headers })
    expect(answer._request_id).toBe('my-request-0001')
  })

  test('gets the answer as the provider wrote it, fields that nobody knows and several choices too', async () => {
    const whole = chatCompletion('one', { novelty: { kept: [1, 2] } })
    const [choice] = whole.choices as Record<string, unknown>[]
    const answer = { ...whole, choices: [choice, { ...choice, index: 1 }] }
    world.on('openai', { json: answer })
    expect(await client().chat.completions.create({ model: 'gpt-4o-mini', messages, n: 2 })).toEqual(answer)
    expect(world.got('openai').json).toEqual({ model: 'gpt-4o-mini', messages, n: 2 })
  })

  test('reads no usage in a stream that it did not ask for', async () => {
    world.says('openai', plainReply)
    const stream = await client().chat.completions.create({ model: 'gpt-4o-mini', messages, stream: true })
    const chunks = await Array.fromAsync(stream)
    expect(chunks.every(({ choices }) => choices.length === 1)).toBe(true)
    expect(chunks.some(({ usage }) => usage)).toBe(false)
  })

  test('can tee a stream and hand it on as lines', async () => {
    world.says('anthropic', plainReply)
    const stream = await client().chat.completions.create({
      model: played.anthropic.model,
      messages,
      stream: true,
    })
    const [one, other] = stream.tee()
    const texts = await Promise.all(
      [one, other].map(async (half) =>
        (await Array.fromAsync(half)).map(({ choices }) => choices[0]?.delta.content ?? '').join(''),
      ),
    )
    expect(texts).toEqual([plainReply.text, plainReply.text])
  })

  test('tells apart pieces of calls that come in turn', async () => {
    const piece = (index: number, more: object) => chatChunk({ tool_calls: [{ index, ...more }] })
    world.on('openai', {
      sse: sse(
        chatChunk({ role: 'assistant', content: null }),
        piece(0, { id: 'call_a', type: 'function', function: { name: 'first', arguments: '' } }),
        piece(1, { id: 'call_b', type: 'function', function: { name: 'second', arguments: '' } }),
        piece(1, { function: { arguments: '{"b":' } }),
        piece(0, { function: { arguments: '{"a":' } }),
        piece(0, { function: { arguments: '1}' } }),
        piece(1, { function: { arguments: '2}' } }),
        chatChunk({}, 'tool_calls'),
        '[DONE]',
      ),
    })
    const { choices } = await client()
      .chat.completions.stream({ model: 'gpt-4o-mini', messages })
      .finalChatCompletion()
    const calls = choices[0]?.message.tool_calls?.map(
      (call) => call.type === 'function' && call.function.arguments,
    )
    expect(calls).toEqual(['{"a":1}', '{"b":2}'])
  })
})

describe('reasoning over the openai package', () => {
  const thinking = { text: 'I think of seven.', signature: 'c2lnbmF0dXJl' }
  const reply: Reply = { ...plainReply, thinking }
  const signed = { type: 'thinking', thinking: thinking.text, signature: thinking.signature }
  const redacted = { type: 'redacted_thinking', data: 'b3BhcXVl' }

  type Assistant = OpenAI.ChatCompletionMessage & { reasoning_content?: string; thinking_blocks?: unknown[] }
  const follow = (message: Assistant) =>
    client().chat.completions.create({
      model: played.anthropic.model,
      messages: [...messages, message, { role: 'user', content: 'And now?' }],
    })

  /** The assistant's turn as Anthropic got it back. */
  const replayed = () => (world.got('anthropic').json?.messages as { content: unknown }[])[1]?.content

  test('comes back to Anthropic whole when the message is sent back as it came', async () => {
    world.on('anthropic', {
      json: anthropicMessage([signed, redacted, { type: 'text', text: 'Seven.' }]),
    })
    const { choices } = await client().chat.completions.create({ model: played.anthropic.model, messages })
    const message = choices[0]!.message as Assistant
    expect(message).toMatchObject({ reasoning_content: thinking.text, thinking_blocks: [signed, redacted] })
    world.upstreams.anthropic.requests.length = 0
    world.says('anthropic', plainReply)
    await follow(message)
    expect(replayed()).toEqual([signed, redacted, { type: 'text', text: 'Seven.' }])
  })

  test('comes back to Anthropic whole from a stream', async () => {
    world.says('anthropic', reply)
    const stream = await client().chat.completions.create({
      model: played.anthropic.model,
      messages,
      stream: true,
    })
    const blocks: unknown[] = []
    let text = ''
    for await (const { choices } of stream) {
      const delta = choices[0]?.delta as
        { thinking_blocks?: Record<string, unknown>[]; content?: string } | undefined
      for (const { index: _, ...block } of delta?.thinking_blocks ?? []) blocks.push(block)
      text += delta?.content ?? ''
    }
    expect(blocks).toEqual([signed])
    world.upstreams.anthropic.requests.length = 0
    await follow({ role: 'assistant', content: text, refusal: null, thinking_blocks: blocks })
    expect(replayed()).toEqual([signed, { type: 'text', text: plainReply.text }])
  })

  test('of Anthropic is not shown to another provider, which is told in a header', async () => {
    world.says('mistral', plainReply)
    const assistant = {
      role: 'assistant',
      content: 'Seven.',
      thinking_blocks: [signed],
    } as unknown as OpenAI.ChatCompletionMessageParam
    const { response } = await client()
      .chat.completions.create({
        model: played.mistral.model,
        messages: [...messages, assistant, ...messages],
      })
      .withResponse()
    expect(world.got('mistral').body.toString()).not.toContain(thinking.signature)
    expect(response.headers.get('x-gateway-dropped')).toContain('reasoning')
  })

  test('is asked for by effort, which becomes a budget below max_tokens at Anthropic', async () => {
    world.says('anthropic', reply)
    await client().chat.completions.create({
      model: played.anthropic.model,
      messages,
      max_completion_tokens: 8_000,
      reasoning_effort: 'high',
    })
    expect(world.got('anthropic').json).toMatchObject({
      max_tokens: 8_000,
      thinking: {
        type: 'enabled',
        budget_tokens: expect.toSatisfy((tokens: number) => tokens >= 1_024 && tokens < 8_000) as number,
      },
    })
  })

  test('is asked for in Mistral’s own words', async () => {
    world.says('mistral', reply)
    await client().chat.completions.create({
      model: played.mistral.model,
      messages,
      reasoning_effort: 'medium',
    })
    expect(world.got('mistral').json).toMatchObject({ reasoning_effort: 'high' })
  })
})

describe('retries of the openai package', () => {
  const ask = (options: Record<string, unknown>) =>
    client(options).chat.completions.create({ model: 'gpt-4o-mini', messages })

  test('succeed after a provider was overloaded', async () => {
    world.on('openai', [
      { status: 503, json: openaiError('busy'), headers: { 'retry-after-ms': '1' } },
      { json: chatCompletion() },
    ])
    expect((await ask({ maxRetries: 1 })).choices).toHaveLength(1)
    expect(world.upstreams.openai.requests).toHaveLength(2)
  })

  test('are not made where they cannot help', async () => {
    const quota = openaiError('You exceeded your current quota', 'insufficient_quota', 'insufficient_quota')
    world.on('openai', { status: 429, json: quota })
    await expect(ask({ maxRetries: 2 })).rejects.toBeInstanceOf(OpenAI.RateLimitError)
    expect(world.upstreams.openai.requests).toHaveLength(1)
    await expect(ask({ maxRetries: 2, apiKey: 'not-a-key' })).rejects.toBeInstanceOf(
      OpenAI.AuthenticationError,
    )
  })
})

describe('time limits', () => {
  test("the package's own ends the provider's work too", async () => {
    world.on('openai', { hangs: true })
    const before = world.upstreams.openai.disconnects
    const call = client({ timeout: 100 }).chat.completions.create({ model: 'gpt-4o-mini', messages })
    await expect(call).rejects.toBeInstanceOf(OpenAI.APIConnectionTimeoutError)
    await world.upstreams.openai.sawDisconnect(before + 1)
  })

  test('one in a header is a 504, which the package knows as InternalServerError', async () => {
    world.on('openai', { hangs: true })
    const defaultHeaders = { 'x-gateway-timeout-ms': '50' }
    const call = client({ defaultHeaders }).chat.completions.create({ model: 'gpt-4o-mini', messages })
    await expect(call).rejects.toBeInstanceOf(OpenAI.InternalServerError)
    await expect(call).rejects.toMatchObject({ status: 504, code: 'upstream_timeout' })
  })
})
