/** The loops of `loops.test.ts` by the official SDKs, which send back what they made of an answer. */
import type Anthropic from '@anthropic-ai/sdk'
import type OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { anthropicClient } from '../sdk/callers/anthropic.ts'
import { openaiClient } from '../sdk/callers/openai.ts'
import { routes } from './routes.ts'
import { providerNames, turns, type ProviderName, type Wire } from './turns.ts'
import { addressed, key, useWorld } from './world.ts'

const world = useWorld()

const address = () => ({ url: world.gateway.url, key })

type Ask = (body: Wire) => Promise<unknown>

/** Asks and gives the model's turn, as the SDK has it. */
const callers: Record<string, { route: keyof typeof routes; ask: Ask }> = {
  'openai chat.completions.create()': {
    route: 'chat',
    async ask(body) {
      const { chat } = openaiClient(address())
      const { choices } = await chat.completions.create(
        body as unknown as OpenAI.ChatCompletionCreateParamsNonStreaming,
      )
      return choices[0]!.message
    },
  },
  'openai responses.create()': {
    route: 'responses',
    async ask(body) {
      const { responses } = openaiClient(address())
      return (await responses.create(body as OpenAI.Responses.ResponseCreateParamsNonStreaming)).output
    },
  },
  'openai responses.stream()': {
    route: 'responses',
    async ask(body) {
      const { responses } = openaiClient(address())
      const stream = responses.stream(body as unknown as OpenAI.Responses.ResponseCreateParamsStreaming)
      const { output } = await stream.finalResponse()
      // Of the parsed forms that the helper adds, which the API refuses, a caller sends the plain ones.
      return output.map((item) => {
        const { parsed_arguments: _parsed, ...plain } = item as typeof item & { parsed_arguments?: unknown }
        return plain
      })
    },
  },
  '@anthropic-ai/sdk messages.create()': {
    route: 'messages',
    async ask(body) {
      const { messages } = anthropicClient(address())
      return (await messages.create(body as unknown as Anthropic.MessageCreateParamsNonStreaming)).content
    },
  },
  '@anthropic-ai/sdk messages.stream()': {
    route: 'messages',
    async ask(body) {
      const { messages } = anthropicClient(address())
      const stream = messages.stream(body as unknown as Anthropic.MessageStreamParams)
      return (await stream.finalMessage()).content
    },
  },
}

const sealing = providerNames.filter((name) => turns[name].sealed.length > 0)

describe.each(Object.keys(callers))('%s', (name) => {
  const { route, ask } = callers[name]!
  const { goOn } = routes[route]

  test.each(sealing)('sends the thinking of %s back, whole', async (provider: ProviderName) => {
    const { json, stream, turnIn, replayed } = turns[provider]
    const answer = () => world.on(provider, name.includes('stream') ? stream : { json })
    answer()
    const request = routes[route].ask(addressed(provider))
    const turn = await ask(request)
    answer()
    await ask(goOn(request, turn))
    const sent = turnIn(world.got(provider))
    if (provider === 'openai') expect((sent as unknown[]).slice(0, 2)).toEqual(replayed)
    else expect(sent).toEqual(replayed)
  })
})
