import type Anthropic from '@anthropic-ai/sdk'
import { describe, expect, test } from 'vitest'
import { anthropicClient } from './callers/anthropic.ts'
import { plainReply, type Reply } from './conversation.ts'
import { played, playedNames, providerNames, useWorld } from './world.ts'
import { anthropicError, anthropicMessage } from '../support/upstream.ts'

const world = useWorld()
const client = (options: Record<string, unknown> = {}) => anthropicClient(world.address, options)

const messages = [{ role: 'user' as const, content: 'Hello' }]
const hello = { messages, max_tokens: 100 }

const thinking = { text: 'I think of seven.', signature: 'c2lnbmF0dXJl' }
const signed = { type: 'thinking' as const, thinking: thinking.text, signature: thinking.signature }
const redacted = { type: 'redacted_thinking' as const, data: 'b3BhcXVl' }

describe('the client of the Anthropic package', () => {
  test('may send its key as a token too', async () => {
    const { messages: api } = client({ apiKey: null, authToken: world.address.key })
    expect((await api.create({ ...hello, model: 'mock-echo' })).content).toMatchObject([
      { type: 'text', text: 'Hello' },
    ])
  })

  test.each(playedNames)(
    'shows the request id, the same in the object and in the header: %s',
    async (provider) => {
      world.says(provider, plainReply)
      const { data, response, request_id } = await client()
        .messages.create({ ...hello, model: played[provider].model })
        .withResponse()
      expect(request_id).toMatch(/^[\w-]{10,}$/)
      expect(data).toMatchObject({ _request_id: request_id })
      expect(response.headers.get('x-request-id')).toBe(request_id)
    },
  )

  test('reads the request id in the body of an error too', async () => {
    const error = await client()
      .messages.create({ ...hello, model: 'nobody-has-this' })
      .catch((failure: unknown) => failure)
    const { requestID, error: body } = error as InstanceType<typeof Anthropic.NotFoundError>
    expect(body).toMatchObject({ type: 'error', request_id: requestID })
  })

  test.each(providerNames)('reads the events of a stream in the one right order: %s', async (provider) => {
    if (provider !== 'mock')
      world.says(provider, {
        ...plainReply,
        calls: [{ id: 'Wea7herId', name: 'get_weather', input: { city: 'Bern' } }],
        finish: 'tool-calls',
      })
    const model = provider === 'mock' ? 'mock-echo' : played[provider].model
    const events = await Array.fromAsync(await client().messages.create({ ...hello, model, stream: true }))
    const inOneWord = events
      .map(({ type }) => (type[0] === 'm' ? type : type.replace('content_block_', '')))
      .join(' ')
    const block = '(start (delta )*stop ?)'
    expect(inOneWord).toMatch(
      new RegExp(`^message_start ${block}${provider === 'mock' ? '' : block}message_delta message_stop$`),
    )
  })

  test('passes what is marked for the cache, and fields that only Anthropic knows, to Anthropic', async () => {
    world.says('anthropic', plainReply)
    const body = {
      ...hello,
      model: played.anthropic.model,
      system: [
        {
          type: 'text' as const,
          text: 'Be brief.',
          cache_control: { type: 'ephemeral' as const, ttl: '1h' as const },
        },
      ],
      metadata: { user_id: 'user-1' },
      service_tier: 'auto' as const,
    }
    await client().messages.create(body, { headers: { 'anthropic-beta': 'some-beta-2026-01-01' } })
    expect(world.got('anthropic').json).toEqual(body)
    expect(world.got('anthropic').headers['anthropic-beta']).toBe('some-beta-2026-01-01')
  })

  test('works in its beta form, by every provider', async () => {
    for (const provider of playedNames) {
      world.says(provider, plainReply)
      const { content } = await client().beta.messages.create({
        ...hello,
        model: played[provider].model,
        betas: ['some-beta-2026-01-01'],
      })
      expect(content).toMatchObject([{ type: 'text', text: plainReply.text }])
      expect(world.got(provider).headers['anthropic-beta']).toBe(
        provider === 'anthropic' ? 'some-beta-2026-01-01' : undefined,
      )
      expect(world.got(provider).json).not.toHaveProperty('betas')
    }
  })
})

describe('thinking over the Anthropic package', () => {
  const asked = { ...hello, max_tokens: 4_000, thinking: { type: 'enabled' as const, budget_tokens: 2_000 } }

  test('comes with its signature and goes back whole, redacted blocks too', async () => {
    world.on('anthropic', { json: anthropicMessage([signed, redacted, { type: 'text', text: 'Seven.' }]) })
    const { content } = await client().messages.create({ ...asked, model: played.anthropic.model })
    expect(content).toEqual([signed, redacted, { type: 'text', text: 'Seven.' }])
    await client().messages.create({
      ...asked,
      model: played.anthropic.model,
      messages: [...messages, { role: 'assistant', content }, { role: 'user', content: 'And now?' }],
    })
    const [, second] = world.upstreams.anthropic.requests
    expect((second?.json?.messages as { content: unknown }[])[1]?.content).toEqual(content)
    expect(second?.json?.thinking).toEqual(asked.thinking)
  })

  test('comes with its signature in a stream', async () => {
    world.says('anthropic', { ...plainReply, thinking })
    const { content } = await client()
      .messages.stream({ ...asked, model: played.anthropic.model })
      .finalMessage()
    expect(content).toEqual([signed, { type: 'text', text: plainReply.text }])
  })

  test.each(['mistral', 'compatible'] as const)(
    'of %s says that nobody signed it, and goes back as the provider wants it',
    async (provider) => {
      const reply: Reply = { ...plainReply, thinking }
      world.says(provider, reply)
      const { content } = await client().messages.create({ ...asked, model: played[provider].model })
      expect(content).toEqual([
        { type: 'thinking', thinking: thinking.text, signature: 'gateway-reasoning.e30' },
        { type: 'text', text: plainReply.text },
      ])
      world.upstreams[provider].requests.length = 0
      await client().messages.create({
        ...asked,
        model: played[provider].model,
        messages: [...messages, { role: 'assistant', content }, { role: 'user', content: 'And now?' }],
      })
      const [, replayed] = world.got(provider).json?.messages as unknown[]
      expect(replayed).toMatchObject(
        provider === 'mistral'
          ? {
              content: [
                { type: 'thinking', thinking: [{ type: 'text', text: thinking.text }] },
                { type: 'text', text: plainReply.text },
              ],
            }
          : { content: plainReply.text, reasoning_content: thinking.text },
      )
    },
  )

  test('of Anthropic is not shown to another provider', async () => {
    for (const provider of ['openai', 'mistral', 'compatible'] as const) {
      world.says(provider, plainReply)
      const { response } = await client()
        .messages.create({
          ...hello,
          model: played[provider].model,
          messages: [
            ...messages,
            { role: 'assistant', content: [signed, redacted, { type: 'text', text: 'Seven.' }] },
            { role: 'user', content: 'And now?' },
          ],
        })
        .withResponse()
      const sent = world.got(provider).body.toString()
      expect(sent).toContain('Seven.')
      expect(sent).not.toMatch(new RegExp(`${thinking.signature}|${redacted.data}|${thinking.text}`))
      expect(response.headers.get('x-gateway-dropped')).toBeTruthy()
    }
  })

  test('becomes an effort for OpenAI', async () => {
    world.says('openai', plainReply)
    await client().messages.create({ ...asked, model: played.openai.model })
    expect(world.got('openai').json).toMatchObject({ reasoning_effort: 'low', max_completion_tokens: 4_000 })
  })
})

describe('tools over the Anthropic package', () => {
  test('a result that is an error is one at Anthropic, and its text reaches everybody', async () => {
    const conversation: Anthropic.MessageParam[] = [
      ...messages,
      { role: 'assistant', content: [{ type: 'tool_use', id: 'Wea7herId', name: 'get_weather', input: {} }] },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'Wea7herId', is_error: true, content: 'No such city' },
          { type: 'text', text: 'Try again.' },
        ],
      },
    ]
    for (const provider of playedNames) {
      world.says(provider, plainReply)
      await client().messages.create({ ...hello, model: played[provider].model, messages: conversation })
      const sent = world.got(provider).json?.messages as Record<string, unknown>[]
      if (provider === 'anthropic') expect(sent).toEqual(conversation)
      else {
        expect(sent[2]).toMatchObject({ role: 'tool', tool_call_id: 'Wea7herId', content: 'No such city' })
        expect(sent.at(-1)).toMatchObject({ role: 'user', content: 'Try again.' })
      }
    }
  })

  test('ids of another provider’s calls are made fit for Mistral, call and result alike', async () => {
    world.says('mistral', plainReply)
    await client().messages.create({
      ...hello,
      model: played.mistral.model,
      messages: [
        ...messages,
        {
          role: 'assistant',
          content: [
            { type: 'tool_use', id: 'toolu_01A09q90qw90lq917835lq9', name: 'get_weather', input: {} },
          ],
        },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 'toolu_01A09q90qw90lq917835lq9', content: 'Sunny' }],
        },
      ],
    })
    const [, called, result] = world.got('mistral').json?.messages as {
      tool_calls?: { id: string }[]
      tool_call_id?: string
    }[]
    expect(called?.tool_calls?.[0]?.id).toMatch(/^[a-zA-Z0-9]{9}$/)
    expect(result?.tool_call_id).toBe(called?.tool_calls?.[0]?.id)
  })
})

test('the time to wait of an overloaded Anthropic is honoured by the retry of the package', async () => {
  world.on('anthropic', [
    {
      status: 529,
      json: anthropicError('Overloaded', 'overloaded_error'),
      headers: { 'retry-after-ms': '1' },
    },
    { json: anthropicMessage('Here again.') },
  ])
  const { content } = await client({ maxRetries: 1 }).messages.create({
    ...hello,
    model: played.anthropic.model,
  })
  expect(content).toMatchObject([{ text: 'Here again.' }])
  expect(world.upstreams.anthropic.requests).toHaveLength(2)
})
