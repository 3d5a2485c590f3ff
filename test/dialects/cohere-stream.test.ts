import { describe, expect, test } from 'vitest'
import type { ChatEvent } from '../../src/canonical/chat-events.ts'
import type { ChatResponse } from '../../src/canonical/chat.ts'
import { noUsage } from '../../src/canonical/usage.ts'
import { cohere } from '../../src/dialects/cohere/index.ts'
import type { Frame } from '../../src/framing/frame.ts'
import { accumulate } from '../support/accumulate.ts'

type Wire = Record<string, unknown>
const event = (type: string, message: Wire = {}, more: Wire = {}): Frame => ({
  event: type,
  data: JSON.stringify({ type, ...more, delta: { message } }),
})
const start = event('message-start', { role: 'assistant' }, { id: 'r1' })
const end = (delta: Wire = { finish_reason: 'COMPLETE' }): Frame => ({
  event: 'message-end',
  data: JSON.stringify({ type: 'message-end', delta }),
})
const open = (content: Wire, index = 0) => event('content-start', { content }, { index })
const add = (content: Wire, more: Wire = {}) => event('content-delta', { content }, { index: 0, ...more })
const close = event('content-end', {}, { index: 0 })
const plan = (words: string) => event('tool-plan-delta', { tool_plan: words })
const callStart = (index: number, written: unknown = '', id = `c${index}`) =>
  event(
    'tool-call-start',
    { tool_calls: { id, type: 'function', function: { name: 'f', arguments: written } } },
    { index },
  )
const callAdd = (index: number, written: string) =>
  event('tool-call-delta', { tool_calls: { function: { arguments: written } } }, { index })
const callEnd = (index: number) => event('tool-call-end', {}, { index })
const cite = (citations: unknown) => event('citation-start', { citations }, { index: 0 })

function decode(...frames: Frame[]): ChatEvent[] {
  const decoder = cohere.streamDecoder()
  return [...frames.flatMap((frame) => [...decoder.push(frame)]), ...decoder.close()]
}
const answer = (...frames: Frame[]): ChatResponse => accumulate(decode(start, ...frames))
const content = (...frames: Frame[]) => answer(...frames, end()).choices[0]!.content
const said = (words: string) => ({ type: 'text', text: words })
const called = (id: string, written: string) => ({ type: 'tool_call', id, name: 'f', arguments: written })

test('a stream tells its events as they come', () => {
  expect(
    decode(start, open({ type: 'text', text: '' }), add({ text: 'Hel' }), add({ text: 'lo' }), close, end()),
  ).toEqual([
    { type: 'start', id: 'r1', model: '' },
    { type: 'block_start', choice: 0, index: 0, block: { type: 'text', text: '' } },
    { type: 'block_delta', choice: 0, index: 0, delta: { type: 'text', text: 'Hel' } },
    { type: 'block_delta', choice: 0, index: 0, delta: { type: 'text', text: 'lo' } },
    { type: 'block_stop', choice: 0, index: 0 },
    { type: 'finish', choice: 0, finish: { unified: 'stop', raw: 'COMPLETE' } },
    { type: 'end' },
  ])
})

describe('content', () => {
  test.each<[string, Frame[], object[]]>([
    ['of nothing', [], []],
    ['of a part that stays empty', [open({ type: 'text', text: '' }), close], []],
    ['with text at its start', [open({ type: 'text', text: 'Hel' }), add({ text: 'lo' })], [said('Hello')]],
    ['that nobody announced', [add({ text: 'Hello' })], [said('Hello')]],
    ['announced without a type', [open({ text: 'Hello' })], [said('Hello')]],
    [
      'of two texts',
      [
        open({ type: 'text' }),
        add({ text: 'a' }),
        close,
        open({ type: 'text' }, 1),
        add({ text: 'b' }),
        close,
      ],
      [said('a'), said('b')],
    ],
    [
      'of thinking, then text',
      [
        open({ type: 'thinking', thinking: 'h' }),
        add({ thinking: 'm' }),
        close,
        open({ type: 'text' }),
        add({ text: 'a' }),
      ],
      [{ type: 'thinking', text: 'hm' }, said('a')],
    ],
    [
      'of a kind that nobody knows',
      [add({ text: 'a' }), open({ type: 'image', x: 1 }), add({ text: 'b' })],
      [
        said('a'),
        { type: 'opaque', block: { dialect: 'cohere', value: { type: 'image', x: 1 } } },
        said('b'),
      ],
    ],
    [
      'among unknown events',
      [event('debug', { prompt: 'p' }), event('news'), add({ text: 'a' })],
      [said('a')],
    ],
    ['with empty frames', [{ data: '' }, add({ text: 'a' })], [said('a')]],
    ['without the name of its event', [{ data: add({ text: 'a' }).data }], [said('a')]],
    [
      'without its type',
      [{ event: 'content-delta', data: '{"delta":{"message":{"content":{"text":"a"}}}}' }],
      [said('a')],
    ],
    ['with deltas of nothing', [{ data: '{"type":"content-delta"}' }, add({ text: 'a' })], [said('a')]],
  ])('%s', (_name, frames, expected) => expect(content(...frames)).toEqual(expected))
})

describe('tool calls', () => {
  test.each<[string, Frame[], object[]]>([
    [
      'after a plan',
      [plan('I '), plan(''), plan('will'), callStart(0), callAdd(0, '{"x"'), callAdd(0, ':1}'), callEnd(0)],
      [said('I will'), called('c0', '{"x":1}')],
    ],
    [
      'in parallel',
      [callStart(0), callStart(1), callAdd(1, '{"y":1}'), callAdd(0, '{"x":1}'), callEnd(1), callEnd(0)],
      [called('c0', '{"x":1}'), called('c1', '{"y":1}')],
    ],
    [
      'one after the other under one index',
      [callStart(0, '{"x":1}', 'a'), callStart(0, '{"x":2}', 'b')],
      [called('a', '{"x":1}'), called('b', '{"x":2}')],
    ],
    ['with arguments at once', [callStart(0, '{"x":1}'), callEnd(0)], [called('c0', '{"x":1}')]],
    ['with arguments as an object', [callStart(0, { x: 1 }), callEnd(0)], [called('c0', '{"x":1}')]],
    ['without arguments', [callStart(0), callEnd(0)], [called('c0', '{}')]],
    ['without arguments or end', [callStart(0)], [called('c0', '{}')]],
    ['with null at once', [callStart(0, 'null'), callEnd(0)], [called('c0', '{}')]],
    [
      'with null in pieces',
      [callStart(0), callAdd(0, ' nu'), callAdd(0, 'll'), callAdd(0, '\n'), callEnd(0)],
      [called('c0', '{}')],
    ],
    [
      'with what only begins as null',
      [callStart(0, 'nu'), callAdd(0, 'ts'), callAdd(0, '!')],
      [called('c0', 'nuts!')],
    ],
    ['cut off in null', [callStart(0, 'nu'), callEnd(0)], [called('c0', 'nu')]],
    ['without an id', [plan('p'), callStart(0, '{}', '')], [said('p'), called('call_1', '{}')]],
    [
      'in a list of one',
      [event('tool-call-start', { tool_calls: [{ id: 'a', function: { name: 'f', arguments: '{}' } }] })],
      [called('a', '{}')],
    ],
    [
      'ended twice, and pieces of none',
      [callStart(0, '{}'), callEnd(0), callEnd(0), callAdd(0, 'x'), callAdd(7, 'x')],
      [called('c0', '{}')],
    ],
    ['after text', [add({ text: 'a' }), callStart(0, '{}')], [said('a'), called('c0', '{}')]],
  ])('%s', (_name, frames, expected) => expect(content(...frames)).toEqual(expected))

  test('the plan and the text are blocks of their own', () => {
    expect(content(plan('I will'), add({ text: 'a' }))).toEqual([said('I will'), said('a')])
  })

  test('arguments are told as they come', () => {
    const decoder = cohere.streamDecoder()
    decoder.push(start)
    decoder.push(callStart(0))
    expect(decoder.push(callAdd(0, '{'))).toEqual([
      { type: 'block_delta', choice: 0, index: 0, delta: { type: 'arguments', text: '{' } },
    ])
    expect(decoder.push(callEnd(0))).toEqual([{ type: 'block_stop', choice: 0, index: 0 }])
  })

  test('calls end with tool_calls', () => {
    expect(answer(callStart(0), end()).choices[0]!.finish).toEqual({ unified: 'tool_calls', raw: 'COMPLETE' })
    expect(answer(end({ finish_reason: 'TOOL_CALL' })).choices[0]!.finish.unified).toBe('stop')
  })
})

describe('citations', () => {
  const cited = (words: string, ...value: unknown[]) => ({
    ...said(words),
    citations: { dialect: 'cohere', value },
  })
  test.each<[string, Frame[], object[]]>([
    [
      'within the text',
      [add({ text: 'a' }), cite({ start: 0 }), event('citation-end'), add({ text: 'b' }), cite({ start: 1 })],
      [cited('ab', { start: 0 }, { start: 1 })],
    ],
    [
      'after the end of the text',
      [add({ text: 'a' }), close, cite({ start: 0 })],
      [cited('a', { start: 0 })],
    ],
    [
      'in a list',
      [add({ text: 'a' }), cite([{ start: 0 }, { start: 1 }])],
      [cited('a', { start: 0 }, { start: 1 })],
    ],
    [
      'of the plan',
      [plan('p'), cite({ type: 'PLAN' }), add({ text: 'a' })],
      [cited('p', { type: 'PLAN' }), said('a')],
    ],
    [
      'before the text',
      [cite({ start: 0 }), add({ text: 'a' }), add({ text: 'b' })],
      [cited('ab', { start: 0 })],
    ],
    [
      'of thinking wait for the text',
      [add({ thinking: 'hm' }), cite({ start: 0 }), add({ text: 'a' })],
      [{ type: 'thinking', text: 'hm' }, cited('a', { start: 0 })],
    ],
    ['of nothing', [cite({ start: 0 }), cite(undefined)], []],
  ])('%s', (_name, frames, expected) => expect(content(...frames)).toEqual(expected))
})

describe('the end', () => {
  test('tells the usage', () => {
    const usage = { tokens: { input_tokens: 10, output_tokens: 4 }, cached_tokens: 3 }
    expect(answer(end({ finish_reason: 'MAX_TOKENS', usage }))).toMatchObject({
      choices: [{ finish: { unified: 'length', raw: 'MAX_TOKENS' } }],
      usage: { ...noUsage, input: 7, cached: 3, output: 4 },
    })
  })

  test('makes the answer whole; nothing after it counts', () => {
    const decoder = cohere.streamDecoder()
    expect(decoder.finished).toBe(false)
    decoder.push(start)
    decoder.push(add({ text: 'a' }))
    expect(decoder.finished).toBe(false)
    expect(decoder.push(end()).at(-1)).toEqual({ type: 'end' })
    expect(decoder.finished).toBe(true)
    expect(decoder.push({ data: '[DONE]' })).toEqual([])
    expect(decoder.push(add({ text: 'b' }))).toEqual([])
    expect(decoder.close()).toEqual([])
  })

  test('without a reason is an end all the same', () => {
    expect(answer({ data: '{"type":"message-end"}' }).choices[0]!.finish).toEqual({
      unified: 'other',
      raw: '',
    })
  })

  test('of the line, or a marker without an end before it, is no end', () => {
    const decoder = cohere.streamDecoder()
    decoder.push(start)
    decoder.push(add({ text: 'a' }))
    expect(decoder.push({ data: '[DONE]' })).toEqual([])
    expect(decoder.close()).toEqual([])
    expect(decoder.finished).toBe(false)
  })

  test('log probabilities come with their text', () => {
    const item = { text: 'a', token_ids: [1], logprobs: [-0.5] }
    const entry = { token: 'a', logprob: -0.5, bytes: [97], top_logprobs: [] }
    const { logprobs } = answer(
      add({ text: 'a' }, { logprobs: item }),
      add({ text: 'a' }, { logprobs: item }),
      end(),
    ).choices[0]!
    expect(logprobs).toEqual({ content: [entry, entry] })
  })
})

describe('a stream that fails', () => {
  test.each<[string, Frame, string]>([
    ['with a reason', end({ finish_reason: 'ERROR', error: 'out of memory' }), 'out of memory'],
    ['with an error alone', end({ error: 'out of memory' }), 'out of memory'],
    ['in time', end({ finish_reason: 'TIMEOUT' }), 'The provider answered 200 without a message.'],
    ['as an event', { event: 'error', data: '{"message":"gone"}' }, 'gone'],
    ['as an error of its own type', { data: '{"type":"error","message":"gone"}' }, 'gone'],
    ['as a bare message', { data: '{"message":"gone","id":"x"}' }, 'gone'],
  ])('%s says so', (_name, frame, message) => {
    const decoder = cohere.streamDecoder()
    decoder.push(start)
    expect(decoder.push(frame)).toMatchObject([{ type: 'error', error: { message, kind: 'server' } }])
    expect(decoder.finished).toBe(false)
    expect(decoder.push(add({ text: 'a' }))).toEqual([])
  })

  test('before it began says so', () => {
    expect(decode({ event: 'error', data: '{"message":"too many tokens: 1"}' })).toEqual([
      { type: 'error', error: { message: 'too many tokens: 1', kind: 'context_length' } },
    ])
  })
})

test.each<[string, Frame[], RegExp | string]>([
  ['no JSON', [start, { data: '{"type":' }], /JSON/],
  ['no object', [start, { data: '[]' }], ''],
  ['an event before the start', [add({ text: 'a' })], ''],
  ['an end before the start', [end()], ''],
  ['a second start', [start, start], ''],
])('%s is not of this dialect', (_name, frames) => {
  expect(() => decode(...frames)).toThrow()
})
