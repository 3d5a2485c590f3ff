import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../src/canonical/json.ts'
import { noUsage } from '../../src/canonical/usage.ts'
import { openaiResponses } from '../../src/dialects/openai-responses/index.ts'
import type { Frame } from '../../src/framing/frame.ts'
import { dataOf, event, eventProblemsBySpec } from './openai-responses-recordings.ts'

const watching = (...frames: Frame[]) => {
  const watch = openaiResponses.watchStream({ withholdUsage: true })
  return { watch, verdicts: frames.map((frame) => watch.see(frame)) }
}

const created = event('response.created', { response: { model: 'gpt' } })
const delta = event('response.output_text.delta', { delta: 'response.completed' })
const counts = { input_tokens: 3, output_tokens: 2 }
const nameless = ({ data }: Frame): Frame => ({ data })

describe('watching a relayed stream', () => {
  test.each(['response.completed', 'response.incomplete'])('%s ends it, and has the usage', (type) => {
    const last = event(type, { response: { model: 'gpt-2', usage: counts } })
    const { watch, verdicts } = watching(created, delta)
    expect([verdicts, watch.finished, watch.usage, watch.model]).toEqual([
      ...[['pass', 'pass'], false, undefined, 'gpt'],
    ])
    expect(watch.see(last)).toBe('pass')
    expect([watch.finished, watch.usage, watch.model]).toEqual([
      ...[true, { ...noUsage, input: 3, output: 2 }, 'gpt-2'],
    ])
  })

  test('events without a name are known by their type', () => {
    const last = event('response.completed', { response: { usage: counts } })
    const { watch, verdicts } = watching(
      nameless(created),
      nameless(delta),
      { data: '{"sequence_number":3,"type":"response.output_item.added"}' },
      nameless(last),
    )
    expect(verdicts).toEqual(['pass', 'pass', 'pass', 'pass'])
    expect([watch.finished, watch.model]).toEqual([true, 'gpt'])
  })

  test.each<[Frame, JsonObject]>([
    [event('error', { message: 'Oops', code: 'server_error' }), { message: 'Oops', kind: 'server' }],
    [event('error', { error: { message: 'Slow', code: 'rate_limit_exceeded' } }), { kind: 'rate_limit' }],
    [nameless(event('error', { message: 'Oops' })), { message: 'Oops' }],
    [
      { event: 'error', data: 'Out of order' },
      { message: 'Out of order', kind: 'server' },
    ],
    [
      event('response.failed', { response: { error: { message: 'No', code: 'x' } } }),
      { message: 'No', code: 'x' },
    ],
    [{ data: '{"error":{"message":"Gone"}}' }, { message: 'Gone' }],
    [{ data: 'Bad Gateway' }, { message: 'The provider sent something that is not an event of this API.' }],
    [
      { event: 'response.completed', data: '{' },
      { message: 'The provider sent something that is not an event of this API.' },
    ],
  ])('%j is an error', (frame, expected) => {
    const { watch, verdicts } = watching(created, frame)
    expect(verdicts).toEqual(['pass', 'error'])
    expect(watch.error).toMatchObject(expected)
    expect(watch.finished).toBe(false)
  })

  test('the tokens of a response that failed are counted', () => {
    const { watch } = watching(event('response.failed', { response: { error: null, usage: counts } }))
    expect(watch.usage).toEqual({ ...noUsage, input: 3, output: 2 })
  })

  test('signs of life that say nothing, and the end of another dialect', () => {
    const frames = [event('keepalive', {}), { event: 'ping', data: '{}' }, { data: '[DONE]' }, { data: '{}' }]
    const { watch, verdicts } = watching(...frames)
    expect(verdicts).toEqual(['ping', 'ping', 'pass', 'pass'])
    expect(watch.finished).toBe(false)
  })

  test('usage comes unasked, and nothing follows the last event', () => {
    expect(openaiResponses.askForUsage({ stream: true })).toBeUndefined()
    expect(openaiResponses.terminator).toEqual([])
    const { name, answerField, framing } = openaiResponses
    expect([name, answerField, framing]).toEqual(['openai-responses', 'output', 'sse'])
  })
})

describe('errors for callers', () => {
  const error = {
    code: 'overloaded',
    message: 'Try again later.',
    requestId: 'req_1',
  } as const

  test('of a whole answer', () => {
    expect(openaiResponses.encodeError({ ...error, param: 'input' })).toEqual({
      error: { message: 'Try again later.', type: 'server_error', param: 'input', code: 'overloaded' },
    })
  })

  test('of a stream: an event in both shapes that callers look for, then the response that failed', () => {
    const frames = openaiResponses.encodeStreamError(error, 0)
    expect(frames.map((frame) => frame.event)).toEqual(['error', 'response.failed'])
    const [told, failed] = dataOf(frames) as [JsonObject, JsonObject]
    const words = { message: 'Try again later.', code: 'overloaded', param: null }
    expect(told).toEqual({
      type: 'error',
      sequence_number: 0,
      ...words,
      error: { ...words, type: 'server_error' },
    })
    expect(failed).toMatchObject({
      type: 'response.failed',
      sequence_number: 1,
      response: {
        id: 'resp_req_1',
        status: 'failed',
        output: [],
        error: { code: 'server_error', message: 'Try again later.' },
      },
    })
    expect(eventProblemsBySpec(told)).toEqual([])
    expect(eventProblemsBySpec(failed)).toEqual([])
  })

  test("of a stream: a limit keeps its code, a provider's own word goes before ours", () => {
    const codesOf = (more: { code: 'rate_limit_exceeded'; upstreamCode?: string }) => {
      const [told, failed] = dataOf(openaiResponses.encodeStreamError({ ...error, ...more }, 0))
      return [told?.code, ((failed?.response as JsonObject).error as JsonObject).code]
    }
    expect(codesOf({ code: 'rate_limit_exceeded' })).toEqual(['rate_limit_exceeded', 'rate_limit_exceeded'])
    expect(codesOf({ code: 'rate_limit_exceeded', upstreamCode: 'slow_down' })).toEqual([
      'slow_down',
      'slow_down',
    ])
  })
})
