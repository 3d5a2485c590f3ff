import { describe, expect, test } from 'vitest'
import type { Told } from './conversation.ts'
import { aiResponsesCaller, responsesCaller } from './openai-responses-callers.ts'
import { plain } from './plain.ts'
import { sceneNames, scenes, type Scene, type SceneName } from './scenes.ts'
import { played, useWorld, type ProviderName } from './world.ts'

const world = useWorld()

const callers = { openai: responsesCaller, 'ai + @ai-sdk/openai': aiResponsesCaller }
const callerNames = Object.keys(callers) as (keyof typeof callers)[]

/** Whose dialect is another; OpenAI's own answers are relayed, which is tried with recordings. */
const translated = ['anthropic', 'mistral', 'compatible', 'mock'] as const satisfies ProviderName[]

const waysOf = (caller: keyof typeof callers) =>
  Object.keys(callers[caller]({ url: 'http://127.0.0.1:1', key: 'none' }).streams)

/** This API has no stop sequences. */
function sceneOf(name: SceneName, provider: keyof Scene['sent']) {
  const { ask, reply, sent, mock }: Scene = scenes[name]
  const { stop: _stop, ...asked } = ask
  const { stop: _sent, stop_sequences: _sequences, ...expected } = sent[provider] ?? sent.openai
  return { ask: asked, reply, mock, expected }
}

const expectedOf = ({ reply, ask }: Pick<Scene, 'reply' | 'ask'>): Told => ({
  thinking: reply.thinking?.text ?? '',
  text: reply.text ?? '',
  calls: reply.calls ?? [],
  finish: reply.finish,
  usage: reply.usage,
  ...(ask.schema && { value: JSON.parse(reply.text ?? '') as unknown }),
})

function expectOfMock(told: Told, { told: expected }: Scene['mock']): void {
  if (typeof expected === 'function') expected(told)
  else expect(told).toMatchObject(expected)
}

describe.each(callerNames)('responses by %s', (callerName) => {
  describe.each(translated)('to %s', (provider) => {
    describe.each(sceneNames)('%s', (name) => {
      const scene = sceneOf(name, provider === 'mock' ? 'openai' : provider)
      const model = () => (provider === 'mock' ? (scene.mock.model ?? 'mock-gpt') : played[provider].model)

      function expectSent(stream: boolean): void {
        if (provider === 'mock') return
        const { path, json } = world.got(provider)
        expect(path.split('?')[0]).toBe(played[provider].path)
        const body = plain(provider, json)
        expect(body).toMatchObject(scene.expected)
        expect(body.stream ?? false).toBe(stream)
        expect(body.max_tokens ?? body.max_completion_tokens).toBe(scene.ask.maxTokens)
      }

      test('whole', async () => {
        if (provider !== 'mock') world.says(provider, scene.reply)
        const told = await callers[callerName](world.address).ask(model(), scene.ask)
        if (provider === 'mock') return expectOfMock(told, scene.mock)
        expect(told).toEqual(expectedOf(scene))
        expectSent(false)
      })

      test.each(waysOf(callerName))('as a stream by %s', async (way) => {
        if (provider !== 'mock') world.says(provider, scene.reply)
        const { pieces, ...told } = await callers[callerName](world.address).streams[way]!(model(), scene.ask)
        const whole = withValue(told, scene)
        if (told.text.length > 20) expect(pieces).toBeGreaterThan(2)
        if (provider === 'mock') return expectOfMock(whole, scene.mock)
        expect(whole).toEqual(expectedOf(scene))
        expectSent(true)
      })
    })
  })
})

/** A stream that is read by hand has nobody who parses what it says. */
const withValue = (told: Told, { ask }: Pick<Scene, 'ask'>): Told =>
  ask.schema && !('value' in told) ? { ...told, value: ask.schema.parse(JSON.parse(told.text)) } : told
