import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isObject, type JsonObject } from '../../src/canonical/json.ts'
import { readAnswer } from './answer-meaning.ts'
import { conversionOf, convert } from './conversion.ts'
import { expectSameAtEveryCut, expectSameInPieces } from './cuts.ts'
import { eventTexts, jsonOf } from './events.ts'
import { callerText } from './expected-relay.ts'
import { Playback } from './playback.ts'
import {
  providerDialect,
  recordingOf,
  routeDialect,
  routesOf,
  streams,
  type Recording,
} from './recordings.ts'

/** Two, three and four bytes, joined characters, and the line ends that Unicode has and SSE has not. */
const foreign = 'ß—你好 𝄞 👩‍👩‍👧 e\u0301 \u0085\u2028\u2029 \ufeff'

/** The stream with foreign characters, unescaped, after every text of the model's. */
function withForeignText({ fixture }: Recording): { stream: string; places: number } {
  let places = 0
  const add = (holder: JsonObject, name: string) => {
    if (typeof holder[name] !== 'string' || holder[name] === '') return
    holder[name] = `${holder[name]}${foreign}`
    places++
  }
  const events = eventTexts(fixture.response.bodyText!).map((event) => {
    const json = jsonOf(event)
    if (!json) return event
    for (const delta of deltasOf(json)) for (const name of ['text', 'content']) add(delta, name)
    return event.replace(/data: .*/, () => `data: ${JSON.stringify(json)}`)
  })
  return { stream: events.join(''), places }
}

/** Where texts of the answer stand: deltas of both dialects, and the parts of Mistral's. */
function deltasOf({ choices, delta }: JsonObject): JsonObject[] {
  const own = isObject(delta) ? [delta] : []
  const ofChoices = ((choices ?? []) as { delta?: JsonObject }[]).map((choice) => choice.delta ?? {})
  const parts = ofChoices.flatMap(({ content }) => (Array.isArray(content) ? (content as JsonObject[]) : []))
  return [...own, ...ofChoices, ...parts]
}

const spoken = streams
  .filter((recording) => providerDialect(recording).framing === 'sse')
  .map((recording) => ({ id: recording.id, recording, ...withForeignText(recording) }))
  .filter(({ places, stream }) => places > 0 && stream.length < 12_000)

describe('a stream with characters of several bytes', () => {
  test('comes from recordings of five providers', () => {
    const providers = new Set(spoken.map(({ recording }) => recording.fixture.provider))
    expect([...providers].sort()).toEqual(['anthropic', 'azure', 'mistral', 'openai', 'together'])
  })

  test.each(spoken)(
    '$id, cut inside of them, reads the same on both routes',
    ({ recording, stream, places }) => {
      const bytes = Buffer.from(stream)
      for (const route of routesOf(recording)) {
        const conversion = conversionOf(recording, route)
        const { text, error } = convert(conversion, [bytes])
        if (error === undefined) {
          const answer = JSON.stringify(readAnswer(text, true, routeDialect(route)))
          expect(answer.split(JSON.stringify(foreign).slice(1, -1))).toHaveLength(places + 1)
        }
        expectSameAtEveryCut(bytes, [conversion])
        expectSameInPieces(bytes, [conversion], [1, 2, 3, 5])
      }
    },
  )
})

test('reasoning under another name keeps such characters, wherever it is cut', () => {
  const recording = recordingOf('together/chat-async-chat-stream')
  const stream = withForeignText(recording).stream.replaceAll('"content":"', '"reasoning":"')
  const conversion = conversionOf(recording, '/v1/chat/completions')
  const { text } = convert(conversion, [Buffer.from(stream)])
  expect(text).toContain(`"reasoning_content":"1${foreign}"`)
  expect(text.split(foreign)).toHaveLength(stream.split(foreign).length)
  expectSameAtEveryCut(Buffer.from(stream), [conversion])
})

describe('through the gateway', () => {
  let playback: Playback
  beforeAll(async () => {
    playback = await Playback.open()
  })
  afterAll(() => playback.close())

  const some = ['openai/chat-streaming', 'anthropic/messages-tools-step2', 'mistral/chat-reasoning-stream']

  test.each(some)('%s with such characters in the question and in pieces of one byte', async (id) => {
    const recording = recordingOf(id)
    const { stream } = withForeignText(recording)
    const script = { body: stream, chunkBytes: 1, headers: recording.fixture.response.headers }
    for (const route of ['/v1/chat/completions', '/v1/messages'] as const) {
      const question = { role: 'user', content: foreign }
      const body = { model: recording.body.model, max_tokens: 9, stream: true, messages: [question] }
      const { answer, upstream } = await playback.play(recording, route, body, script)
      expect(answer.status).toBe(200)
      expect(answer.text).toContain(foreign)
      expect(answer.text).not.toContain('\ufffd')
      expect(JSON.stringify(upstream!.json!.messages)).toContain(foreign)
    }
  })

  test('a model whose name has such characters keeps them, and leaves the bytes around it alone', async () => {
    const recording = recordingOf('openai/chat-streaming')
    const { fixture, provider } = recording
    const body = { ...recording.body, messages: [{ role: 'user', content: foreign }] }
    const addressed = callerText({ ...body, model: `${provider}/模型-ß` })
    const { upstream } = await playback.play(recording, '/v1/chat/completions', addressed, { fixture })
    expect(upstream!.body.toString()).toBe(callerText({ ...body, model: '模型-ß' }))
  })
})
