import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import type { ServerResponse } from 'node:http'
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { hello, plainReply } from './conversation.ts'
import { openaiClient } from './callers/openai.ts'
import {
  callerNames,
  callers,
  played,
  playedNames,
  useWorld,
  waysOf,
  type CallerName,
  type PlayedProvider,
} from './world.ts'
import { resetConnection } from '../support/scripted-answer.ts'
import { anthropicError, openaiError, type Handler } from '../support/upstream.ts'

const world = useWorld()

/** A good beginning: the first events of a stream, some of its text among them. */
function begun(provider: PlayedProvider): string {
  const answer = played[provider].answer(plainReply, { stream: true, model: played[provider].model })
  if (!('sse' in answer)) throw new Error('not a stream')
  return answer.sse.slice(0, 5).join('')
}

const errorEvent = (provider: PlayedProvider) =>
  provider === 'anthropic'
    ? `event: error\ndata: ${JSON.stringify(anthropicError('boom at 10.0.0.7', 'api_error'))}\n\n`
    : `data: ${JSON.stringify(openaiError('boom at 10.0.0.7', 'server_error'))}\n\n`

/** Begins well; the rest comes when the beginning has gone all its way, as everybody shares this event loop. */
const breaking =
  (provider: PlayedProvider, then: (response: ServerResponse) => unknown): Handler =>
  async (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(begun(provider))
    await delay(5)
    for (let turn = 0; turn < 50; turn++) await nextTurn()
    then(response)
  }

const breaks: [string, (provider: PlayedProvider) => Handler][] = [
  ['says error', (provider) => breaking(provider, (response) => response.end(errorEvent(provider)))],
  ['resets the connection', (provider) => breaking(provider, resetConnection)],
  ['stops in the middle', (provider) => breaking(provider, (response) => response.end())],
]

/** An official package raises its `APIError`; the AI SDK hands on the error that the stream tells. */
function expectBroken(caller: CallerName, error: unknown): void {
  const message = error instanceof Error ? error.message : JSON.stringify(error)
  expect(message).toMatch(/provider failed/)
  expect(message).not.toContain('10.0.0.7')
  if (caller.startsWith('ai ')) return
  const kind = caller === 'openai' ? OpenAI.APIError : Anthropic.APIError
  expect((error as Error).constructor).toBe(kind)
  expect(error).toMatchObject({
    status: undefined,
    requestID: expect.stringMatching(/^[\w-]{10,}$/) as string,
    type: caller === 'openai' ? 'server_error' : 'api_error',
  })
}

const failureOf = (call: Promise<unknown>) =>
  call.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  )

describe.each(callerNames)('%s', (caller) => {
  describe.each(waysOf(caller))('by %s', (way) => {
    const stream = (model: string) => callers[caller](world.address).streams[way]!(model, hello())

    describe.each(breaks)('a provider that %s after a good beginning', (_name, script) => {
      test.each(playedNames)('raises an error, never an answer that looks whole: %s', async (provider) => {
        world.on(provider, script(provider))
        expectBroken(caller, await failureOf(stream(played[provider].model)))
        expect(world.upstreams[provider].requests).toHaveLength(1)
      })
    })

    test.each(['mock-error-mid-stream', 'mock-cut'])('the model %s raises an error', async (model) => {
      expectBroken(caller, await failureOf(stream(model)))
    })
  })
})

test('the call after a broken stream is not lost with the connection of the stream', async () => {
  const { chat } = openaiClient(world.address)
  world.on(
    'openai',
    breaking('openai', (response) => response.end(errorEvent('openai'))),
  )
  const messages = [{ role: 'user' as const, content: 'Hello' }]
  for (let round = 0; round < 20; round++) {
    const stream = await chat.completions.create({ model: played.openai.model, messages, stream: true })
    await expect(Array.fromAsync(stream)).rejects.toThrow('provider failed')
    const next = await chat.completions.create({ model: 'mock-gpt', messages })
    expect(next.choices).toHaveLength(1)
  }
})
