import { APICallError, generateObject, generateText, Output, streamObject, streamText } from 'ai'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { aiProviders } from './callers/ai.ts'
import { plainReply } from './conversation.ts'
import { played, playedNames, providerNames, useWorld, type ProviderName } from './world.ts'
import { openaiError } from '../support/upstream.ts'

const world = useWorld()

const models = {
  '@ai-sdk/openai': (name: string) => aiProviders.openai(world.address).chat(name),
  '@ai-sdk/openai-compatible': (name: string) => aiProviders.compatible(world.address)(name),
  '@ai-sdk/anthropic': (name: string) => aiProviders.anthropic(world.address)(name),
}
const kinds = Object.keys(models) as (keyof typeof models)[]

const schema = z.object({ title: z.string(), minutes: z.number() })
const tea = { title: 'Tea', minutes: 5 }
const modelOf = (provider: ProviderName) => (provider === 'mock' ? 'mock-gpt' : played[provider].model)

describe.each(kinds)('%s', (kind) => {
  // Models that it does not know the Anthropic package asks by a tool of its own, and reads the answer from the call.
  const asksByTool = (provider: ProviderName) => kind === '@ai-sdk/anthropic' && provider !== 'anthropic'

  const script = (provider: ProviderName) => {
    if (provider === 'mock') return
    const usage = plainReply.usage
    world.says(
      provider,
      asksByTool(provider)
        ? { calls: [{ id: 'Obj3ct1Id', name: 'json', input: tea }], finish: 'tool-calls', usage }
        : { text: JSON.stringify(tea), finish: 'stop', usage },
    )
  }

  function expectObject(provider: ProviderName, object: unknown): void {
    if (provider === 'mock') {
      expect(schema.parse(object)).toEqual(object)
      return
    }
    expect(object).toEqual(tea)
    const { json } = world.got(provider)
    if (asksByTool(provider)) {
      const [tool] = json?.tools as { function: { name: string } }[]
      expect(tool?.function.name).toBe('json')
      expect(json?.tool_choice).toBeDefined()
    } else
      expect(json).toHaveProperty(
        provider === 'anthropic' ? 'output_config.format.schema' : 'response_format.json_schema.schema',
      )
  }

  test.each(providerNames)('generateObject by %s', async (provider) => {
    script(provider)
    const { object } = await generateObject({
      model: models[kind](modelOf(provider)),
      schema,
      prompt: 'Tea',
      maxRetries: 0,
    })
    expectObject(provider, object)
  })

  test.each(providerNames)('streamObject by %s', async (provider) => {
    script(provider)
    const result = streamObject({
      model: models[kind](modelOf(provider)),
      schema,
      prompt: 'Tea',
      maxRetries: 0,
    })
    const partials = await Array.fromAsync(result.partialObjectStream)
    expect(partials.length).toBeGreaterThan(1)
    expectObject(provider, await result.object)
  })

  test('a list of objects comes element by element', async () => {
    const elements = [tea, { title: 'Coffee', minutes: 4 }]
    world.says('openai', { ...plainReply, text: JSON.stringify({ elements }) })
    const { output } = await generateText({
      model: models[kind]('gpt-4o-mini'),
      output: Output.array({ element: schema }),
      prompt: 'Drinks',
      maxRetries: 0,
      providerOptions: { anthropic: { structuredOutputMode: 'outputFormat' } },
    })
    expect(output).toEqual(elements)
  })

  test.each([
    [400, false],
    [429, true],
    [500, true],
    [503, true],
  ])('a %i says whether a retry makes sense: %s', async (status, isRetryable) => {
    world.on('openai', { status, json: openaiError('so it is') })
    const error: unknown = await generateText({
      model: models[kind]('gpt-4o-mini'),
      prompt: 'Hi',
      maxRetries: 0,
    }).catch((failure: unknown) => failure)
    expect(APICallError.isInstance(error)).toBe(true)
    expect(error).toMatchObject({ isRetryable })
  })

  test.each(playedNames)('the headers of the answer are there: %s', async (provider) => {
    world.says(provider, plainReply)
    const { response } = await generateText({
      model: models[kind](modelOf(provider)),
      prompt: 'Hi',
      maxRetries: 0,
    })
    expect(response.headers?.['x-request-id']).toMatch(/^[\w-]{10,}$/)
    expect(response.headers?.['x-gateway-provider']).toBe(provider)
    expect(response.modelId).toBe(modelOf(provider))
  })
})

describe('thinking over @ai-sdk/anthropic', () => {
  const settings = (name: string) => ({
    model: models['@ai-sdk/anthropic'](name),
    maxOutputTokens: 2_000,
    maxRetries: 0,
    providerOptions: { anthropic: { thinking: { type: 'enabled' as const, budgetTokens: 1_500 } } },
  })
  const thinking = { text: 'I think of seven.', signature: 'c2lnbmF0dXJl' }

  test('is asked for, and goes back with its signature', async () => {
    world.says('anthropic', { ...plainReply, thinking })
    const first = streamText({ ...settings(played.anthropic.model), prompt: 'Hi' })
    const { messages } = await first.response
    world.upstreams.anthropic.requests.length = 0
    const user = (content: string) => ({ role: 'user' as const, content })
    await generateText({
      ...settings(played.anthropic.model),
      messages: [user('Hi'), ...messages, user('And now?')],
    })
    const { json } = world.got('anthropic')
    expect(json).toMatchObject({ thinking: { type: 'enabled', budget_tokens: 1_500 } })
    expect((json?.messages as { content: unknown }[])[1]?.content).toMatchObject([
      { type: 'thinking', thinking: thinking.text, signature: thinking.signature },
      { type: 'text', text: plainReply.text },
    ])
  })
})
