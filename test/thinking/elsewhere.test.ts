/** A turn that one provider thought out goes on at another, which cannot read what the first one sealed. */
import { describe, expect, test } from 'vitest'
import { post, startGateway } from '../support/gateway.ts'
import { chatCompletion, startUpstream } from '../support/upstream.ts'
import { routeNames, routes } from './routes.ts'
import { providerNames, thought, tool, turns, type Wire } from './turns.ts'
import { addressed, useWorld } from './world.ts'

const world = useWorld()

const sealing = providerNames.filter((name) => turns[name].sealed.length > 0)

describe.each(routeNames)('a caller of %s', (route) => {
  const { goOn, leftOut } = routes[route]

  // A server of OpenAI's shape that ignores what it does not know is sent what a caller of chats wrote.
  const others = providerNames.filter((name) => name !== 'deepseek' || route !== 'chat')

  describe.each(sealing)('whose turn %s made', (maker) => {
    const { sealed } = turns[maker]

    test.each(others.filter((name) => name !== maker))('goes on at %s without it', async (other) => {
      const { request, turn } = await world.firstTurn(route, maker, false)
      const next = { ...goOn(request, turn), model: addressed(other) }
      const strict = await world.call(route, next, { 'x-gateway-strict': 'true' })
      expect(strict.status).toBe(400)
      expect(strict.text).toContain(leftOut)
      expect(world.upstreams[other].requests).toEqual([])

      world.on(other, { json: turns[other].json })
      const answer = await world.call(route, next)
      expect(answer.status).toBe(200)
      expect(droppedIn(answer.headers)).toContain(leftOut)
      const sent = JSON.stringify(world.got(other))
      for (const text of [...sealed, 'gateway-reasoning.']) expect(sent).not.toContain(text)
    })
  })
})

/** Those who take no thinking but what they signed themselves. */
const demanding = ['anthropic', 'bedrock', 'openai'] as const
const unsigned = providerNames.filter((name) => turns[name].sealed.length === 0)

describe.each(routeNames)('a caller of %s whose thinking nobody signed', (route) => {
  const { goOn, leftOut } = routes[route]

  test.each(unsigned.flatMap((maker) => demanding.map((other) => [maker, other] as const)))(
    'goes on from %s at %s without it',
    async (maker, other) => {
      const { request, turn } = await world.firstTurn(route, maker, false)
      world.on(other, { json: turns[other].json })
      const answer = await world.call(route, { ...goOn(request, turn), model: addressed(other) })
      expect(answer.status).toBe(200)
      expect(droppedIn(answer.headers)).toContain(leftOut)
      expect(JSON.stringify(world.got(other))).not.toContain(thought)
    },
  )
})

test('thinking that was asked for goes too, where a turn of calls has lost what led to it', async () => {
  const { request, turn } = await world.firstTurn('messages', 'bedrock', false)
  world.on('anthropic', { json: turns.anthropic.json })
  const next = { ...routes.messages.goOn(request, turn), ...routes.messages.asksToThink }
  const { status } = await world.call('messages', { ...next, model: addressed('anthropic') })
  expect(status).toBe(200)
  expect(world.got('anthropic')).not.toHaveProperty('thinking')
})

describe("a signature that stands on a call alone, as Gemini's", () => {
  const answer = {
    candidates: [
      {
        content: {
          role: 'model',
          parts: [{ functionCall: { id: 'a', name: tool, args: {} }, thoughtSignature: 'CiQB+alone==' }],
        },
        finishReason: 'STOP',
      },
    ],
  }
  const others = providerNames.filter((name) => name !== 'gemini' && name !== 'deepseek')

  test.each(routeNames.flatMap((route) => others.map((other) => [route, other] as const)))(
    'is named when a caller of %s goes on at %s',
    async (route, other) => {
      const { ask, goOn, turnOf, leftOut } = routes[route]
      world.on('gemini', { json: answer })
      const request = ask(addressed('gemini'))
      const turn = turnOf((await world.call(route, request)).json as Wire)
      world.on(other, { json: turns[other].json })
      const { status, headers } = await world.call(route, { ...goOn(request, turn), model: addressed(other) })
      expect([status, headers['x-gateway-dropped']]).toEqual([200, leftOut])
      expect(JSON.stringify(world.got(other))).not.toContain('alone')
    },
  )
})

test.each(providerNames)(
  "OpenAI's own chats, which refuse unknown fields, are sent none of %s",
  async (maker) => {
    const upstream = await startUpstream({ json: chatCompletion() })
    const gateway = await startGateway({
      config: { auth: { enabled: false }, providers: { openai: { api_key: 'k', base_url: upstream.url } } },
    })
    const { request, turn } = await world.firstTurn('chat', maker, true)
    const next = { ...routes.chat.goOn(request, turn), model: 'openai/gpt-4o' }
    const { status, headers } = await post(`${gateway.url}/v1/chat/completions`, next)
    expect([status, headers['x-gateway-dropped']]).toEqual([200, 'messages[].reasoning_content'])
    const [, sent] = upstream.requests[0]?.json?.messages as Wire[]
    expect(Object.keys(sent!).sort()).toEqual(['content', 'role', 'tool_calls'])
    for (const call of sent!.tool_calls as Wire[])
      expect(Object.keys(call).sort()).toEqual(['function', 'id', 'type'])
  },
)

const droppedIn = (headers: Record<string, unknown>): string[] =>
  ((headers['x-gateway-dropped'] ?? '') as string).split(',').map((name) => name.trim())
