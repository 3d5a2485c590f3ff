import { expect, test } from 'vitest'
import type { WireError } from '../../src/canonical/wire-error.ts'
import { anthropicMessages } from '../../src/dialects/anthropic-messages/index.ts'
import { errors, type ErrorCode } from '../../src/errors.ts'

const decode = (status: number, body: unknown) => anthropicMessages.decodeError(status, body)
const wire = (type: string, message: string) => ({
  type: 'error',
  error: { type, message },
  request_id: 'req_1',
})

test.each<[number, string, string, WireError['kind']]>([
  [400, 'invalid_request_error', 'messages: at least one message is required', 'request'],
  [400, 'invalid_request_error', 'prompt is too long: 200001 tokens > 200000 maximum', 'context_length'],
  [
    400,
    'invalid_request_error',
    'input length and `max_tokens` exceed context limit: 1 + 2 > 2',
    'context_length',
  ],
  [400, 'invalid_request_error', 'Your credit balance is too low to access the Anthropic API.', 'quota'],
  [400, 'invalid_request_error', 'Output blocked by content filtering policy', 'content_policy'],
  [401, 'authentication_error', 'invalid x-api-key', 'auth'],
  [402, 'billing_error', 'pay', 'quota'],
  [403, 'permission_error', 'no', 'auth'],
  [404, 'not_found_error', 'model: x', 'not_found'],
  [413, 'request_too_large', 'too large', 'request'],
  [429, 'rate_limit_error', 'slow down', 'rate_limit'],
  [500, 'api_error', 'Internal server error', 'server'],
  [504, 'timeout_error', 'Timeout', 'server'],
  [529, 'overloaded_error', 'Overloaded', 'overloaded'],
  [200, 'overloaded_error', 'Overloaded', 'overloaded'],
  [200, 'rate_limit_error', 'slow down', 'rate_limit'],
  [529, 'api_error', 'Overloaded', 'overloaded'],
])('an error %i %s "%s" is of the kind %s', (status, type, message, kind) => {
  expect(decode(status, wire(type, message))).toEqual({ type, message, kind })
})

test.each<[string, number, unknown, WireError]>([
  ['plain text', 502, ' Bad gateway \n', { message: 'Bad gateway', kind: 'server' }],
  ['a message alone', 403, { message: 'denied' }, { message: 'denied', kind: 'auth' }],
  ['an error of text', 422, { error: 'bad field' }, { message: 'bad field', kind: 'request' }],
  ['a detail', 503, { detail: 'busy' }, { message: 'busy', kind: 'overloaded' }],
  [
    'a list',
    429,
    [{ error: { code: 429, message: 'quota' } }],
    { message: 'quota', code: '429', kind: 'rate_limit' },
  ],
  [
    'details with a code',
    400,
    {
      type: 'error',
      error: { type: 'invalid_request_error', message: 'm', details: { error_code: 'tool_name_conflict' } },
    },
    { type: 'invalid_request_error', message: 'm', code: 'tool_name_conflict', kind: 'request' },
  ],
])('an error in the shape of %s is read', (_name, status, body, expected) => {
  expect(decode(status, body)).toEqual(expected)
})

test.each([
  ['HTML', '<!DOCTYPE html><html><body>nginx at 10.0.0.5</body></html>'],
  ['nothing', ''],
  ['null', null],
  ['an empty object', {}],
  ['an empty list', []],
  ['a number', 7],
])('an error of %s names the status and repeats nothing', (_name, body) => {
  expect(decode(502, body)).toEqual({
    message: 'The provider answered with status 502 and no readable message.',
    kind: 'server',
  })
})

test('an error inside a stream that says nothing is told without a status', () => {
  expect(decode(200, { type: 'error' }).message).not.toContain('200')
})

test.each(Object.keys(errors) as ErrorCode[])(
  'the error %s has the shape and the type of the Messages API',
  (code) => {
    expect(
      anthropicMessages.encodeError({
        code,
        message: 'So it is.',
        requestId: 'r1',
        param: 'x',
        upstreamCode: 'y',
      }),
    ).toEqual({
      type: 'error',
      error: { type: errors[code].anthropicType, message: 'So it is.' },
      request_id: 'r1',
    })
  },
)

test('a code that Anthropic’s SDK acts on is there', () => {
  const { error } = anthropicMessages.encodeError({
    code: 'invalid_request',
    message: 'x',
    requestId: 'r',
    upstreamCode: 'thread_not_found',
  })
  expect(error).toMatchObject({ details: { error_code: 'thread_not_found' } })
})
