import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { full } from '../support/full.ts'
import { openStream } from '../support/gateway.ts'
import { type Handler, startUpstream } from '../support/upstream.ts'
import { bodyOf, isEnd, isError, pairs, providersAt, speechOf, textOf } from './dialect-pairs.ts'
import { spawnMeasured } from './measured-gateway.ts'

const calls = full ? 20_000 : 2000
const together = 100
const pieces = 8
/** Shares of callers who leave, and of streams that the provider resets. */
const leaving = 0.2
const resetting = 0.05

/** Says the prompt's own word again and again, in writes that are cut anywhere. */
const echo: Handler = async (_request, response, recorded) => {
  const word = wordIn(recorded.body.toString())
  const { opening, delta, closing, whole } = speechOf(recorded)
  if (recorded.json!.stream !== true) return { json: whole(word) }
  const isReset = Math.random() < resetting
  const bytes = Buffer.from(opening + Array.from({ length: pieces }, () => delta(word)).join('') + closing)
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  // A reset one breaks off before its last event, wherever that is.
  const length = isReset ? Math.floor(Math.random() * (bytes.length - closing.length)) : bytes.length
  for (let at = 0; at < length && !response.destroyed;) {
    const step = 1 + Math.floor(Math.random() * 700)
    response.write(bytes.subarray(at, Math.min(at + step, length)))
    at += step
    await delay(Math.random() * 3)
  }
  if (isReset) response.socket?.resetAndDestroy()
  else response.end()
  return undefined
}

const wordIn = (text: string): string => /<word-\d+-[a-z0-9]+>/.exec(text)![0]

type Outcome = 'whole' | 'left' | 'failed' | 'refused'

test(
  `${calls} calls, ${together} at a time, some cut by their callers and some by the provider: nobody gets what is another's`,
  { timeout: 180_000 },
  async () => {
    const upstream = await startUpstream(echo)
    const gateway = await spawnMeasured({
      config: {
        providers: providersAt(upstream),
        resilience: { retry: { initial_delay_ms: 1, max_delay_ms: 5 } },
      },
    })
    const outcomes: Record<Outcome, number> = { whole: 0, left: 0, failed: 0, refused: 0 }

    async function call(index: number): Promise<Outcome> {
      const pair = pairs[index % pairs.length]!
      const word = `<word-${index}-${Math.random().toString(36).slice(2)}>`
      const isLeaving = Math.random() < leaving
      const leavesAfter = Math.floor(Math.random() * pieces)
      const stream = await openStream(gateway.url + pair.path, bodyOf(pair, word))
      if (stream.status !== 200) {
        expect(stream.status).toBe(502)
        await stream.text()
        return 'refused'
      }
      let text = ''
      let heard = 0
      let end: 'whole' | 'failed' | undefined
      for await (const event of stream.events()) {
        // Nothing follows an end, and each one is told once.
        expect(end, `an event after the end: ${event.data}`).toBeUndefined()
        const piece = textOf(event)
        text += piece
        if (piece !== '' && isLeaving && heard++ >= leavesAfter) {
          stream.hangUp()
          expect(word.repeat(pieces).startsWith(text)).toBe(true)
          return 'left'
        }
        if (isEnd(event)) end = 'whole'
        if (isError(event)) end = 'failed'
      }
      expect(end, 'a stream that just stopped').toBeDefined()
      if (end === 'whole') expect(text).toBe(word.repeat(pieces))
      else expect(word.repeat(pieces).startsWith(text)).toBe(true)
      return end!
    }

    let next = 0
    async function callInTurn(): Promise<void> {
      while (next < calls) outcomes[await call(next++)]++
    }
    await Promise.all(Array.from({ length: together }, callInTurn))

    console.info(`${calls} calls: ${JSON.stringify(outcomes)}`)
    // Every kind of end has been seen, or this has shown less than it says.
    expect(outcomes.whole).toBeGreaterThan(calls / 2)
    expect(outcomes.left).toBeGreaterThan(calls / 10)
    expect(outcomes.failed).toBeGreaterThan(calls / 100)
    await expect.poll(() => upstream.openRequests()).toBe(0)
    await expect.poll(() => gateway.inFlight()).toBe(0)
    expect(await gateway.attemptsInFlight()).toBe(0)
  },
)
