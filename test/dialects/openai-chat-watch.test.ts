import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../src/canonical/json.ts'
import { noUsage } from '../../src/canonical/usage.ts'
import { openaiChat } from '../../src/dialects/openai-chat/index.ts'
import type { Frame } from '../../src/framing/frame.ts'
import { chunkFrame, done } from './openai-chat-recordings.ts'

const chunk = (delta: JsonObject, finish_reason: string | null = null, index = 0): Frame =>
  chunkFrame({ id: 'x', model: 'm', choices: [{ index, delta, finish_reason }] })
const usageChunk = (usage: unknown): Frame => chunkFrame({ id: 'x', model: 'm', choices: [], usage })
const counts = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }

const watching = (frames: Frame[], withholdUsage = false) => {
  const watch = openaiChat.watchStream({ withholdUsage })
  return { watch, verdicts: frames.map((frame) => watch.see(frame)) }
}

describe('watching a relayed stream', () => {
  test('a finish reason for every choice seen ends it, also without [DONE]', () => {
    const { watch } = watching([chunk({}, null, 0), chunk({}, null, 1), chunk({}, 'stop', 0)])
    expect(watch.finished).toBe(false)
    watch.see(chunk({}, 'stop', 1))
    expect(watch.finished).toBe(true)
  })

  test('[DONE] ends it, nothing else does', () => {
    const { watch } = watching([chunk({ content: 'Hi' }), { data: '[DONT]' }])
    expect(watch.finished).toBe(false)
    expect(watch.see(done)).toBe('pass')
    expect(watch.finished).toBe(true)
  })

  test('only the usage chunk that the caller did not ask for is withheld', () => {
    const frames = [
      chunkFrame({ id: '', model: '', choices: [], prompt_filter_results: [], usage: null }),
      chunk({ content: 'Hi' }),
      chunkFrame({ model: 'm', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], usage: counts }),
      usageChunk(counts),
      done,
    ]
    expect(watching(frames, true).verdicts).toEqual(['pass', 'pass', 'pass', 'withhold', 'pass'])
    const { watch, verdicts } = watching(frames)
    expect(verdicts).toEqual(frames.map(() => 'pass'))
    expect(watch.usage).toEqual({ ...noUsage, input: 3, output: 2 })
  })

  test.each([
    ['"usage":{"prompt_tokens":9,"completion_tokens":9}'],
    ['"finish_reason":"stop"'],
    ['{"error":{"message":"no"}}'],
    ['[DONE]'],
    ['data: [DONE]\n\n'],
    ['"object":"error"'],
  ])('an answer that says %j does not fool it', (content) => {
    const { watch, verdicts } = watching([
      chunk({ content }),
      chunk({ content }),
      chunk({ content: [content] }),
    ])
    expect(verdicts).toEqual(['pass', 'pass', 'pass'])
    expect([watch.finished, watch.usage, watch.error]).toEqual([false, undefined, undefined])
  })

  test('the same words as nested keys do not fool it either', () => {
    const nested = { usage: counts, finish_reason: 'stop', error: { message: 'no' }, object: 'error' }
    const frame = chunkFrame({ model: 'm', choices: [{ index: 0, delta: { x: nested } }], x_groq: nested })
    const { watch, verdicts } = watching([frame, frame])
    expect(verdicts).toEqual(['pass', 'pass'])
    expect([watch.finished, watch.usage, watch.error]).toEqual([false, undefined, undefined])
  })

  test.each([
    ['', { data: '{"error":{"message":"no","type":"server_error"}}' }],
    ['spaces around', { data: ' { "error" : { "message" : "no" } }'.replace('" :', '":') }],
    ['an event of that name', { event: 'error', data: '{"message":"no"}' }],
    ['an event that is no JSON', { event: 'error', data: 'no' }],
  ])('an error is seen at once %s', (_how, frame) => {
    const { watch, verdicts } = watching([chunk({ content: 'Hi' }), frame])
    expect(verdicts).toEqual(['pass', 'error'])
    expect(watch.error).toMatchObject({ message: 'no' })
    expect(watch.finished).toBe(false)
  })

  test('servers that put spaces into their JSON are understood', () => {
    const { watch } = watching([
      {
        data: '{"model": "m", "choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": null}]}',
      },
      {
        data: '{"model": "m", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}',
      },
    ])
    expect(watch.finished).toBe(true)
    expect(watch.usage).toMatchObject({ input: 3, output: 2 })
    expect(watch.model).toBe('m')
  })

  test('usage without sense does not replace one with sense, and is withheld all the same', () => {
    const { watch, verdicts } = watching([usageChunk(counts), usageChunk({ prompt_tokens: -1 })], true)
    expect(verdicts).toEqual(['withhold', 'withhold'])
    expect(watch.usage).toMatchObject({ input: 3, output: 2 })
  })

  test('a frame that should be JSON and is not is the provider failing', () => {
    const { watch, verdicts } = watching([{ data: '{"choices":[' }])
    expect(verdicts).toEqual(['error'])
    expect(watch.error).toMatchObject({ kind: 'server' })
  })

  test('pings and empty frames are no life, unknown frames pass', () => {
    const { verdicts } = watching([
      { event: 'ping', data: '{}' },
      { data: '' },
      { data: '{"type":"heartbeat"}' },
      { event: 'note', data: 'hello' },
    ])
    expect(verdicts).toEqual(['ping', 'ping', 'pass', 'pass'])
  })

  test('a server that never names its model is not parsed for it for ever', () => {
    const nameless = chunkFrame({ choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: null }] })
    const { watch, verdicts } = watching([nameless, nameless, nameless, nameless, { data: '{not parsed}' }])
    expect(verdicts.at(-1)).toBe('pass')
    expect(watch.model).toBeUndefined()
  })
})
