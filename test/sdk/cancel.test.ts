import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { hello, plainReply, type Caller, type Told } from './conversation.ts'
import { callerNames, callers, played, playedNames, useWorld, waysOf, type PlayedProvider } from './world.ts'
import { post } from '../support/gateway.ts'

const world = useWorld()

/** The beginning of a stream that then says nothing more. */
function beginning(provider: PlayedProvider) {
  const answer = played[provider].answer(plainReply, { stream: true, model: played[provider].model })
  if (!('sse' in answer)) throw new Error('not a stream')
  return { sse: answer.sse.slice(0, 5), thenHangs: true }
}

/**
 * The caller is free at once, and the provider's work ends with it. Whoever is within a stream then hears of it by an
 * error or, from a plain loop of the openai package, by the loop's end.
 */
async function expectCancelled(
  provider: PlayedProvider,
  start: (caller: Caller, signal: AbortSignal) => Promise<Told>,
  caller: Caller,
): Promise<void> {
  const upstream = world.upstreams[provider]
  const before = upstream.disconnects
  const controller = new AbortController()
  const call = start(caller, controller.signal).then(
    ({ finish }) => finish,
    () => 'aborted',
  )
  await expect.poll(() => upstream.requests.length, { interval: 1 }).toBe(1)
  // What there is of an answer goes all its way, as everybody shares this event loop.
  for (let turn = 0; turn < 50; turn++) await nextTurn()
  controller.abort()
  expect(await call).not.toBe(plainReply.finish)
  await upstream.sawDisconnect(before + 1)
  expect(upstream.requests[0]?.disconnectedAtMs).toBeDefined()
}

// A request that nobody cancels would be waited for until the test's time is up.
describe.each(callerNames)('%s: an AbortSignal ends the request to', { timeout: 5_000 }, (name) => {
  test.each(playedNames)('%s before its answer has come', async (provider) => {
    world.on(provider, { hangs: true })
    const caller = callers[name](world.address)
    await expectCancelled(
      provider,
      ({ ask }, signal) => ask(played[provider].model, hello(), { signal }),
      caller,
    )
  })

  describe.each(waysOf(name))('in the middle of a stream by %s', (way) => {
    test.each(playedNames)('%s', async (provider) => {
      world.on(provider, beginning(provider))
      const caller = callers[name](world.address)
      await expectCancelled(
        provider,
        ({ streams }, signal) => streams[way]!(played[provider].model, hello(), { signal }),
        caller,
      )
    })
  })
})

test('after all that the gateway serves on, and nothing is left open', async () => {
  for (const name of playedNames) await expect.poll(() => world.upstreams[name].openRequests()).toBe(0)
  const messages = [{ role: 'user', content: 'Hello' }]
  const answer = await post(
    `${world.address.url}/v1/chat/completions`,
    { model: 'mock-gpt', messages },
    { headers: { authorization: `Bearer ${world.address.key}` } },
  )
  expect(answer.status).toBe(200)
})
