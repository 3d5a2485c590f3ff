import { describe, expect, test } from 'vitest'
import type { ChatResponse } from '../../src/canonical/chat.ts'
import { isObject, type JsonObject } from '../../src/canonical/json.ts'
import { noUsage } from '../../src/canonical/usage.ts'
import { cohere } from '../../src/dialects/cohere/index.ts'
import { accumulate } from '../support/accumulate.ts'
import { loadFixture, loadFixtures } from '../support/fixtures.ts'
import { frames } from './anthropic-messages-frames.ts'

const recordings = loadFixtures({ dialect: 'cohere-v2-chat' })
const answers = recordings.filter(({ response }) => response.status === 200 && response.body !== undefined)
const streams = recordings.filter(({ response }) => response.bodyText !== undefined)

test('there is something to read', () => {
  expect(answers.length).toBeGreaterThanOrEqual(8)
  expect(streams.length).toBeGreaterThanOrEqual(4)
})

function read(id: string): ChatResponse {
  const { response } = loadFixture(`cohere/${id}`)
  return response.bodyText === undefined
    ? cohere.decodeResponse(response.body)
    : readStream(response.bodyText)
}

function readStream(text: string): ChatResponse {
  const decoder = cohere.streamDecoder()
  const events = frames(text).flatMap((frame) => [...decoder.push(frame)])
  expect(decoder.finished).toBe(true)
  return accumulate(events)
}

interface Message {
  content: Record<string, string>[]
  tool_calls: Call[]
  tool_plan: string
}
interface Call {
  function: { name: string; arguments: string }
}
/** An event of a stream, with whatever its kind has. */
interface WireEvent {
  type: string
  id?: string
  index: number
  delta: { message: { content: Record<string, string>; tool_calls: Call; tool_plan: string } }
}

/** The whole answer that a recorded stream tells, put together without the decoder. */
function wholeOf(text: string): JsonObject {
  const message: Message = { content: [], tool_calls: [], tool_plan: '' }
  const whole: JsonObject = { message }
  for (const { data } of frames(text)) {
    if (data === '[DONE]') continue
    const { type, index, id, delta } = JSON.parse(data) as WireEvent
    if (type === 'message-start') whole.id = id
    if (type === 'content-start') message.content[index] = { ...delta.message.content }
    if (type === 'content-delta')
      for (const [name, more] of Object.entries(delta.message.content)) message.content[index]![name]! += more
    if (type === 'tool-plan-delta') message.tool_plan += delta.message.tool_plan
    if (type === 'tool-call-start') message.tool_calls[index] = delta.message.tool_calls
    if (type === 'tool-call-delta')
      message.tool_calls[index]!.function.arguments += delta.message.tool_calls.function.arguments
    if (type === 'message-end') Object.assign(whole, delta)
  }
  return whole
}

test.each(streams.map(({ id, response }) => [id, response.bodyText!] as const))(
  '%s tells the same as the whole answer would',
  (_id, text) => expect(readStream(text)).toEqual(cohere.decodeResponse(wholeOf(text))),
)

test.each(answers.map(({ id, response }) => [id, response.body as JsonObject] as const))(
  '%s keeps every text and call',
  (_id, body) => {
    const message = body.message as { content?: JsonObject[]; tool_calls?: JsonObject[]; tool_plan?: string }
    const { id, choices } = cohere.decodeResponse(body)
    expect(id).toBe(body.id)
    const [{ content, finish }] = choices as [ChatResponse['choices'][number]]
    expect(finish.raw).toBe(body.finish_reason)
    expect(finish.unified).not.toBe('other')
    const texts = content.map((block) => ('text' in block ? block.text : ''))
    for (const part of message.content ?? []) expect(texts).toContain(part.text ?? part.thinking)
    if (message.tool_plan !== undefined) expect(texts[0]).toBe(message.tool_plan)
    expect(content.filter((block) => block.type === 'tool_call')).toHaveLength(
      message.tool_calls?.length ?? 0,
    )
  },
)

describe('what the recordings are kept for', () => {
  test('a call with the arguments null has none', () => {
    expect(read('chat-null-args').choices[0]).toMatchObject({
      content: [{ type: 'text' }, { type: 'tool_call', name: 'currentTime', arguments: '{}' }],
      finish: { unified: 'tool_calls' },
    })
  })

  test('parallel calls of a stream come after their plan', () => {
    expect(read('chat-with-tool-calls-and-streaming')).toMatchObject({
      choices: [
        {
          content: [
            { type: 'text', text: 'I will search for the current time and weather in Tokyo.' },
            { type: 'tool_call', id: 'get_time_dg5wwc00d8v5', arguments: '{\n    "location": "Tokyo"\n}' },
            { type: 'tool_call', id: 'get_weather_bc8241gkqss5', arguments: '{\n    "location": "Tokyo"\n}' },
          ],
        },
      ],
      usage: { ...noUsage, input: 968, output: 83 },
    })
  })

  test('cached tokens are part of the input', () => {
    expect(read('chat-astream').usage).toEqual({ ...noUsage, input: 4, cached: 208, output: 65 })
    expect(read('chat-max-tokens').usage).toEqual({ ...noUsage, input: 58, cached: 448, output: 5 })
  })

  test('thinking comes before the text', () => {
    for (const id of ['chat-reasoning-stream', 'chat-model-thinking-part-step2'])
      expect(read(id).choices[0]!.content.map(({ type }) => type)).toEqual(['thinking', 'text'])
  })

  test('citations stay with the text', () => {
    const [block] = read('chat-with-tool-calls-and-history-async-step2').choices[0]!.content
    expect(block).toMatchObject({ type: 'text', citations: { dialect: 'cohere' } })
    expect(block?.type === 'text' && block.citations?.value).toHaveLength(3)
  })

  test('a stop sequence and a limit are told apart', () => {
    expect(read('chat-stop-settings-cohere').choices[0]!.finish.unified).toBe('stop_sequence')
    expect(read('chat-max-tokens').choices[0]!.finish.unified).toBe('length')
  })

  test('a limit of the key says so', () => {
    const { status, body } = loadFixture('cohere/chat-rate-limit-429').response
    expect(isObject(body)).toBe(true)
    expect(cohere.decodeError(status, body)).toMatchObject({
      kind: 'rate_limit',
      message: expect.stringContaining('20 API calls / minute') as string,
    })
  })
})
