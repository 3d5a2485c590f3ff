import { describe, expect, test } from 'vitest'
import type { ChatResponse } from '../../src/canonical/chat.ts'
import { isObject, type JsonObject } from '../../src/canonical/json.ts'
import { openaiResponses } from '../../src/dialects/openai-responses/index.ts'
import { glance } from '../../src/pipeline/glance.ts'
import { accumulate } from '../support/accumulate.ts'
import {
  dataOf,
  decode,
  encode,
  eventProblemsBySpec,
  framesOf,
  lastResponse,
  problemsBySpec,
  recordings,
  type Recording,
} from './openai-responses-recordings.ts'

const named = (list: Recording[]) => list.map((recording) => [recording.id, recording] as const)

const requests = recordings.filter(({ request }) => request.body !== null)
const whole = recordings.filter(({ response }) => response.status === 200 && response.body)
const streams = recordings.filter(
  ({ id, response }) => response.bodyText !== undefined && !id.includes('error'),
)

test('there is something to check', () => {
  expect([requests.length, whole.length, streams.length]).toEqual([13, 11, 5])
})

/** Fields of recorded requests that another dialect cannot be told of. */
const lostIn: Record<string, string[]> = {
  'azure/responses-azure-responses-reasoning-context-default-wire-contract-gpt-5-4': ['reasoning.context'],
}

/** An item without what two writers of the same meaning write differently. */
function itemMeaning(item: JsonObject): JsonObject[] {
  if (item.type === 'reasoning') return [item]
  const { id: _id, status: _status, type, ...rest } = item
  if (type !== undefined && type !== 'message') return [{ type, ...rest }]
  if (rest.content === '') return []
  const [only] = Array.isArray(rest.content) ? (rest.content as JsonObject[]) : []
  const isText = only && Array.isArray(rest.content) && rest.content.length === 1 && 'text' in only
  return [{ role: rest.role, content: isText ? only.text : rest.content }]
}

/** A request in the form that this gateway writes: nothing stored, everything as items, defaults left out. */
function requestMeaning(body: JsonObject): JsonObject {
  const { instructions, stream, previous_response_id, store: _store, include, ...rest } = body
  expect(previous_response_id ?? null).toBeNull()
  const input =
    typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : (body.input as JsonObject[])
  const system = instructions ? [{ role: 'system', content: instructions }] : []
  const meant: JsonObject = { ...rest, input: [...system, ...input.flatMap(itemMeaning)] }
  if (stream) meant.stream = true
  if (body.reasoning || input.some(({ type }) => type === 'reasoning')) meant.include = include
  meant.tools = ((body.tools ?? []) as JsonObject[]).map((tool) =>
    tool.type === 'function' ? { strict: false, ...tool } : tool,
  )
  meant.reasoning = reasoningMeaning(body.reasoning)
  return meant
}

function reasoningMeaning(reasoning: unknown): unknown {
  if (!isObject(reasoning) || reasoning.effort === undefined) return undefined
  return { effort: reasoning.effort, summary: 'auto' }
}

describe('requests', () => {
  test.each(named(requests))('%s is the same after being read and written', (id, { request: { body } }) => {
    const { request, unknown } = openaiResponses.decodeRequest(body!)
    expect(unknown).toEqual(lostIn[id] ?? [])
    const { body: written, lost } = openaiResponses.encodeRequest(request, {})
    expect(lost).toEqual([])
    expect(written.store).toBe(false)
    const expected = requestMeaning(body!)
    if (id in lostIn) delete expected.include
    expect(requestMeaning({ tools: [], ...written })).toEqual(expected)
  })
})

/** What an answer says, without ids that every writer gives anew and without what repeats the request. */
function answerMeaning({ output, ...response }: JsonObject): unknown {
  const { model, created_at, status, incomplete_details, service_tier, usage } = response
  const items = (output as JsonObject[]).map((item) => {
    if (item.type === 'reasoning') return { type: 'reasoning', summary: textsOf(item.summary) }
    // The phase of a message has no place in the canonical form.
    const { id: _id, content, status: _status, phase: _phase, ...rest } = item
    const parts = Array.isArray(content)
      ? (content as JsonObject[]).map(({ logprobs: _none, ...part }) => part)
      : content
    return { ...rest, content: parts }
  })
  const counts = usage as { input_tokens_details: JsonObject }
  const details = { cache_write_tokens: 0, ...counts.input_tokens_details }
  return {
    model,
    created_at,
    status,
    incomplete_details,
    service_tier: service_tier ?? null,
    usage: { ...counts, input_tokens_details: details },
    items,
  }
}

const textsOf = (parts: unknown): string => (parts as JsonObject[]).map(({ text }) => text).join('\n\n')

/** Reasoning of which nobody could do anything: neither text nor something to send back. */
const isEmptyReasoning = (item: JsonObject) =>
  item.type === 'reasoning' && !item.encrypted_content && (item.summary as []).length === 0

describe('whole answers', () => {
  test.each(named(whole))('%s comes out as it went in, and as OpenAI describes it', (_id, { response }) => {
    const body = response.body!
    const written = openaiResponses.encodeResponse(openaiResponses.decodeResponse(body), 7)
    const output = (body.output as JsonObject[]).filter((item) => !isEmptyReasoning(item))
    expect(answerMeaning(written)).toEqual(answerMeaning({ ...body, output }))
    expect(problemsBySpec('Response', written)).toEqual([])
  })

  test.each(named(whole))('%s has the usage and the model that the relay reads', (_id, { response }) => {
    const body = response.body!
    const decoded = openaiResponses.decodeResponse(body)
    expect(openaiResponses.isAnswer(body)).toBe(true)
    expect(openaiResponses.readUsage(body)).toEqual(decoded.usage)
    const seen = glance(JSON.stringify(body), openaiResponses.answerField)
    expect(seen && openaiResponses.isAnswer(seen)).toBe(true)
    expect(openaiResponses.readUsage(seen!)).toEqual(decoded.usage)
    expect(seen?.model).toBe(decoded.model)
  })

  test('encrypted reasoning goes back whole, before what it led to', () => {
    for (const { response } of whole) {
      const items = (response.body!.output as JsonObject[]).filter(({ encrypted_content: it }) => it)
      const { choices } = openaiResponses.decodeResponse(response.body!)
      const messages = [{ role: 'assistant' as const, content: choices[0]!.content }]
      const { body } = openaiResponses.encodeRequest({ model: 'm', messages, stream: false }, {})
      const input = body.input as JsonObject[]
      expect(input.filter(({ type }) => type === 'reasoning')).toEqual(items)
      expect(input.findIndex(({ type }) => type === 'reasoning')).toBe(items.length > 0 ? 0 : -1)
    }
  })
})

/**
 * Without what differs within one recording: the tier is the one asked for until the last event, and reasoning is
 * encrypted anew each time it is told.
 */
const unchanging = ({ serviceTier: _tier, ...response }: ChatResponse) =>
  JSON.parse(JSON.stringify(response).replaceAll(/gAAAAA[\w=-]+/g, 'encrypted')) as ChatResponse

describe('streams', () => {
  test.each(named(streams))('%s tells the same answer as its whole form', (_id, { response }) => {
    const frames = framesOf(response.bodyText!)
    const streamed = accumulate(decode(frames))
    expect(unchanging(streamed)).toEqual(unchanging(openaiResponses.decodeResponse(lastResponse(frames))))
    expect(streamed.choices[0]!.content.length).toBeGreaterThan(0)
    expect(streamed.usage?.output).toBeGreaterThan(0)
  })

  test.each(named(streams))('%s is the same after being written and read again', (_id, { response }) => {
    const events = decode(framesOf(response.bodyText!))
    const frames = encode(events)
    const [start] = events
    expect(start?.type === 'start' && start.id).toBe(lastResponse(frames).id)
    expect(accumulate(decode(frames))).toEqual(accumulate(events))
    expect(openaiResponses.encodeResponse(accumulate(events), 7)).toEqual(lastResponse(frames))
  })

  test.each(named(streams))('%s is written as OpenAI describes it', (_id, { response }) => {
    const written = dataOf(encode(decode(framesOf(response.bodyText!))))
    written.forEach((each, number) => {
      expect(each.sequence_number).toBe(number)
      expect(eventProblemsBySpec(each)).toEqual([])
    })
    const asRecorded = dataOf(framesOf(response.bodyText!)).map(({ type }) => type)
    expect([...new Set(written.map(({ type }) => type))]).toEqual([...new Set(asRecorded)])
  })

  test.each(named(streams))('%s is watched as it is decoded', (_id, { response }) => {
    const frames = framesOf(response.bodyText!)
    const watch = openaiResponses.watchStream({ withholdUsage: false })
    const decoder = openaiResponses.streamDecoder()
    for (const frame of frames.slice(0, -1)) {
      expect(watch.see(frame)).toBe('pass')
      decoder.push(frame)
    }
    expect([watch.finished, decoder.finished]).toEqual([false, false])
    expect(watch.see(frames.at(-1)!)).toBe('pass')
    decoder.push(frames.at(-1)!)
    expect([watch.finished, decoder.finished]).toEqual([true, true])
    const whole = openaiResponses.decodeResponse(lastResponse(frames))
    expect(watch.usage).toEqual(whole.usage)
    expect(watch.model).toBe(whole.model)
  })

  test.each(named(streams))('%s cut anywhere is never finished', (_id, { response }) => {
    const frames = framesOf(response.bodyText!)
    for (let count = 1; count < frames.length; count++) {
      const events = decode(frames.slice(0, count))
      expect(events.some(({ type }) => type === 'finish' || type === 'end')).toBe(false)
    }
  })
})

describe('errors', () => {
  test('a stream that fails is never finished, and says why', () => {
    const { response } = recordings.find(({ id }) => id === 'openai/responses-error-stream')!
    const frames = framesOf(response.bodyText!)
    const error = {
      kind: 'quota',
      code: 'insufficient_quota',
      type: 'insufficient_quota',
      message: expect.stringContaining('exceeded your current quota') as string,
    }
    const events = decode(frames)
    expect(events.map(({ type }) => type)).toEqual(['start', 'error'])
    expect(events[1]).toEqual({ type: 'error', error })
    const watch = openaiResponses.watchStream({ withholdUsage: false })
    expect(frames.slice(0, 3).map((frame) => watch.see(frame))).toEqual(['pass', 'pass', 'error'])
    expect(watch.error).toEqual(error)
    expect(watch.finished).toBe(false)
  })

  test('an error body', () => {
    const { response } = recordings.find(({ id }) => id === 'openai/responses-error')!
    expect(openaiResponses.isAnswer(response.body!)).toBe(false)
    expect(openaiResponses.decodeError(response.status, response.body)).toMatchObject({ kind: 'quota' })
  })
})
