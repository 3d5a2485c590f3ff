import { describe, expect, test } from 'vitest'
import { anthropicWire } from './providers/anthropic.ts'
import { geminiAnswer, geminiParts } from './providers/gemini.ts'
import { chatAnswer, chatChoice, chatChunk, chatDone, chatUsageChunk } from './providers/openai-chat.ts'
import { sse, typedSse } from './providers/provider-wire.ts'
import { messageItem, response, responseStream } from './providers/responses.ts'
import { testRequest } from './request-trap.ts'
import type { SaidFinish } from './said.ts'
import {
  cells,
  cellsOf,
  hearAnswer,
  playJson,
  playStream,
  providerOf,
  routeOf,
  useWorld,
  ways,
  type Cell,
} from './world.ts'

const world = useWorld()
const finishes = ['stop', 'length', 'content_filter', 'stop_sequence', 'refusal'] as const

/** Where a provider has no word of its own for it, a stop sequence is a plain stop. */
function expectedFinish(cell: Cell, finish: SaidFinish): string {
  const { finishes: words } = providerOf(cell)
  const isToldApart = finish !== 'stop_sequence' || words.stop_sequence !== words.stop
  return routeOf(cell).finishes[isToldApart ? finish : 'stop']
}

/** Cells are left out where the provider has no word for such an end. */
describe.each(finishes)('an answer that ends with %s', (finish) => {
  const told = cells.filter((cell) => providerOf(cell).finishes[finish] !== undefined)
  test.each(told.flatMap((cell) => ways.map((way) => ({ ...cell, way }))))(
    '$route from $provider as $way',
    async ({ way, ...cell }) => {
      const heard = await world.hear(cell, way, { texts: ['So f', 'ar'], finish })
      expect(heard).toMatchObject({ text: 'So far', calls: [], finish: expectedFinish(cell, finish) })
    },
  )
})

test.each(cellsOf(['anthropic']).filter(({ route }) => route === 'messages'))(
  'the stop sequence that was met is named: $route from $provider',
  async (cell) => {
    const said = { texts: ['Hi'], finish: 'stop_sequence' } as const
    const { answer } = await world.call(cell, {}, playJson(anthropicWire.json(said)))
    expect(answer.json).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: 'END' })
  },
)

/** Refusals in words: OpenAI's two APIs have a place for them. */
describe('a refusal with its text', () => {
  const words = ['I can', 'not do that.']
  const whole = words.join('')
  const chatJson = chatAnswer([chatChoice(0, { refusal: whole }, 'stop')])
  const chatStream = [
    chatChunk({ role: 'assistant', content: '' }),
    ...words.map((refusal) => chatChunk({ refusal })),
    chatChunk({}, 'stop'),
    chatUsageChunk,
    chatDone,
  ]
  const item = messageItem({ type: 'refusal', refusal: whole })
  const at = { item_id: 'msg_1', output_index: 0, content_index: 0 }
  const events = [
    {
      type: 'response.output_item.added',
      output_index: 0,
      item: { ...item, status: 'in_progress', content: [] },
    },
    { type: 'response.content_part.added', ...at, part: { type: 'refusal', refusal: '' } },
    ...words.map((delta) => ({ type: 'response.refusal.delta', ...at, delta })),
    { type: 'response.refusal.done', ...at, refusal: whole },
    { type: 'response.content_part.done', ...at, part: { type: 'refusal', refusal: whole } },
    { type: 'response.output_item.done', output_index: 0, item },
  ]
  const plays = {
    openai: { json: chatJson, stream: chatStream },
    compatible: { json: chatJson, stream: chatStream },
    responses: { json: response([item], 'stop'), stream: responseStream(events, [item], 'stop') },
  }
  const names = ['openai', 'compatible', 'responses'] as const
  const rows = names.flatMap((provider) => cellsOf([provider]).map((cell) => ({ ...cell, provider })))

  test.each(rows.flatMap((cell) => ways.map((way) => ({ ...cell, way }))))(
    '$route from $provider as $way',
    async ({ way, ...cell }) => {
      const { json, stream } = plays[cell.provider]
      const script = way === 'json' ? playJson(json) : playStream(cell, stream)
      const streaming = way === 'stream' ? routeOf(cell).streaming : {}
      const heard = hearAnswer(cell, way, (await world.call(cell, streaming, script)).answer)
      // Anthropic's API has no place for it but the text, and a stop reason of its own.
      const expected = {
        chat: { text: '', refusal: whole, finish: 'stop' },
        messages: { text: whole, finish: 'refusal' },
        responses: { text: '', refusal: whole, finish: 'completed' },
      }
      expect(heard).toMatchObject(expected[cell.route])
    },
  )
})

/** A prompt that Google blocked has no candidate at all. */
test.each(cellsOf(['gemini']).flatMap((cell) => ways.map((way) => ({ ...cell, way }))))(
  'a blocked prompt: $route from $provider as $way',
  async ({ way, ...cell }) => {
    const blocked = {
      promptFeedback: { blockReason: 'SAFETY', safetyRatings: [] },
      usageMetadata: { promptTokenCount: 9, totalTokenCount: 9 },
      modelVersion: 'gemini-2.5-flash',
    }
    const script = way === 'json' ? playJson(blocked) : playStream(cell, [sse(blocked)])
    const streaming = way === 'stream' ? routeOf(cell).streaming : {}
    const { answer } = await world.call(cell, streaming, script)
    expect(hearAnswer(cell, way, answer)).toMatchObject({
      text: '',
      finish: routeOf(cell).finishes.content_filter,
    })
  },
)

/** A filter that strikes in the middle leaves what was said. */
test.each(cellsOf(['gemini']))('a filter in the middle of a stream: $route from $provider', async (cell) => {
  const chunks = [
    geminiAnswer(geminiParts({ text: 'It is ' })),
    geminiAnswer({ finishReason: 'PROHIBITED_CONTENT', safetyRatings: [] }),
  ].map((chunk) => sse(chunk))
  const { answer } = await world.call(cell, routeOf(cell).streaming, playStream(cell, chunks))
  expect(hearAnswer(cell, 'stream', answer)).toMatchObject({
    text: 'It is ',
    finish: routeOf(cell).finishes.content_filter,
  })
})

/** Claude may refuse before it has said anything: then there is no block at all. */
test.each(cellsOf(['anthropic']).flatMap((cell) => ways.map((way) => ({ ...cell, way }))))(
  'a refusal without words: $route from $provider as $way',
  async ({ way, ...cell }) => {
    const heard = await world.hear(cell, way, { finish: 'refusal' })
    expect(heard).toMatchObject({ text: '', finish: routeOf(cell).finishes.refusal })
  },
)

/** A reason that nobody knows yet ends the answer all the same. */
describe('a reason of a kind that is not known', () => {
  const relayed = (cell: Cell) =>
    (cell.route === 'chat' && (cell.provider === 'openai' || cell.provider === 'compatible')) ||
    (cell.route === 'messages' && cell.provider === 'anthropic')

  test.each(cellsOf(['openai', 'compatible', 'anthropic', 'gemini']))(
    '$route from $provider',
    async (cell) => {
      const streams = {
        openai: [chatChunk({ content: 'Hi' }), chatChunk({}, 'novelty'), chatUsageChunk, chatDone],
        compatible: [chatChunk({ content: 'Hi' }), chatChunk({}, 'novelty'), chatUsageChunk, chatDone],
        gemini: [sse(geminiAnswer({ ...geminiParts({ text: 'Hi' }), finishReason: 'NOVELTY' }))],
        anthropic: [
          ...anthropicWire.stream({ texts: ['Hi'] }).slice(0, -2),
          typedSse({
            type: 'message_delta',
            delta: { stop_reason: 'novelty', stop_sequence: null },
            usage: { output_tokens: 7 },
          }),
          typedSse({ type: 'message_stop' }),
        ],
      }
      const frames = streams[cell.provider as keyof typeof streams]
      const { answer } = await world.call(cell, routeOf(cell).streaming, playStream(cell, frames))
      const heard = hearAnswer(cell, 'stream', answer)
      expect(heard.text).toBe('Hi')
      expect(heard.finish).toBe(relayed(cell) ? 'novelty' : routeOf(cell).finishes.stop)
    },
  )
})

/** The caller's own history holds a refusal: to the others it is what the assistant said. */
describe('a refusal in a request', () => {
  const whole = 'I cannot do that.'
  const turn = { role: 'assistant', content: whole }
  const refused = { role: 'assistant', content: null, refusal: whole }
  const parts = { role: 'assistant', content: [{ type: 'refusal', refusal: whole }] }
  const ask = { role: 'user', content: 'Do it.' }
  testRequest(world, {
    name: 'is said again',
    asks: {
      chat: { messages: [ask, refused, ask] },
      responses: { input: [ask, { type: 'message', ...parts }, ask] },
    },
    gets: {
      openai: { body: { messages: [ask, refused, ask] } },
      compatible: { body: { messages: [ask, refused, ask] } },
      mistral: { body: { messages: [ask, refused, ask] } },
      responses: { body: { input: [ask, parts, ask] } },
      anthropic: {
        body: {
          messages: [
            { role: 'user' },
            { role: 'assistant', content: [{ type: 'text', text: whole }] },
            { role: 'user' },
          ],
        },
      },
      gemini: {
        body: { contents: [{ role: 'user' }, { role: 'model', parts: [{ text: whole }] }, { role: 'user' }] },
      },
      bedrock: {
        body: {
          messages: [{ role: 'user' }, { role: 'assistant', content: [{ text: whole }] }, { role: 'user' }],
        },
      },
      cohere: { body: { messages: [ask, turn, ask] } },
      ollama: { body: { messages: [ask, turn, ask] } },
    },
  })
})
