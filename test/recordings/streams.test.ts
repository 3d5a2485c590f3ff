import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isObject, type JsonObject } from '../../src/canonical/json.ts'
import { full } from '../support/full.ts'
import { answerMeaning, readAnswer } from './answer-meaning.ts'
import { expectDialect, expectError, expectErrorBody, expectFailedResponse } from './check-answer.ts'
import { eventTexts, jsonOf, piecesOf } from './events.ts'
import { expectedStreamErrors } from './expected-errors.ts'
import { relayedAnswer } from './expected-relay.ts'
import { express } from './express.ts'
import { foldStream } from './fold-stream.ts'
import { replayed, type Pair } from './pairs.ts'
import { Playback, type TwoParts } from './playback.ts'
import { chatRoutes, isRelayed, providerDialect, routeDialect } from './recordings.ts'
import { responseBytes } from '../support/fixtures.ts'
import type { WholeAnswer } from '../support/gateway.ts'

let playback: Playback
beforeAll(async () => {
  playback = await Playback.open()
})
afterAll(() => playback.close())

const inStreams = replayed.filter(({ recording }) => recording.isStream && !recording.isError)
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
    ...((route === '/v1/chat/completions' || route === '/v1/completions') && {
      stream_options: { include_usage: true },
    }),
  }
}

/** Where the provider does not say it, when an answer was made is now, and its id is the request's. */
const timeless = ({ text, headers }: WholeAnswer): string =>
  text
    .replaceAll(/"(created|created_at|completed_at)":\d+/g, '"$1":0')
    .replaceAll(headers['x-gateway-request-id'] as string, 'ours')

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
  // The same arguments, with other spaces.
  const meaning = ([name, field]: [string, unknown]) =>
    name === 'arguments' ? JSON.parse(field as string) : unnumbered(field)
  return Object.fromEntries(fields.map((entry) => [entry[0], meaning(entry) as unknown]))
}

describe('a recorded stream', () => {
  test.each(named(whole))('%s adds up to what the same answer is as JSON', async (_name, pair) => {
    const { recording, route } = pair
    const { fixture } = recording
    const { framing } = providerDialect(recording)
    const json = foldStream(fixture.dialect, responseBytes(fixture), framing)
    const first = await playback.play(recording, route, requestOf(pair, true), { fixture })
    const streamed = timeless(first.answer)
    const { answer } = await playback.play(recording, route, requestOf(pair, false), { json })
    expect(answer.status).toBe(200)
    if (!isRelayed(recording, route)) {
      expectDialect(streamed, route, true)
      expectDialect(answer.text, route, false)
    }
    const dialect = routeDialect(route)
    const told = answerMeaning(readAnswer(streamed, true, dialect), route)
    expect(told).toEqual(answerMeaning(readAnswer(timeless(answer), false, dialect), route))
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
    const uncut = timeless(first)
    const isLong = responseBytes(fixture).length > 10_000
    for (const chunkBytes of isLong && !full ? sizes.slice(-2) : sizes) {
      const { answer } = await playback.play(recording, route, body, { fixture, chunkBytes })
      expect(timeless(answer)).toBe(uncut)
    }
  })
})

/** The recorded stream up to its error, and the error. */
function aroundTheError({ recording }: Pair): TwoParts {
  const events = piecesOf(responseBytes(recording.fixture), providerDialect(recording).framing)
  const failing = events.findIndex((event) =>
    /"error": ?[{"]|"type": ?"error"|exception/.test(event.toString('latin1')),
  )
  return { before: Buffer.concat(events.slice(0, failing)), after: Buffer.concat(events.slice(failing)) }
}

describe('a recorded stream that fails in its middle', () => {
  test('is among them', () =>
    expect(broken).toHaveLength(chatRoutes.length * Object.keys(expectedStreamErrors).length))

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
      const told = eventTexts(text).filter((event) => event !== '')
      const [last] = told.slice(route === '/v1/responses' ? -2 : -1) as [string]
      const expected = expectedStreamErrors[recording.id]!
      if (route === '/v1/responses') expectFailedResponse(told, expected)
      else expectErrorBody(jsonOf(last)!, requestId, recording, route, expected)
      expect(last.startsWith(route === '/v1/chat/completions' ? 'data: ' : 'event: error\ndata: ')).toBe(true)
      expect(text).not.toMatch(/\[DONE\]|message_stop|finish_reason":"|response\.completed/)
      if (isRelayed(recording, route))
        expect(text).toBe(parts.before.toString() + told.slice(route === '/v1/responses' ? -2 : -1).join(''))
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
