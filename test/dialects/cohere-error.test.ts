import { expect, test } from 'vitest'
import { cohere, cohereEmbeddings } from '../../src/dialects/cohere/index.ts'

const trial = (limit: string) => `You are using a Trial key, which is limited to ${limit}. You can continue …`

test.each([
  [400, 'invalid request: temperature must be between 0 and 1.0 inclusive.', 'request'],
  [400, 'too many tokens: total number of tokens in the prompt cannot exceed 4081', 'context_length'],
  [400, 'Too many tokens: size limit exceeded by 11326 tokens.', 'context_length'],
  [400, 'too many tokens: max tokens must be less than or equal to 4096, the maximum', 'request'],
  [401, 'invalid api token', 'auth'],
  [402, 'Please add or update your payment method', 'quota'],
  [403, 'forbidden', 'auth'],
  [404, "model 'xyz' not found, make sure the correct model ID was used", 'not_found'],
  [422, 'unprocessable', 'request'],
  [429, trial('20 API calls / minute'), 'rate_limit'],
  [429, trial('1000 API calls / month'), 'quota'],
  [429, 'trial token rate limit exceeded, limit is 100000 tokens per minute', 'rate_limit'],
  [498, 'blocked', 'content_policy'],
  [499, 'request cancelled', 'server'],
  [500, 'internal server error', 'server'],
  [501, 'not implemented', 'request'],
  [503, 'too many users', 'overloaded'],
  [504, 'gateway timeout', 'server'],
])('status %i with "%s" is %s', (status, message, kind) => {
  expect(cohere.decodeError(status, { message, id: 'x' })).toEqual({ message, kind })
  expect(cohereEmbeddings.decodeError(status, { message })).toEqual({ message, kind })
})

test.each([
  ['<html><title>Bad Gateway</title></html>', 'The provider answered 502 with a page: Bad Gateway'],
  ['upstream reset', 'upstream reset'],
  [{}, 'The provider answered 502 without a message.'],
  [undefined, 'The provider answered 502 without a message.'],
])('an error of the shape %j is read', (body, message) => {
  expect(cohere.decodeError(502, body)).toEqual({ message, kind: 'server' })
})
