import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonObject } from '../../src/canonical/json.ts'
import { answerMeaning, readAnswer } from './answer-meaning.ts'
import { expectDialect, expectError } from './check-answer.ts'
import { expectedErrors, expectedStreamErrors } from './expected-errors.ts'
import { callerText, relayedAnswer, relayedRequest } from './expected-relay.ts'
import { express } from './express.ts'
import { losses } from './losses.ts'
import { pairs, replayed, skipped, type Pair } from './pairs.ts'
import { keyOf, Playback, type Exchange } from './playback.ts'
import {
  fileIds,
  isRelayed,
  providerDialect,
  readRequest,
  recordedDialects,
  recordings,
  routeDialect,
  type Recording,
} from './recordings.ts'
import { responseBytes } from '../support/fixtures.ts'
import type { WholeAnswer } from '../support/gateway.ts'
import { requestMeaning, withoutNamed } from './request-meaning.ts'

let playback: Playback
beforeAll(async () => {
  playback = await Playback.open()
})
afterAll(() => playback.close())

const failsInside = ({ recording: { id } }: Pair): boolean => id in expectedStreamErrors

async function checkRelayed({ recording, route }: Pair): Promise<void> {
  const { fixture, body, provider } = recording
  const { search } = new URL(fixture.request.url)
  const headers = { 'anthropic-version': fixture.request.headers['anthropic-version'] ?? '2023-06-01' }
  const options = { headers, query: search }
  const exchange = await playback.play(recording, route, callerText(body), { fixture }, options)
  expectSent(exchange, recording, search)
  expect(exchange.upstream?.body.toString()).toBe(relayedRequest(recording))
  if (recording.isError) return expectError(exchange.answer, recording, route, expectedErrors[recording.id]!)

  expect(exchange.answer.status).toBe(200)
  expect(exchange.answer.headers['x-gateway-dropped']).toBeUndefined()
  expectServed(exchange, recording.provider, recording.isStream)
  expect(exchange.answer.text).toBe(relayedAnswer(recording))

  // By its address the same model is another name, which is edited out again.
  const addressed = { ...body, model: `${provider}/${body.model}` }
  const again = await playback.play(recording, route, callerText(addressed), { fixture }, options)
  expect(again.upstream?.body.toString()).toBe(relayedRequest(recording))
  expect(again.answer.text).toBe(exchange.answer.text)
}

async function checkTranslated(pair: Pair): Promise<void> {
  const { recording, route, name } = pair
  const { body, cannotSay } = express(recording, route)
  const exchange = await playback.play(recording, route, body, { fixture: recording.fixture })
  expectSent(exchange, recording, recording.queryOfOurs)
  const expected = losses[name] ?? {}
  expect(cannotSay).toEqual(expected.cannotSay ?? [])
  expectSameRequest(pair, body, exchange)
  if (recording.isError) return expectError(exchange.answer, recording, route, expectedErrors[recording.id]!)

  expect(exchange.answer.status).toBe(200)
  expect(exchange.answer.headers['x-gateway-dropped']).toBe(expected.dropped?.join(','))
  expectServed(exchange, recording.provider, recording.isStream)
  expectDialect(exchange.answer.text, route, recording.isStream)
  expectSameAnswer(pair, body, exchange.answer)
}

/** Providers whose key stands in a header of its own. */
const keyHeaders: Readonly<Record<string, string>> = {
  anthropic: 'x-api-key',
  gemini: 'x-goog-api-key',
  vertex: 'x-goog-api-key',
  azure_openai: 'api-key',
}

function expectSent({ upstream }: Exchange, { type, provider, path }: Recording, search: string): void {
  expect(upstream?.method).toBe('POST')
  const sent = new URL(upstream!.path, 'http://provider')
  expect(decodeURIComponent(sent.pathname)).toBe(path)
  expect(sent.search).toBe(search)
  const ownHeader = keyHeaders[type]
  const credential = upstream!.headers[ownHeader ?? 'authorization']
  expect(credential).toBe(ownHeader === undefined ? `Bearer ${keyOf(provider)}` : keyOf(provider))
  if (type === 'anthropic') expect(upstream!.headers['anthropic-version']).toBe('2023-06-01')
}

function expectServed({ answer }: Exchange, provider: string, isStream: boolean): void {
  expect(answer.headers).toMatchObject({
    'content-type': isStream ? 'text/event-stream; charset=utf-8' : 'application/json; charset=utf-8',
    'x-gateway-provider': provider,
    'x-gateway-attempts': '1',
  })
}

/** The provider is asked for the recorded thing, less what the tables of losses name. */
function expectSameRequest({ recording, name }: Pair, said: JsonObject, { upstream }: Exchange): void {
  const { request } = readRequest(recording, recording.body)
  const { cannotSay = [], dropped = [] } = losses[name] ?? {}
  const lost = [...cannotSay, ...dropped]
  // Anthropic's dialect demands a limit; where none was recorded, the caller's goes through.
  if (request.maxOutputTokens === undefined) request.maxOutputTokens = said.max_tokens as number | undefined
  const received = readRequest(recording, upstream!.json!)
  expect(received.unknown).toEqual([])
  expect(withoutNamed(requestMeaning(received.request), lost)).toEqual(
    withoutNamed(requestMeaning(request), lost),
  )
}

function expectSameAnswer(
  { recording, route }: Pair,
  said: JsonObject,
  { text, headers }: WholeAnswer,
): void {
  const { fixture, isStream } = recording
  const recorded = readAnswer(responseBytes(fixture), isStream, providerDialect(recording))
  // Some providers say neither; the gateway says what it knows.
  recorded.model ||= recording.body.model
  recorded.id ||= headers['x-gateway-request-id'] as string
  const options = said.stream_options as { include_usage?: boolean } | undefined
  const showsUsage = route !== '/v1/chat/completions' || !isStream || options?.include_usage === true
  if (!showsUsage) delete recorded.usage
  const told = readAnswer(text, isStream, routeDialect(route))
  expect(answerMeaning(told, route)).toEqual(answerMeaning(recorded, route))
}

const check = (pair: Pair): Promise<void> =>
  isRelayed(pair.recording, pair.route) ? checkRelayed(pair) : checkTranslated(pair)

const named = (list: readonly Pair[]) => list.map((pair) => [pair.name, pair] as const)

describe('the table of recordings and routes', () => {
  test('leaves out no file whose dialect is served', () => {
    const ids = new Set(recordings.map(({ id }) => id))
    const others = fileIds().filter((id) => !ids.has(id))
    expect(ids.size + others.length).toBe(fileIds().length)
    expect(others.filter((id) => !/\/count-tokens-|embed/.test(id))).toEqual([])
    expect(new Set(recordings.map(({ fixture }) => fixture.dialect))).toEqual(new Set(recordedDialects))
    expect(new Set(pairs.map(({ recording }) => recording.id))).toEqual(ids)
  })

  test('skips only pairs that exist', () => {
    const names = pairs.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(Object.keys(skipped)))
    expect(replayed.length + Object.keys(skipped).length).toBe(names.length)
  })

  test.each(Object.entries(skipped))('skips %s because %s', async (name) => {
    const pair = pairs.find((each) => each.name === name)
    await expect(check(pair!)).rejects.toThrow()
  })

  test('names losses, errors and broken streams of recordings that exist', () => {
    const ids = new Set(recordings.map(({ id }) => id))
    const failing = recordings.filter(
      ({ isError, id }) => isError && !(`${id} by /v1/chat/completions` in skipped),
    )
    expect(Object.keys(expectedErrors).sort()).toEqual(failing.map(({ id }) => id).sort())
    expect(Object.keys(expectedStreamErrors).filter((id) => !ids.has(id))).toEqual([])
    expect(Object.keys(losses).filter((name) => !pairs.some((pair) => pair.name === name))).toEqual([])
  })
})

const whole = replayed.filter((pair) => !failsInside(pair))

describe('a relayed recording', () => {
  test.each(named(whole.filter(({ recording, route }) => isRelayed(recording, route))))(
    '%s goes through in both directions byte for byte, but for the declared edits',
    (_name, pair) => check(pair),
  )
})

describe('a translated recording', () => {
  test.each(named(whole.filter(({ recording, route }) => !isRelayed(recording, route))))(
    '%s asks for the same, and is answered the same in the dialect of the route',
    (_name, pair) => check(pair),
  )
})
