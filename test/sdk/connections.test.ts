import { describe, expect, test } from 'vitest'
import { anthropicClient } from './callers/anthropic.ts'
import { openaiClient } from './callers/openai.ts'
import { hello, plainReply } from './conversation.ts'
import { openCountingDoor } from './counting-door.ts'
import { callerNames, callers, key, played, playedNames, useWorld, waysOf } from './world.ts'
import { full } from '../support/full.ts'

const world = useWorld()

const callsInTurn = full ? 1_000 : 100
/** The answer is read a moment before its connection is free, so that `fetch` opens a second one at the start. */
const connectionsOfOneCaller = 2
const streamsAtOnce = full ? 200 : 50

describe.each(callerNames)('%s', (name) => {
  test(`${callsInTurn} calls in turn use the same few connections, to the gateway and to the provider`, async () => {
    const door = await openCountingDoor(world.address.url)
    world.says('openai', plainReply)
    const caller = callers[name]({ url: door.url, key })
    const { upstreams } = world
    const before = upstreams.openai.connectionsOpened()
    for (let i = 0; i < callsInTurn; i++) {
      const told = await caller.ask(played.openai.model, hello(`${i}`))
      expect(told.text).toBe(plainReply.text)
    }
    expect(upstreams.openai.requests).toHaveLength(callsInTurn)
    expect(door.opened()).toBeLessThanOrEqual(connectionsOfOneCaller)
    expect(upstreams.openai.connectionsOpened() - before).toBeLessThanOrEqual(connectionsOfOneCaller)
  })

  test('streams that are read to their end leave their connection to the next', async () => {
    const door = await openCountingDoor(world.address.url)
    world.says('anthropic', plainReply)
    const caller = callers[name]({ url: door.url, key })
    const [way] = waysOf(name) as [string]
    for (let i = 0; i < 20; i++) await caller.streams[way]!(played.anthropic.model, hello())
    expect(door.opened()).toBeLessThanOrEqual(connectionsOfOneCaller)
  })

  test(`${streamsAtOnce} streams at once through one client each get their own text`, async () => {
    for (const provider of playedNames) {
      world.upstreams[provider].on((_request, _response, { json = {} }) => {
        const asked = /number \d+!/.exec(JSON.stringify(json.messages))?.[0]
        const answer = played[provider].answer(
          { ...plainReply, text: `This is the answer to ${asked}` },
          json,
        )
        return { ...answer, delayMs: 1 }
      })
    }
    const caller = callers[name](world.address)
    const [way] = waysOf(name) as [string]
    const told = await Promise.all(
      Array.from({ length: streamsAtOnce }, (_, i) => {
        const provider = playedNames[i % playedNames.length]!
        return caller.streams[way]!(played[provider].model, hello(`number ${i}!`))
      }),
    )
    told.forEach(({ text }, i) => expect(text).toBe(`This is the answer to number ${i}!`))
  })
})

describe('what the packages send with every call harms nobody', () => {
  test.each(playedNames)(
    '%s gets no header of the SDK but those of its dialect, and not the caller’s key',
    async (provider) => {
      world.says(provider, plainReply)
      const headers = { 'x-custom': 'mine', cookie: 'a=b' }
      await openaiClient(world.address, {
        defaultHeaders: headers,
        organization: 'org-1',
        project: 'proj-1',
      }).chat.completions.create({
        model: played[provider].model,
        messages: [{ role: 'user', content: 'Hello' }],
      })
      await anthropicClient(world.address, { defaultHeaders: headers }).messages.create({
        model: played[provider].model,
        max_tokens: 10,
        messages: [{ role: 'user', content: 'Hello' }],
      })
      const [byOpenai, byAnthropic] = world.upstreams[provider].requests
      for (const request of [byOpenai!, byAnthropic!]) {
        const names = Object.keys(request.headers).filter((name) =>
          /^x-stainless|^openai-|^cookie$|^x-custom$/.test(name),
        )
        expect(names).toEqual([])
        expect(JSON.stringify(request.rawHeaders)).not.toContain(key)
        expect(request.headers['content-type']).toBe('application/json')
      }
      if (provider === 'anthropic') {
        // The caller's own where there is one, else the gateway's.
        expect(byAnthropic?.headers['anthropic-version']).toMatch(/^\d{4}-\d\d-\d\d$/)
        expect(byOpenai?.headers['anthropic-version']).toBe('2023-06-01')
      } else expect(byAnthropic?.headers['anthropic-version']).toBeUndefined()
    },
  )

  test('an answer is the same to a client that asks for compression', async () => {
    world.says('openai', { ...plainReply, text: 'long '.repeat(2_000) })
    const ask = (encoding: string) =>
      openaiClient(world.address, {
        defaultHeaders: { 'accept-encoding': encoding },
      }).chat.completions.create({
        model: played.openai.model,
        messages: [{ role: 'user', content: 'Hello' }],
      })
    const [plain, packed] = [await ask('identity'), await ask('gzip, deflate, br, zstd')]
    expect(packed.choices).toEqual(plain.choices)
    expect(packed.choices[0]?.message.content).toHaveLength(10_000)
  })
})
