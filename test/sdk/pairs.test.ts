import { describe, expect, test } from 'vitest'
import type { Told } from './conversation.ts'
import { isTried } from './gaps.ts'
import { plain } from './plain.ts'
import { sceneNames, scenes, type Scene } from './scenes.ts'
import {
  callerNames,
  callers,
  credentialOf,
  played,
  providerNames,
  useWorld,
  waysOf,
  type PlayedProvider,
} from './world.ts'

const world = useWorld()

/** What the provider replied, as every SDK must tell it. */
function expectedOf({ reply, ask }: Scene): Told {
  return {
    thinking: reply.thinking?.text ?? '',
    text: reply.text ?? '',
    calls: reply.calls ?? [],
    finish: reply.finish,
    usage: reply.usage,
    ...(ask.schema && { value: JSON.parse(reply.text ?? '') as unknown }),
  }
}

function expectSent(provider: PlayedProvider, scene: Scene, stream: boolean): void {
  const request = world.got(provider)
  expect(request.path.split('?')[0]).toBe(played[provider].path)
  expect(played[provider].credential(request)).toBe(`Bearer ${credentialOf(provider)}`)
  const { sent } = scene
  const body = plain(provider, request.json)
  expect(body).toMatchObject(sent[provider] ?? sent.openai)
  expect(body.model).toBe(played[provider].model)
  expect(body.stream ?? false).toBe(stream)
  expect(body.max_tokens ?? body.max_completion_tokens).toBe(scene.ask.maxTokens)
}

function expectOfMock(told: Told, { told: expected }: Scene['mock']): void {
  if (typeof expected === 'function') expected(told)
  else expect(told).toMatchObject(expected)
}

describe.each(callerNames)('%s', (callerName) => {
  describe.each(providerNames)('to %s', (provider) => {
    describe.each(sceneNames.filter((subject) => isTried({ caller: callerName, provider, subject })))(
      '%s',
      (name) => {
        const scene: Scene = scenes[name]
        const modelOf = () =>
          provider === 'mock' ? (scene.mock.model ?? 'mock-gpt') : played[provider].model

        test('whole', async () => {
          if (provider !== 'mock') world.says(provider, scene.reply)
          const told = await callers[callerName](world.address).ask(modelOf(), scene.ask)
          if (provider === 'mock') return expectOfMock(told, scene.mock)
          expect(told).toEqual(expectedOf(scene))
          expectSent(provider, scene, false)
        })

        test.each(waysOf(callerName))('as a stream by %s', async (way) => {
          if (provider !== 'mock') world.says(provider, scene.reply)
          const stream = callers[callerName](world.address).streams[way]!
          const { pieces, ...told } = await stream(modelOf(), scene.ask)
          if (told.text.length > 20) expect(pieces).toBeGreaterThan(2)
          if (provider === 'mock') return expectOfMock(withValue(told, scene), scene.mock)
          expect(withValue(told, scene)).toEqual(expectedOf(scene))
          expectSent(provider, scene, true)
        })
      },
    )
  })
})

/** A stream that is read by hand has nobody who parses what it says. */
const withValue = (told: Told, { ask }: Scene): Told =>
  ask.schema && !('value' in told) ? { ...told, value: ask.schema.parse(JSON.parse(told.text)) } : told
