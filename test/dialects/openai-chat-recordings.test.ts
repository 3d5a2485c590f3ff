import { describe, expect, test } from 'vitest'
import { accumulate } from '../support/accumulate.ts'
import type { ChatEvent } from '../../src/canonical/chat-events.ts'
import type { ChatResponse } from '../../src/canonical/chat.ts'
import { isObject, type JsonObject } from '../../src/canonical/json.ts'
import { openaiChat } from '../../src/dialects/openai-chat/index.ts'
import { decode, encode, flavorOf, framesOf, problemsBySpec, recordings } from './openai-chat-recordings.ts'

const chat = recordings('openai-chat', 'mistral-chat')
const named = (list: typeof chat) => list.map((recording) => [recording.id, recording] as const)

/** Fields that stand in recorded requests and that nobody but their provider knows. */
const justifiedUnknown: Record<string, string[]> = {
  'openrouter/chat-openrouter-cache-all-settings-real-api-step2': ['provider'],
}

const onlyWrittenBySome = new Set(['index', 'prefix', 'closed'])

/** A request without what two writers of the same meaning write differently. */
function meaning(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(meaning)
  if (!isObject(value) || 'rawJSON' in value) return value
  const out: JsonObject = {}
  for (const [name, field] of Object.entries(value))
    if (field !== null && !onlyWrittenBySome.has(name)) out[name] = meaning(field)
  return out
}

function requestMeaning(body: JsonObject, unknown: string[]): JsonObject {
  const {
    stream,
    stream_options: _options,
    max_tokens,
    reasoning_effort,
    ...rest
  } = meaning(body) as JsonObject
  for (const name of unknown) delete rest[name]
  if (stream) rest.stream = true
  if (reasoning_effort) rest.reasoning_effort = reasoning_effort
  if (max_tokens !== undefined) rest.max_completion_tokens = max_tokens
  // Where there are no tools a choice among them says nothing, and OpenAI refuses it.
  if (!rest.tools) delete rest.tool_choice
  for (const message of rest.messages as JsonObject[]) messageMeaning(message)
  for (const tool of (rest.tools ?? []) as JsonObject[]) {
    tool.type ??= 'function'
    delete (tool.function as JsonObject).type
  }
  return rest
}

function messageMeaning(message: JsonObject): void {
  const { content } = message
  const [only] = Array.isArray(content) ? (content as JsonObject[]) : []
  if (Array.isArray(content) && content.length === 1 && only?.type === 'text' && !only.cache_control)
    message.content = only.text
  if (Array.isArray(content) && content.length === 0) message.content = ''
  message.content ??= ''
  message.reasoning_content = message.reasoning_content || message.reasoning || undefined
  delete message.reasoning
  if (Array.isArray(message.tool_calls) && message.tool_calls.length === 0) delete message.tool_calls
}

describe('requests', () => {
  const withRequest = chat.filter(({ request }) => request.body && (request.body.messages as []).length > 0)
  test.each(named(withRequest))('%s keeps the meaning of every field', (id, recording) => {
    const body = { model: 'a', ...recording.request.body }
    const { request, unknown } = openaiChat.decodeRequest(body)
    expect(unknown).toEqual(justifiedUnknown[id] ?? [])
    const { body: written, lost } = flavorOf(recording).encodeRequest(request, {})
    expect(lost).toEqual([])
    expect(requestMeaning(written, [])).toEqual(requestMeaning(body, unknown))
  })
})

const reasoningOf = (message: JsonObject) => message.reasoning_content || message.reasoning || undefined

/** The recorded answer in the fields of OpenAI's description, Mistral's lists of parts as text and reasoning. */
function expectedAnswer(body: JsonObject): JsonObject {
  const usage = body.usage as JsonObject
  const details = (usage.prompt_tokens_details ?? {}) as JsonObject
  const outputDetails = (usage.completion_tokens_details ?? {}) as JsonObject
  return {
    id: body.id,
    object: 'chat.completion',
    created: body.created,
    model: body.model,
    choices: (body.choices as JsonObject[]).map((choice) => ({
      index: choice.index,
      message: expectedMessage(choice.message as JsonObject),
      logprobs: choice.logprobs ?? null,
      finish_reason: choice.finish_reason === 'eos' ? 'stop' : choice.finish_reason,
    })),
    usage: {
      prompt_tokens: usage.prompt_tokens,
      completion_tokens: usage.completion_tokens,
      total_tokens: usage.total_tokens,
      prompt_tokens_details: {
        cached_tokens: details.cached_tokens ?? usage.num_cached_tokens ?? 0,
        ...(details.cache_write_tokens ? { cache_write_tokens: details.cache_write_tokens } : {}),
        audio_tokens: details.audio_tokens ?? 0,
      },
      completion_tokens_details: {
        reasoning_tokens: outputDetails.reasoning_tokens ?? 0,
        audio_tokens: outputDetails.audio_tokens ?? 0,
      },
    },
    service_tier: body.service_tier ?? undefined,
    system_fingerprint: body.system_fingerprint || undefined,
  }
}

function expectedMessage(message: JsonObject): JsonObject {
  const calls = (message.tool_calls ?? []) as JsonObject[]
  const parts = Array.isArray(message.content) ? (message.content as JsonObject[]) : []
  const thinking = parts.find((part) => part.type === 'thinking')
  const text = parts.find((part) => part.type === 'text')
  const content = text ? text.text : message.content
  return {
    role: 'assistant',
    content: content === '' && calls.length > 0 ? null : content,
    refusal: message.refusal ?? null,
    reasoning_content: thinking ? (thinking.thinking as [{ text: string }])[0].text : reasoningOf(message),
    tool_calls:
      calls.length > 0
        ? calls.map((call) => ({ id: call.id, type: 'function', function: call.function }))
        : undefined,
  }
}

describe('whole answers', () => {
  const whole = chat.filter(({ response }) => response.status === 200 && response.body)
  test.each(named(whole))('%s comes out as it went in, and as OpenAI describes it', (_id, recording) => {
    const body = recording.response.body as JsonObject
    const written = openaiChat.encodeResponse(flavorOf(recording).decodeResponse(body), 7)
    expect(written).toMatchObject(JSON.parse(JSON.stringify(expectedAnswer(body))) as JsonObject)
    expect(Object.keys((written.choices as [{ message: JsonObject }])[0].message).sort()).toEqual(
      Object.keys(
        JSON.parse(JSON.stringify(expectedMessage((body.choices as [{ message: JsonObject }])[0].message))),
      ).sort(),
    )
    expect(problemsBySpec('CreateChatCompletionResponse', written)).toEqual([])
  })

  test.each(named(whole))('%s has the usage that the relay reads', (_id, recording) => {
    const body = recording.response.body as JsonObject
    const usage = openaiChat.readUsage(body)
    expect(usage).toBeDefined()
    expect(usage).toEqual(openaiChat.decodeResponse(body).usage)
  })
})

/** The whole answer that a stream tells, put together by hand from its chunks. */
function assemble(frames: { data: string }[]): JsonObject {
  const answer: JsonObject = { choices: [] }
  const choices = new Map<number, JsonObject & { message: JsonObject }>()
  for (const { data } of frames) {
    if (data === '[DONE]') continue
    const { choices: deltas, ...rest } = JSON.parse(data) as JsonObject & { choices: JsonObject[] }
    for (const [name, value] of Object.entries(rest)) if (value !== null && value !== '') answer[name] = value
    for (const { delta, logprobs, ...choice } of deltas) {
      const index = choice.index as number
      const known = choices.get(index) ?? { message: { content: '', reasoning_content: '', tool_calls: [] } }
      choices.set(index, Object.assign(known, choice))
      joinDelta(known.message, delta as JsonObject)
      if (isObject(logprobs))
        known.logprobs = joinLogprobs(known.logprobs as JsonObject | undefined, logprobs)
    }
  }
  return { ...answer, choices: [...choices.values()] }
}

const joinLogprobs = (known: JsonObject | undefined, more: JsonObject): JsonObject => ({
  ...more,
  content: [...((known?.content ?? []) as []), ...((more.content ?? []) as [])],
})

function joinDelta(message: JsonObject, delta: JsonObject): void {
  message.reasoning_content += String(reasoningOf(delta) ?? '')
  for (const part of Array.isArray(delta.content) ? (delta.content as JsonObject[]) : []) {
    if (part.type === 'text') message.content += String(part.text)
    else message.reasoning_content += (part.thinking as [{ text: string }])[0].text
  }
  if (typeof delta.content === 'string') message.content += delta.content
  const calls = message.tool_calls as JsonObject[]
  for (const piece of (delta.tool_calls ?? []) as { index: number; id?: string; function: JsonObject }[]) {
    const call = (calls[piece.index] ??= {
      id: piece.id,
      function: { name: piece.function.name, arguments: '' },
    })
    ;(call.function as { arguments: string }).arguments += String(piece.function.arguments ?? '')
  }
}

const withoutRaw = (response: ChatResponse): ChatResponse => ({
  ...response,
  choices: response.choices.map((choice) => ({ ...choice, finish: { ...choice.finish, raw: '' } })),
})

const blockEvents = (events: ChatEvent[]) => events.filter(({ type }) => type.startsWith('block'))

describe('streams', () => {
  const streams = chat.filter(
    ({ id, response }) => response.bodyText && id !== 'openai/chat-error-mid-stream',
  )
  test('there are streams of every provider that has some', () => {
    expect(streams.length).toBeGreaterThanOrEqual(14)
  })

  test.each(named(streams))('%s tells the same answer as its whole form', (_id, recording) => {
    const frames = framesOf(recording.response.bodyText as string)
    const events = decode(frames, flavorOf(recording))
    const { extensions: _late, ...streamed } = accumulate(events)
    const { extensions: _whole, ...expected } = openaiChat.decodeResponse(assemble(frames))
    expect(streamed).toEqual(expected)
    expect(streamed.choices[0]?.content.length).toBeGreaterThan(0)
  })

  test.each(named(streams))('%s is the same after being written and read again', (_id, recording) => {
    const events = decode(framesOf(recording.response.bodyText as string))
    const frames = encode(events)
    const again = decode(frames)
    expect(withoutRaw(accumulate(again))).toEqual(withoutRaw(accumulate(events)))
    expect(blockEvents(again)).toEqual(blockEvents(events))
    expect(frames.at(-1)).toEqual({ data: '[DONE]' })
    for (const { data } of frames.slice(0, -1))
      expect(problemsBySpec('CreateChatCompletionStreamResponse', JSON.parse(data))).toEqual([])
  })

  test.each(named(streams))('%s is watched as it is decoded', (_id, recording) => {
    const frames = framesOf(recording.response.bodyText as string)
    const watch = openaiChat.watchStream({ withholdUsage: false })
    const beforeDone = frames.slice(0, -1)
    const verdicts = new Set(beforeDone.map((frame) => watch.see(frame)))
    const decoder = openaiChat.streamDecoder()
    for (const frame of beforeDone) decoder.push(frame)
    expect([...verdicts]).toEqual(['pass'])
    expect(watch.finished).toBe(true)
    expect(decoder.finished).toBe(true)
    const response = accumulate(decode(frames))
    expect(watch.usage).toEqual(response.usage)
    expect(watch.model).toBe(response.model)
  })

  test('a stream that ends in an error is never finished', () => {
    const recording = chat.find(({ id }) => id === 'openai/chat-error-mid-stream')
    const frames = framesOf(recording?.response.bodyText as string)
    const decoder = openaiChat.streamDecoder()
    const events = [...frames.flatMap((frame) => decoder.push(frame)), ...decoder.close()]
    expect(events.at(-1)).toMatchObject({ type: 'error', error: { type: 'server_error', kind: 'server' } })
    expect(decoder.finished).toBe(false)
    const watch = openaiChat.watchStream({ withholdUsage: true })
    expect(frames.map((frame) => watch.see(frame))).toEqual(['pass', 'pass', 'error'])
    expect(watch.finished).toBe(false)
    expect(watch.error).toEqual((events.at(-1) as { error: unknown }).error)
  })
})
