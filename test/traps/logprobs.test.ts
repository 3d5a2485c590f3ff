import { describe, expect, test } from 'vitest'
import type { AnyJson } from '../support/gateway.ts'
import { readEvents } from '../support/sse-reader.ts'
import { geminiAnswer, geminiParts } from './providers/gemini.ts'
import { chatAnswer, chatChoice, chatChunk, chatDone, chatUsageChunk } from './providers/openai-chat.ts'
import type { ProviderWire } from './providers/provider-wire.ts'
import { sse, typedSse } from './providers/provider-wire.ts'
import { ollamaWire } from './providers/ollama.ts'
import { messageItem, response, responseStream } from './providers/responses.ts'
import { cohereWire } from './providers/cohere.ts'
import type { Wire } from './said.ts'
import { cells, playJson, playStream, useWorld, ways, type Cell } from './world.ts'

const world = useWorld()

const token = (text: string, logprob: number) => ({ token: text, logprob, bytes: [...Buffer.from(text)] })
const first = { ...token('Hé', -0.25), top_logprobs: [token('Hé', -0.25), token('Ho', -1.5)] }
const second = { ...token('!', -0.5), top_logprobs: [] }

const logprobs = (...content: unknown[]) => ({ content, refusal: null })
const plainToken = ({ token: text, logprob }: Wire) => ({ token: text, logProbability: logprob })
const geminiLogprobs = (...tokens: (typeof first | typeof second)[]) => ({
  logprobsResult: {
    chosenCandidates: tokens.map(plainToken),
    topCandidates: tokens.map(({ top_logprobs }) => ({ candidates: top_logprobs.map(plainToken) })),
  },
})
const item = (all: unknown[]) =>
  messageItem({ type: 'output_text', text: 'Hé!', annotations: [], logprobs: all })
const at = { item_id: 'msg_1', output_index: 0, content_index: 0 }
const responseEvents = [
  {
    type: 'response.output_item.added',
    output_index: 0,
    item: { ...item([]), status: 'in_progress', content: [] },
  },
  { type: 'response.output_text.delta', ...at, delta: 'Hé', logprobs: [first] },
  { type: 'response.output_text.delta', ...at, delta: '!', logprobs: [second] },
  { type: 'response.output_text.done', ...at, text: 'Hé!', logprobs: [first, second] },
  { type: 'response.content_part.done', ...at, part: (item([first, second]).content as Wire[])[0] },
  { type: 'response.output_item.done', output_index: 0, item: item([first, second]) },
]
const ollamaHead = { model: 'qwen3', created_at: '2026-11-21T10:00:00Z' }
const ollamaLine = (content: string, entry: unknown) =>
  Buffer.from(
    `${JSON.stringify({ ...ollamaHead, message: { role: 'assistant', content }, logprobs: [entry], done: false })}\n`,
  )
const cohereDelta = (text: string, logprob: number) =>
  typedSse({
    type: 'content-delta',
    index: 0,
    delta: { message: { content: { text } } },
    logprobs: { text, token_ids: [1], logprobs: [logprob] },
  })

type Play = { json: Wire; stream: Buffer[] }
const chatPlay: Play = {
  json: chatAnswer([chatChoice(0, { content: 'Hé!' }, 'stop', { logprobs: logprobs(first, second) })]),
  stream: [
    chatChunk({ role: 'assistant', content: '' }),
    chatChunk({ content: 'Hé' }, null, { logprobs: logprobs(first) }),
    chatChunk({ content: '!' }, null, { logprobs: logprobs(second) }),
    chatChunk({}, 'stop'),
    chatUsageChunk,
    chatDone,
  ],
}
const said = (wire: ProviderWire) => wire.json({ texts: ['Hé!'] })

/** Anthropic, Bedrock and Mistral are left out: their APIs have none. */
const plays: Partial<Record<Cell['provider'], Play>> = {
  openai: chatPlay,
  compatible: chatPlay,
  responses: {
    json: response([item([first, second])], 'stop'),
    stream: responseStream(responseEvents, [item([first, second])], 'stop'),
  },
  gemini: {
    json: geminiAnswer({
      ...geminiParts({ text: 'Hé!' }),
      finishReason: 'STOP',
      ...geminiLogprobs(first, second),
    }),
    stream: [
      sse(geminiAnswer({ ...geminiParts({ text: 'Hé' }), ...geminiLogprobs(first) })),
      sse(geminiAnswer({ ...geminiParts({ text: '!' }), finishReason: 'STOP', ...geminiLogprobs(second) })),
    ],
  },
  cohere: {
    json: {
      ...said(cohereWire),
      logprobs: [
        { text: 'Hé', token_ids: [1], logprobs: [-0.25] },
        { text: '!', token_ids: [2], logprobs: [-0.5] },
      ],
    },
    stream: [
      ...cohereWire.stream({}).slice(0, 1),
      cohereDelta('Hé', -0.25),
      cohereDelta('!', -0.5),
      ...cohereWire.stream({}).slice(-1),
    ],
  },
  ollama: {
    json: { ...said(ollamaWire), logprobs: [first, second] },
    stream: [ollamaLine('Hé', first), ollamaLine('!', second), ...ollamaWire.stream({}).slice(-1)],
  },
}

/** Anthropic's route has no place for them. */
const told = cells.filter(({ route, provider }) => route !== 'messages' && plays[provider] !== undefined)

const read = {
  chat: {
    json: (body: AnyJson) => body.choices[0].logprobs.content,
    stream: (events: AnyJson[]) =>
      events.flatMap(({ choices }) => choices.flatMap((choice: AnyJson) => choice.logprobs?.content ?? [])),
  },
  responses: {
    json: (body: AnyJson) => body.output[0].content[0].logprobs,
    stream: (events: AnyJson[]) => events.at(-1).response.output[0].content[0].logprobs,
  },
}

describe('log probabilities of an answer', () => {
  test.each(told.flatMap((cell) => ways.map((way) => ({ ...cell, way }))))(
    '$route from $provider as $way',
    async ({ way, ...cell }) => {
      const { json, stream } = plays[cell.provider]!
      const asks = {
        chat: { logprobs: true, top_logprobs: 2 },
        messages: {},
        responses: { include: ['message.output_text.logprobs'], top_logprobs: 2 },
      }
      const script = way === 'json' ? playJson(json) : playStream(cell, stream)
      const request = { ...asks[cell.route], ...(way === 'stream' && { stream: true }) }
      const { answer } = await world.call(cell, request, script)
      const reader = read[cell.route as keyof typeof read]
      const events = readEvents(answer.text)
        .filter(({ data }) => data !== '[DONE]')
        .map(({ data }) => JSON.parse(data))
      const heard = way === 'json' ? reader.json(answer.json) : reader.stream(events)
      // Cohere tells of the chosen alone.
      const top = cell.provider === 'cohere' ? [] : first.top_logprobs
      expect(heard).toEqual([{ ...first, top_logprobs: top }, second])
    },
  )
})
