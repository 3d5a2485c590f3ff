import { describe, expect, test } from 'vitest'
import type { Block, FinishReason } from '../../src/canonical/chat.ts'
import { gemini } from '../../src/dialects/gemini/index.ts'
import { GatewayError } from '../../src/errors.ts'
import { loadFixture } from '../support/fixtures.ts'
import { bodyOf } from './gemini-recordings.ts'

const answer = (candidate: object, more: object = {}) => ({
  candidates: [{ content: { role: 'model', parts: [{ text: 'Hi' }] }, finishReason: 'STOP', ...candidate }],
  modelVersion: 'gemini-2.5-flash',
  responseId: 'r1',
  ...more,
})
const read = (candidate: object, more?: object) => gemini.decodeResponse(answer(candidate, more))
/** The blocks that the parts become. */
const blocks = (...parts: object[]): Block[] | undefined => read({ content: { parts } }).choices[0]?.content
const signature = { dialect: 'gemini', value: 'c2ln' }

describe('an answer', () => {
  test('says who made it, when and for which class of traffic', () => {
    expect(
      read({}, { createTime: '2026-07-22T23:37:37.929264Z', usageMetadata: { serviceTier: 'flex' } }),
    ).toEqual({
      id: 'r1',
      model: 'gemini-2.5-flash',
      created: 1_784_763_457,
      serviceTier: 'flex',
      choices: [
        { index: 0, content: [{ type: 'text', text: 'Hi' }], finish: { unified: 'stop', raw: 'STOP' } },
      ],
    })
  })

  test('without a name, an id or a readable time has none', () => {
    expect(read({}, { modelVersion: 1, responseId: null, createTime: 'soon' })).toEqual({
      id: '',
      model: '',
      choices: [expect.anything()],
    })
  })

  test('has its candidates in the order of their indexes', () => {
    const parts = (text: string) => ({ content: { parts: [{ text }] }, finishReason: 'STOP' })
    const { choices } = gemini.decodeResponse({ candidates: [{ ...parts('b'), index: 1 }, parts('a')] })
    expect(choices.map(({ index, content }) => [index, content])).toEqual([
      [0, [{ type: 'text', text: 'a' }]],
      [1, [{ type: 'text', text: 'b' }]],
    ])
  })

  test.each([
    ['no object', 'text'],
    ['a list', [answer({})]],
    ['null', null],
    ['without candidates', { usageMetadata: { promptTokenCount: 3 }, modelVersion: 'm' }],
    ['with no candidates', { candidates: [] }],
    ['with candidates that are none', { candidates: ['x', null] }],
    ['an error', { error: { code: 500, message: 'Oh', status: 'INTERNAL' } }],
    ['an error in a list', [{ error: { code: 500, message: 'Oh', status: 'INTERNAL' } }]],
    ['a prompt that was not blocked', { promptFeedback: { blockReason: 'BLOCKED_REASON_UNSPECIFIED' } }],
  ])('%s is none', (_, body) => {
    expect(() => gemini.decodeResponse(body)).toThrow(GatewayError)
    expect(() => gemini.decodeResponse(body)).toThrow(expect.objectContaining({ code: 'upstream_error' }))
  })

  test('of a blocked prompt is empty, and filtered', () => {
    const promptFeedback = { blockReason: 'PROHIBITED_CONTENT', safetyRatings: [] }
    expect(gemini.decodeResponse({ promptFeedback, responseId: 'r1', modelVersion: 'm' })).toEqual({
      id: 'r1',
      model: 'm',
      choices: [{ index: 0, content: [], finish: { unified: 'content_filter', raw: 'PROHIBITED_CONTENT' } }],
      extensions: { dialect: 'gemini', fields: { promptFeedback } },
    })
  })

  test('that was blocked half-way is filtered', () => {
    const blocked = answer({ finishReason: undefined }, { promptFeedback: { blockReason: 'SAFETY' } })
    expect(gemini.decodeResponse(blocked).choices[0]).toMatchObject({
      content: [{ text: 'Hi' }],
      finish: { unified: 'content_filter', raw: 'SAFETY' },
    })
  })
})

describe('why an answer ended', () => {
  test.each<[string, FinishReason]>([
    ['STOP', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['CONTINUATION', 'length'],
    ['SAFETY', 'content_filter'],
    ['RECITATION', 'content_filter'],
    ['BLOCKLIST', 'content_filter'],
    ['PROHIBITED_CONTENT', 'content_filter'],
    ['SPII', 'content_filter'],
    ['MODEL_ARMOR', 'content_filter'],
    ['IMAGE_SAFETY', 'content_filter'],
    ['IMAGE_PROHIBITED_CONTENT', 'content_filter'],
    ['IMAGE_RECITATION', 'content_filter'],
    ['LANGUAGE', 'other'],
    ['OTHER', 'other'],
    ['MALFORMED_FUNCTION_CALL', 'other'],
    ['UNEXPECTED_TOOL_CALL', 'other'],
    ['A_NEW_REASON', 'other'],
    ['constructor', 'other'],
  ])('%s is %s', (finishReason, unified) => {
    expect(read({ finishReason }).choices[0]?.finish).toEqual({ unified, raw: finishReason })
  })

  test.each([undefined, null, '', 'FINISH_REASON_UNSPECIFIED', 1])('%s says nothing', (finishReason) => {
    expect(read({ finishReason }).choices[0]?.finish).toEqual({ unified: 'other', raw: '' })
  })

  test('STOP after calls means the calls, any other reason stays', () => {
    const content = { parts: [{ functionCall: { name: 'f' } }] }
    expect(read({ content }).choices[0]?.finish).toEqual({ unified: 'tool_calls', raw: 'STOP' })
    expect(read({ content, finishReason: 'MAX_TOKENS' }).choices[0]?.finish.unified).toBe('length')
  })

  test.each([[{}], [undefined], [{ parts: null }], [{ parts: ['x', null] }]])(
    'with %o as content',
    (content) => {
      expect(read({ content, finishReason: 'SAFETY' }).choices[0]).toEqual({
        index: 0,
        content: [],
        finish: { unified: 'content_filter', raw: 'SAFETY' },
      })
    },
  )
})

describe('a part', () => {
  test.each<[string, object[], unknown[]]>([
    ['of text', [{ text: 'a' }, { text: 'b' }], [{ type: 'text', text: 'ab' }]],
    ['that is empty', [{ text: '' }, {}, { text: '', thought: true }], []],
    [
      'of thinking',
      [
        { text: 'Hm', thought: true },
        { text: '.', thought: true },
        { text: 'Yes', thought: false },
      ],
      [
        { type: 'thinking', text: 'Hm.' },
        { type: 'text', text: 'Yes' },
      ],
    ],
    [
      'of signed text',
      [{ text: 'Hi', thoughtSignature: 'c2ln' }, { text: '!' }],
      [
        { type: 'text', text: 'Hi' },
        { type: 'redacted_thinking', data: signature },
        { type: 'text', text: '!' },
      ],
    ],
    [
      'of a signature alone',
      [{ text: '', thoughtSignature: 'c2ln' }],
      [{ type: 'redacted_thinking', data: signature }],
    ],
    ['with an empty signature', [{ text: 'Hi', thoughtSignature: '' }], [{ type: 'text', text: 'Hi' }]],
    [
      'of signed thinking',
      [
        { text: 'Hm', thought: true, thoughtSignature: 'c2ln' },
        { text: 'So', thought: true },
      ],
      [
        { type: 'thinking', text: 'Hm', signature },
        { type: 'thinking', text: 'So' },
      ],
    ],
    [
      'that signs the thinking before it',
      [
        { text: 'Hm', thought: true },
        { text: '', thought: true, thoughtSignature: 'c2ln' },
      ],
      [{ type: 'thinking', text: 'Hm', signature }],
    ],
    [
      'of a signed thought without words',
      [{ text: '', thought: true, thoughtSignature: 'c2ln' }],
      [{ type: 'redacted_thinking', data: signature }],
    ],
    [
      'that calls',
      [{ functionCall: { id: 'x', name: 'f', args: { a: [1, null] } }, thoughtSignature: 'c2ln' }],
      [{ type: 'tool_call', id: 'x', name: 'f', arguments: '{"a":[1,null]}', signature }],
    ],
    [
      'that calls without an id',
      [{ functionCall: { name: 'f', args: {} } }, { functionCall: { name: 'g' } }],
      [
        { type: 'tool_call', id: 'call_r1_0_0', name: 'f', arguments: '{}' },
        { type: 'tool_call', id: 'call_r1_0_1', name: 'g', arguments: '{}' },
      ],
    ],
    [
      'of an image',
      [{ inlineData: { mimeType: 'image/png', data: 'iVBO' }, thoughtSignature: 'c2ln' }],
      [
        { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'iVBO' } },
        { type: 'redacted_thinking', data: signature },
      ],
    ],
    ...[
      { inlineData: { mimeType: 'image/png', data: 'iVBO' }, thought: true },
      { inlineData: { mimeType: 'audio/L16;rate=24000', data: 'AAAA' } },
      { executableCode: { language: 'PYTHON', code: 'print(1)' } },
      { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1' } },
      { aNewKind: 1 },
    ].map((part): [string, object[], unknown[]] => [
      `like ${JSON.stringify(part)}`,
      [{ text: 'a' }, part, { text: 'b' }],
      [
        { type: 'text', text: 'a' },
        { type: 'opaque', block: { dialect: 'gemini', value: part } },
        { type: 'text', text: 'b' },
      ],
    ]),
  ])('%s', (_, parts, expected) => {
    expect(blocks(...parts)).toEqual(expected)
  })

  test('of another choice gets ids of its own', () => {
    const { choices } = gemini.decodeResponse({
      responseId: 'r1',
      candidates: [0, 1].map((index) => ({ index, content: { parts: [{ functionCall: { name: 'f' } }] } })),
    })
    expect(choices.flatMap(({ content }) => content)).toMatchObject([
      { id: 'call_r1_0_0' },
      { id: 'call_r1_1_0' },
    ])
  })
})

describe('what an answer says besides', () => {
  test('is kept for this dialect', () => {
    const details = {
      avgLogprobs: -0.5,
      citationMetadata: { citations: [{ uri: 'https://a.test' }] },
      groundingMetadata: { groundingChunks: [] },
      safetyRatings: [{ category: 'X' }],
      finishMessage: null,
    }
    const { finishMessage: _none, ...kept } = details
    expect(read(details, { modelStatus: { stage: 'GA' }, nothing: null }).extensions).toEqual({
      dialect: 'gemini',
      fields: { modelStatus: { stage: 'GA' }, candidates: [{ index: 0, ...kept }] },
    })
  })

  test('is in the order of the candidates', () => {
    const { extensions } = gemini.decodeResponse({
      candidates: [
        { index: 1, avgLogprobs: -1 },
        { index: 0, avgLogprobs: -2 },
      ],
    })
    expect(extensions?.fields.candidates).toEqual([
      { index: 0, avgLogprobs: -2 },
      { index: 1, avgLogprobs: -1 },
    ])
  })
})

describe('log probabilities', () => {
  test('are told in OpenAI’s shape', () => {
    const logprobsResult = {
      chosenCandidates: [{ token: 'é', tokenId: 5, logProbability: -0.25 }, { token: '!' }],
      topCandidates: [
        {
          candidates: [
            { token: 'é', logProbability: -0.25 },
            { token: 'e', logProbability: -2 },
          ],
        },
      ],
    }
    expect(read({ logprobsResult }).choices[0]?.logprobs).toEqual({
      content: [
        {
          token: 'é',
          logprob: -0.25,
          bytes: [195, 169],
          top_logprobs: [
            { token: 'é', logprob: -0.25, bytes: [195, 169] },
            { token: 'e', logprob: -2, bytes: [101] },
          ],
        },
        { token: '!', logprob: 0, bytes: [33], top_logprobs: [] },
      ],
      refusal: null,
    })
  })

  test.each([undefined, {}, { chosenCandidates: [] }, { chosenCandidates: 'x' }])(
    '%o are none',
    (logprobsResult) => {
      expect(read({ logprobsResult }).choices[0]).not.toHaveProperty('logprobs')
    },
  )

  test('come with the recorded answer that has them', () => {
    const body = bodyOf(loadFixture('vertex/generate-vertex-logprobs-without-top-logprobs'))
    const logprobs = gemini.decodeResponse(body).choices[0]?.logprobs as { content: { token: string }[] }
    expect(logprobs.content.map(({ token }) => token).join('')).toBe('2 + 2 = 4')
  })
})

describe('usage', () => {
  const none = {
    ...{ input: 0, cached: 0, cacheWrite5m: 0, cacheWrite1h: 0 },
    ...{ output: 0, reasoning: 0, inputAudio: 0, outputAudio: 0 },
  }
  test.each<[string, object | undefined, object | undefined]>([
    [
      'counts thoughts beside the candidates, and cached tokens within the prompt',
      { promptTokenCount: 100, cachedContentTokenCount: 30, candidatesTokenCount: 7, thoughtsTokenCount: 5 },
      { input: 70, cached: 30, output: 12, reasoning: 5 },
    ],
    ['counts what tools read', { promptTokenCount: 10, toolUsePromptTokenCount: 5 }, { input: 15 }],
    [
      'counts audio',
      {
        promptTokenCount: 100,
        toolUsePromptTokenCount: 3,
        cachedContentTokenCount: 30,
        candidatesTokenCount: 50,
        promptTokensDetails: [
          { modality: 'TEXT', tokenCount: 20 },
          { modality: 'AUDIO', tokenCount: 80 },
        ],
        toolUsePromptTokensDetails: [{ modality: 'AUDIO', tokenCount: 3 }],
        cacheTokensDetails: [{ modality: 'AUDIO', tokenCount: 20 }],
        candidatesTokensDetails: [{ modality: 'AUDIO', tokenCount: 40 }],
      },
      { input: 73, cached: 30, inputAudio: 63, output: 50, outputAudio: 40 },
    ],
    ['is never more cached than read', { promptTokenCount: 3, cachedContentTokenCount: 5 }, { cached: 3 }],
    [
      'is never more audio than input',
      { promptTokenCount: 3, promptTokensDetails: [{ modality: 'AUDIO', tokenCount: 9 }] },
      { input: 3, inputAudio: 3 },
    ],
    [
      'is never less audio than none',
      { promptTokenCount: 3, cacheTokensDetails: [{ modality: 'AUDIO', tokenCount: 9 }] },
      { input: 3 },
    ],
    ['of an answer alone', { candidatesTokenCount: 3 }, { output: 3 }],
    ['of traffic alone', { trafficType: 'ON_DEMAND' }, undefined],
    ['of thoughts alone', { thoughtsTokenCount: 3 }, undefined],
    ['that is missing', undefined, undefined],
    ['with less than nothing', { promptTokenCount: -1 }, undefined],
    ['with a half', { promptTokenCount: 1, candidatesTokenCount: 0.5 }, undefined],
    ['with text', { promptTokenCount: '5' }, undefined],
    ['with a thought that is no count', { promptTokenCount: 5, thoughtsTokenCount: 'many' }, undefined],
    [
      'with nulls',
      { promptTokenCount: 5, candidatesTokenCount: null, cachedContentTokenCount: null },
      { input: 5 },
    ],
  ])('%s', (_, usageMetadata, expected) => {
    expect(read({}, { usageMetadata }).usage).toEqual(expected && { ...none, ...expected })
  })
})
