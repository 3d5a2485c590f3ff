import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../src/canonical/json.ts'
import { errors, type ErrorCode } from '../../src/errors.ts'
import { openaiChat } from '../../src/dialects/openai-chat/index.ts'
import { openaiEmbeddings } from '../../src/dialects/openai-embeddings/index.ts'
import { problemsBySpec, recordings } from './openai-chat-recordings.ts'

const recorded: Record<string, JsonObject> = {
  'openai/chat-agents-and-tools-step3': { kind: 'not_found', code: 'model_not_found' },
  'openai/chat-async-pipeline-with-chat-prompt-builder-and-chat-generator-produ-step12': {
    kind: 'auth',
    code: 'invalid_api_key',
  },
  'openai/chat-insufficient-quota-429': { kind: 'quota', type: 'insufficient_quota' },
  'openai/chat-no-messages': { kind: 'request', code: 'empty_array', param: 'messages' },
  'openai/chat-rate-limit-429': { kind: 'rate_limit', code: 'rate_limit_exceeded' },
  'openai/chat-server-error-500': { kind: 'server', type: 'server_error' },
  'openai/chat-vision-step3': { kind: 'request', code: 'invalid_image_url' },
  'openai/embeddings-embed-error': { kind: 'not_found', code: 'model_not_found' },
  'azure/chat-content-filter-400': { kind: 'content_policy', code: 'content_filter', param: 'prompt' },
  'azure/embeddings-azure-embeddings-step3': { kind: 'auth', code: '401' },
  'together/chat-rate-limit-429': { kind: 'rate_limit', type: 'credit_limit' },
  'vllm/chat-context-length-400-flat': { kind: 'context_length', type: 'BadRequestError', code: '400' },
  'mistral/chat-rate-limit-429': { kind: 'rate_limit', type: 'rate_limited', code: '1300' },
  'mistral/chat-validation-422': {
    kind: 'request',
    message: 'temperature: Input should be greater than or equal to 0',
    param: 'temperature',
  },
}

describe('reading errors', () => {
  const failed = recordings('openai-chat', 'mistral-chat', 'openai-embeddings').filter(
    ({ response }) => response.status >= 400,
  )
  test('there is an expectation for every recorded error', () => {
    expect(failed.map(({ id }) => id).sort()).toEqual(Object.keys(recorded).sort())
  })

  test.each(failed.map((recording) => [recording.id, recording] as const))('%s', (id, { response }) => {
    const error = openaiChat.decodeError(response.status, response.body)
    expect(error).toMatchObject(recorded[id] as JsonObject)
    expect(error.message.length).toBeGreaterThan(10)
    expect(openaiEmbeddings.decodeError(response.status, response.body)).toEqual(error)
  })

  test.each([
    [401, { detail: 'Unauthorized' }, { message: 'Unauthorized', kind: 'auth' }],
    [
      422,
      { detail: [{ loc: ['body', 'messages', 0, 'role'], msg: 'field required' }] },
      { message: 'messages.0.role: field required', param: 'messages.0.role', kind: 'request' },
    ],
    [404, { error: 'model not found' }, { message: 'model not found', kind: 'not_found' }],
    [
      400,
      { error: { message: 'slow down', code: 429, metadata: {} } },
      { message: 'slow down', code: '429', kind: 'request' },
    ],
    [200, { error: { message: 'slow down', code: 429 } }, { kind: 'rate_limit' }],
    [200, { error: { message: 'odd', type: 'invalid_request_error' } }, { kind: 'request' }],
    [200, { error: { message: 'odd', type: 'strange' } }, { kind: 'server' }],
    [200, { error: { message: 'odd', type: 'overloaded_error' } }, { kind: 'overloaded' }],
    [
      400,
      { error: { message: 'no', innererror: { code: 'ResponsibleAIPolicyViolation' } } },
      { kind: 'content_policy' },
    ],
    [429, { error: { message: 'no', code: 'insufficient_quota' } }, { kind: 'quota' }],
    [402, { error: { message: 'Insufficient Balance' } }, { kind: 'quota' }],
    [404, { error: { code: 'DeploymentNotFound', message: 'no' } }, { kind: 'not_found' }],
    [529, {}, { kind: 'overloaded', message: 'The provider answered 529 without a message.' }],
    [503, { error: { message: '' } }, { kind: 'overloaded' }],
    [500, 'upstream connect error', { kind: 'server', message: 'upstream connect error' }],
    [
      502,
      '<html><head><title>502 Bad Gateway</title></head></html>',
      { kind: 'server', message: 'The provider answered 502 with a page: 502 Bad Gateway' },
    ],
    [502, '<!doctype html>', { kind: 'server', message: 'The provider answered 502 with a page of HTML.' }],
    [500, '', { kind: 'server', message: 'The provider answered 500 without a message.' }],
    [500, null, { kind: 'server' }],
    [500, ['odd'], { kind: 'server' }],
    [400, { error: { message: 'no', code: 'constructor' } }, { kind: 'request', code: 'constructor' }],
  ])('status %d with %j', (status, body, expected) => {
    expect(openaiChat.decodeError(status, body)).toMatchObject(expected)
  })

  test('a long message is cut at 2 KiB, between characters', () => {
    for (const filler of ['a', 'é', '€', '😀']) {
      const { message } = openaiChat.decodeError(400, { error: { message: filler.repeat(5000) } })
      expect(Buffer.byteLength(message)).toBeLessThanOrEqual(2048)
      expect(Buffer.byteLength(message)).toBeGreaterThan(2040)
      expect(message.isWellFormed()).toBe(true)
    }
  })
})

describe('writing errors', () => {
  test.each(Object.keys(errors) as ErrorCode[])('%s is valid by the API description', (code) => {
    const body = openaiChat.encodeError({ code, message: 'no', requestId: 'r' })
    expect(body).toEqual({ error: { message: 'no', type: errors[code].openaiType, param: null, code } })
    expect(problemsBySpec('ErrorResponse', body)).toEqual([])
  })

  test("a relayed error keeps the provider's own code", () => {
    const body = openaiChat.encodeError({
      code: 'invalid_request',
      message: 'no',
      param: 'messages',
      requestId: 'r',
      upstreamCode: 'empty_array',
    })
    expect(body).toMatchObject({ error: { param: 'messages', code: 'empty_array' } })
  })
})
