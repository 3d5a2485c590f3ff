import { describe, expect, test } from 'vitest'
import type { Block, ChatResponse, Finish, FinishReason } from '../../src/canonical/chat.ts'
import type { ChatEvent } from '../../src/canonical/chat-events.ts'
import type { JsonObject } from '../../src/canonical/json.ts'
import { noUsage, type Usage } from '../../src/canonical/usage.ts'
import { openaiResponses } from '../../src/dialects/openai-responses/index.ts'
import { GatewayError } from '../../src/errors.ts'
import {
  encode,
  eventProblemsBySpec,
  dataOf,
  lastResponse,
  problemsBySpec,
} from './openai-responses-recordings.ts'

const dialect = 'openai-responses'
const text = (words: string): Block => ({ type: 'text', text: words })
const usage: Usage = {
  ...noUsage,
  input: 3,
  cached: 2,
  cacheWrite5m: 1,
  cacheWrite1h: 4,
  output: 9,
  reasoning: 5,
}

const response = (content: Block[], finish: Partial<Finish> = {}): ChatResponse => ({
  id: 'msg_01:Z',
  model: 'claude',
  created: 5,
  choices: [{ index: 0, content, finish: { unified: 'stop', raw: 'end_turn', ...finish } }],
  usage,
})

/** The events that tell an answer, block after block, each text in two pieces. */
function eventsOf({ choices, usage: counts, ...head }: ChatResponse): ChatEvent[] {
  const [{ content, finish, logprobs }] = choices as [ChatResponse['choices'][0]]
  const blocks = content.flatMap((block, index): ChatEvent[] => {
    const at = { choice: 0, index }
    const stop: ChatEvent = { type: 'block_stop', ...at }
    const pieces = (words: string, type: 'text' | 'thinking' | 'refusal' | 'arguments'): ChatEvent[] =>
      [words.slice(0, 1), words.slice(1)].map((piece) => ({
        type: 'block_delta',
        ...at,
        delta: { type, text: piece },
      }))
    const rated: ChatEvent[] = logprobs === undefined ? [] : [{ type: 'logprobs', choice: 0, logprobs }]
    switch (block.type) {
      case 'text': {
        const { citations, ...plain } = block
        const cite: ChatEvent[] = citations
          ? [{ type: 'block_delta', ...at, delta: { type: 'citation', citation: citations } }]
          : []
        const start: ChatEvent = { type: 'block_start', ...at, block: { ...plain, text: '' } }
        return [start, ...pieces(block.text, 'text'), ...rated, ...cite, stop]
      }
      case 'refusal':
        return [
          { type: 'block_start', ...at, block: { ...block, text: '' } },
          ...pieces(block.text, 'refusal'),
          stop,
        ]
      case 'thinking': {
        const { signature } = block
        const sign: ChatEvent[] = signature
          ? [{ type: 'block_delta', ...at, delta: { type: 'signature', signature } }]
          : []
        const start: ChatEvent = { type: 'block_start', ...at, block: { type: 'thinking', text: '' } }
        return [start, ...pieces(block.text, 'thinking'), ...sign, stop]
      }
      case 'tool_call':
        return [
          { type: 'block_start', ...at, block: { ...block, arguments: '' } },
          ...pieces(block.arguments, 'arguments'),
          stop,
        ]
      default:
        return [{ type: 'block_start', ...at, block }, stop]
    }
  })
  return [
    { type: 'start', ...head },
    ...blocks,
    { type: 'finish', choice: 0, finish },
    ...(counts ? [{ type: 'usage', usage: counts } as const] : []),
    { type: 'end' },
  ]
}

/** The answer as a whole, which is also what its stream ends with. */
function written(answer: ChatResponse, now = 7): JsonObject {
  const whole = openaiResponses.encodeResponse(answer, now)
  const frames = encode(eventsOf(answer), now)
  expect(lastResponse(frames)).toEqual(whole)
  expect(problemsBySpec('Response', whole)).toEqual([])
  const events = dataOf(frames)
  for (const each of events) expect(eventProblemsBySpec(each)).toEqual([])
  expect(events.filter(saysNothing)).toEqual([])
  const ends = events.map(placeOfEnd).filter((place) => place !== undefined)
  expect(ends).toEqual([...new Set(ends)])
  return whole
}

const saysNothing = ({ type, delta, logprobs = [] }: JsonObject): boolean =>
  String(type).endsWith('.delta') && delta === '' && (logprobs as []).length === 0

/** What is done, and where: nothing is done twice. */
const placeOfEnd = ({ type, output_index: item, content_index: part }: JsonObject): string | undefined =>
  String(type).endsWith('.done') ? `${String(type)} ${String(item)} ${String(part)}` : undefined

const outputOf = (...content: Block[]) => written(response(content)).output as JsonObject[]

describe('whole answers', () => {
  test('every field that the SDKs expect', () => {
    expect(written({ ...response([text('Hi')]), serviceTier: 'standard' })).toEqual({
      id: 'resp_msg_01:Z',
      object: 'response',
      created_at: 5,
      status: 'completed',
      background: false,
      error: null,
      incomplete_details: null,
      instructions: null,
      max_output_tokens: null,
      max_tool_calls: null,
      model: 'claude',
      output: [
        {
          type: 'message',
          id: 'msg_msg_01_Z_0',
          status: 'completed',
          role: 'assistant',
          content: [{ type: 'output_text', text: 'Hi', annotations: [], logprobs: [] }],
        },
      ],
      parallel_tool_calls: true,
      previous_response_id: null,
      prompt_cache_key: null,
      reasoning: { effort: null, summary: null },
      safety_identifier: null,
      service_tier: 'default',
      store: false,
      temperature: null,
      text: { format: { type: 'text' } },
      tool_choice: 'auto',
      tools: [],
      top_logprobs: 0,
      top_p: null,
      truncation: 'disabled',
      access_programs: null,
      metadata: {},
      usage: {
        input_tokens: 10,
        input_tokens_details: { cached_tokens: 2, cache_write_tokens: 5 },
        output_tokens: 9,
        output_tokens_details: { reasoning_tokens: 5 },
        total_tokens: 19,
      },
    })
  })

  test('what the provider does not say', () => {
    const bare = { ...response([]), created: undefined, usage: undefined, serviceTier: 'batch' }
    expect(written(bare, 9)).toMatchObject({ created_at: 9, output: [], service_tier: null })
    expect(written(bare)).not.toHaveProperty('usage')
    expect(written({ ...bare, id: 'resp_1', serviceTier: 'priority' })).toMatchObject({
      id: 'resp_1',
      service_tier: 'priority',
    })
    expect(openaiResponses.encodeResponse({ ...bare, choices: [] }, 9)).toMatchObject({
      status: 'completed',
      output: [],
    })
  })

  test('ids of items have 64 characters at most, and only those that OpenAI takes', () => {
    const answer = { ...response([text('Hi')]), id: `chat/${'x'.repeat(99)}` }
    const [message] = written(answer).output as [{ id: string }]
    expect(message.id).toBe(`msg_${'x'.repeat(40)}_0`)
    const [short] = written({ ...answer, id: 'resp_a/b' }).output as [{ id: string }]
    expect(short.id).toBe('msg_a_b_0')
  })

  test.each<[FinishReason, string, string | undefined]>([
    ['stop', 'completed', undefined],
    ['stop_sequence', 'completed', undefined],
    ['tool_calls', 'completed', undefined],
    ['pause', 'completed', undefined],
    ['other', 'completed', undefined],
    ['length', 'incomplete', 'max_output_tokens'],
    ['context_length', 'incomplete', 'max_output_tokens'],
    ['content_filter', 'incomplete', 'content_filter'],
    ['refusal', 'incomplete', 'content_filter'],
  ])('an answer that ends with %s is %s', (unified, status, reason) => {
    const answer = written(response([{ type: 'thinking', text: 'a' }, text('b')], { unified }))
    expect(answer).toMatchObject({ status, incomplete_details: reason ? { reason } : null })
    expect((answer.output as JsonObject[])[1]).toMatchObject({ status })
  })

  test('a refusal with its own text is a whole answer', () => {
    expect(written(response([{ type: 'refusal', text: 'No.' }], { unified: 'refusal' }))).toMatchObject({
      status: 'completed',
      output: [{ type: 'message', content: [{ type: 'refusal', refusal: 'No.' }] }],
    })
  })

  test('only the last item of an answer that was cut is incomplete', () => {
    const call: Block = { type: 'tool_call', id: 'call_1', name: 'f', arguments: '{"a":' }
    const { output } = written(response([text('a'), call], { unified: 'length' }))
    expect(output).toMatchObject([{ status: 'completed' }, { status: 'incomplete', arguments: '{"a":' }])
  })

  test('neighbouring texts are parts of one message; everything else is an item', () => {
    const annotations = [{ type: 'file_path', file_id: 'f', index: 0 }]
    const search = { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'open_page' } }
    const image: Block = { type: 'image', source: { kind: 'url', url: 'https://x.test' } }
    expect(
      outputOf(
        text('a'),
        { ...text('b'), citations: { dialect, value: annotations } } as Block,
        { type: 'opaque', block: { dialect: 'gemini', value: {} } },
        image,
        { type: 'refusal', text: 'c' },
        { type: 'tool_call', id: 'call_1', name: 'f', arguments: '{}' },
        { type: 'tool_call', id: 'call_2', name: 'g', arguments: '' },
        { type: 'tool_call', id: 'call_3', name: 'h', arguments: 'free', kind: 'custom' },
        text('d'),
        { type: 'opaque', block: { dialect, value: search } },
      ),
    ).toEqual([
      {
        type: 'message',
        id: 'msg_msg_01_Z_0',
        status: 'completed',
        role: 'assistant',
        content: [
          { type: 'output_text', text: 'a', annotations: [], logprobs: [] },
          { type: 'output_text', text: 'b', annotations, logprobs: [] },
          { type: 'refusal', refusal: 'c' },
        ],
      },
      {
        type: 'function_call',
        id: 'fc_msg_01_Z_1',
        call_id: 'call_1',
        name: 'f',
        arguments: '{}',
        status: 'completed',
      },
      {
        type: 'function_call',
        id: 'fc_msg_01_Z_2',
        call_id: 'call_2',
        name: 'g',
        arguments: '{}',
        status: 'completed',
      },
      {
        type: 'custom_tool_call',
        id: 'ctc_msg_01_Z_3',
        call_id: 'call_3',
        name: 'h',
        input: 'free',
        status: 'completed',
      },
      {
        type: 'message',
        id: 'msg_msg_01_Z_4',
        status: 'completed',
        role: 'assistant',
        content: [{ type: 'output_text', text: 'd', annotations: [], logprobs: [] }],
      },
      search,
    ])
  })

  test("another dialect's citations have no place here", () => {
    const citations = { dialect: 'anthropic-messages', value: [{}] } as const
    expect(outputOf({ ...text('a'), citations } as Block)).toMatchObject([{ content: [{ annotations: [] }] }])
  })

  test('log probabilities of nothing are not told', () => {
    const answer = response([text('ab')])
    for (const logprobs of [
      { content: null, refusal: null },
      { content: [], refusal: null },
    ]) {
      answer.choices[0]!.logprobs = logprobs
      expect(written(answer).output).toMatchObject([{ content: [{ logprobs: [] }] }])
    }
  })

  test('log probabilities, in the form of this API', () => {
    const token = (top: unknown) => ({ token: 'a', logprob: -1, bytes: null, top_logprobs: top })
    const logprobs = {
      content: [token([{ token: 'b', logprob: -2, bytes: null }]), token(null)],
      refusal: null,
    }
    const answer = response([text('a')])
    answer.choices[0]!.logprobs = logprobs
    const other = { token: 'b', logprob: -2, bytes: [] }
    const rated = [
      { token: 'a', logprob: -1, bytes: [], top_logprobs: [other] },
      { token: 'a', logprob: -1, bytes: [], top_logprobs: [] },
    ]
    expect(written(answer).output).toMatchObject([{ content: [{ logprobs: rated }] }])
    const told = dataOf(encode(eventsOf(answer))).filter(({ type }) => type === 'response.output_text.delta')
    expect(told.map(({ delta, logprobs: its }) => [delta, its])).toEqual([
      ['a', []],
      ['', rated],
    ])
  })
})

describe('reasoning', () => {
  const claude = { dialect: 'anthropic-messages', value: 'EqQ=' } as const
  const gemini = { dialect: 'gemini', value: 'CoQ=' } as const

  test('is a summary of one part; unsigned it says so', () => {
    expect(outputOf({ type: 'thinking', text: 'Hm.' }, text('a'))[0]).toEqual({
      type: 'reasoning',
      id: 'rs_msg_01_Z_0',
      summary: [{ type: 'summary_text', text: 'Hm.' }],
      encrypted_content: 'gateway-reasoning.e30',
    })
    expect(outputOf({ type: 'thinking', text: '' })[0]).toMatchObject({ summary: [] })
  })

  test.each<[string, Block[]]>([
    ['signed thinking', [{ type: 'thinking', text: 'Hm.', signature: claude }]],
    ['signed thinking without a text', [{ type: 'thinking', text: '', signature: claude }]],
    ['redacted thinking', [{ type: 'redacted_thinking', data: claude }]],
    ['unsigned thinking', [{ type: 'thinking', text: 'Hm.' }]],
    [
      'a signed call',
      [
        { type: 'tool_call', id: 'call_1', name: 'f', arguments: '{}', signature: gemini },
        { type: 'tool_call', id: 'call_2', name: 'f', arguments: '{}' },
      ],
    ],
    [
      'thinking of this API itself',
      [
        {
          type: 'thinking',
          text: 'Hm.',
          signature: { dialect, value: '{"type":"reasoning","encrypted_content":"gAAA"}' },
        },
      ],
    ],
  ])('%s comes back as it was when the items are sent back', (_what, content) => {
    const { request, unknown } = openaiResponses.decodeRequest({ model: 'm', input: outputOf(...content) })
    expect(unknown).toEqual([])
    expect(request.messages).toEqual([{ role: 'assistant', content }])
  })

  test('the signature of a call stands before the call', () => {
    const call: Block = { type: 'tool_call', id: 'call_1', name: 'f', arguments: '{}', signature: gemini }
    expect(outputOf(text('a'), call).map(({ type, id }) => [type, id])).toEqual([
      ['message', 'msg_msg_01_Z_0'],
      ['reasoning', 'rs_msg_01_Z_1'],
      ['function_call', 'fc_msg_01_Z_2'],
    ])
  })
})

describe('reading whole answers', () => {
  const body = (fields: JsonObject) => ({
    id: 'resp_1',
    object: 'response',
    created_at: 5,
    status: 'completed',
    model: 'gpt',
    output: [],
    ...fields,
  })
  const contentOf = (...output: unknown[]) =>
    openaiResponses.decodeResponse(body({ output })).choices[0]!.content

  test('the head, the tier and the usage', () => {
    expect(
      openaiResponses.decodeResponse(
        body({
          service_tier: 'flex',
          usage: {
            input_tokens: 10,
            input_tokens_details: { cached_tokens: 4, cache_write_tokens: 3 },
            output_tokens: 6,
            output_tokens_details: { reasoning_tokens: 2 },
          },
        }),
      ),
    ).toEqual({
      id: 'resp_1',
      model: 'gpt',
      created: 5,
      choices: [{ index: 0, content: [], finish: { unified: 'stop', raw: 'completed' } }],
      serviceTier: 'flex',
      usage: { ...noUsage, input: 3, cached: 4, cacheWrite5m: 3, output: 6, reasoning: 2 },
    })
  })

  test.each<[JsonObject, FinishReason, string]>([
    [{}, 'stop', 'completed'],
    [{ status: undefined }, 'stop', 'completed'],
    [
      { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
      'length',
      'max_output_tokens',
    ],
    [
      { status: 'incomplete', incomplete_details: { reason: 'content_filter' } },
      'content_filter',
      'content_filter',
    ],
    [{ status: 'incomplete', incomplete_details: { reason: 'whim' } }, 'other', 'whim'],
    [{ status: 'incomplete' }, 'other', 'incomplete'],
    [
      { output: [{ type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' }] },
      'tool_calls',
      'completed',
    ],
    [
      { output: [{ type: 'message', content: [{ type: 'refusal', refusal: 'No' }] }] },
      'refusal',
      'completed',
    ],
  ])('%j', (fields, unified, raw) => {
    const answer = openaiResponses.decodeResponse(body(fields))
    expect(answer.choices[0]!.finish).toEqual({ unified, raw })
  })

  test('items and parts of every kind', () => {
    const annotations = [{ type: 'file_path' }]
    const search = { type: 'web_search_call', id: 'ws_1' }
    expect(
      contentOf(
        {
          type: 'message',
          content: [
            { type: 'output_text', text: 'a', annotations },
            { type: 'output_text', text: '' },
            { type: 'refusal', refusal: '' },
            { type: 'hologram', text: 'x' },
          ],
        },
        { type: 'function_call', id: 'fc_1', name: 'f', arguments: '{}' },
        { type: 'custom_tool_call', call_id: 'call_2', name: 'g', input: 'x' },
        { type: 'reasoning', summary: [] },
        search,
        'nonsense',
      ),
    ).toEqual([
      { ...text('a'), citations: { dialect, value: annotations } },
      { type: 'tool_call', id: 'fc_1', name: 'f', arguments: '{}' },
      { type: 'tool_call', id: 'call_2', name: 'g', arguments: 'x', kind: 'custom' },
      { type: 'opaque', block: { dialect, value: search } },
    ])
  })

  test('log probabilities of all its texts', () => {
    const message = (...logprobs: unknown[]) => ({
      type: 'message',
      content: [{ type: 'output_text', text: 'a', logprobs }],
    })
    const answer = openaiResponses.decodeResponse(
      body({ output: [message({ token: 'a' }), message({ token: 'b' })] }),
    )
    expect(answer.choices[0]!.logprobs).toEqual({ content: [{ token: 'a' }, { token: 'b' }], refusal: null })
  })

  test.each<[unknown, string]>([
    ['text', 'a string'],
    [null, 'nothing'],
    [body({ error: { message: 'no' } }), 'an error beside an output'],
    [{ error: { message: 'no' } }, 'an error'],
    [body({ status: 'failed', error: { code: 'server_error', message: 'no' } }), 'a failure'],
    [body({ status: 'failed' }), 'a failure that says nothing'],
    [body({ status: 'cancelled' }), 'one that was given up'],
    [body({ status: 'queued' }), 'one that waits'],
    [body({ status: 'in_progress' }), 'one that goes on'],
    [body({ output: undefined }), 'no output'],
    [{ choices: [] }, 'another dialect'],
  ])('%j is no answer: %s', (value) => {
    expect(() => openaiResponses.decodeResponse(value)).toThrow(GatewayError)
  })

  test('what is relayed as an answer', () => {
    const { isAnswer } = openaiResponses
    expect(isAnswer(body({}))).toBe(true)
    expect(isAnswer(body({ status: 'queued' }))).toBe(true)
    expect(isAnswer(body({ status: 'failed' }))).toBe(false)
    expect(isAnswer(body({ error: { message: 'no' } }))).toBe(false)
    expect(isAnswer({ choices: [{}] })).toBe(false)
  })

  test.each([
    [null],
    [{ input_tokens: 1 }],
    [{ input_tokens: -1, output_tokens: 1 }],
    [{ input_tokens: 1, output_tokens: 1.5 }],
    [{ input_tokens: 1, output_tokens: 1, input_tokens_details: { cached_tokens: '1' } }],
    [{ input_tokens: 1, output_tokens: 1, input_tokens_details: { cache_write_tokens: -1 } }],
    [{ input_tokens: 1, output_tokens: 1, output_tokens_details: { reasoning_tokens: -1 } }],
  ])('%j is no usage', (value) => {
    expect(openaiResponses.readUsage({ usage: value })).toBeUndefined()
  })

  test('counts of a part are never more than the whole', () => {
    const usageOf = {
      input_tokens: 5,
      output_tokens: 2,
      input_tokens_details: { cached_tokens: 4, cache_write_tokens: 4 },
      output_tokens_details: { reasoning_tokens: 3 },
    }
    expect(openaiResponses.readUsage({ usage: usageOf })).toEqual({
      ...noUsage,
      cached: 4,
      cacheWrite5m: 1,
      output: 2,
      reasoning: 2,
    })
  })
})
