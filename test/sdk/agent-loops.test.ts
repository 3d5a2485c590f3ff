import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod'
import { generateText, stepCountIs, streamText, tool, type LanguageModel } from 'ai'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { aiProviders } from './callers/ai.ts'
import { anthropicClient } from './callers/anthropic.ts'
import { openaiClient } from './callers/openai.ts'
import type { Reply } from './conversation.ts'
import { plain } from './plain.ts'
import { played, providerNames, useWorld, type CallerName, type PlayedProvider } from './world.ts'

const world = useWorld()

const input = z.object({ city: z.string() })
const description = 'Says how the weather is.'
const prompt = 'How is the weather in Bern?'
const weatherIn = ({ city }: { city: string }) => `Sunny in ${city}`

const thinking = { text: 'I should look it up.', signature: 'sig/TG9vaw==' }
const calling: Reply = {
  thinking,
  text: 'One moment.',
  calls: [{ id: 'Wea7herId', name: 'get_weather', input: { city: 'Bern' } }],
  finish: 'tool-calls',
  usage: { input: 40, cached: 0, output: 12 },
}
const answering: Reply = { text: 'It is sunny.', finish: 'stop', usage: { input: 60, cached: 0, output: 4 } }

/** Runs the SDK's own loop of calls and results, and says how it ends. */
type Loop = (model: string) => Promise<string>

const openaiTools = [
  {
    type: 'function' as const,
    function: {
      name: 'get_weather',
      description,
      parameters: z.toJSONSchema(input) as Record<string, unknown>,
      parse: (text: string) => input.parse(JSON.parse(text)),
      function: weatherIn,
    },
  },
]
const anthropicTools = [
  betaZodTool({ name: 'get_weather', description, inputSchema: input, run: (args) => weatherIn(args) }),
]
const messages = [{ role: 'user' as const, content: prompt }]

const anthropicSettings = { messages, tools: anthropicTools, max_tokens: 4000 }

const ofAi = (modelOf: (name: string) => LanguageModel): Record<string, Loop> => {
  const settings = (name: string) => ({
    model: modelOf(name),
    prompt,
    tools: { get_weather: tool({ description, inputSchema: input, execute: weatherIn }) },
    stopWhen: stepCountIs(4),
    maxOutputTokens: 4000,
    maxRetries: 0,
  })
  return {
    async generateText(name) {
      return (await generateText(settings(name))).text
    },
    async streamText(name) {
      const { text } = streamText(settings(name))
      return text
    },
  }
}

const loops: Record<CallerName, Record<string, Loop>> = {
  openai: {
    'chat.completions.runTools()': async (model) =>
      (await openaiClient(world.address)
        .chat.completions.runTools({ model, messages, tools: openaiTools })
        .finalContent()) ?? '',
    'chat.completions.runTools({ stream: true })': async (model) =>
      (await openaiClient(world.address)
        .chat.completions.runTools({ model, messages, tools: openaiTools, stream: true })
        .finalContent()) ?? '',
  },
  '@anthropic-ai/sdk': {
    'beta.messages.toolRunner()': async (model) =>
      lastText(
        await anthropicClient(world.address).beta.messages.toolRunner({
          ...anthropicSettings,
          model,
          thread: false,
        }),
      ),
    'beta.messages.toolRunner({ stream: true })': async (model) => {
      const runner = anthropicClient(world.address).beta.messages.toolRunner({
        ...anthropicSettings,
        model,
        thread: false,
        stream: true,
      })
      let text = ''
      for await (const stream of runner) text = lastText(await stream.finalMessage())
      return text
    },
  },
  'ai + @ai-sdk/openai': ofAi((name) => aiProviders.openai(world.address).chat(name)),
  'ai + @ai-sdk/openai-compatible': ofAi((name) => aiProviders.compatible(world.address)(name)),
  'ai + @ai-sdk/anthropic': ofAi((name) => aiProviders.anthropic(world.address)(name)),
}

const lastText = ({ content }: { content: readonly { type: string }[] }) =>
  content.map((block) => ('text' in block ? (block.text as string) : '')).join('')

/** What the second request must hold of the first answer and of the tool's. */
const followUp = (provider: PlayedProvider) =>
  provider === 'anthropic'
    ? [
        { type: 'tool_use', id: 'Wea7herId', name: 'get_weather', input: { city: 'Bern' } },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: 'Wea7herId',
              content: [{ type: 'text', text: 'Sunny in Bern' }],
            },
          ],
        },
      ]
    : [
        { id: 'Wea7herId', type: 'function', function: { name: 'get_weather', arguments: { city: 'Bern' } } },
        { role: 'tool', tool_call_id: 'Wea7herId', content: [{ type: 'text', text: 'Sunny in Bern' }] },
      ]

/** The other packages leave out what OpenAI's own API does not have when they send an answer back. */
const replaysThinking: ReadonlySet<CallerName> = new Set(['@anthropic-ai/sdk', 'ai + @ai-sdk/anthropic'])
const replayed = "sends Anthropic's signed thinking back, whole"
const leftOut = "leaves Anthropic's signed thinking out, and is not refused for it"

interface AnyMessage {
  content: { type: string }[]
  tool_calls?: unknown[]
}

describe.each(Object.keys(loops) as CallerName[])('%s', (caller) => {
  describe.each(Object.keys(loops[caller]))('%s', (way) => {
    test.each(providerNames)('calls the tool and comes to an answer by %s', async (provider) => {
      const loop = loops[caller][way]!
      if (provider === 'mock') {
        expect(await loop('mock-gpt')).toMatch(/The tool get_weather says: Sunny in/)
        return
      }
      const replies = [calling, answering]
      world.on(provider, (_request, _response, { json }) =>
        played[provider].answer(replies.shift()!, json ?? {}),
      )
      expect(await loop(played[provider].model)).toBe('It is sunny.')

      const { requests } = world.upstreams[provider]
      expect(requests).toHaveLength(2)
      const [asked, called, result] = plain(provider, requests[1]?.json).messages as [
        unknown,
        AnyMessage,
        unknown,
      ]
      const [call, expectedResult] = followUp(provider)
      expect(asked).toMatchObject({ role: 'user', content: [{ type: 'text', text: prompt }] })
      expect(called.tool_calls?.[0] ?? called.content.at(-1)).toMatchObject(call!)
      expect(result).toMatchObject(expectedResult!)
    })

    test(replaysThinking.has(caller) ? replayed : leftOut, async () => {
      const replies = [calling, answering]
      world.on('anthropic', (_request, _response, { json }) =>
        played.anthropic.answer(replies.shift()!, json ?? {}),
      )
      await loops[caller][way]!(played.anthropic.model)
      const [, called] = world.upstreams.anthropic.requests[1]?.json?.messages as AnyMessage[]
      const thoughts = called?.content.filter(({ type }) => type === 'thinking')
      expect(thoughts).toEqual(
        replaysThinking.has(caller)
          ? [{ type: 'thinking', thinking: thinking.text, signature: thinking.signature }]
          : [],
      )
    })
  })
})

describe("a conversation that Anthropic's server holds, which is how its tool runner works unless told otherwise", () => {
  const run = async (model: string) =>
    lastText(await anthropicClient(world.address).beta.messages.toolRunner({ ...anthropicSettings, model }))

  test('goes on at Anthropic itself by the id of the message before', async () => {
    const replies = [calling, answering]
    world.on('anthropic', (_request, _response, { json }) =>
      played.anthropic.answer(replies.shift()!, json ?? {}),
    )
    expect(await run(played.anthropic.model)).toBe('It is sunny.')
    const threads = world.upstreams.anthropic.requests.map(({ json }) => json?.thread)
    expect(threads).toEqual([{ type: 'create' }, { type: 'continue', previous_message_id: 'msg_upstream_1' }])
  })

  test.each(providerNames.filter((name) => name !== 'anthropic'))(
    'is sent whole to %s, which holds nothing',
    async (provider) => {
      if (provider === 'mock') {
        expect(await run('mock-gpt')).toMatch(/The tool get_weather says: Sunny in/)
        return
      }
      const replies = [calling, answering]
      world.on(provider, (_request, _response, { json }) =>
        played[provider].answer(replies.shift()!, json ?? {}),
      )
      expect(await run(played[provider].model)).toBe('It is sunny.')
      const last = plain(provider, world.upstreams[provider].requests.at(-1)?.json)
      expect(last.messages).toMatchObject([
        { role: 'user' },
        { role: 'assistant' },
        { role: 'tool', tool_call_id: 'Wea7herId' },
      ])
    },
  )
})
