import { describe, expect, test } from 'vitest'
import { gemini } from '../../src/dialects/gemini/index.ts'
import { accumulate } from '../support/accumulate.ts'
import { decode, frame } from './gemini-recordings.ts'

const chunk = (parts: object[], more: object = {}, beside: object = {}) => ({
  candidates: [{ content: { role: 'model', parts }, index: 0, ...more }],
  responseId: 'r1',
  modelVersion: 'm',
  ...beside,
})
const stop = { finishReason: 'STOP' }
const stream = (...chunks: object[]) => decode(chunks.map(frame))

describe('a stream', () => {
  test('tells text as it comes, and the end when the connection closes', () => {
    const decoder = gemini.streamDecoder()
    expect(decoder.push(frame(chunk([{ text: 'Hel' }])))).toEqual([
      { type: 'start', id: 'r1', model: 'm' },
      { type: 'block_start', choice: 0, index: 0, block: { type: 'text', text: '' } },
      { type: 'block_delta', choice: 0, index: 0, delta: { type: 'text', text: 'Hel' } },
    ])
    expect(decoder.finished).toBe(false)
    const usageMetadata = { promptTokenCount: 3, candidatesTokenCount: 2 }
    expect(decoder.push(frame(chunk([{ text: 'lo' }], stop, { usageMetadata })))).toEqual([
      { type: 'block_delta', choice: 0, index: 0, delta: { type: 'text', text: 'lo' } },
      { type: 'usage', usage: expect.objectContaining({ input: 3, output: 2 }) },
    ])
    expect(decoder.finished).toBe(true)
    expect(decoder.close()).toEqual([
      { type: 'block_stop', choice: 0, index: 0 },
      { type: 'finish', choice: 0, finish: { unified: 'stop', raw: 'STOP' } },
      { type: 'end' },
    ])
    expect(decoder.close()).toEqual([])
    expect(decoder.push(frame(chunk([{ text: 'late' }])))).toEqual([])
  })

  test('is a block of its own after each change between thinking and text', () => {
    const answer = accumulate(
      stream(
        chunk([{ text: 'a', thought: true }]),
        chunk([{ text: 'b', thought: true }, { text: 'c' }]),
        chunk([{ text: 'd' }]),
        chunk([{ text: 'e', thought: true, thoughtSignature: 'c2ln' }], stop),
      ),
    )
    expect(answer.choices[0]?.content).toEqual([
      { type: 'thinking', text: 'ab' },
      { type: 'text', text: 'cd' },
      { type: 'thinking', text: 'e', signature: { dialect: 'gemini', value: 'c2ln' } },
    ])
  })

  test('tells a call whole, with its signature at the start', () => {
    const events = stream(
      chunk([{ functionCall: { id: 'x', name: 'f', args: { a: 1 } }, thoughtSignature: 'c2ln' }]),
      chunk([{ functionCall: { name: 'g', args: {} } }], stop),
    )
    const signature = { dialect: 'gemini', value: 'c2ln' }
    expect(events.slice(1, 7)).toEqual([
      {
        type: 'block_start',
        choice: 0,
        index: 0,
        block: { type: 'tool_call', id: 'x', name: 'f', arguments: '', signature },
      },
      { type: 'block_delta', choice: 0, index: 0, delta: { type: 'arguments', text: '{"a":1}' } },
      { type: 'block_stop', choice: 0, index: 0 },
      {
        type: 'block_start',
        choice: 0,
        index: 1,
        block: { type: 'tool_call', id: 'call_r1_0_1', name: 'g', arguments: '' },
      },
      { type: 'block_delta', choice: 0, index: 1, delta: { type: 'arguments', text: '{}' } },
      { type: 'block_stop', choice: 0, index: 1 },
    ])
  })

  test('tells all of a call at once, after the text before it has stopped', () => {
    const decoder = gemini.streamDecoder()
    decoder.push(frame(chunk([{ text: 'a' }])))
    const events = decoder.push(frame(chunk([{ functionCall: { name: 'f' } }, { text: 'b' }])))
    expect(events.map((event) => ('index' in event ? `${event.type} ${event.index}` : event.type))).toEqual([
      ...['block_stop 0', 'block_start 1', 'block_delta 1', 'block_stop 1', 'block_start 2', 'block_delta 2'],
    ])
  })

  test('has calls that come after the reason to stop, and before it', () => {
    const call = [{ functionCall: { name: 'f' } }]
    for (const chunks of [
      [chunk([], stop), chunk(call)],
      [chunk(call), chunk([{ text: '' }], stop)],
    ]) {
      const [choice] = accumulate(stream(...chunks)).choices
      expect(choice).toMatchObject({
        content: [{ name: 'f' }],
        finish: { unified: 'tool_calls', raw: 'STOP' },
      })
    }
  })

  test('goes on where every frame says STOP', () => {
    expect(accumulate(stream(chunk([{ text: 'a' }], stop), chunk([{ text: 'b' }], stop))).choices).toEqual([
      { index: 0, content: [{ type: 'text', text: 'ab' }], finish: { unified: 'stop', raw: 'STOP' } },
    ])
  })

  test('is finished when every candidate is', () => {
    const decoder = gemini.streamDecoder()
    decoder.push(
      frame({
        candidates: [
          { index: 0, ...stop },
          { index: 1, content: { parts: [{ text: 'x' }] } },
        ],
      }),
    )
    expect(decoder.finished).toBe(false)
    expect(decoder.close()).toEqual([])
    decoder.push(frame({ candidates: [{ index: 1, finishReason: 'MAX_TOKENS' }] }))
    expect(decoder.finished).toBe(true)
    expect(
      decoder.close().flatMap((event) => (event.type === 'finish' ? [event.finish.unified] : [])),
    ).toEqual(['stop', 'length'])
  })

  test('of a blocked prompt is finished', () => {
    expect(accumulate(stream({ promptFeedback: { blockReason: 'SAFETY' }, responseId: 'r1' }))).toMatchObject(
      {
        choices: [{ content: [], finish: { unified: 'content_filter', raw: 'SAFETY' } }],
      },
    )
  })

  test('tells the usage of the last frame, and keeps one where a later frame has none', () => {
    const answer = accumulate(
      stream(
        chunk([{ text: 'a' }], {}, { usageMetadata: { promptTokenCount: 59, candidatesTokenCount: 1 } }),
        chunk([{ text: 'b' }], stop, { usageMetadata: { promptTokenCount: 128, candidatesTokenCount: 2 } }),
        chunk([], {}, { usageMetadata: { trafficType: 'ON_DEMAND' } }),
      ),
    )
    expect(answer.usage).toMatchObject({ input: 128, output: 2 })
  })

  test('tells the tier and the time at its start', () => {
    const [start] = stream(
      chunk([], stop, { createTime: '2026-01-01T00:00:00Z', usageMetadata: { serviceTier: 'standard' } }),
    )
    expect(start).toEqual({
      type: 'start',
      id: 'r1',
      model: 'm',
      created: 1_767_225_600,
      serviceTier: 'standard',
    })
  })

  test('tells log probabilities with the tokens they are of', () => {
    const token = (text: string) => ({
      logprobsResult: { chosenCandidates: [{ token: text, logProbability: -1 }] },
    })
    const { choices } = accumulate(
      stream(chunk([{ text: 'a' }], token('a')), chunk([{ text: 'b' }], { ...token('b'), ...stop })),
    )
    expect(choices[0]?.logprobs).toMatchObject({ content: [{ token: 'a' }, { token: 'b' }] })
  })

  test('tells at its end what else was said, the last of each', () => {
    const events = stream(
      chunk([{ text: 'a' }], { safetyRatings: [1] }, { modelStatus: 'old' }),
      chunk(
        [{ text: 'b' }],
        { ...stop, safetyRatings: [2], groundingMetadata: { x: 1 } },
        { modelStatus: 'new' },
      ),
    )
    expect(events.at(-2)).toEqual({
      type: 'extensions',
      extensions: {
        dialect: 'gemini',
        fields: {
          modelStatus: 'new',
          candidates: [{ index: 0, safetyRatings: [2], groundingMetadata: { x: 1 } }],
        },
      },
    })
  })
})

describe('arguments in pieces', () => {
  const piece = (jsonPath: string, value: object) => ({ jsonPath, ...value })
  const growing = (...partialArgs: object[]) => chunk([{ functionCall: { partialArgs, willContinue: true } }])
  const opening = chunk([{ functionCall: { name: 'f', args: { known: 1 }, willContinue: true } }])
  const closing = chunk([{ functionCall: {} }], stop)
  const argumentsOf = (...chunks: object[]): unknown => {
    const [block] = accumulate(stream(...chunks)).choices[0]?.content ?? []
    return block?.type === 'tool_call' ? JSON.parse(block.arguments) : block
  }

  test('are put together by their places', () => {
    expect(
      argumentsOf(
        opening,
        growing(piece('$.city', { stringValue: 'Par', willContinue: true })),
        growing(
          piece('$.city', { stringValue: 'is' }),
          piece('$.days', { numberValue: 3 }),
          piece('$.zero', { numberValue: 0 }),
          piece('$.sure', { boolValue: false }),
          piece('$.none', { nullValue: 'NULL_VALUE' }),
          piece('$.list[0].name', { stringValue: 'a' }),
          piece('$.list[1].name', { stringValue: 'b' }),
          piece("$['full name'][\"it\\'s\"]", { stringValue: 'c' }),
        ),
        closing,
      ),
    ).toEqual({
      known: 1,
      city: 'Paris',
      days: 3,
      zero: 0,
      sure: false,
      none: null,
      list: [{ name: 'a' }, { name: 'b' }],
      'full name': { "it's": 'c' },
    })
  })

  test.each([
    ['no place', { stringValue: 'x' }],
    ['the whole', piece('$', { stringValue: 'x' })],
    ['no value', piece('$.a', {})],
    ['a place that would be a huge list', piece('$.a[4000000000]', { stringValue: 'x' })],
    ['the prototype of all objects', piece('$.__proto__.a', { stringValue: 'x' })],
  ])('with %s are left out', (_, partial) => {
    expect(argumentsOf(opening, growing(partial), closing)).toEqual({ known: 1 })
    expect(({} as { a?: string }).a).toBeUndefined()
  })

  test('that are no list are none', () => {
    expect(argumentsOf(opening, chunk([{ functionCall: { partialArgs: 'x' } }], stop))).toEqual({ known: 1 })
  })

  test('end with the next call, or with the stream', () => {
    const { choices } = accumulate(
      stream(
        opening,
        growing(piece('$.a', { stringValue: 'x' })),
        chunk([{ functionCall: { name: 'g', willContinue: true } }], stop),
      ),
    )
    expect(choices[0]?.content).toMatchObject([
      { name: 'f', arguments: '{"known":1,"a":"x"}' },
      { name: 'g', arguments: '{}' },
    ])
  })

  test('of no call say nothing', () => {
    expect(accumulate(stream(growing(piece('$.a', { stringValue: 'x' })), closing)).choices[0]).toMatchObject(
      {
        content: [],
        finish: { unified: 'stop' },
      },
    )
  })
})

describe('a stream that fails', () => {
  const broken = { error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } }

  test.each([
    ['an error', broken],
    ['an error in a list', [broken]],
  ])('with %s tells it and nothing more', (_, body) => {
    const decoder = gemini.streamDecoder()
    decoder.push(frame(chunk([{ text: 'a' }])))
    expect(decoder.push(frame(body))).toEqual([
      {
        type: 'error',
        error: {
          message: 'The model is overloaded.',
          type: 'UNAVAILABLE',
          kind: 'overloaded',
        },
      },
    ])
    expect(decoder.push(frame(chunk([{ text: 'b' }], stop)))).toEqual([])
    expect(decoder.finished).toBe(false)
    expect(decoder.close()).toEqual([])
  })

  test('with an event named so', () => {
    const event = { event: 'error', data: '{"message":"Quota"}' }
    expect(gemini.streamDecoder().push(event)).toMatchObject([{ type: 'error', error: { message: 'Quota' } }])
  })

  test('after its end tells no end', () => {
    const decoder = gemini.streamDecoder()
    decoder.push(frame(chunk([{ text: 'a' }], stop)))
    decoder.push(frame(broken))
    expect(decoder.close()).toEqual([])
  })

  test.each(['{"cand', '<html>', ''.padStart(3)])('%j is no frame of it', (data) => {
    expect(() => gemini.streamDecoder().push({ data })).toThrow(SyntaxError)
  })

  test.each(['"text"', '1', 'null', '[]'])('%s is no answer', (data) => {
    expect(() => gemini.streamDecoder().push({ data })).toThrow(
      expect.objectContaining({ code: 'upstream_error' }),
    )
  })

  test('takes OpenAI’s end and empty events for nothing', () => {
    const decoder = gemini.streamDecoder()
    expect(decoder.push({ data: '[DONE]' })).toEqual([])
    expect(decoder.push({ data: '' })).toEqual([])
    expect(decoder.finished).toBe(false)
  })
})
