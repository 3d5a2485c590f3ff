import { describe, expect, test } from 'vitest'
import type { ChatResponse, Finish } from '../../src/canonical/chat.ts'
import type { ChatEvent } from '../../src/canonical/chat-events.ts'
import type { JsonObject } from '../../src/canonical/json.ts'
import { noUsage } from '../../src/canonical/usage.ts'
import { openaiCompletions } from '../../src/dialects/openai-completions/index.ts'
import type { Frame } from '../../src/framing/frame.ts'
import { accumulate } from '../support/accumulate.ts'
import { chunkFrame, done, framesOf, problemsBySpec, recordings } from './openai-chat-recordings.ts'

const all = recordings('openai-completions')
const choice = (fields: JsonObject = {}): JsonObject => ({
  text: ' a time',
  index: 0,
  logprobs: null,
  finish_reason: 'stop',
  ...fields,
})
const answer = (fields: JsonObject = {}): JsonObject => ({
  id: 'cmpl-1',
  object: 'text_completion',
  created: 1_700_000_000,
  model: 'babbage-002',
  choices: [choice()],
  ...fields,
})
const decode = (fields?: JsonObject) => openaiCompletions.decodeResponse(answer(fields))
const legacy = {
  tokens: [' a', ' 😀'],
  token_logprobs: [-0.1, -0.2],
  top_logprobs: [{ ' a': -0.1, ' b': -3 }, {}],
  text_offset: [0, 2],
}
const token = (text: string, logprob: number, ...others: [string, number][]) => ({
  token: text,
  logprob,
  bytes: null,
  top_logprobs: others.map(([other, likely]) => ({ token: other, logprob: likely, bytes: null })),
})
const canonical = { content: [token(' a', -0.1, [' a', -0.1], [' b', -3]), token(' 😀', -0.2)] }

describe('a whole answer', () => {
  test('is read with all that it says', () => {
    const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 }
    expect(decode({ usage, system_fingerprint: 'fp' })).toEqual({
      id: 'cmpl-1',
      model: 'babbage-002',
      created: 1_700_000_000,
      systemFingerprint: 'fp',
      choices: [
        {
          index: 0,
          content: [{ type: 'text', text: ' a time' }],
          finish: { unified: 'stop', raw: 'stop' },
        },
      ],
      usage: { ...noUsage, input: 3, output: 4 },
    })
  })

  test.each([
    ['stop', 'stop'],
    ['eos', 'stop'],
    ['length', 'length'],
    ['content_filter', 'content_filter'],
    ['abort', 'other'],
    ['toString', 'other'],
  ])('that ended with %j is finished by %j', (finish_reason, unified) => {
    expect(decode({ choices: [choice({ finish_reason })] }).choices[0]!.finish).toEqual({
      unified,
      raw: finish_reason,
    })
  })

  test('that met a stop sequence names it where the server does', () => {
    const [stopped] = decode({ choices: [choice({ stop_reason: '\n' })] }).choices
    expect(stopped!.finish).toEqual({ unified: 'stop_sequence', raw: 'stop', stopSequence: '\n' })
    const cut = decode({ choices: [choice({ finish_reason: 'length', stop_reason: '\n' })] })
    expect(cut.choices[0]!.finish.unified).toBe('length')
  })

  test('has its choices in the order of their indexes', () => {
    const choices = [choice({ index: 1, text: 'b' }), choice({ index: 0, text: '' })]
    expect(decode({ choices }).choices.map(({ index, content }) => [index, content])).toEqual([
      [0, []],
      [1, [{ type: 'text', text: 'b' }]],
    ])
    const unnumbered = [choice({ index: undefined }), choice({ index: undefined })]
    expect(decode({ choices: unnumbered }).choices.map(({ index }) => index)).toEqual([0, 1])
  })

  test('has its log probabilities in the shape of chats', () => {
    expect(decode({ choices: [choice({ logprobs: legacy })] }).choices[0]!.logprobs).toEqual(canonical)
    const bare = { tokens: ['a'], token_logprobs: [null], top_logprobs: null }
    expect(decode({ choices: [choice({ logprobs: bare })] }).choices[0]!.logprobs).toEqual({
      content: [{ token: 'a', logprob: null, bytes: null, top_logprobs: [] }],
    })
  })

  test.each([
    ['text', 'words'],
    ['an error', { error: { message: 'broken' } }],
    ['an error of vLLM', { object: 'error', message: 'broken' }],
    ['without choices', answer({ choices: [] })],
    ['nothing', null],
  ])('that is none is refused: %s', (_what, body) => {
    expect(() => openaiCompletions.decodeResponse(body)).toThrow(
      expect.objectContaining({ code: 'upstream_error' }) as Error,
    )
    if (typeof body === 'object' && body !== null) expect(openaiCompletions.isAnswer(body)).toBe(false)
  })
})

describe('an answer for a caller', () => {
  const response: ChatResponse = {
    id: 'x',
    model: 'claude',
    systemFingerprint: 'fp',
    choices: [
      {
        index: 0,
        content: [
          { type: 'thinking', text: 'hm' },
          { type: 'text', text: ' a' },
          { type: 'refusal', text: ' no' },
        ],
        finish: { unified: 'stop', raw: 'end_turn' },
        logprobs: canonical,
      },
    ],
    usage: { ...noUsage, input: 3, output: 4 },
  }

  test('is a text completion, its thinking left out', () => {
    const body = openaiCompletions.encodeResponse(response, 1_700_000_001)
    expect(body).toEqual({
      id: 'x',
      object: 'text_completion',
      created: 1_700_000_001,
      model: 'claude',
      system_fingerprint: 'fp',
      choices: [{ text: ' a no', index: 0, logprobs: legacy, finish_reason: 'stop' }],
      usage: {
        prompt_tokens: 3,
        completion_tokens: 4,
        total_tokens: 7,
        prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
      },
    })
    expect(problemsBySpec('CreateCompletionResponse', body)).toEqual([])
    expect(openaiCompletions.isAnswer(body)).toBe(true)
    expect(openaiCompletions.readUsage(body)).toEqual(response.usage)
  })

  test('says when it was made, where the provider did', () => {
    expect(openaiCompletions.encodeResponse({ ...response, created: 5 }, 9).created).toBe(5)
  })

  test('has no log probabilities where there are none', () => {
    const bare = { ...response, choices: [{ ...response.choices[0]!, logprobs: undefined }] }
    expect(openaiCompletions.encodeResponse(bare, 9).choices).toMatchObject([{ logprobs: null }])
  })

  test.each<[Finish['unified'], string]>([
    ['stop', 'stop'],
    ['stop_sequence', 'stop'],
    ['length', 'length'],
    ['tool_calls', 'stop'],
    ['content_filter', 'content_filter'],
    ['refusal', 'content_filter'],
    ['pause', 'stop'],
    ['context_length', 'length'],
    ['other', 'stop'],
  ])('finished by %j says %j', (unified, word) => {
    const choices = [{ ...response.choices[0]!, finish: { unified, raw: '' } }]
    expect(openaiCompletions.encodeResponse({ ...response, choices }, 9).choices).toMatchObject([
      { finish_reason: word },
    ])
  })
})

describe('a stream', () => {
  const chunk = (fields: JsonObject, more: JsonObject = {}): Frame =>
    chunkFrame({ ...answer(more), choices: [choice({ finish_reason: null, ...fields })] })
  const usageChunk = chunkFrame(
    answer({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 } }),
  )

  function read(frames: readonly Frame[]): { events: ChatEvent[]; finished: boolean } {
    const decoder = openaiCompletions.streamDecoder()
    const events = frames.flatMap((frame) => [...decoder.push(frame)])
    return { events: [...events, ...decoder.close()], finished: decoder.finished }
  }
  const write = (events: readonly ChatEvent[], includeUsage = true): Frame[] => {
    const encoder = openaiCompletions.streamEncoder({ includeUsage, now: 1_700_000_009 })
    return events.flatMap((event) => [...encoder.push(event)])
  }

  test('adds up to what the whole answer says', () => {
    const half = (i: number) => ({
      tokens: [legacy.tokens[i]],
      token_logprobs: [legacy.token_logprobs[i]],
      top_logprobs: [legacy.top_logprobs[i]],
    })
    const { events, finished } = read([
      chunk({ text: ' a', logprobs: half(0) }),
      chunk({ text: 'b', index: 1 }),
      chunk({ text: ' 😀', logprobs: half(1) }),
      chunk({ text: '', index: 1, finish_reason: 'length' }),
      chunk({ text: '', finish_reason: 'stop', stop_reason: '\n' }),
      usageChunk,
      done,
    ])
    expect(finished).toBe(true)
    expect(accumulate(events)).toEqual(
      decode({
        choices: [
          choice({ text: ' a 😀', logprobs: legacy, stop_reason: '\n' }),
          choice({ text: 'b', index: 1, finish_reason: 'length' }),
        ],
        usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
      }),
    )
  })

  test('is finished when every choice is, even without its end mark', () => {
    const { events, finished } = read([chunk({ finish_reason: 'stop' })])
    expect(finished).toBe(true)
    expect(events.at(-1)).toEqual({ type: 'end' })
    const open = read([chunk({ finish_reason: 'stop' }), chunk({ index: 1 })])
    expect(open.finished).toBe(false)
    expect(open.events.some(({ type }) => type === 'end')).toBe(false)
  })

  test('is finished by its end mark, even without a reason', () => {
    const { events, finished } = read([chunk({}), done])
    expect(finished).toBe(true)
    expect(accumulate(events).choices[0]!.finish).toEqual({ unified: 'stop', raw: 'stop' })
  })

  test('says nothing more of a choice that is finished, nor after its end', () => {
    const frames = [chunk({ finish_reason: 'stop' }), chunk({ text: 'more' }), done, chunk({ text: 'more' })]
    expect(accumulate(read(frames).events).choices[0]!.content).toEqual([{ type: 'text', text: ' a time' }])
  })

  test('skips frames that say nothing of the answer', () => {
    const frames = [{ data: '' }, chunkFrame({ ping: 1 }), chunk({ finish_reason: 'stop' })]
    expect(read(frames).events).toEqual(read(frames.slice(2)).events)
  })

  test.each([
    [{ data: '{"error":{"message":"broken","type":"server_error"}}' }],
    [{ event: 'error', data: '{"message":"broken","type":"server_error"}' }],
  ])('ends with the error %j', (frame) => {
    const { events, finished } = read([chunk({}), frame, done])
    expect(events.at(-1)).toEqual({
      type: 'error',
      error: { message: 'broken', type: 'server_error', kind: 'server' },
    })
    expect(finished).toBe(false)
  })

  test.each([{ data: 'not json' }, { data: '[1]' }, done])(
    'that begins with %j cannot be trusted',
    (frame) => {
      expect(() => openaiCompletions.streamDecoder().push(frame)).toThrow()
    },
  )

  test('for a caller is made of text completions', () => {
    const start = { type: 'start', id: 'x', model: 'claude', systemFingerprint: 'fp' } as const
    const frames = write([
      start,
      { type: 'block_start', choice: 0, index: 0, block: { type: 'thinking', text: 'h' } },
      { type: 'block_delta', choice: 0, index: 0, delta: { type: 'thinking', text: 'm' } },
      { type: 'block_stop', choice: 0, index: 0 },
      { type: 'block_start', choice: 0, index: 1, block: { type: 'text', text: ' a' } },
      { type: 'block_delta', choice: 0, index: 1, delta: { type: 'text', text: ' 😀' } },
      { type: 'logprobs', choice: 0, logprobs: { content: [canonical.content[0]] } },
      { type: 'logprobs', choice: 0, logprobs: { content: [canonical.content[1]] } },
      { type: 'block_stop', choice: 0, index: 1 },
      { type: 'block_start', choice: 0, index: 2, block: { type: 'refusal', text: '' } },
      { type: 'block_delta', choice: 0, index: 2, delta: { type: 'refusal', text: ' no' } },
      { type: 'finish', choice: 0, finish: { unified: 'length', raw: 'max_tokens' } },
      { type: 'usage', usage: { ...noUsage, input: 3, output: 4 } },
      { type: 'end' },
    ])
    const head = {
      id: 'x',
      object: 'text_completion',
      created: 1_700_000_009,
      model: 'claude',
      system_fingerprint: 'fp',
    }
    const piece = (fields: JsonObject) => ({
      ...head,
      choices: [{ text: '', index: 0, logprobs: null, finish_reason: null, ...fields }],
      usage: null,
    })
    const logprobs = (i: number) => ({
      tokens: [legacy.tokens[i]],
      token_logprobs: [legacy.token_logprobs[i]],
      top_logprobs: [legacy.top_logprobs[i]],
      text_offset: [legacy.text_offset[i]],
    })
    expect(frames.slice(0, -1).map(({ data }) => JSON.parse(data) as unknown)).toEqual([
      piece({ text: ' a' }),
      piece({ text: ' 😀' }),
      piece({ logprobs: logprobs(0) }),
      piece({ logprobs: logprobs(1) }),
      piece({ text: ' no' }),
      piece({ finish_reason: 'length' }),
      { ...head, choices: [], usage: expect.objectContaining({ prompt_tokens: 3 }) as JsonObject },
    ])
    expect(frames.at(-1)).toEqual(done)
  })

  test('for a caller who did not ask for usage has none', () => {
    const { events } = read([chunk({ finish_reason: 'stop' }), usageChunk, done])
    const frames = write(events, false)
    expect(frames.at(-1)).toEqual(done)
    expect(frames.some(({ data }) => data.includes('usage'))).toBe(false)
    expect(write(events.filter(({ type }) => type !== 'usage')).at(-2)!.data).toContain(
      '"finish_reason":"stop"',
    )
  })

  const recorded = all.filter(({ response }) => response.bodyText !== undefined)
  test.each(recorded.map((each) => [each.id, each.response.bodyText!] as const))(
    '%s is read, written anew and followed alike',
    (_id, text) => {
      const frames = framesOf(text)
      const { events, finished } = read(frames)
      const chunks = frames.slice(0, -1).map(({ data }) => JSON.parse(data) as JsonObject)
      const texts = chunks.flatMap(({ choices }) =>
        (choices as { text: string }[]).map((piece) => piece.text),
      )
      const read1 = accumulate(events)
      expect(finished).toBe(true)
      expect(read1.choices[0]!.content).toEqual([{ type: 'text', text: texts.join('') }])
      expect(read1.choices[0]!.finish.unified).toBe('length')
      expect(read1.usage).toMatchObject({ input: 31, output: 25 })
      expect(accumulate(read(write(events)).events)).toEqual(read1)
      for (const { data } of write(events).slice(0, -1))
        expect(
          problemsBySpec('CreateCompletionResponse', JSON.parse(data)).filter(
            // The description knows only whole answers: reasons that are not there yet and usage are null in chunks.
            (problem) => !/finish_reason|usage/.test(problem),
          ),
        ).toEqual([])

      const watch = openaiCompletions.watchStream({ withholdUsage: true })
      const seen = frames.map((frame) => watch.see(frame))
      expect(seen.filter((verdict) => verdict === 'withhold')).toHaveLength(1)
      expect(watch).toMatchObject({ finished: true, usage: read1.usage, model: read1.model })
    },
  )
})

describe('every recorded JSON answer', () => {
  const answers = all.filter(({ response }) => response.status === 200 && response.body !== undefined)

  test('is here', () => expect(answers.length).toBeGreaterThanOrEqual(2))

  test.each(answers.map((each) => [each.id, each.response.body!] as const))(
    '%s comes out as it went in',
    (_id, body) => {
      const written = openaiCompletions.encodeResponse(openaiCompletions.decodeResponse(body), 0)
      const [wire] = body.choices as JsonObject[]
      const { text, index, logprobs, finish_reason } = wire!
      expect(written).toMatchObject({
        id: body.id,
        object: 'text_completion',
        created: body.created,
        model: body.model,
        choices: [{ text, index, logprobs, finish_reason }],
        usage: { prompt_tokens: (body.usage as JsonObject).prompt_tokens },
      })
      expect(problemsBySpec('CreateCompletionResponse', written)).toEqual([])
      expect(openaiCompletions.isAnswer(body)).toBe(true)
      expect(openaiCompletions.readUsage(body)).toEqual(openaiCompletions.decodeResponse(body).usage)
    },
  )
})

describe('errors and relayed streams', () => {
  test('of the provider are read as those of every server with the shape of OpenAI', () => {
    const { status, body } = all.find(({ id }) => id.includes('bad-request'))!.response
    const { message, type, code, param } = body!.error as JsonObject
    expect(openaiCompletions.decodeError(status, body)).toEqual({
      ...{ message, type, code, param },
      kind: 'request',
    })
  })

  test('for a caller have the shape of OpenAI, in a stream too, without an end mark', () => {
    const error = { code: 'upstream_error', message: 'It failed.', requestId: 'r' } as const
    const body = {
      error: { message: 'It failed.', type: 'server_error', param: null, code: 'upstream_error' },
    }
    expect(openaiCompletions.encodeError(error)).toEqual(body)
    expect(openaiCompletions.encodeStreamError(error, 0)).toEqual([{ data: JSON.stringify(body) }])
  })

  test.each([
    [{}, { key: 'stream_options', value: { include_usage: true } }],
    [
      { stream_options: { include_usage: false, a: 1 } },
      { key: 'stream_options', value: { include_usage: true, a: 1 } },
    ],
    [{ stream_options: { include_usage: true } }, undefined],
    [{ stream_options: 'wrong' }, undefined],
  ])('ask %j for usage by %j', (body, edit) => expect(openaiCompletions.askForUsage(body)).toEqual(edit))

  test('are of the name and the frames that the pipeline knows', () => {
    expect(openaiCompletions).toMatchObject({
      name: 'openai-completions',
      framing: 'sse',
      answerField: 'choices',
      terminator: [done],
    })
  })
})
