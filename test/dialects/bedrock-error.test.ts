import { describe, expect, test } from 'vitest'
import type { WireError } from '../../src/canonical/wire-error.ts'
import { bedrockConverse } from '../../src/dialects/bedrock-converse/index.ts'
import { bedrockEmbeddings } from '../../src/dialects/bedrock-embeddings/index.ts'
import { loadFixtures } from '../support/fixtures.ts'

const { decodeError } = bedrockConverse

describe('an error of Bedrock', () => {
  test('is read alike for chats and embeddings', () => {
    expect(bedrockEmbeddings.decodeError(429, { message: 'a' })).toEqual(decodeError(429, { message: 'a' }))
  })

  test.each<[number, WireError['kind']]>([
    [400, 'request'],
    [401, 'auth'],
    [402, 'quota'],
    [403, 'auth'],
    [404, 'not_found'],
    [408, 'server'],
    [413, 'request'],
    [424, 'server'],
    [429, 'rate_limit'],
    [500, 'server'],
    [503, 'overloaded'],
    [504, 'server'],
  ])('with the status %i alone', (status, kind) => {
    expect(decodeError(status, { message: 'Words' })).toEqual({ message: 'Words', kind })
  })

  test.each<[string, WireError['kind']]>([
    ['AccessDeniedException', 'auth'],
    ['ExpiredTokenException', 'auth'],
    ['ExpiredToken', 'auth'],
    ['UnrecognizedClientException', 'auth'],
    ['InvalidSignatureException', 'auth'],
    ['IncompleteSignature', 'auth'],
    ['InvalidClientTokenId', 'auth'],
    ['MissingAuthenticationTokenException', 'auth'],
    ['NotAuthorized', 'auth'],
    ['OptInRequired', 'auth'],
    ['RequestExpired', 'auth'],
    ['SignatureDoesNotMatch', 'auth'],
    ['ThrottlingException', 'rate_limit'],
    ['TooManyRequestsException', 'rate_limit'],
    ['RequestLimitExceeded', 'rate_limit'],
    ['ServiceQuotaExceededException', 'rate_limit'],
    ['ModelNotReadyException', 'overloaded'],
    ['ServiceUnavailableException', 'overloaded'],
    ['ResourceNotFoundException', 'not_found'],
    ['ValidationException', 'request'],
    ['ConflictException', 'request'],
    ['SerializationException', 'request'],
    ['InternalServerException', 'server'],
    ['InternalFailure', 'server'],
    ['ModelErrorException', 'server'],
    ['ModelStreamErrorException', 'server'],
    ['ModelTimeoutException', 'server'],
  ])('of the type %s', (type, kind) => {
    // A status that means something else.
    const status = kind === 'server' ? 400 : 500
    expect(decodeError(status, { Message: 'Words', __type: `com.amazon.coral.service#${type}` })).toEqual({
      message: 'Words',
      type,
      kind,
    })
    expect(decodeError(status, { message: 'Words', code: `${type}:http://internal.amazon.com/` })).toEqual({
      message: 'Words',
      type,
      kind,
    })
  })

  test.each<[string, WireError['kind']]>([
    ['The model returned the following errors: Input is too long for requested model.', 'context_length'],
    ['prompt is too long: 210000 tokens > 200000 maximum', 'context_length'],
    ['400 Bad Request: Too many input tokens. Max input tokens: 8192', 'context_length'],
    ['input length and `max_tokens` exceed context limit: 1 + 2 > 2', 'context_length'],
    ["This request exceeds the model's context window", 'context_length'],
    ["This model's maximum context length is 8192 tokens", 'context_length'],
    ['Output blocked by content filtering policy', 'content_policy'],
    ['The request violates our usage policy', 'content_policy'],
    ['Blocked by guardrail', 'content_policy'],
    ['The provided model identifier is invalid.', 'not_found'],
    ['Malformed input request', 'request'],
  ])('that says "%s"', (message, kind) => {
    expect(decodeError(400, { message }).kind).toBe(kind)
    expect(decodeError(403, { message }).kind).toBe('auth')
  })

  test.each<[unknown, string]>([
    ['  plain text ', 'plain text'],
    ['<html>proxy</html>', 'The provider answered with status 500 and no readable message.'],
    ['', 'The provider answered with status 500 and no readable message.'],
    [{}, 'The provider answered with status 500 and no readable message.'],
    [null, 'The provider answered with status 500 and no readable message.'],
    [[], 'The provider answered with status 500 and no readable message.'],
    [{ message: null, originalMessage: 'Inner' }, 'Inner'],
    [{ message: 'a', Message: 'b' }, 'a'],
    [{ message: 'a', __type: '#' }, 'a'],
  ])('with the body %j', (body, message) => {
    expect(decodeError(500, body)).toEqual({ message, kind: 'server' })
  })

  test.each(
    loadFixtures({ provider: 'bedrock', feature: 'error' }).map((fixture) => [fixture.id, fixture] as const),
  )('as recorded in %s', (_id, { response }) => {
    const { message } = response.body as { message: string }
    const kind = response.status === 429 ? 'rate_limit' : 'not_found'
    expect(decodeError(response.status, response.body)).toEqual({ message, kind })
  })
})
