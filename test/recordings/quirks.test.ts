import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonObject } from '../../src/canonical/json.ts'
import type { Script } from '../support/upstream.ts'
import { dataOf, eventTexts, jsonEvents, jsonOf } from './events.ts'
import { Playback } from './playback.ts'
import { recordingOf, type Recording, type Route } from './recordings.ts'

/** What providers do in their own way, one by one: recorded where there is a recording, else after its documents. */

let playback: Playback
beforeAll(async () => {
  playback = await Playback.open()
})
afterAll(() => playback.close())

const chat = '/v1/chat/completions'
const messages = '/v1/messages'
const sse = { 'content-type': 'text/event-stream' }

const hello = ({ body }: Recording, more: JsonObject = {}): JsonObject => ({
  model: body.model,
  max_tokens: 99,
  messages: [{ role: 'user', content: 'Hello' }],
  ...more,
})

/** Asks for a stream; the recorded one unless another is given. */
async function stream(id: string, route: Route, more: JsonObject = {}, script?: Script): Promise<string> {
  const recording = recordingOf(id)
  const body = hello(recording, { stream: true, ...more })
  const { answer } = await playback.play(recording, route, body, script ?? { fixture: recording.fixture })
  expect(answer.status).toBe(200)
  return answer.text
}

/** Asks for a whole answer. */
async function ask(id: string, route: Route, script?: Script) {
  const recording = recordingOf(id)
  return (await playback.play(recording, route, hello(recording), script ?? { fixture: recording.fixture }))
    .answer
}

const recordedEvents = (id: string): string[] => eventTexts(recordingOf(id).fixture.response.bodyText!)

const firstOf = (id: string, count: number): string => recordedEvents(id).slice(0, count).join('')

/** A stream that goes wrong after the caller has read its beginning. */
async function broken(id: string, route: Route, before: string, after: string): Promise<string> {
  const recording = recordingOf(id)
  const body = hello(recording, { stream: true })
  const { status, text } = await playback.playInTwo(recording, route, body, {
    before: Buffer.from(before),
    after: Buffer.from(after),
  })
  expect(status).toBe(200)
  return text
}

const deltasOf = (text: string): JsonObject[] =>
  jsonEvents(text).flatMap(({ choices }) =>
    ((choices ?? []) as { delta: JsonObject }[]).map(({ delta }) => delta),
  )

describe('Azure', () => {
  const id = 'azure/chat-model-router-stream'

  test('keeps its first chunk without choices, and only the chunk with the usage is withheld', async () => {
    const text = await stream(id, chat)
    const recorded = recordedEvents(id)
    expect(eventTexts(text)).toEqual(recorded.filter((event) => !/"usage":\{/.test(event)))
    expect(jsonEvents(text)[0]).toMatchObject({
      choices: [],
      id: '',
      prompt_filter_results: [{ prompt_index: 0 }],
    })
  })

  test('begins a translated stream with the id and the model of its second chunk', async () => {
    const [start, ...rest] = jsonEvents(await stream(id, messages))
    const { id: named, model } = jsonOf(recordedEvents(id)[1]!)!
    expect(start).toMatchObject({ type: 'message_start', message: { id: named, model } })
    expect(rest.filter(({ type }) => type === 'message_start')).toEqual([])
    expect(rest.at(-2)).toMatchObject({ usage: { input_tokens: 15, output_tokens: 78 } })
  })
})

describe('Together', () => {
  const id = 'together/chat-async-chat-stream'

  test('says its usage in a chunk with a choice, which is not withheld', async () => {
    const text = await stream(id, chat)
    expect(text).toBe(recordedEvents(id).join(''))
    expect(jsonEvents(text).at(-1)).toMatchObject({
      usage: { prompt_tokens: 41 },
      choices: [{ finish_reason: 'stop' }],
    })
    expect(jsonEvents(await stream(id, messages)).at(-2)).toMatchObject({
      usage: { input_tokens: 41, output_tokens: 15 },
    })
  })

  test('does not say its texts twice, though every chunk has them twice', async () => {
    const texts = jsonEvents(await stream(id, messages)).map(
      ({ delta }) => (delta as { text?: string } | undefined)?.text,
    )
    expect(texts.join('')).toBe('1, 2, 3, 4, 5.')
  })

  test('keeps the digits of a seed beyond 2^53 where reasoning is renamed beside it', async () => {
    const seed = '"seed":2151581269210956789'
    const events = recordedEvents(id).map((event) =>
      event.replace(/"seed":\d+/, seed).replace('"content":"', '"reasoning":"'),
    )
    const text = await stream(id, chat, {}, { body: events.join(''), headers: sse })
    expect(text).toContain(seed)
    expect(deltasOf(text).every((delta) => !('reasoning' in delta))).toBe(true)
    expect(
      deltasOf(text)
        .map(({ reasoning_content: reasoning }) => reasoning)
        .join(''),
    ).toBe('1, 2, 3, 4, 5.')
  })
})

describe('Groq', () => {
  const id = 'groq/chat-tool-use-failed-error-streaming-step2'
  const words = 'Tool call validation failed: parameters for tool get_weather did not match its schema'
  const error = {
    message: words,
    type: 'invalid_request_error',
    code: 'tool_use_failed',
    failed_generation: '{"a":',
  }
  const failure = `event: error\ndata: ${JSON.stringify({ error: { ...error, status_code: 400 } })}\n\n`

  test('ends a stream with an event named `error`, which becomes an error of the caller’s dialect', async () => {
    const events = eventTexts(await broken(id, chat, firstOf(id, 3), failure))
    expect(events.slice(0, -1)).toEqual(recordedEvents(id).slice(0, 3))
    expect(events.at(-1)).toMatch(/^data: /)
    const told = { message: words, type: 'invalid_request_error', param: null, code: 'tool_use_failed' }
    expect(jsonOf(events.at(-1)!)).toEqual({ error: told })
  })

  test('is told to a Messages caller by an event named `error` too, and nothing after it', async () => {
    const events = eventTexts(await broken(id, messages, firstOf(id, 3), failure))
    expect(events.at(-1)).toMatch(/^event: error\n/)
    expect(jsonOf(events.at(-1)!)).toMatchObject({
      type: 'error',
      error: { type: 'invalid_request_error', message: words },
    })
  })

  test('names reasoning `reasoning`, which an unknown server’s caller reads as it came', async () => {
    const text = await stream(id, chat)
    expect(deltasOf(text).some(({ reasoning }) => reasoning === 'We')).toBe(true)
    const thought = jsonEvents(await stream(id, messages)).map(
      ({ delta }) => (delta as JsonObject | undefined)?.thinking ?? '',
    )
    expect(thought.join('')).toBe(
      deltasOf(text)
        .map(({ reasoning }) => reasoning ?? '')
        .join(''),
    )
    expect(thought.join('')).not.toBe('')
  })
})

describe('vLLM', () => {
  const id = 'vllm/chat-streaming-tool-calls-65eba1'

  test('writes numbers as error codes, which callers read as texts', async () => {
    const { json } = await ask('vllm/chat-context-length-400-flat', chat)
    expect(json.error).toMatchObject({ code: '400', type: 'invalid_request_error' })
  })

  test('fails in the middle of a stream with an object of its own', async () => {
    const failure = {
      error: { object: 'error', message: 'EngineCore died', type: 'InternalServerError', code: 500 },
    }
    const after = `data: ${JSON.stringify(failure)}\n\ndata: [DONE]\n\n`
    const text = await broken(id, chat, firstOf(id, 2), after)
    expect(jsonEvents(text).at(-1)).toMatchObject({ error: { type: 'server_error', code: 'upstream_error' } })
    // A broken engine is nothing that the caller could mend.
    expect(text).not.toContain('EngineCore')
    expect(text).not.toContain('[DONE]')
    const events = jsonEvents(await broken(id, messages, firstOf(id, 2), after))
    expect(events.at(-1)).toMatchObject({ type: 'error', error: { type: 'api_error' } })
  })

  test('leaves thinking in the text beside tool calls, where it stays', async () => {
    const { json } = await ask('vllm/chat-openai-chat-completion-with-tools-744052', messages)
    const types = (json.content as JsonObject[]).map(({ type }) => type)
    expect(types).toEqual(['text', 'tool_use'])
    expect(json.content[0].text).toMatch(/^<think>/)
    expect(json.stop_reason).toBe('tool_use')
  })

  test('renames reasoning in whole answers and in streams', async () => {
    const answer = recordingOf('ollama/chat-cloud-prompted-output').fixture.response.body as {
      choices: [{ message: { reasoning: string } }]
    }
    const { json } = await ask('ollama/chat-cloud-prompted-output', chat)
    const [{ message }] = json.choices
    expect(message.reasoning_content).toBe(answer.choices[0].message.reasoning)
    expect(message).not.toHaveProperty('reasoning')
  })
})

describe('Mistral', () => {
  test('writes thinking as parts of the content, which become reasoning on both routes', async () => {
    const id = 'mistral/chat-reasoning-stream'
    const thought = 'The user is asking for 2+2. This is basic arithmetic. 2+2=4.'
    const deltas = deltasOf(await stream(id, chat))
    expect(deltas.map(({ reasoning_content: text }) => text ?? '').join('')).toBe(thought)
    expect(deltas.map(({ content }) => content ?? '').join('')).toBe('2 + 2 = 4')
    const events = jsonEvents(await stream(id, messages)).map(
      ({ content_block, delta }) => content_block ?? delta,
    )
    expect(events).toContainEqual({ type: 'thinking', thinking: '', signature: '' })
    const { json } = await ask('mistral/chat-reasoning', chat)
    expect(json.choices[0].message).toMatchObject({ content: '2 + 2 = 4', reasoning_content: thought })
  })

  test('sends tool calls whole, without index and type, which callers get with both', async () => {
    const call = (id: string, name: string) => ({ id, function: { name, arguments: '{"a": 1}' } })
    const chunk = (delta: JsonObject, finish_reason: string | null, usage?: JsonObject) => {
      const choices = [{ index: 0, delta, finish_reason }]
      return `data: ${JSON.stringify({ id: 'm', object: 'chat.completion.chunk', created: 1, model: 'mistral-tiny', choices, usage })}\n\n`
    }
    const script = {
      body: [
        chunk({ role: 'assistant', content: '' }, null),
        chunk(
          { content: '', tool_calls: [call('D681PevKs', 'one'), call('x9Fh2Kq1Z', 'two')] },
          'tool_calls',
          {
            prompt_tokens: 5,
            completion_tokens: 7,
            total_tokens: 12,
          },
        ),
        'data: [DONE]\n\n',
      ].join(''),
      headers: sse,
    }
    const id = 'mistral/chat-incremental-tool-call-stream'
    const pieces = deltasOf(await stream(id, chat, {}, script)).flatMap(
      ({ tool_calls: calls }) => (calls ?? []) as JsonObject[],
    )
    const begun = pieces.filter((piece) => piece.id !== undefined)
    expect(begun).toMatchObject([
      { index: 0, id: 'D681PevKs', type: 'function', function: { name: 'one' } },
      { index: 1, id: 'x9Fh2Kq1Z', type: 'function', function: { name: 'two' } },
    ])
    expect(pieces.every(({ index }) => index === 0 || index === 1)).toBe(true)
    const events = jsonEvents(await stream(id, messages, {}, script))
    const blocks = events
      .filter(({ type }) => type === 'content_block_start')
      .map(({ content_block }) => content_block)
    expect(blocks).toMatchObject([
      { type: 'tool_use', id: 'D681PevKs', name: 'one', input: {} },
      { type: 'tool_use', id: 'x9Fh2Kq1Z', name: 'two', input: {} },
    ])
    expect(events.at(-2)).toMatchObject({
      delta: { stop_reason: 'tool_use' },
      usage: { input_tokens: 5, output_tokens: 7 },
    })
  })
})

describe('DeepSeek', () => {
  const id = 'deepseek/chat-deepseek-deferred-capability-with-thinking-step2'
  const thought = /^Great, now I have access to the dice roll tool/

  test('thinks in `reasoning_content`, which is thinking that nobody signed to a Messages caller', async () => {
    const { json } = await ask(id, messages)
    expect(json.content[0]).toEqual({
      type: 'thinking',
      thinking: expect.stringMatching(thought),
      signature: 'gateway-reasoning.e30',
    })
    expect((json.content as JsonObject[]).map(({ type }) => type)).toEqual([
      'thinking',
      'text',
      'tool_use',
      'tool_use',
    ])
  })

  test('gets its thinking back when the caller sends the turn back as it came', async () => {
    const recording = recordingOf(id)
    const { content } = (await ask(id, messages)).json
    const results = (content as JsonObject[])
      .filter(({ type }) => type === 'tool_use')
      .map((call) => ({ type: 'tool_result', tool_use_id: call.id, content: '4' }))
    const turns = [
      { role: 'user', content: 'Roll the die' },
      { role: 'assistant', content },
      { role: 'user', content: results },
    ]
    const { fixture } = recording
    const { upstream } = await playback.play(recording, messages, hello(recording, { messages: turns }), {
      fixture,
    })
    const [, turn] = upstream!.json!.messages as JsonObject[]
    expect(turn).toMatchObject({ role: 'assistant', reasoning_content: expect.stringMatching(thought) })
    expect((upstream!.json!.messages as JsonObject[]).map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'tool',
      'tool',
    ])
  })
})

describe('OpenRouter', () => {
  const id = 'openrouter/chat-openrouter-cache-all-settings-real-api-step2'
  const chunk = { id: 'gen-1', object: 'chat.completion.chunk', created: 1, model: 'a/b' }
  const delta = (content: string, more: JsonObject = {}) =>
    `data: ${JSON.stringify({ ...chunk, choices: [{ index: 0, delta: { role: 'assistant', content }, finish_reason: null }], ...more })}\n\n`
  const comment = ': OPENROUTER PROCESSING\n\n'

  test('fails with a number as code: no credit is our trouble, and a retry cannot help', async () => {
    const script = {
      status: 402,
      json: {
        error: { code: 402, message: 'Insufficient credits. Add more using https://openrouter.ai/credits' },
      },
    }
    for (const route of [chat, messages] as const) {
      const { status, headers, text } = await ask(id, route, script)
      expect(status).toBe(429)
      expect(headers).toMatchObject({
        'x-gateway-error-code': 'rate_limit_exceeded',
        'x-should-retry': 'false',
      })
      expect(text).not.toContain('credits')
    }
  })

  test('sends comments while it waits, which are passed on and are no part of the answer', async () => {
    const finish = `data: ${JSON.stringify({ ...chunk, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\n`
    const body = [comment, comment, delta('Hi'), comment, finish, 'data: [DONE]\n\n'].join('')
    expect(await stream(id, chat, {}, { body, headers: sse })).toBe(body)
    const events = jsonEvents(await stream(id, messages, {}, { body, headers: sse }))
    expect(events.map(({ type }) => type)).toEqual([
      ...['message_start', 'content_block_start', 'content_block_delta', 'content_block_stop'],
      ...['message_delta', 'message_stop'],
    ])
  })

  test('fails in the middle of a stream by a chunk that has an error beside its choices', async () => {
    const failure = delta('', { error: { code: 502, message: 'Provider disconnected' } })
    const text = await broken(id, chat, delta('Hi'), failure)
    expect(eventTexts(text)).toHaveLength(2)
    expect(jsonEvents(text).at(-1)).toMatchObject({ error: { code: 'upstream_error', type: 'server_error' } })
  })
})

describe('usage that a stream is asked for', () => {
  const id = 'openai/chat-streaming'
  const usageOf = (text: string) =>
    jsonEvents(text).filter(({ usage }) => usage !== null && usage !== undefined)

  test('is withheld from a caller who said that it is not wanted', async () => {
    expect(usageOf(await stream(id, chat, { stream_options: { include_usage: false } }))).toEqual([])
    expect(usageOf(await stream(id, chat, { stream_options: { include_usage: true } }))).toHaveLength(1)
  })

  test('ends a stream whose provider leaves out `[DONE]` after the finish', async () => {
    const events = recordedEvents(id)
    expect(dataOf(events.at(-1)!)).toBe('[DONE]')
    const script = { body: events.slice(0, -1).join(''), headers: sse }
    expect(await stream(id, chat, { stream_options: { include_usage: true } }, script)).toBe(events.join(''))
  })
})

test('a conversation without messages is refused on both routes before any provider sees it', async () => {
  const recording = recordingOf('openai/chat-no-messages')
  for (const route of [chat, messages] as const) {
    const body = { ...hello(recording), messages: [] }
    const { answer, upstream } = await playback.play(recording, route, body, { fixture: recording.fixture })
    expect(answer.status).toBe(400)
    expect(answer.headers['x-gateway-error-code']).toBe('invalid_request')
    expect(answer.json.error.message).toContain('messages')
    expect(upstream).toBeUndefined()
  }
})
