import { describe, expect, test } from 'vitest'
import type { ChatResponse } from '../../src/canonical/chat.ts'
import { isObject } from '../../src/canonical/json.ts'
import { promptTokens } from '../../src/canonical/usage.ts'
import { gemini } from '../../src/dialects/gemini/index.ts'
import { accumulate } from '../support/accumulate.ts'
import { loadFixtures } from '../support/fixtures.ts'
import { answers, bodyOf, decode, failures, framesOf, recordings, streams } from './gemini-recordings.ts'

/** What a reader sees of an answer: kinds of blocks with how long they are, the finish and the tokens. */
function outline({ choices, usage }: ChatResponse) {
  return {
    choices: choices.map(({ content, finish }) => ({
      blocks: content.map((block) => {
        if (block.type === 'text' || block.type === 'thinking') return `${block.type} ${block.text.length}`
        if (block.type !== 'tool_call') return block.type
        return `${block.name}(${block.arguments})${block.signature ? ' signed' : ''}`
      }),
      finish: `${finish.unified} ${finish.raw}`,
    })),
    tokens: usage && [promptTokens(usage), usage.cached, usage.output, usage.reasoning],
  }
}

const expected: Record<string, { blocks: string[]; finish: string; tokens: number[] }> = {
  'gemini/generate-cancel-recorded-provider-stream-google': {
    blocks: ['text 5'],
    finish: 'stop STOP',
    tokens: [6, 0, 36, 35],
  },
  'gemini/generate-content-describe-image-false': {
    blocks: ['text 551'],
    finish: 'stop STOP',
    tokens: [277, 0, 803, 678],
  },
  'gemini/generate-file-search-tool-step5': {
    blocks: ['text 1067'],
    finish: 'stop STOP',
    tokens: [1482, 0, 1273, 980],
  },
  'gemini/generate-httpx-client-is-not-closed-step2': {
    blocks: ['text 41'],
    finish: 'stop STOP',
    tokens: [8, 0, 9, 0],
  },
  'gemini/generate-max-tokens': { blocks: ['text 24'], finish: 'length MAX_TOKENS', tokens: [15, 0, 5, 0] },
  'gemini/generate-multimodal-tool-return-matrix-direct-url-document-2-5-step3': {
    blocks: ['text 177'],
    finish: 'stop STOP',
    tokens: [345, 230, 37, 0],
  },
  'gemini/generate-native-output-with-function-and-builtin-tools': {
    blocks: ['get_user_country({}) signed'],
    finish: 'tool_calls STOP',
    tokens: [35, 0, 71, 59],
  },
  'gemini/generate-native-output-with-function-tools-stream-step2': {
    blocks: ['text 51', 'redacted_thinking'],
    finish: 'stop STOP',
    tokens: [128, 0, 51, 30],
  },
  'gemini/generate-prompted-output-multiple': {
    blocks: ['text 90'],
    finish: 'stop STOP',
    tokens: [240, 0, 27, 0],
  },
  'gemini/generate-reasoning': {
    blocks: ['text 79', 'redacted_thinking'],
    finish: 'stop STOP',
    tokens: [9, 0, 311, 282],
  },
  'gemini/generate-reasoning-gemini3-stream': {
    blocks: ['text 55', 'redacted_thinking'],
    finish: 'stop STOP',
    tokens: [9, 0, 325, 302],
  },
  'gemini/generate-safety-settings': { blocks: [], finish: 'content_filter SAFETY', tokens: [14, 0, 0, 0] },
  'gemini/generate-stream-no-args-tool-call-stream': {
    blocks: [
      'thinking 320',
      'read_theme({}) signed',
      'read_screen({"id":"A"})',
      'read_screen({"id":"B"})',
      'read_screen({"id":"C"})',
    ],
    finish: 'tool_calls STOP',
    tokens: [249, 0, 241, 183],
  },
  'gemini/generate-streaming-reasoning-with-multiple-tool-calls': {
    blocks: ['get_weather({"location":"Boston"}) signed', 'get_weather({"location":"New Delhi"})'],
    finish: 'tool_calls STOP',
    tokens: [71, 0, 126, 93],
  },
  'gemini/generate-structured-output': {
    blocks: ['temperature({"city":"London","date":"2022-01-01"})'],
    finish: 'tool_calls STOP',
    tokens: [69, 0, 14, 0],
  },
  'gemini/generate-structured-output-step2': {
    blocks: ['final_result({"city":"London","date":"2022-01-01","temperature":"30°C"})'],
    finish: 'tool_calls STOP',
    tokens: [91, 0, 21, 0],
  },
  'gemini/generate-thinking-part-step2': {
    blocks: ['thinking 2781', 'text 3850', 'redacted_thinking'],
    finish: 'stop STOP',
    tokens: [1280, 0, 2073, 1115],
  },
  'vertex/generate-armor-response-template-real-block': {
    blocks: [],
    finish: 'content_filter MODEL_ARMOR',
    tokens: [19, 0, 33, 27],
  },
  'vertex/generate-multimodal-tool-return-matrix-tool-return-content-url-force-down-step2': {
    blocks: ['get_file({}) signed'],
    finish: 'tool_calls STOP',
    tokens: [102, 0, 353, 346],
  },
  'vertex/generate-vertex-logprobs-without-top-logprobs': {
    blocks: ['text 9'],
    finish: 'stop STOP',
    tokens: [7, 0, 24, 17],
  },
}

const outlineOf = (id: string) => {
  const { blocks, finish, tokens } = expected[id] ?? { blocks: [], finish: '', tokens: [] }
  return { choices: [{ blocks, finish }], tokens }
}

describe('recorded answers', () => {
  test('there is an expectation for every one', () => {
    expect([...answers, ...streams].map(({ id }) => id).sort()).toEqual(Object.keys(expected).sort())
    expect(recordings).toHaveLength(answers.length + streams.length + failures.length)
  })

  test.each(answers.map((recording) => [recording.id, recording] as const))('%s', (id, recording) => {
    const body = bodyOf(recording)
    const response = gemini.decodeResponse(body)
    expect(outline(response)).toEqual(outlineOf(id))
    expect(response).toMatchObject({
      id: (body as { responseId: string }).responseId,
      model: (body as { modelVersion: string }).modelVersion,
    })
    // A whole answer is a stream of one frame.
    expect(accumulate(decode([{ data: JSON.stringify(body) }]))).toEqual(response)
  })

  test.each(streams.map((recording) => [recording.id, recording] as const))('%s', (id, recording) => {
    const events = decode(framesOf(recording))
    expect(outline(accumulate(events))).toEqual(outlineOf(id))
    expect(events[0]?.type).toBe('start')
    expect(events.at(-1)?.type).toBe('end')
  })

  test.each(streams.map((recording) => [recording.id, recording] as const))(
    '%s cut off before its last frame is not finished',
    (_, recording) => {
      const decoder = gemini.streamDecoder()
      for (const frame of framesOf(recording).slice(0, -1)) decoder.push(frame)
      expect(decoder.finished).toBe(false)
      expect(decoder.close()).toEqual([])
    },
  )

  test('have different ids for the calls of one answer', () => {
    for (const recording of streams) {
      const [choice] = accumulate(decode(framesOf(recording))).choices
      const ids = choice?.content.flatMap((block) => (block.type === 'tool_call' ? [block.id] : [])) ?? []
      expect(new Set(ids).size).toBe(ids.length)
      expect(ids.every((callId) => callId !== '')).toBe(true)
    }
  })
})

describe('recorded errors', () => {
  const expectedErrors: Record<string, object> = {
    'gemini/generate-invalid-key-400': { kind: 'auth', type: 'INVALID_ARGUMENT', code: 'API_KEY_INVALID' },
    'gemini/generate-model-name-suggestion-google': {
      kind: 'not_found',
      type: 'NOT_FOUND',
    },
    'gemini/generate-overloaded-503': { kind: 'overloaded', type: 'UNAVAILABLE' },
    'gemini/embeddings-embed-error': { kind: 'not_found', type: 'NOT_FOUND' },
    'vertex/generate-content-invalid-temperature': {
      kind: 'request',
      type: 'INVALID_ARGUMENT',
    },
  }
  const all = [...failures, ...loadFixtures({ dialect: 'gemini-embeddings', feature: 'error' })]

  test('there is an expectation for every one', () => {
    expect(all.map(({ id }) => id).sort()).toEqual(Object.keys(expectedErrors).sort())
  })

  test.each(all.map((recording) => [recording.id, recording] as const))('%s', (id, { response }) => {
    const { body } = response
    const message = isObject(body) && isObject(body.error) ? body.error.message : undefined
    expect(gemini.decodeError(response.status, body)).toEqual({ ...expectedErrors[id], message })
    expect(gemini.decodeError(response.status, [body])).toEqual({ ...expectedErrors[id], message })
  })
})
