/** A turn of signed thinking and calls comes back, with the results, to the provider that made it. */
import { describe, expect, test } from 'vitest'
import { routeNames, routes } from './routes.ts'
import { providerNames, thought, turns, type Wire } from './turns.ts'
import { useWorld } from './world.ts'

const world = useWorld()

/** A whole turn of OpenAI's; its results follow. */
const orderOfItems = [
  ...['reasoning', 'reasoning', 'message'],
  ...['function_call', 'function_call', 'function_call_output', 'function_call_output'],
]

describe.each(routeNames)('a caller of %s', (route) => {
  const { goOn, thinkingOf } = routes[route]

  describe.each(providerNames)('and %s', (provider) => {
    const { turnIn, replayed, json } = turns[provider]

    test.each([
      ['whole', false],
      ['as a stream', true],
    ])('is shown the thinking, and sends it back whole: %s', async (_how, stream) => {
      const { request, turn } = await world.firstTurn(route, provider, stream)
      expect(thinkingOf(turn)).toBe(thought)
      world.on(provider, { json })
      const { status, headers } = await world.call(route, goOn(request, turn), {
        'x-gateway-strict': 'true',
      })
      expect(status).toBe(200)
      expect(headers['x-gateway-dropped']).toBeUndefined()
      const sent = turnIn(world.got(provider))
      if (provider === 'openai') {
        expect((sent as Wire[]).slice(0, 2)).toEqual(replayed)
        expect((sent as Wire[]).map(({ type = 'message' }) => type)).toEqual(orderOfItems)
      } else if (provider === 'deepseek' && route === 'chat')
        // Relayed as the caller wrote it, with what else the answer said.
        expect(sent).toMatchObject(replayed as object)
      else expect(sent).toEqual(replayed)
    })
  })
})
