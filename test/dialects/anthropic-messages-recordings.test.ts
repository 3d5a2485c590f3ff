import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { accumulate } from '../support/accumulate.ts'
import type { ChatEvent } from '../../src/canonical/chat-events.ts'
import type { ChatResponse } from '../../src/canonical/chat.ts'
import { isObject, type JsonObject } from '../../src/canonical/json.ts'
import { anthropicMessages } from '../../src/dialects/anthropic-messages/index.ts'
import type { Frame } from '../../src/framing/frame.ts'
import { frames } from './anthropic-messages-frames.ts'

interface Recording {
  id: string
  dialect: string
  request: { body: JsonObject | null }
  response: { status: number; body?: JsonObject; bodyText?: string }
}

const folder = new URL('../fixtures/anthropic/', import.meta.url)
const recordings = readdirSync(folder)
  .map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Recording)
  .filter(({ dialect }) => dialect === 'anthropic-messages')

const named = <Kept>(pick: (recording: Recording) => Kept | undefined): [string, Kept][] =>
  recordings.flatMap((recording) => {
    const picked = pick(recording)
    return picked === undefined ? [] : [[recording.id, picked]]
  })

const requests = named(({ request }) => request.body ?? undefined)
const answers = named(({ response }) => (response.status === 200 ? response.body : undefined))
const streams = named(({ response }) => response.bodyText).filter(([id]) => !id.includes('mid-stream'))

/** Two ways of writing the same: strings for text blocks, `false` and `null` for absent fields. */
function sameMeaning(value: unknown, name = ''): unknown {
  if ((name === 'content' || name === 'system') && typeof value === 'string')
    return [{ type: 'text', text: value }]
  if (Array.isArray(value)) return value.map((item) => sameMeaning(item))
  if (!isObject(value)) return value
  if (name === 'schema' || name === 'input_schema' || name === 'input') return value
  const fields = Object.entries(value).filter(
    ([key, field]) => field !== null && !(key === 'stream' && field === false),
  )
  return Object.fromEntries(fields.map(([key, field]) => [key, sameMeaning(field, key)]))
}

/** What this API has fields for, and what these recordings have in them that it does not. */
const justifiedUnknown: Record<string, string[]> = {
  'anthropic/messages-to-deferred-capability-history-replay-step2': ['tools[].defer_loading'],
}

describe('every recorded request', () => {
  test('is among the recordings', () => expect(requests.length).toBeGreaterThanOrEqual(20))

  test.each(requests)('%s keeps its meaning through decode and encode', (id, body) => {
    const { request, unknown } = anthropicMessages.decodeRequest(body)
    expect(unknown).toEqual(justifiedUnknown[id] ?? [])
    const encoded = anthropicMessages.encodeRequest(request, {})
    expect(encoded.lost).toEqual([])
    const expected = sameMeaning(body) as { tools?: JsonObject[] }
    for (const tool of expected.tools ?? []) if (unknown.length > 0) delete tool.defer_loading
    expect(sameMeaning(encoded.body)).toEqual(expected)
  })
})

/** Today's answers have all of these; older ones lack some. */
function asToday(message: JsonObject): JsonObject {
  const { usage, content, ...fields } = sameMeaning(message) as JsonObject & {
    content: JsonObject[]
    usage: JsonObject
  }
  const written = usage.cache_creation_input_tokens ?? 0
  return {
    stop_sequence: null,
    ...fields,
    content: content.map((block) =>
      block.type === 'tool_use' ? { caller: { type: 'direct' }, ...block } : block,
    ),
    usage: {
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      cache_creation: { ephemeral_5m_input_tokens: written, ephemeral_1h_input_tokens: 0 },
      ...usage,
    },
  }
}

describe('every recorded JSON answer', () => {
  test('is among the recordings', () => expect(answers.length).toBeGreaterThanOrEqual(10))

  test.each(answers)('%s comes out of decode and encode as it went in', (_id, body) => {
    const encoded = anthropicMessages.encodeResponse(anthropicMessages.decodeResponse(body), 0)
    expect(encoded).toEqual(asToday(body))
    expect(anthropicMessages.isAnswer(body)).toBe(true)
    expect(anthropicMessages.readUsage(body)).toEqual(anthropicMessages.decodeResponse(body).usage)
  })
})

function decode(stream: readonly Frame[]): { events: ChatEvent[]; finished: boolean } {
  const decoder = anthropicMessages.streamDecoder()
  const events = stream.flatMap((frame) => [...decoder.push(frame)])
  return { events: [...events, ...decoder.close()], finished: decoder.finished }
}

/** The message that a stream's frames add up to, folded the way the API's documentation tells. */
function fold(stream: readonly Frame[]): JsonObject {
  let message: JsonObject & { content: JsonObject[] } = { content: [] }
  const inputs: string[] = []
  for (const frame of stream) {
    const event = JSON.parse(frame.data) as JsonObject
    const index = event.index as number
    const block = message.content[index]!
    const delta = (event.delta ?? {}) as JsonObject
    if (event.type === 'message_start') message = structuredClone(event.message) as typeof message
    if (event.type === 'content_block_start') message.content[index] = event.content_block as JsonObject
    if (delta.type === 'text_delta') block.text = `${block.text as string}${delta.text as string}`
    if (delta.type === 'thinking_delta')
      block.thinking = `${block.thinking as string}${delta.thinking as string}`
    if (delta.type === 'signature_delta') block.signature = delta.signature
    if (delta.type === 'citations_delta')
      block.citations = [...(block.citations as unknown[]), delta.citation]
    if (delta.type === 'input_json_delta')
      inputs[index] = (inputs[index] ?? '') + (delta.partial_json as string)
    if (event.type === 'content_block_stop' && inputs[index]) block.input = JSON.parse(inputs[index])
    if (event.type === 'message_delta')
      message = { ...message, ...delta, usage: { ...(message.usage as object), ...(event.usage as object) } }
  }
  return message
}

/** Arguments are text as the model wrote it in a stream, and text written anew in a JSON answer. */
function withPlainArguments(answer: ChatResponse): ChatResponse {
  for (const { content } of answer.choices)
    for (const block of content)
      if (block.type === 'tool_call') block.arguments = JSON.stringify(JSON.parse(block.arguments))
  return answer
}

describe('every recorded stream', () => {
  test('is among the recordings', () => expect(streams.length).toBeGreaterThanOrEqual(10))

  test.each(streams)('%s adds up to the same answer as its JSON form', (_id, text) => {
    const stream = frames(text)
    const { events, finished } = decode(stream)
    expect(finished).toBe(true)
    expect(withPlainArguments(accumulate(events))).toEqual(
      withPlainArguments(anthropicMessages.decodeResponse(fold(stream))),
    )
  })

  test.each(streams)('%s written anew reads as the same answer', (_id, text) => {
    const { events } = decode(frames(text))
    const encoder = anthropicMessages.streamEncoder({ includeUsage: false, now: 0 })
    const rewritten = events.flatMap((event) => [...encoder.push(event)])
    expect(rewritten.every((frame) => frame.event === (JSON.parse(frame.data) as JsonObject).type)).toBe(true)
    expect(withPlainArguments(accumulate(decode(rewritten).events))).toEqual(
      withPlainArguments(accumulate(events)),
    )
  })

  test.each(streams)('%s tells the watch of a relay what it tells the decoder', (_id, text) => {
    const watch = anthropicMessages.watchStream({ withholdUsage: false })
    const decoder = anthropicMessages.streamDecoder()
    const events: ChatEvent[] = []
    for (const frame of frames(text)) {
      events.push(...decoder.push(frame))
      expect(watch.see(frame)).toBe(frame.event === 'ping' ? 'ping' : 'pass')
      expect(watch.finished).toBe(decoder.finished)
      const told = events.findLast((event) => event.type === 'usage')
      expect(watch.usage).toEqual(told?.usage)
    }
    expect(watch.finished).toBe(true)
    expect(watch.model).toBe(accumulate(events).model)
    expect(watch.usage).toBeDefined()
  })

  test.each(streams)('%s is read alike when the sender leaves out the names of events', (_id, text) => {
    const stream = frames(text)
    const nameless = stream.map(({ data }) => ({ data }))
    expect(decode(nameless)).toEqual(decode(stream))
  })
})

test('a recorded stream that fails in its middle ends with the error and is never finished', () => {
  const text = recordings.find(({ id }) => id.includes('mid-stream'))!.response.bodyText!
  const { events, finished } = decode(frames(text))
  const error = { type: 'overloaded_error', message: 'Overloaded', kind: 'overloaded' }
  expect(events.at(-1)).toEqual({ type: 'error', error })
  expect(finished).toBe(false)

  const watch = anthropicMessages.watchStream({ withholdUsage: false })
  expect(
    frames(text)
      .map((frame) => watch.see(frame))
      .at(-1),
  ).toBe('error')
  expect(watch).toMatchObject({ finished: false, error })
})

test.each(named(({ response }) => (response.status >= 400 ? response : undefined)))(
  '%s is read as an error of its kind, in the words of the provider',
  (_id, { status, body }) => {
    const kinds: Record<number, string> = {
      400: 'request',
      401: 'auth',
      404: 'not_found',
      429: 'rate_limit',
      529: 'overloaded',
    }
    const wire = body!.error as JsonObject
    expect(anthropicMessages.decodeError(status, body)).toEqual({
      type: wire.type,
      message: wire.message,
      kind: kinds[status],
    })
    expect(anthropicMessages.isAnswer(body!)).toBe(false)
    expect(() => anthropicMessages.decodeResponse(body)).toThrow()
  },
)
