import { describe, expect, test } from 'vitest'
import type { ChatEvent } from '../../src/canonical/chat-events.ts'
import { isObject, type JsonObject } from '../../src/canonical/json.ts'
import { ollamaChat } from '../../src/dialects/ollama/index.ts'
import { noUsage } from '../../src/canonical/usage.ts'
import type { Frame } from '../../src/framing/frame.ts'
import { NdjsonReader } from '../../src/framing/ndjson.ts'
import { accumulate } from '../support/accumulate.ts'
import { loadFixture, loadFixtures } from '../support/fixtures.ts'

const recordings = loadFixtures({ dialect: 'ollama-chat' })
const createdAt = '2026-08-07T06:08:09.335586Z'
const answer = (fields: JsonObject = {}, message: JsonObject = {}): JsonObject => ({
  model: 'qwen3',
  created_at: createdAt,
  message: { role: 'assistant', content: 'Hello', ...message },
  done: true,
  done_reason: 'stop',
  ...fields,
})
const decode = (fields?: JsonObject, message?: JsonObject) =>
  ollamaChat.decodeResponse(answer(fields, message))
const contentOf = (message: JsonObject) => decode({}, message).choices[0]!.content

const framesOf = (text: string): Frame[] => {
  const reader = new NdjsonReader({ maxEventBytes: 1_000_000 })
  return [...reader.push(Buffer.from(text)), ...reader.close()]
}
const lineFrames = (...lines: unknown[]): Frame[] => lines.map((line) => ({ data: JSON.stringify(line) }))

function stream(frames: readonly Frame[]): { events: ChatEvent[]; finished: boolean } {
  const decoder = ollamaChat.streamDecoder()
  const events = frames.flatMap((frame) => [...decoder.push(frame)])
  return { events: [...events, ...decoder.close()], finished: decoder.finished }
}

describe('a whole answer', () => {
  test('is read with all that it says', () => {
    const body = answer(
      { prompt_eval_count: 21, eval_count: 5, total_duration: 1, load_duration: 1 },
      { thinking: 'hm', tool_calls: [{ id: 'c', function: { index: 0, name: 'f', arguments: { a: 1 } } }] },
    )
    expect(ollamaChat.decodeResponse(body)).toEqual({
      id: '',
      model: 'qwen3',
      created: 1786082889,
      choices: [
        {
          index: 0,
          content: [
            { type: 'thinking', text: 'hm' },
            { type: 'text', text: 'Hello' },
            { type: 'tool_call', id: 'c', name: 'f', arguments: '{"a":1}' },
          ],
          finish: { unified: 'tool_calls', raw: 'stop' },
        },
      ],
      usage: { ...noUsage, input: 21, output: 5 },
    })
  })

  test.each([['not a time'], [undefined], [7]])('with the time %j has none', (created_at) => {
    expect(decode({ created_at })).not.toHaveProperty('created')
  })

  test.each([
    ['stop', 'stop'],
    [undefined, 'stop'],
    ['length', 'length'],
    ['load', 'other'],
    ['unload', 'other'],
    ['toString', 'other'],
  ])('done for the reason %j is finished by %j', (done_reason, unified) => {
    expect(decode({ done_reason }).choices[0]!.finish).toEqual({ unified, raw: done_reason ?? '' })
  })

  test('cut off in a call does not claim that the call is whole', () => {
    const tool_calls = [{ function: { name: 'f', arguments: {} } }]
    expect(decode({ done_reason: 'length' }, { tool_calls }).choices[0]!.finish.unified).toBe('length')
  })

  test('gives calls without an id one that no other call has, in this answer and in others', () => {
    const one = { function: { name: 'f', arguments: {} } }
    const idsOf = (fields: JsonObject) =>
      decode(fields, { content: '', tool_calls: [one, one] }).choices[0]!.content.map((block) =>
        block.type === 'tool_call' ? block.id : '',
      )
    const ids = [...idsOf({}), ...idsOf({ created_at: '2026-08-07T06:08:10Z' })]
    expect(new Set(ids).size).toBe(4)
    expect(ids[0]).toMatch(/^call_[0-9a-f]{24}$/)
  })

  test.each([
    [{ function: { name: 'f' } }, '{}'],
    [{ function: { name: 'f', arguments: '{"a":1}' } }, '{"a":1}'],
    [{ function: { name: 'f', arguments: { a: [1] } } }, '{"a":[1]}'],
  ])('reads the call %j', (call, expected) => {
    expect(contentOf({ content: '', tool_calls: [call] })).toMatchObject([{ name: 'f', arguments: expected }])
  })

  test.each([
    ['/9j/4AAQ', 'image/jpeg'],
    ['R0lGODlh', 'image/gif'],
    ['UklGRiQA', 'image/webp'],
    ['iVBORw0K', 'image/png'],
  ])('tells the kind of the image %s by its beginning', (data, mediaType) => {
    expect(contentOf({ content: '', images: [data] })).toEqual([
      { type: 'image', source: { kind: 'base64', mediaType, data } },
    ])
  })

  test.each([
    [
      { prompt_eval_count: 3, eval_count: 4 },
      { ...noUsage, input: 3, output: 4 },
    ],
    [{ eval_count: 4 }, { ...noUsage, output: 4 }],
    [
      { prompt_eval_count: 3, eval_count: null },
      { ...noUsage, input: 3 },
    ],
    [{}, undefined],
    [{ prompt_eval_count: -1, eval_count: 4 }, undefined],
    [{ prompt_eval_count: 3, eval_count: 'four' }, undefined],
  ])('counts %j', (counts, usage) => expect(decode(counts).usage).toEqual(usage))

  test('has log probabilities in the shape of OpenAI', () => {
    const logprobs = [
      { token: 'a', logprob: -0.1, bytes: [97], top_logprobs: [{ token: 'b', logprob: -2 }] },
      { token: 'c', logprob: -0.2 },
    ]
    expect(decode({ logprobs }).choices[0]!.logprobs).toEqual({
      content: [
        {
          token: 'a',
          logprob: -0.1,
          bytes: [97],
          top_logprobs: [{ token: 'b', logprob: -2, bytes: null }],
        },
        { token: 'c', logprob: -0.2, bytes: null, top_logprobs: [] },
      ],
    })
    expect(decode({ logprobs: [] }).choices[0]).not.toHaveProperty('logprobs')
  })

  test.each([
    ['text', 'Hello'],
    ['nothing', null],
    ['an error', { error: 'out of memory' }],
    ['without a message', { model: 'm', done: true }],
    ['of the API for prompts', { model: 'm', response: 'Hello', done: true }],
    ['an error beside a message', answer({ error: 'out of memory' })],
    ['the first line of a stream', answer({ done: false })],
  ])('that is none is refused: %s', (_what, body) => {
    expect(() => ollamaChat.decodeResponse(body)).toThrow(
      expect.objectContaining({ code: 'upstream_error' }) as Error,
    )
  })
})

describe('a stream', () => {
  const line = (message: JsonObject, fields: JsonObject = {}) => ({
    model: 'qwen3',
    created_at: createdAt,
    message: { role: 'assistant', content: '', ...message },
    done: false,
    ...fields,
  })
  const last = line({}, { done: true, done_reason: 'stop', prompt_eval_count: 3, eval_count: 4 })

  test('adds up to what the whole answer says', () => {
    const calls = [
      { function: { name: 'f', arguments: { a: 1 } } },
      { id: 'c', function: { name: 'g', arguments: {} } },
    ]
    const logprob = (token: string) => ({ token, logprob: -1 })
    const { events, finished } = stream(
      lineFrames(
        line({ thinking: 'h' }),
        line({ thinking: 'm' }),
        line({ content: 'Hel' }, { logprobs: [logprob('Hel')] }),
        line({ content: 'lo' }, { logprobs: [logprob('lo')] }),
        line({ images: ['/9j/'] }),
        line({ tool_calls: [calls[0]] }),
        line({ tool_calls: [calls[1]] }),
        last,
      ),
    )
    expect(finished).toBe(true)
    expect(accumulate(events)).toEqual(
      decode(
        { prompt_eval_count: 3, eval_count: 4, logprobs: [logprob('Hel'), logprob('lo')] },
        { thinking: 'hm', images: ['/9j/'], tool_calls: calls },
      ),
    )
  })

  test('may bring its last words and a call in the last line', () => {
    const tool_calls = [{ id: 'c', function: { name: 'f', arguments: {} } }]
    const { events } = stream(lineFrames(line({ content: 'Hi', tool_calls }, { done: true })))
    expect(accumulate(events).choices[0]).toMatchObject({
      content: [{ text: 'Hi' }, { id: 'c' }],
      finish: { unified: 'tool_calls', raw: '' },
    })
  })

  test('may go on after a call', () => {
    const tool_calls = [{ id: 'c', function: { name: 'f', arguments: {} } }]
    const { events } = stream(
      lineFrames(line({ content: 'a' }), line({ tool_calls }), line({ content: 'b' }), last),
    )
    expect(accumulate(events).choices[0]!.content).toEqual([
      { type: 'text', text: 'a' },
      { type: 'tool_call', id: 'c', name: 'f', arguments: '{}' },
      { type: 'text', text: 'b' },
    ])
  })

  test('may go back from text to thinking', () => {
    const { events } = stream(
      lineFrames(line({ thinking: 'a' }), line({ content: 'b' }), line({ thinking: 'c' }), last),
    )
    expect(accumulate(events).choices[0]!.content).toEqual([
      { type: 'thinking', text: 'a' },
      { type: 'text', text: 'b' },
      { type: 'thinking', text: 'c' },
    ])
  })

  test('passes each piece on as it comes', () => {
    const decoder = ollamaChat.streamDecoder()
    const [first, second] = lineFrames(line({ content: 'Hel' }), line({ content: 'lo' })) as [Frame, Frame]
    expect(decoder.push(first).map(({ type }) => type)).toEqual(['start', 'block_start', 'block_delta'])
    expect(decoder.push(second)).toEqual([
      { type: 'block_delta', choice: 0, index: 0, delta: { type: 'text', text: 'lo' } },
    ])
  })

  test('without its last line is not finished, wherever it was cut', () => {
    const frames = lineFrames(line({ thinking: 'a' }), line({ content: 'b' }), last)
    for (let count = 0; count < frames.length; count++) {
      const { events, finished } = stream(frames.slice(0, count))
      expect(finished).toBe(false)
      expect(events.some(({ type }) => type === 'end' || type === 'finish')).toBe(false)
    }
  })

  test('ends with an error that comes in its middle', () => {
    const { events, finished } = stream(lineFrames(line({ content: 'a' }), { error: 'broken' }, last))
    expect(finished).toBe(false)
    expect(events.at(-1)).toEqual({ type: 'error', error: { message: 'broken', kind: 'server' } })
  })

  test('that is only an error is only an error', () => {
    expect(stream(lineFrames({ error: 'broken' })).events).toHaveLength(1)
  })

  test('says nothing after its end, nor by lines that nobody has described', () => {
    const expected = stream(lineFrames(line({ content: 'a' }), last)).events
    const more = lineFrames(
      { status: 'loading' },
      line({ content: 'a' }),
      { ping: 1 },
      last,
      line({ content: 'z' }),
    )
    expect(stream(more).events).toEqual(expected)
  })

  test.each(['not json', '[1]', '"text"', '{"a":'])('with the line %j cannot be trusted', (data) => {
    expect(() => ollamaChat.streamDecoder().push({ data })).toThrow()
  })

  test('keeps every digit of arguments', () => {
    const json = JSON.stringify(line({ tool_calls: [{ function: { name: 'f', arguments: { n: 1 } } }] }))
    const { events } = stream([{ data: json.replace('"n":1', '"n":9007199254740993') }])
    expect(JSON.stringify(events)).toContain('9007199254740993')
  })
})

describe('every recording', () => {
  const answers = recordings.filter(({ response }) => response.status === 200 && response.body !== undefined)
  const streams = recordings.filter(({ response }) => response.bodyText !== undefined)

  test('is here', () => {
    expect(answers.length).toBeGreaterThanOrEqual(4)
    expect(streams.length).toBeGreaterThanOrEqual(2)
  })

  test.each(answers.map((each) => [each.id, each] as const))('%s is read whole', (_id, { response }) => {
    const body = response.body as JsonObject & { message: JsonObject & { tool_calls?: JsonObject[] } }
    const read = ollamaChat.decodeResponse(body)
    expect(read.model).toBe(body.model)
    expect(read.created).toBe(Math.floor(Date.parse(body.created_at as string) / 1000))
    expect(read.usage).toMatchObject({ input: body.prompt_eval_count, output: body.eval_count })
    const { content, finish } = read.choices[0]!
    const { message } = body
    const textOf = (type: string) => content.find((block) => block.type === type)
    expect(textOf('text') ?? { text: '' }).toMatchObject({ text: message.content })
    expect(textOf('thinking') ?? {}).toEqual(
      message.thinking ? { type: 'thinking', text: message.thinking } : {},
    )
    const calls = (message.tool_calls ?? []).map(({ id, function: called }) => ({
      ...(isObject(called) && { name: called.name, arguments: JSON.stringify(called.arguments) }),
      id,
    }))
    expect(content.filter((block) => block.type === 'tool_call')).toMatchObject(calls)
    expect(finish).toEqual({ unified: calls.length > 0 ? 'tool_calls' : 'stop', raw: 'stop' })
  })

  test('of a stream adds up to the lines it is made of', () => {
    const { bodyText } = loadFixture('ollama/api-chat-async-chat-stream').response
    const lines = bodyText!
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as JsonObject)
    const { events, finished } = stream(framesOf(bodyText!))
    const joined = (name: string) =>
      lines.map(({ message }) => ((message as JsonObject)[name] as string | undefined) ?? '').join('')
    const { created_at } = lines[0]!
    const whole = {
      ...lines.at(-1),
      created_at,
      message: { content: joined('content'), thinking: joined('thinking') },
    }
    expect(finished).toBe(true)
    expect(accumulate(events)).toEqual(ollamaChat.decodeResponse(whole))
  })

  test('of a stream that fails ends with the error of the server', () => {
    const { events, finished } = stream(
      framesOf(loadFixture('ollama/api-chat-error-mid-stream').response.bodyText!),
    )
    const message = 'an error was encountered while running the model: unexpected EOF'
    expect(events.at(-1)).toEqual({ type: 'error', error: { message, kind: 'server' } })
    expect(finished).toBe(false)
  })

  test('of a refusal is read with its words', () => {
    const { status, body } = loadFixture('ollama/api-chat-tools-unsupported-400').response
    expect(ollamaChat.decodeError(status, body)).toEqual({
      message: 'registry.ollama.ai/library/gemma:2b does not support tools',
      kind: 'request',
    })
  })
})

describe('errors', () => {
  test.each([
    [404, { error: "model 'm' not found" }, 'not_found'],
    [400, { error: '"m" does not support thinking' }, 'request'],
    [400, { error: 'the input length exceeds the context length' }, 'context_length'],
    [400, { error: 'input length exceeds maximum context length' }, 'context_length'],
    [200, { error: 'prompt exceeds the context window' }, 'context_length'],
    [500, { error: 'model requires more system memory (8.0 GiB) than is available' }, 'server'],
    [500, { error: 'this exceeds the context length' }, 'server'],
    [503, { error: 'server busy, please try again.  maximum pending requests exceeded' }, 'overloaded'],
    [401, { error: 'unauthorized' }, 'auth'],
    [429, { error: 'too many requests' }, 'rate_limit'],
    [502, '<html><title>502 Bad Gateway</title></html>', 'server'],
    [400, {}, 'request'],
  ])('of status %d with %j are of the kind %s', (status, body, kind) => {
    const wire = ollamaChat.decodeError(status, body)
    expect(wire.kind).toBe(kind)
    expect(wire.message).not.toBe('')
    if (isObject(body) && 'error' in body) expect(wire.message).toBe(body.error)
  })
})

test('the dialect is of the name and the framing that the pipeline knows', () => {
  expect(ollamaChat).toMatchObject({ name: 'ollama', framing: 'ndjson' })
})
