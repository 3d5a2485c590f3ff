import { expect, test } from 'vitest'
import { anthropicMessages } from '../../src/dialects/anthropic-messages/index.ts'
import { send } from './anthropic-messages-frames.ts'

const watch = () => anthropicMessages.watchStream({ withholdUsage: true })
const start = {
  type: 'message_start',
  message: { model: 'claude', usage: { input_tokens: 5, output_tokens: 1 } },
}

test('a relayed stream withholds nothing and is finished by message_stop alone', () => {
  const seen = watch()
  const stream = send(
    start,
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'x' } },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 9 } },
  )
  expect(stream.map((frame) => seen.see(frame))).toEqual(['pass', 'pass', 'pass', 'pass'])
  expect(seen).toMatchObject({
    finished: false,
    model: 'claude',
    usage: { input: 5, output: 9 },
    error: undefined,
  })
  expect(seen.see(send({ type: 'message_stop' })[0]!)).toBe('pass')
  expect(seen.finished).toBe(true)
})

test('a relayed ping is no sign of life', () => {
  expect(watch().see({ event: 'ping', data: '{"type": "ping"}' })).toBe('ping')
  expect(watch().see({ data: ' { "type" : "ping" }  ' })).toBe('ping')
})

test('a relayed stream that never counted has no usage', () => {
  const seen = watch()
  seen.see(send({ type: 'message_start', message: { model: 'claude' } })[0]!)
  expect(seen.usage).toBeUndefined()
  seen.see(send({ type: 'message_delta', delta: {}, usage: { output_tokens: -1 } })[0]!)
  expect(seen.usage).toBeUndefined()
})

test('frames whose content nobody needs are not parsed', () => {
  const seen = watch()
  expect(seen.see({ event: 'content_block_delta', data: 'anything' })).toBe('pass')
  expect(seen.see({ data: '{"type":"content_block_delta", cut' })).toBe('pass')
  expect(seen.see({ event: 'something_new', data: 'anything' })).toBe('pass')
})

test.each([
  [
    'an error event',
    { event: 'error', data: '{"type":"error","error":{"type":"api_error","message":"Oops"}}' },
    'Oops',
  ],
  ['an error without a name', { data: '{"error":{"message":"Oops"},"type":"error"}' }, 'Oops'],
  ['an error of text', { event: 'error', data: 'Oops' }, 'Oops'],
  ['a start that is cut', { event: 'message_start', data: '{"type":"mess' }, /not an event/],
  ['another API', { data: '{"choices":[]}' }, /not an event/],
])('%s is held back and told', (_name, frame, message) => {
  const seen = watch()
  expect(seen.see(frame)).toBe('error')
  expect(seen.error).toMatchObject({ message: expect.stringMatching(message) as string, kind: 'server' })
  expect(seen.finished).toBe(false)
})

test('nameless frames pass once the stream has begun', () => {
  const seen = watch()
  expect(seen.see({ data: '[DONE]' })).toBe('pass')
  seen.see(send(start)[0]!)
  expect(seen.see({ data: '{"odd":1}' })).toBe('pass')
})
