import { accumulateResponse } from 'openai/lib/responses/ResponseAccumulator'
import type { Response as SdkResponse, ResponseStreamEvent } from 'openai/resources/responses/responses'
import { describe, expect, test } from 'vitest'
import type { Block, ChatResponse } from '../../src/canonical/chat.ts'
import type { ChatEvent } from '../../src/canonical/chat-events.ts'
import type { JsonObject } from '../../src/canonical/json.ts'
import { openaiResponses } from '../../src/dialects/openai-responses/index.ts'
import type { Frame } from '../../src/framing/frame.ts'
import { accumulate } from '../support/accumulate.ts'
import {
  dataOf,
  decode,
  encode,
  event,
  eventProblemsBySpec,
  lastResponse,
} from './openai-responses-recordings.ts'

const dialect = 'openai-responses'
const head = { id: 'resp_1', object: 'response', created_at: 5, model: 'gpt', output: [] }
const created = event('response.created', { response: { ...head, status: 'in_progress' } })
const usage = { input_tokens: 3, output_tokens: 2 }
const completed = (fields: JsonObject = {}) =>
  event('response.completed', { response: { ...head, status: 'completed', usage, ...fields } })
const added = (output_index: number, item: unknown) =>
  event('response.output_item.added', { output_index, item })
const done = (output_index: number, item: unknown) =>
  event('response.output_item.done', { output_index, item })
const said = (delta: unknown, output_index = 0, content_index = 0) =>
  event('response.output_text.delta', { output_index, content_index, delta })
const message = (...content: unknown[]) => ({ type: 'message', id: 'msg_1', role: 'assistant', content })
const part = (text: string, more: JsonObject = {}) => ({
  type: 'output_text',
  text,
  annotations: [],
  ...more,
})
const call = (text: string) => ({ type: 'function_call', call_id: 'call_1', name: 'f', arguments: text })

const contentOf = (...frames: Frame[]): Block[] =>
  accumulate(decode([created, ...frames, completed()])).choices[0]!.content

describe('reading', () => {
  test('an answer, from its beginning to its end', () => {
    const frames = [
      created,
      event('response.in_progress', { response: head }),
      added(0, message()),
      event('response.content_part.added', { output_index: 0, content_index: 0, part: part('') }),
      said('Hel'),
      said('lo'),
      event('response.output_text.done', { output_index: 0, content_index: 0, text: 'Hello' }),
      event('response.content_part.done', { output_index: 0, content_index: 0, part: part('Hello') }),
      done(0, message(part('Hello'))),
      completed({ output: [message(part('Hello'))] }),
    ]
    expect(decode(frames)).toEqual([
      { type: 'start', id: 'resp_1', model: 'gpt', created: 5 },
      { type: 'block_start', choice: 0, index: 0, block: { type: 'text', text: '' } },
      { type: 'block_delta', choice: 0, index: 0, delta: { type: 'text', text: 'Hel' } },
      { type: 'block_delta', choice: 0, index: 0, delta: { type: 'text', text: 'lo' } },
      { type: 'block_stop', choice: 0, index: 0 },
      { type: 'finish', choice: 0, finish: { unified: 'stop', raw: 'completed' } },
      {
        type: 'usage',
        usage: {
          ...{ input: 3, cached: 0, cacheWrite5m: 0, cacheWrite1h: 0 },
          ...{ output: 2, reasoning: 0, inputAudio: 0, outputAudio: 0 },
        },
      },
      { type: 'end' },
    ])
  })

  test('an answer that only its last event tells', () => {
    const output = [message(part('Hi')), call('{}'), { type: 'web_search_call', id: 'ws_1' }]
    const answer = accumulate(decode([completed({ output })]))
    expect(answer.choices[0]).toMatchObject({
      content: [{ type: 'text', text: 'Hi' }, { type: 'tool_call', arguments: '{}' }, { type: 'opaque' }],
      finish: { unified: 'tool_calls' },
    })
    expect(answer.id).toBe('resp_1')
  })

  test('an answer that was cut off', () => {
    const incomplete = { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }
    const last = event('response.incomplete', { response: { ...head, ...incomplete } })
    const answer = accumulate(decode([created, added(0, message()), said('He'), last]))
    expect(answer.choices[0]).toEqual({
      index: 0,
      content: [{ type: 'text', text: 'He' }],
      finish: { unified: 'length', raw: 'max_output_tokens' },
    })
    expect(answer.usage).toBeUndefined()
  })

  test.each<[string, Frame[], Block[]]>([
    ['text without announced parts', [added(0, message()), said('Hi')], [{ type: 'text', text: 'Hi' }]],
    [
      'text that comes with the end of its part',
      [
        added(0, message()),
        event('response.content_part.done', { output_index: 0, content_index: 0, part: part('Hi') }),
      ],
      [{ type: 'text', text: 'Hi' }],
    ],
    [
      'text that comes with the end of its item',
      [done(0, message(part('Hi')))],
      [{ type: 'text', text: 'Hi' }],
    ],
    [
      'text of which the whole says more, because it was cut',
      [added(0, message()), said('Hi'), done(0, message(part('Hi there')))],
      [{ type: 'text', text: 'Hi' }],
    ],
    ['a text that stays empty', [added(0, message()), said(''), done(0, message(part('')))], []],
    ['a piece that is no text', [added(0, message()), said(7), said('Hi')], [{ type: 'text', text: 'Hi' }]],
    [
      'two parts of a message',
      [added(0, message()), said('a'), said('b', 0, 1), done(0, message(part('a'), part('b')))],
      [
        { type: 'text', text: 'a' },
        { type: 'text', text: 'b' },
      ],
    ],
    [
      'a refusal',
      [
        added(0, message()),
        event('response.refusal.delta', { output_index: 0, content_index: 0, delta: 'No' }),
        event('response.refusal.done', { output_index: 0, content_index: 0, refusal: 'No' }),
        done(0, message({ type: 'refusal', refusal: 'No' })),
      ],
      [{ type: 'refusal', text: 'No' }],
    ],
    [
      'a refusal that comes whole',
      [done(0, message({ type: 'refusal', refusal: 'No' }))],
      [{ type: 'refusal', text: 'No' }],
    ],
    [
      'citations one by one',
      [
        added(0, message()),
        said('a'),
        event('response.output_text.annotation.added', {
          output_index: 0,
          content_index: 0,
          annotation: { n: 1 },
        }),
        event('response.output_text.annotation.added', {
          output_index: 0,
          content_index: 0,
          annotation: { n: 2 },
        }),
        done(0, message(part('a', { annotations: [{ n: 1 }, { n: 2 }] }))),
      ],
      [{ type: 'text', text: 'a', citations: { dialect, value: [{ n: 1 }, { n: 2 }] } }],
    ],
    [
      'citations that come with the whole part',
      [added(0, message()), said('a'), done(0, message(part('a', { annotations: [{ n: 1 }] })))],
      [{ type: 'text', text: 'a', citations: { dialect, value: [{ n: 1 }] } }],
    ],
    [
      'a call whose arguments come whole',
      [added(0, call('')), done(0, call('{"a":1}'))],
      [{ type: 'tool_call', id: 'call_1', name: 'f', arguments: '{"a":1}' }],
    ],
    [
      'a call of a tool that takes free text',
      [
        added(0, { type: 'custom_tool_call', call_id: 'call_1', name: 'f', input: '' }),
        event('response.custom_tool_call_input.delta', { output_index: 0, delta: 'SEL' }),
        event('response.custom_tool_call_input.delta', { output_index: 0, delta: 'ECT' }),
        event('response.custom_tool_call_input.done', { output_index: 0, input: 'SELECT' }),
        done(0, { type: 'custom_tool_call', call_id: 'call_1', name: 'f', input: 'SELECT' }),
      ],
      [{ type: 'tool_call', id: 'call_1', name: 'f', arguments: 'SELECT', kind: 'custom' }],
    ],
    [
      'items and events of kinds that nobody knows',
      [
        event('response.hologram.delta', { output_index: 9 }),
        added(0, { type: 'hologram', id: 'h_1' }),
        event('response.hologram.delta', { output_index: 0, delta: 'x' }),
        done(0, { type: 'hologram', id: 'h_1', result: 7 }),
        event('keepalive', { sequence_number: 3 }),
      ],
      [{ type: 'opaque', block: { dialect, value: { type: 'hologram', id: 'h_1', result: 7 } } }],
    ],
    [
      'an item of such a kind that nobody closed',
      [added(0, { type: 'hologram', id: 'h_1' })],
      [{ type: 'opaque', block: { dialect, value: { type: 'hologram', id: 'h_1' } } }],
    ],
    ['an item that is none', [added(0, null), done(1, 'x')], []],
    [
      'a part of a kind that nobody knows',
      [
        added(0, message()),
        event('response.content_part.done', { output_index: 0, part: { type: 'hologram', text: 'x' } }),
      ],
      [],
    ],
  ])('%s', (_what, frames, expected) => {
    expect(contentOf(...frames)).toEqual(expected)
  })

  test('two calls at once, in pieces of both', () => {
    const piece = (output_index: number, delta: string) =>
      event('response.function_call_arguments.delta', { output_index, delta })
    const other = { ...call(''), call_id: 'call_2' }
    const frames = [
      added(0, call('')),
      added(1, other),
      piece(0, '{"a":'),
      piece(1, '{"b":'),
      piece(0, '1}'),
      done(0, call('{"a":1}')),
      piece(1, '2}'),
      event('response.function_call_arguments.done', { output_index: 1, arguments: '{"b":2}' }),
      piece(1, ''),
      done(1, { ...other, arguments: '{"b":2}' }),
    ]
    expect(contentOf(...frames)).toMatchObject([
      { id: 'call_1', arguments: '{"a":1}' },
      { id: 'call_2', arguments: '{"b":2}' },
    ])
    const deltas = decode([created, ...frames]).filter(({ type }) => type === 'block_delta')
    expect(deltas.map((each) => each.type === 'block_delta' && [each.index, each.delta])).toEqual(
      [
        [0, '{"a":'],
        [1, '{"b":'],
        [0, '1}'],
        [1, '2}'],
      ].map(([index, text]) => [index, { type: 'arguments', text }]),
    )
  })

  test('log probabilities come once, with the whole part', () => {
    const token = { token: 'a', logprob: -1, bytes: [97], top_logprobs: [] }
    const answer = accumulate(
      decode([
        created,
        added(0, message()),
        event('response.output_text.delta', {
          output_index: 0,
          content_index: 0,
          delta: 'a',
          logprobs: [{ token: 'a', logprob: -1 }],
        }),
        event('response.content_part.done', {
          output_index: 0,
          content_index: 0,
          part: part('a', { logprobs: [token] }),
        }),
        done(0, message(part('a', { logprobs: [token] }))),
        completed(),
      ]),
    )
    expect(answer.choices[0]!.logprobs).toEqual({ content: [token], refusal: null })
  })

  describe('reasoning', () => {
    const reasoning = (fields: JsonObject) => ({ type: 'reasoning', id: 'rs_1', summary: [], ...fields })
    const summary = (delta: string, summary_index: number) =>
      event('response.reasoning_summary_text.delta', { output_index: 0, summary_index, delta })
    const parts = [
      { type: 'summary_text', text: 'One.' },
      { type: 'summary_text', text: 'Two.' },
    ]

    test('a summary of several parts, signed by the whole item', () => {
      const item = reasoning({ summary: parts, encrypted_content: 'gAAA' })
      const block = {
        type: 'thinking',
        text: 'One.\n\nTwo.',
        signature: { dialect, value: JSON.stringify(item) },
      }
      expect(
        contentOf(
          added(0, reasoning({ encrypted_content: 'gAA' })),
          event('response.reasoning_summary_part.added', { output_index: 0, summary_index: 0 }),
          summary('On', 0),
          summary('e.', 0),
          summary('', 1),
          summary('Two.', 1),
          done(0, item),
        ),
      ).toEqual([block])
      expect(contentOf(done(0, item))).toEqual([block])
    })

    test('what cannot be shown, and what says nothing', () => {
      const item = reasoning({ encrypted_content: 'gAAA' })
      expect(contentOf(added(0, item), summary('', 0), done(0, item))).toEqual([
        { type: 'redacted_thinking', data: { dialect, value: JSON.stringify(item) } },
      ])
      expect(contentOf(added(0, reasoning({})), done(0, reasoning({})))).toEqual([])
      expect(contentOf(added(0, reasoning({})))).toEqual([])
    })

    test('in clear, as servers of open models give it', () => {
      const raw = (delta: string) =>
        event('response.reasoning_text.delta', { output_index: 0, content_index: 0, delta })
      const content = [{ type: 'reasoning_text', text: 'Raw.' }]
      expect(
        contentOf(
          added(0, reasoning({})),
          raw('Ra'),
          raw('w.'),
          summary('One.', 0),
          done(0, reasoning({ content })),
        ),
      ).toEqual([{ type: 'thinking', text: 'Raw.\n\nOne.' }])
    })
  })

  test.each<[string, Frame[], JsonObject]>([
    [
      'flat, as it is described',
      [event('error', { sequence_number: 3, code: 'server_error', message: 'Oops', param: null })],
      { kind: 'server', code: 'server_error', message: 'Oops' },
    ],
    [
      'nested, as it is sent',
      [
        event('error', {
          error: { type: 'tokens', code: 'rate_limit_exceeded', message: 'Slow', param: 'x' },
        }),
      ],
      { kind: 'rate_limit', type: 'tokens', code: 'rate_limit_exceeded', message: 'Slow', param: 'x' },
    ],
    [
      'in the response that failed',
      [
        event('response.failed', {
          response: { ...head, error: { code: 'rate_limit_exceeded', message: 'Slow' } },
        }),
      ],
      { kind: 'rate_limit', code: 'rate_limit_exceeded', message: 'Slow' },
    ],
    [
      'in the response, by the picture',
      [
        event('response.failed', {
          response: { ...head, error: { code: 'image_too_large', message: 'Big' } },
        }),
      ],
      { kind: 'request', code: 'image_too_large', message: 'Big' },
    ],
    [
      'in the response, by the rules',
      [event('response.failed', { response: { ...head, error: { code: 'bio_policy', message: 'No' } } })],
      { kind: 'content_policy', code: 'bio_policy', message: 'No' },
    ],
    [
      'in a response that does not say why',
      [event('response.failed', { response: { ...head, error: null } })],
      { kind: 'server', message: 'The provider answered 200 without a message.' },
    ],
    [
      "a proxy's own",
      [{ data: JSON.stringify({ error: { message: 'Gone', code: 500 } }) }],
      { kind: 'server', code: '500', message: 'Gone' },
    ],
  ])('an error %s ends the stream', (_what, frames, error) => {
    const decoder = openaiResponses.streamDecoder()
    decoder.push(created)
    expect(frames.flatMap((frame) => [...decoder.push(frame)])).toEqual([{ type: 'error', error }])
    expect([...decoder.push(said('x')), ...decoder.push(completed()), ...decoder.close()]).toEqual([])
    expect(decoder.finished).toBe(false)
  })

  test.each<[string, string[]]>([
    [
      'request',
      [
        ...['invalid_prompt', 'invalid_image', 'invalid_image_format', 'invalid_base64_image'],
        ...['invalid_image_url', 'invalid_image_mode', 'image_too_large', 'image_too_small'],
        ...['image_parse_error', 'image_file_too_large', 'unsupported_image_media_type'],
        ...['empty_image_file', 'failed_to_download_image', 'image_file_not_found'],
      ],
    ],
    ['content_policy', ['image_content_policy_violation', 'bio_policy', 'misalignment_policy_violation']],
    ['server', ['server_error', 'vector_store_timeout', 'data_residency_mismatch']],
  ])('a response fails by %s with the codes of its description', (kind, codes) => {
    for (const code of codes) {
      const failed = event('response.failed', { response: { ...head, error: { code, message: 'No' } } })
      expect(decode([failed])).toEqual([{ type: 'error', error: { kind, code, message: 'No' } }])
    }
  })

  test('nothing comes after the end, and [DONE] says nothing', () => {
    const decoder = openaiResponses.streamDecoder()
    const pushed = [{ data: '[DONE]' }, { data: '' }, created, completed(), said('x'), { data: '[DONE]' }]
    const events = pushed.flatMap((frame) => [...decoder.push(frame)])
    expect(events.map(({ type }) => type)).toEqual(['start', 'finish', 'usage', 'end'])
    expect(decoder.finished).toBe(true)
  })

  test.each<[string, Frame[]]>([
    ['text that is no JSON', [{ data: 'Bad Gateway' }]],
    ['no object', [{ data: '[1]' }]],
    ['an object without a type', [{ data: '{"choices":[]}' }]],
    ['an item before the beginning', [added(0, message())]],
    ['an end without the response', [created, event('response.completed')]],
  ])('%s is not of this dialect', (_what, frames) => {
    expect(() => decode(frames)).toThrow()
  })
})

describe('writing', () => {
  const start: ChatEvent = { type: 'start', id: 'x', model: 'm' }
  const blockStart = (index: number, block: Block, choice = 0): ChatEvent => ({
    type: 'block_start',
    choice,
    index,
    block,
  })
  const args = (index: number, text: string): ChatEvent => ({
    type: 'block_delta',
    choice: 0,
    index,
    delta: { type: 'arguments', text },
  })
  const stop = (index: number): ChatEvent => ({ type: 'block_stop', choice: 0, index })
  const finish: ChatEvent = { type: 'finish', choice: 0, finish: { unified: 'stop', raw: 'stop' } }
  const end: ChatEvent = { type: 'end' }
  const toolCall = (id: string): Block => ({ type: 'tool_call', id, name: 'f', arguments: '' })

  /** What the official SDK makes of the frames. */
  function snapshotOf(frames: readonly Frame[]): SdkResponse {
    let snapshot: SdkResponse | undefined
    for (const each of dataOf(frames))
      snapshot = accumulateResponse(each as unknown as ResponseStreamEvent, snapshot)
    return snapshot!
  }

  const eventTypes = (events: ChatEvent[]) =>
    dataOf(encode(events)).map(({ type, output_index: at }) =>
      [type, at].filter((it) => it !== undefined).join(' '),
    )

  test('text and a call, event by event', () => {
    const events = [
      start,
      blockStart(0, { type: 'text', text: 'Hi' }),
      stop(0),
      blockStart(1, toolCall('c')),
      args(1, '{}'),
      stop(1),
      finish,
      end,
    ]
    expect(eventTypes(events)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added 0',
      'response.content_part.added 0',
      'response.output_text.delta 0',
      'response.output_text.done 0',
      'response.content_part.done 0',
      'response.output_item.done 0',
      'response.output_item.added 1',
      'response.function_call_arguments.delta 1',
      'response.function_call_arguments.done 1',
      'response.output_item.done 1',
      'response.completed',
    ])
  })

  test('every event has its name, its number and the time that is known', () => {
    const frames = encode([start, finish, end], 77)
    expect(frames.map((frame) => frame.event)).toEqual(dataOf(frames).map(({ type }) => type))
    expect(dataOf(frames).map(({ sequence_number: number }) => number)).toEqual([0, 1, 2])
    expect(lastResponse(frames)).toMatchObject({ id: 'resp_x', model: 'm', created_at: 77, output: [] })
    expect((dataOf(frames)[0]!.response as JsonObject).status).toBe('in_progress')
  })

  test('calls that are open at once, and a text among them', () => {
    const frames = encode([
      start,
      blockStart(0, { type: 'text', text: 'a' }),
      blockStart(1, toolCall('c1')),
      blockStart(2, toolCall('c2')),
      args(2, '{"b":'),
      args(1, '{"a":1}'),
      stop(0),
      blockStart(3, { type: 'text', text: 'z' }),
      args(2, '2}'),
      stop(3),
      stop(1),
      stop(2),
      finish,
      end,
    ])
    for (const each of dataOf(frames)) expect(eventProblemsBySpec(each)).toEqual([])
    expect(lastResponse(frames).output).toMatchObject([
      { type: 'message', content: [{ text: 'a' }] },
      { type: 'function_call', call_id: 'c1', arguments: '{"a":1}' },
      { type: 'function_call', call_id: 'c2', arguments: '{"b":2}' },
      { type: 'message', content: [{ text: 'z' }] },
    ])
    expect(snapshotOf(frames.slice(0, -1)).output).toEqual(lastResponse(frames).output)
    // The first item is done as soon as its text is, though the calls after it go on.
    const told = dataOf(frames).map(({ type, output_index: at }) => `${String(type)} ${String(at)}`)
    expect(told.indexOf('response.output_item.done 0')).toBeLessThan(
      told.indexOf('response.output_item.added 3'),
    )
  })

  test('the official SDK makes the same answer of the pieces', () => {
    const answer: ChatEvent[] = [
      start,
      blockStart(0, { type: 'thinking', text: 'Hm.' }),
      { type: 'block_delta', choice: 0, index: 0, delta: { type: 'thinking', text: ' So.' } },
      {
        type: 'block_delta',
        choice: 0,
        index: 0,
        delta: { type: 'signature', signature: { dialect: 'anthropic-messages', value: 's' } },
      },
      stop(0),
      blockStart(1, { type: 'text', text: 'a' }),
      {
        type: 'block_delta',
        choice: 0,
        index: 1,
        delta: {
          type: 'citation',
          citation: { dialect, value: [{ type: 'file_path', file_id: 'f', index: 0 }] },
        },
      },
      stop(1),
      blockStart(2, { type: 'refusal', text: 'no' }),
      stop(2),
      blockStart(3, { ...toolCall('c1'), kind: 'custom' } as Block),
      args(3, 'free'),
      stop(3),
      finish,
      end,
    ]
    const frames = encode(answer)
    expect(snapshotOf(frames.slice(0, -1)).output).toEqual(lastResponse(frames).output)
    expect(snapshotOf(frames)).toMatchObject(lastResponse(frames))
    for (const each of dataOf(frames)) expect(eventProblemsBySpec(each)).toEqual([])
  })

  test('what nobody stopped is whole when the answer is finished', () => {
    const frames = encode([
      start,
      blockStart(0, { type: 'text', text: 'a' }),
      blockStart(1, toolCall('c')),
      finish,
      end,
    ])
    expect(lastResponse(frames).output).toMatchObject([
      { type: 'message', content: [{ text: 'a' }], status: 'completed' },
      { type: 'function_call', arguments: '{}', status: 'completed' },
    ])
    expect(snapshotOf(frames.slice(0, -1)).output).toEqual(lastResponse(frames).output)
  })

  test('only the first choice has a place, and late or foreign events say nothing', () => {
    const other: ChatEvent = { type: 'finish', choice: 1, finish: { unified: 'length', raw: 'length' } }
    const foreign: ChatEvent = blockStart(1, { type: 'opaque', block: { dialect: 'gemini', value: {} } })
    const frames = encode([
      start,
      blockStart(0, { type: 'text', text: 'a' }),
      blockStart(0, { type: 'text', text: 'b' }, 1),
      foreign,
      args(1, 'x'),
      stop(1),
      stop(0),
      { type: 'extensions', extensions: { dialect: 'openai-chat', fields: { a: 1 } } },
      finish,
      other,
      end,
    ])
    expect(lastResponse(frames)).toMatchObject({
      status: 'completed',
      output: [{ content: [{ text: 'a' }] }],
    })
  })

  test('log probabilities that come before the text wait for it', () => {
    const token = { token: 'a', logprob: -1, bytes: [97], top_logprobs: [] }
    const rated: ChatEvent = { type: 'logprobs', choice: 0, logprobs: { content: [token], refusal: null } }
    const frames = encode([start, rated, blockStart(0, { type: 'text', text: 'a' }), stop(0), finish, end])
    expect(lastResponse(frames).output).toMatchObject([{ content: [{ logprobs: [token] }] }])
    const called = [blockStart(0, { type: 'text', text: 'a' }), stop(0), blockStart(1, toolCall('c')), rated]
    expect(lastResponse(encode([start, ...called, finish, end])).output).toMatchObject([
      { content: [{ logprobs: [] }] },
      { type: 'function_call' },
    ])
    const none: ChatEvent = { type: 'logprobs', choice: 0, logprobs: null }
    expect(lastResponse(encode([start, none, finish, end])).output).toEqual([])
  })
})

test('an answer of another dialect, told and read again, is the same', () => {
  const answer: ChatResponse = accumulate(
    decode([created, added(0, message()), said('a'), done(0, message(part('a'))), completed()]),
  )
  const again = openaiResponses.decodeResponse(openaiResponses.encodeResponse(answer, 5))
  expect(again).toEqual(answer)
})
