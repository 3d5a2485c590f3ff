import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isObject, type JsonObject } from '../../src/canonical/json.ts'
import { full } from '../support/full.ts'
import { answerMeaning, readAnswer } from './answer-meaning.ts'
import { expectDialect, expectError, expectErrorBody } from './check-answer.ts'
import { eventTexts, jsonOf } from './events.ts'
import { expectedStreamErrors } from './expected-errors.ts'
import { relayedAnswer } from './expected-relay.ts'
import { express } from './express.ts'
import { foldStream } from './fold-stream.ts'
import { replayed, type Pair } from './pairs.ts'
import { Playback, type TwoParts } from './playback.ts'
import { isRelayed, routeDialect } from './recordings.ts'

let playback: Playback
beforeAll(async () => {
  playback = await Playback.open()
})
afterAll(() => playback.close())

const inStreams = replayed.filter(({ recording }) => recording.isStream)
const whole = inStreams.filter(({ recording: { id } }) => !(id in expectedStreamErrors))
const broken = inStreams.filter(({ recording: { id } }) => id in expectedStreamErrors)
const named = (list: readonly Pair[]) => list.map((pair) => [pair.name, pair] as const)

/** What a caller of the route sends, with the usage asked for where that is a wish. */
function requestOf({ recording, route }: Pair, stream: boolean): JsonObject {
  const { body } = isRelayed(recording, route) ? recording : express(recording, route)
  const { stream_options: _options, ...rest } = body
  if (!stream) return { ...rest, stream: false }
  return {
    ...rest,
    stream,
    ...(route === '/v1/chat/completions' && { stream_options: { include_usage: true } }),
  }
}

/** When an answer was made is now, where the provider does not say it. */
const timeless = (text: string): string => text.replaceAll(/"created":\d+/g, '"created":0')

/** The message of an answer, as its caller holds it. A stream numbers what a whole answer lists. */
function messageOf(answer: JsonObject): unknown {
  const { choices = [{ message: answer.content, finish_reason: answer.stop_reason }] } = answer as {
    choices?: { message: unknown; finish_reason: unknown }[]
  }
  return choices.map(({ message, finish_reason }) => unnumbered({ message, finish_reason }))
}

function unnumbered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unnumbered)
  if (!isObject(value)) return value
  const fields = Object.entries(value).filter(
    ([name, field]) => name !== 'index' && field !== null && field !== '',
  )
  return Object.fromEntries(fields.map(([name, field]) => [name, unnumbered(field)]))
}

describe('a recorded stream', () => {
  test.each(named(whole))('%s adds up to what the same answer is as JSON', async (_name, pair) => {
    const { recording, route } = pair
    const { fixture } = recording
    const json = foldStream(fixture.dialect, fixture.response.bodyText!)
    const streamed = (await playback.play(recording, route, requestOf(pair, true), { fixture })).answer.text
    const { answer } = await playback.play(recording, route, requestOf(pair, false), { json })
    expect(answer.status).toBe(200)
    if (!isRelayed(recording, route)) {
      expectDialect(streamed, route, true)
      expectDialect(answer.text, route, false)
    }
    const dialect = routeDialect(route)
    const told = answerMeaning(readAnswer(streamed, true, dialect), route)
    expect(told).toEqual(answerMeaning(readAnswer(answer.text, false, dialect), route))
    // The same by a reader that is not the gateway's own.
    expect(messageOf(foldStream(dialect.name, streamed))).toEqual(messageOf(answer.json as JsonObject))
  })

  const sizes = [1, 2, 3, 7, 64]
  test.each(named(whole))('%s is the same in pieces of a few bytes', async (_name, pair) => {
    const { recording, route } = pair
    const { fixture } = recording
    const body = requestOf(pair, true)
    const first = (await playback.play(recording, route, body, { fixture })).answer
    expect(first.status).toBe(200)
    const uncut = timeless(first.text)
    const isLong = fixture.response.bodyText!.length > 10_000
    for (const chunkBytes of isLong && !full ? sizes.slice(-2) : sizes) {
      const { answer } = await playback.play(recording, route, body, { fixture, chunkBytes })
      expect(timeless(answer.text)).toBe(uncut)
    }
  })
})

/** The recorded stream up to its error, and the error. */
function aroundTheError({ recording: { fixture } }: Pair): TwoParts {
  const events = eventTexts(fixture.response.bodyText!)
  const failing = events.findIndex((event) => jsonOf(event)?.error !== undefined)
  return { before: events.slice(0, failing).join(''), after: events.slice(failing).join('') }
}

describe('a recorded stream that fails in its middle', () => {
  test('is among them', () => expect(broken).toHaveLength(2 * Object.keys(expectedStreamErrors).length))

  test.each(named(broken))(
    '%s ends with the error as an event of the route, and never looks whole',
    async (_name, pair) => {
      const { recording, route } = pair
      const parts = aroundTheError(pair)
      const { status, requestId, text } = await playback.playInTwo(
        recording,
        route,
        requestOf(pair, true),
        parts,
      )
      expect(status).toBe(200)
      const last = eventTexts(text).at(-1)!
      const expected = expectedStreamErrors[recording.id]!
      expectErrorBody(jsonOf(last)!, requestId, recording, route, expected)
      expect(last.startsWith(route === '/v1/messages' ? 'event: error\ndata: ' : 'data: ')).toBe(true)
      expect(text).not.toMatch(/\[DONE\]|message_stop|finish_reason":"/)
      if (isRelayed(recording, route)) expect(text).toBe(parts.before + last)
    },
  )

  test.each(named(broken))(
    '%s is a plain error where nothing had left yet',
    async (_name, { recording, route }) => {
      const { fixture } = recording
      const body = requestOf({ recording, route, name: '' }, true)
      const { answer } = await playback.play(recording, route, body, { fixture })
      expectError(answer, recording, route, expectedStreamErrors[recording.id]!)
    },
  )
})

test('what is expected of relayed streams is what was recorded, less the usage nobody asked for', () => {
  for (const { recording, route } of whole) {
    if (!isRelayed(recording, route)) continue
    const events = eventTexts(recording.fixture.response.bodyText!)
    const kept = eventTexts(relayedAnswer(recording))
    expect(events.length - kept.length).toBeLessThanOrEqual(1)
  }
})
