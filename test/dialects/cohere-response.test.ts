import { describe, expect, test } from 'vitest'
import type { Block, Finish } from '../../src/canonical/chat.ts'
import type { JsonObject } from '../../src/canonical/json.ts'
import { noUsage, type Usage } from '../../src/canonical/usage.ts'
import { cohere } from '../../src/dialects/cohere/index.ts'
import { GatewayError } from '../../src/errors.ts'

const answer = (message: JsonObject, more: JsonObject = {}) =>
  cohere.decodeResponse({ id: 'r1', message, finish_reason: 'COMPLETE', ...more })
const content = (message: JsonObject): Block[] => answer(message).choices[0]!.content
const said = [{ type: 'text', text: 'Hello' }]
const call = (id: string, written: unknown) => ({
  id,
  type: 'function',
  function: { name: 'f', arguments: written },
})
const cited = (...value: unknown[]) => ({ citations: { dialect: 'cohere', value } })

test('an answer says its id, and no word for the model', () => {
  expect(answer({ role: 'assistant', content: said })).toEqual({
    id: 'r1',
    model: '',
    choices: [{ index: 0, content: said, finish: { unified: 'stop', raw: 'COMPLETE' } }],
  })
})

describe('a message', () => {
  test.each<[string, JsonObject, Block[]]>([
    ['of nothing', {}, []],
    ['of empty text', { content: [{ type: 'text', text: '' }] }, []],
    ['of empty thinking', { content: [{ type: 'thinking', thinking: '' }] }, []],
    ['of plain text', { content: 'Hello' }, [{ type: 'text', text: 'Hello' }]],
    ['of empty plain text', { content: '' }, []],
    [
      'of thinking and text',
      { content: [{ type: 'thinking', thinking: 'hm' }, ...said] },
      [
        { type: 'thinking', text: 'hm' },
        { type: 'text', text: 'Hello' },
      ],
    ],
    [
      'of a part that nobody knows',
      { content: [{ type: 'image', x: 1 }, 'nonsense'] },
      [{ type: 'opaque', block: { dialect: 'cohere', value: { type: 'image', x: 1 } } }],
    ],
    [
      'of a plan and calls',
      { tool_plan: 'I will', tool_calls: [call('a', '{"x":1}'), call('b', '{"x":2}')] },
      [
        { type: 'text', text: 'I will' },
        { type: 'tool_call', id: 'a', name: 'f', arguments: '{"x":1}' },
        { type: 'tool_call', id: 'b', name: 'f', arguments: '{"x":2}' },
      ],
    ],
    [
      'of everything',
      {
        content: [...said, { type: 'thinking', thinking: 'hm' }],
        tool_plan: 'I will',
        tool_calls: [call('a', '{}')],
      },
      [
        { type: 'thinking', text: 'hm' },
        { type: 'text', text: 'I will' },
        { type: 'text', text: 'Hello' },
        { type: 'tool_call', id: 'a', name: 'f', arguments: '{}' },
      ],
    ],
    [
      'of a call without anything',
      { tool_calls: [{}] },
      [{ type: 'tool_call', id: 'call_0', name: '', arguments: '{}' }],
    ],
  ])('%s', (_name, message, expected) => expect(content(message)).toEqual(expected))

  test.each([
    ['null', '{}'],
    [' null ', '{}'],
    ['', '{}'],
    [' ', '{}'],
    [undefined, '{}'],
    [null, '{}'],
    [{ x: 1 }, '{"x":1}'],
    ['{"x": 1}', '{"x": 1}'],
    ['{"x":', '{"x":'],
    ['nullify', 'nullify'],
  ])('arguments %j are %s', (written, expected) => {
    expect(content({ tool_calls: [call('a', written)] })).toMatchObject([{ arguments: expected }])
  })
})

describe('citations', () => {
  const ofText = { start: 0, type: 'TEXT_CONTENT' }
  const ofPlan = { start: 1, type: 'PLAN' }
  const tool_calls = [call('a', '{}')]

  test.each<[string, JsonObject, object[]]>([
    [
      'belong to the text',
      { content: said, citations: [ofText, { start: 2 }] },
      [cited(ofText, { start: 2 })],
    ],
    [
      'belong to the first text',
      { content: [...said, ...said], citations: [ofText] },
      [cited(ofText), { type: 'text' }],
    ],
    [
      'belong to the plan',
      { tool_plan: 'I will', content: said, citations: [ofText, ofPlan] },
      [cited(ofPlan), cited(ofText)],
    ],
    [
      'belong to the plan alone',
      { tool_plan: 'I will', tool_calls, citations: [ofText] },
      [cited(ofText), {}],
    ],
    [
      'of a plan that is not there belong to the text',
      { content: said, citations: [ofPlan] },
      [cited(ofPlan)],
    ],
  ])('%s', (_name, message, expected) => expect(content(message)).toMatchObject(expected))

  test('are not there where there are none', () => {
    expect(content({ content: said, citations: [] })).toEqual(said)
    expect(content({ tool_calls, citations: [ofText] })).toHaveLength(1)
  })
})

describe('the end of an answer', () => {
  const none: JsonObject = { content: said }
  const called: JsonObject = { tool_calls: [call('a', '{}')] }
  test.each<[unknown, JsonObject, Finish['unified']]>([
    ['COMPLETE', none, 'stop'],
    ['STOP_SEQUENCE', none, 'stop_sequence'],
    ['MAX_TOKENS', none, 'length'],
    ['TOOL_CALL', called, 'tool_calls'],
    ['TOOL_CALL', none, 'stop'],
    ['COMPLETE', called, 'tool_calls'],
    ['MAX_TOKENS', called, 'length'],
    ['ERROR_TOXIC', none, 'content_filter'],
    ['ERROR_LIMIT', none, 'context_length'],
    ['USER_CANCEL', none, 'other'],
    ['NEWS', none, 'other'],
    ['NEWS', called, 'tool_calls'],
    ['constructor', none, 'other'],
    [undefined, none, 'other'],
  ])('%s after %j is %s', (finish_reason, message, unified) => {
    const raw = finish_reason ?? ''
    expect(answer(message, { finish_reason }).choices[0]!.finish).toEqual({ unified, raw })
  })
})

describe('usage', () => {
  const tokens = { input_tokens: 100, output_tokens: 20 }
  test.each<[string, unknown, Partial<Usage> | undefined]>([
    ['counts tokens', { tokens }, { input: 100, output: 20 }],
    [
      'takes cached ones from the input',
      { tokens, cached_tokens: 30, billed_units: { input_tokens: 1, output_tokens: 1 } },
      { input: 70, cached: 30, output: 20 },
    ],
    [
      'has no more cached ones than input',
      { tokens, cached_tokens: 130 },
      { input: 0, cached: 100, output: 20 },
    ],
    [
      'falls back on what is billed',
      { billed_units: { input_tokens: 3, output_tokens: 4 } },
      { input: 3, output: 4 },
    ],
    ['has zeros for what is missing', { tokens: {} }, {}],
    ['is missing', undefined, undefined],
    ['is empty', {}, undefined],
    ['is nonsense', { tokens: { input_tokens: -1 } }, undefined],
    ['is nonsense in the output', { tokens: { output_tokens: 1.5 } }, undefined],
    ['is nonsense in the cache', { tokens, cached_tokens: 'many' }, undefined],
  ])('%s', (_name, usage, expected) => {
    expect(answer({ content: said }, { usage }).usage).toEqual(expected && { ...noUsage, ...expected })
  })
})

describe('log probabilities', () => {
  const logprobs = (items: unknown) => answer({ content: said }, { logprobs: items }).choices[0]!.logprobs

  test('are one for each piece of text', () => {
    expect(
      logprobs([
        { text: 'Hé', token_ids: [1, 2], logprobs: [-0.5, -0.25] },
        { text: 'llo', token_ids: [3], logprobs: [-1] },
      ]),
    ).toEqual({
      content: [
        { token: 'Hé', logprob: -0.75, bytes: [72, 195, 169], top_logprobs: [] },
        { token: 'llo', logprob: -1, bytes: [108, 108, 111], top_logprobs: [] },
      ],
    })
  })

  test.each([
    [undefined],
    [[]],
    [[{ text: 'a', token_ids: [1] }]],
    [[{ text: 'a', logprobs: ['x'] }]],
    [['x']],
  ])('of %j are none', (items) => expect(logprobs(items)).toBeUndefined())
})

test.each([
  ['no object', 'text'],
  ['a list', []],
  ['an error', { message: 'model not found' }],
  ['no message', { id: 'r1' }],
  ['a generation that failed', { id: 'r1', message: { content: said }, finish_reason: 'ERROR' }],
  ['a generation that took too long', { id: 'r1', message: { content: said }, finish_reason: 'TIMEOUT' }],
])('%s is no answer', (_name, body) => {
  expect(() => cohere.decodeResponse(body)).toThrow(GatewayError)
  expect(() => cohere.decodeResponse(body)).toThrow(expect.objectContaining({ code: 'upstream_error' }))
})
