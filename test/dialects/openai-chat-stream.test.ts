import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { accumulate } from '../support/accumulate.ts'
import type { ChatEvent } from '../../src/canonical/chat-events.ts'
import type { Block, ChatResponse } from '../../src/canonical/chat.ts'
import type { JsonObject } from '../../src/canonical/json.ts'
import { noUsage } from '../../src/canonical/usage.ts'
import { openaiChat } from '../../src/dialects/openai-chat/index.ts'
import type { Frame } from '../../src/framing/frame.ts'
import { chunkFrame, decode, done, encode, problemsBySpec } from './openai-chat-recordings.ts'

const chunk = (delta: JsonObject, more: JsonObject = {}): Frame => {
  const { finish_reason = null, index = 0, logprobs, ...top } = more
  const choice = { index, delta, finish_reason, ...(logprobs ? { logprobs } : {}) }
  return chunkFrame({
    id: 'x',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [choice],
    ...top,
  })
}
const finish = (reason: string, more: JsonObject = {}) => chunk({}, { finish_reason: reason, ...more })
const contentOf = (frames: Frame[], choice = 0) => accumulate(decode(frames)).choices[choice]?.content
const call = (piece: JsonObject) => chunk({ tool_calls: [piece] })
const parse = (frame: Frame) => JSON.parse(frame.data) as JsonObject
const deltas = (frames: Frame[]) =>
  frames
    .filter(({ data }) => data !== '[DONE]')
    .flatMap((frame) => (parse(frame).choices as { delta: JsonObject }[]).map(({ delta }) => delta))

describe('reading a stream', () => {
  test('empty lists, repeated roles and empty texts are not content', () => {
    const frames = [
      chunk({ role: 'assistant', content: '', tool_calls: [] }),
      chunk({ role: 'assistant', content: 'Hi', tool_calls: null }),
      finish('stop'),
      done,
    ]
    expect(decode(frames)).toEqual([
      { type: 'start', id: 'x', model: 'm', created: 1 },
      { type: 'block_start', choice: 0, index: 0, block: { type: 'text', text: '' } },
      { type: 'block_delta', choice: 0, index: 0, delta: { type: 'text', text: 'Hi' } },
      { type: 'block_stop', choice: 0, index: 0 },
      { type: 'finish', choice: 0, finish: { unified: 'stop', raw: 'stop' } },
      { type: 'end' },
    ])
  })

  test('a first chunk without id and choices waits for the one that has them', () => {
    const filter = [{ prompt_index: 0 }]
    const first = chunkFrame({ id: '', model: '', choices: [], prompt_filter_results: filter })
    const [start] = decode([first, chunk({ content: 'Hi' }), finish('stop')])
    expect(start).toEqual({
      type: 'start',
      id: 'x',
      model: 'm',
      created: 1,
      extensions: { dialect: 'openai-chat', fields: { prompt_filter_results: filter } },
    })
  })

  test('fields that come late are told late, and repeated ones once', () => {
    const frames = [
      chunk({ content: 'Hi' }, { provider: 'P' }),
      chunk({ content: '!' }, { provider: 'P' }),
      finish('stop', { provider: 'P', x_groq: { id: 'r' } }),
      done,
    ]
    const events = decode(frames).filter(({ type }) => type === 'extensions')
    expect(events).toEqual([
      { type: 'extensions', extensions: { dialect: 'openai-chat', fields: { x_groq: { id: 'r' } } } },
    ])
  })

  test('calls in pieces keep to their index, however the pieces are mixed', () => {
    const frames = [
      call({ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '' } }),
      call({ index: 1, id: 'b', type: 'function', function: { name: 'g', arguments: '{"y"' } }),
      call({ index: 0, function: { arguments: '{"x":1}' } }),
      call({ index: 1, id: null, function: { name: null, arguments: ':2}' } }),
      finish('tool_calls'),
      done,
    ]
    expect(contentOf(frames)).toEqual([
      { type: 'tool_call', id: 'a', name: 'f', arguments: '{"x":1}' },
      { type: 'tool_call', id: 'b', name: 'g', arguments: '{"y":2}' },
    ])
  })

  test.each([
    ['without index', {}],
    ['all numbered 0', { index: 0 }],
  ])('whole calls %s are calls of their own', (_how, more) => {
    const whole = (id: string) => ({ id, function: { name: id, arguments: `{"of":"${id}"}` }, ...more })
    const frames = [
      chunk({ tool_calls: [whole('a'), whole('b')] }, { finish_reason: 'tool_calls', usage: null }),
      done,
    ]
    expect(contentOf(frames)).toEqual([
      { type: 'tool_call', id: 'a', name: 'a', arguments: '{"of":"a"}' },
      { type: 'tool_call', id: 'b', name: 'b', arguments: '{"of":"b"}' },
    ])
  })

  test('pieces without index and id go on with the last call', () => {
    const frames = [
      call({ id: 'a', function: { name: 'f', arguments: '{"x"' } }),
      call({ function: { arguments: ':1}' } }),
      finish('tool_calls'),
      done,
    ]
    expect(contentOf(frames)).toEqual([{ type: 'tool_call', id: 'a', name: 'f', arguments: '{"x":1}' }])
  })

  test('calls without any id get one, and old function calls are calls', () => {
    const frames = [
      chunk({ function_call: { name: 'f', arguments: '{' } }),
      chunk({ function_call: { arguments: '}' } }),
      finish('function_call'),
      done,
    ]
    expect(contentOf(frames)).toEqual([{ type: 'tool_call', id: 'call_0', name: 'f', arguments: '{}' }])
  })

  test('a stop after calls is a finish by calls', () => {
    const frames = [
      call({ index: 0, id: 'a', function: { name: 'f', arguments: '{}' } }),
      finish('stop'),
      done,
    ]
    expect(accumulate(decode(frames)).choices[0]?.finish).toEqual({ unified: 'tool_calls', raw: 'stop' })
  })

  test('reasoning, text and refusal follow one another as blocks', () => {
    const frames = [
      chunk({ reasoning_content: 'Hm' }),
      chunk({ reasoning: ', so' }),
      chunk({ content: 'Well' }),
      chunk({ refusal: 'no' }),
      chunk({ refusal: 'pe' }),
      finish('stop'),
      done,
    ]
    const { content, finish: end } = accumulate(decode(frames)).choices[0] as ChatResponse['choices'][0]
    expect(content).toEqual([
      { type: 'thinking', text: 'Hm, so' },
      { type: 'text', text: 'Well' },
      { type: 'refusal', text: 'nope' },
    ])
    expect(end).toEqual({ unified: 'refusal', raw: 'stop' })
  })

  test('several choices in turn do not mix', () => {
    const frames = [
      chunk({ content: 'a' }, { index: 1 }),
      chunk({ content: 'b' }),
      chunk({ content: 'c' }, { index: 1 }),
      finish('stop', { index: 1 }),
      finish('length'),
      done,
    ]
    const { choices } = accumulate(decode(frames))
    expect(choices.map(({ index, content }) => [index, content])).toEqual([
      [0, [{ type: 'text', text: 'b' }]],
      [1, [{ type: 'text', text: 'ac' }]],
    ])
  })

  test('log probabilities are told with their choice', () => {
    const logprobs = { content: [{ token: 'Hi', logprob: -1, bytes: null, top_logprobs: [] }], refusal: null }
    const frames = [chunk({ content: 'Hi' }, { logprobs }), finish('stop'), done]
    expect(accumulate(decode(frames)).choices[0]?.logprobs).toEqual(logprobs)
  })

  test('usage in the last content chunk and in every chunk counts, the last one wins', () => {
    const usage = (completion_tokens: number) => ({ usage: { prompt_tokens: 5, completion_tokens } })
    const frames = [chunk({ content: 'Hi' }, usage(1)), finish('stop', usage(2)), done]
    expect(accumulate(decode(frames)).usage).toEqual({ ...noUsage, input: 5, output: 2 })
  })

  test.each([
    ['an error object', { data: '{"error":{"message":"no","type":"server_error"}}' }, 'no'],
    ['an event named error', { event: 'error', data: '{"message":"bad","status_code":400}' }, 'bad'],
    ['an error as text', { data: '{"error":"broken"}' }, 'broken'],
    ['a flat error', { data: '{"object":"error","message":"flat","code":500}' }, 'flat'],
  ])('%s is the last event', (_what, frame, message) => {
    const decoder = openaiChat.streamDecoder()
    decoder.push(chunk({ content: 'Hi' }))
    expect(decoder.push(frame)).toMatchObject([{ type: 'error', error: { message } }])
    expect(decoder.push(finish('stop'))).toEqual([])
    expect(decoder.close()).toEqual([])
    expect(decoder.finished).toBe(false)
  })

  test('frames of an unknown kind and an error that is null say nothing', () => {
    const decoder = openaiChat.streamDecoder()
    expect(decoder.push({ data: '{"type":"heartbeat"}' })).toEqual([])
    expect(decoder.push({ data: '' })).toEqual([])
    expect(decoder.push(chunk({ content: 'Hi' }, { error: null })).map(({ type }) => type)).toContain('start')
  })

  test('a frame that is no JSON, or no object, is a fault of the provider', () => {
    expect(() => openaiChat.streamDecoder().push({ data: '<html>' })).toThrow(SyntaxError)
    expect(() => openaiChat.streamDecoder().push({ data: '7' })).toThrow(
      expect.objectContaining({ code: 'upstream_error' }) as Error,
    )
    expect(() => openaiChat.streamDecoder().push(done)).toThrow(
      expect.objectContaining({ code: 'upstream_error' }) as Error,
    )
  })

  test('a connection closed after every finish reason is a whole answer, before it is not', () => {
    const decoder = openaiChat.streamDecoder()
    decoder.push(chunk({ content: 'Hi' }))
    expect(decoder.finished).toBe(false)
    expect(decoder.close()).toEqual([])
    decoder.push(finish('stop'))
    expect(decoder.finished).toBe(true)
    expect(decoder.close()).toEqual([{ type: 'end' }])
    expect(decoder.close()).toEqual([])
  })

  test('[DONE] ends a choice that never said why', () => {
    expect(accumulate(decode([chunk({ content: 'Hi' }), done])).choices[0]).toEqual({
      index: 0,
      content: [{ type: 'text', text: 'Hi' }],
      finish: { unified: 'stop', raw: 'stop' },
    })
  })

  test('a second finish reason and what comes after a finish change nothing', () => {
    const frames = [chunk({ content: 'Hi' }), finish('stop'), finish('length'), chunk({ content: '!' }), done]
    expect(accumulate(decode(frames)).choices[0]).toMatchObject({
      content: [{ type: 'text', text: 'Hi' }],
      finish: { raw: 'stop' },
    })
  })
})

const start: ChatEvent = { type: 'start', id: 'msg_1', model: 'm' }
const ended: ChatEvent[] = [
  { type: 'finish', choice: 0, finish: { unified: 'stop', raw: 'x' } },
  { type: 'end' },
]
const block = (index: number, value: Block, pieces: ChatEvent[] = []): ChatEvent[] => [
  { type: 'block_start', choice: 0, index, block: value },
  ...pieces,
  { type: 'block_stop', choice: 0, index },
]
const piece = (index: number, type: 'text' | 'thinking' | 'arguments', text: string): ChatEvent => ({
  type: 'block_delta',
  choice: 0,
  index,
  delta: { type, text },
})

describe('writing a stream', () => {
  test('the role comes once, the finish reason alone, [DONE] at the end', () => {
    const frames = encode(
      [start, ...block(0, { type: 'text', text: '' }, [piece(0, 'text', 'Hi')]), ...ended],
      false,
    )
    expect(frames.map((frame) => (frame.data === '[DONE]' ? frame.data : parse(frame)))).toEqual([
      {
        id: 'msg_1',
        object: 'chat.completion.chunk',
        created: 1_700_000_000,
        model: 'm',
        choices: [
          {
            index: 0,
            delta: { role: 'assistant', content: '', refusal: null },
            logprobs: null,
            finish_reason: null,
          },
        ],
      },
      expect.objectContaining({
        choices: [{ index: 0, delta: { content: 'Hi' }, logprobs: null, finish_reason: null }],
      }),
      expect.objectContaining({
        choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: 'stop' }],
      }),
      '[DONE]',
    ])
  })

  test('usage comes once, as a chunk without choices, only to those who asked', () => {
    const usage: ChatEvent[] = [1, 2].map((output) => ({ type: 'usage', usage: { ...noUsage, output } }))
    const events = [start, ...block(0, { type: 'text', text: 'Hi' }), ...usage, ...ended]
    const asked = encode(events, true).slice(0, -1).map(parse)
    expect(asked.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 2, total_tokens: 2 } })
    expect(asked.slice(0, -1).map((frame) => frame.usage)).toEqual(asked.slice(0, -1).map(() => null))
    const unasked = encode(events, false).slice(0, -1).map(parse)
    expect(unasked.filter((frame) => 'usage' in frame)).toEqual([])
  })

  test('calls are counted from 0 among themselves, with id and name once', () => {
    const frames = encode([
      start,
      ...block(0, { type: 'text', text: 'Hi' }),
      ...block(1, { type: 'tool_call', id: 'a', name: 'f', arguments: '' }, [piece(1, 'arguments', '{"x"')]),
      ...block(2, { type: 'tool_call', id: 'b', name: 'g', arguments: '' }, [piece(2, 'arguments', '{}')]),
      ...ended,
    ])
    expect(deltas(frames).slice(2)).toEqual([
      { tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '' } }] },
      { tool_calls: [{ index: 0, function: { arguments: '{"x"' } }] },
      { tool_calls: [{ index: 1, id: 'b', type: 'function', function: { name: 'g', arguments: '' } }] },
      { tool_calls: [{ index: 1, function: { arguments: '{}' } }] },
      {},
    ])
    expect(parse(frames.at(-2) as Frame)).toMatchObject({ choices: [{ finish_reason: 'tool_calls' }] })
  })

  test('thinking comes as text at once and as a whole block when it is signed', () => {
    const frames = encode([
      start,
      ...block(0, { type: 'thinking', text: '' }, [
        piece(0, 'thinking', 'Hm'),
        piece(0, 'thinking', '!'),
        {
          type: 'block_delta',
          choice: 0,
          index: 0,
          delta: { type: 'signature', signature: { dialect: 'anthropic-messages', value: 'sig' } },
        },
      ]),
      ...block(1, { type: 'redacted_thinking', data: { dialect: 'anthropic-messages', value: 'enc' } }),
      ...block(2, { type: 'thinking', text: '' }, [piece(2, 'thinking', 'unsigned')]),
      ...ended,
    ])
    expect(deltas(frames).slice(1)).toEqual([
      { reasoning_content: 'Hm' },
      { reasoning_content: '!' },
      { thinking_blocks: [{ index: 0, type: 'thinking', thinking: 'Hm!', signature: 'sig' }] },
      { thinking_blocks: [{ index: 1, type: 'redacted_thinking', data: 'enc' }] },
      { reasoning_content: 'unsigned' },
      {},
    ])
  })

  test('fields of its own dialect that came late ride on the next chunk', () => {
    const frames = encode([
      {
        ...start,
        extensions: { dialect: 'openai-chat', fields: { a: 1 } },
      },
      ...block(0, { type: 'text', text: 'Hi' }),
      { type: 'extensions', extensions: { dialect: 'openai-chat', fields: { b: 2, id: 'not this' } } },
      { type: 'extensions', extensions: { dialect: 'anthropic-messages', fields: { c: 3 } } },
      ...ended,
    ])
    const parsed = frames.slice(0, -1).map(parse)
    expect(parsed.map(({ a, b, c, id }) => [a, b, c, id])).toEqual([
      [1, undefined, undefined, 'msg_1'],
      [undefined, undefined, undefined, 'msg_1'],
      [undefined, 2, undefined, 'msg_1'],
    ])
  })

  test('an error is one frame, without [DONE]', () => {
    const frames = openaiChat.encodeStreamError(
      { code: 'upstream_error', message: 'gone', requestId: 'r' },
      3,
    )
    expect(frames.map(parse)).toEqual([
      { error: { message: 'gone', type: 'server_error', param: null, code: 'upstream_error' } },
    ])
    expect(openaiChat.terminator).toEqual([done])
  })

  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  const pieces = fc.array(text, { minLength: 1, maxLength: 4 })
  const signed = { dialect: 'anthropic-messages', value: 'sig' } as const
  /** Answers of other dialects: thinking first, then text, then calls, whose arguments are `{}` where they are none. */
  const answers = fc.record({
    thinking: fc.option(pieces, { nil: undefined }),
    isSigned: fc.boolean(),
    said: fc.option(pieces, { nil: undefined }),
    calls: fc.array(fc.record({ id: text, name: text, pieces }), { maxLength: 3 }),
  })

  test('every answer, written and read again, is the same; every chunk is valid; the whole form says the same', () => {
    fc.assert(
      fc.property(answers, ({ thinking, isSigned, said, calls }) => {
        const events: ChatEvent[] = [start]
        let index = 0
        if (thinking) {
          const sign: ChatEvent = {
            type: 'block_delta',
            choice: 0,
            index,
            delta: { type: 'signature', signature: signed },
          }
          const thought = thinking.map((each) => piece(index, 'thinking', each))
          events.push(
            ...block(index++, { type: 'thinking', text: '' }, isSigned ? [...thought, sign] : thought),
          )
        }
        if (said) {
          const spoken = said.map((each) => piece(index, 'text', each))
          events.push(...block(index++, { type: 'text', text: '' }, spoken))
        }
        const ids = new Set<string>()
        for (const { id, name, pieces: args } of calls) {
          if (ids.has(id)) continue
          ids.add(id)
          const at = index++
          const called: Block = { type: 'tool_call', id, name, arguments: '' }
          events.push(
            ...block(
              at,
              called,
              args.map((each) => piece(at, 'arguments', each)),
            ),
          )
        }
        const unified = ids.size > 0 ? 'tool_calls' : 'stop'
        events.push({ type: 'finish', choice: 0, finish: { unified, raw: unified } })
        events.push({ type: 'usage', usage: { ...noUsage, input: 3, output: 2 } }, { type: 'end' })

        const frames = encode(events)
        const whole = { created: 1_700_000_000, ...accumulate(events) }
        expect(accumulate(decode(frames))).toEqual(whole)
        expect(openaiChat.decodeResponse(openaiChat.encodeResponse(whole, 0))).toEqual(whole)
        for (const frame of frames.slice(0, -1))
          expect(problemsBySpec('CreateChatCompletionStreamResponse', parse(frame))).toEqual([])
      }),
      { numRuns: 200 },
    )
  })
})
