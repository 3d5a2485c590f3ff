import { describe, expect, test } from 'vitest'
import {
  gemini,
  geminiEmbeddings,
  vertexEmbedContent,
  vertexEmbeddings,
  vertexGemini,
} from '../../src/dialects/gemini/index.ts'

const google = (code: number, status: string, message = 'Oh.', details: unknown = undefined) => ({
  error: { code, status, message, ...(details !== undefined && { details }) },
})
const reason = (word: string) => [
  { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: word, domain: 'googleapis.com' },
]

describe('what an error of Google’s means', () => {
  test.each([
    [400, 'INVALID_ARGUMENT', 'request'],
    [400, 'FAILED_PRECONDITION', 'request'],
    [400, 'OUT_OF_RANGE', 'request'],
    [401, 'UNAUTHENTICATED', 'auth'],
    [403, 'PERMISSION_DENIED', 'auth'],
    [404, 'NOT_FOUND', 'not_found'],
    [429, 'RESOURCE_EXHAUSTED', 'rate_limit'],
    [499, 'CANCELLED', 'server'],
    [500, 'INTERNAL', 'server'],
    [500, 'UNKNOWN', 'server'],
    [500, 'DATA_LOSS', 'server'],
    [409, 'ABORTED', 'server'],
    [501, 'UNIMPLEMENTED', 'server'],
    [503, 'UNAVAILABLE', 'overloaded'],
    [504, 'DEADLINE_EXCEEDED', 'server'],
  ])('%i %s', (status, word, kind) => {
    const error = { message: 'Oh.', type: word, kind }
    expect(gemini.decodeError(status, google(status, word))).toEqual(error)
    // Inside a stream, under status 200, and beside a code that says otherwise: the word counts.
    expect(gemini.decodeError(200, google(kind === 'request' ? 500 : 400, word))).toEqual(error)
  })

  test.each([
    [400, 'INVALID_ARGUMENT', 'API_KEY_INVALID', 'auth'],
    [400, 'INVALID_ARGUMENT', 'API_KEY_EXPIRED', 'auth'],
    [403, 'PERMISSION_DENIED', 'BILLING_DISABLED', 'quota'],
    [403, 'PERMISSION_DENIED', 'SERVICE_DISABLED', 'auth'],
    [429, 'RESOURCE_EXHAUSTED', 'RATE_LIMIT_EXCEEDED', 'rate_limit'],
    [400, 'INVALID_ARGUMENT', 'constructor', 'request'],
  ])('%i %s because of %s', (status, word, why, kind) => {
    expect(gemini.decodeError(status, google(status, word, 'Oh.', reason(why)))).toEqual({
      message: 'Oh.',
      type: word,
      code: why,
      kind,
    })
  })

  test.each([
    [
      'The input token count (1200293) exceeds the maximum number of tokens allowed (1048576).',
      'context_length',
    ],
    ['Your request exceeds the context window of this model.', 'context_length'],
    ['The prompt violates our Responsible AI practices.', 'content_policy'],
    ['Sent images break our usage guidelines.', 'content_policy'],
    ['It breaks the Generative AI Prohibited Use Policy.', 'content_policy'],
    ['User location is not supported for the API use.', 'auth'],
    ['API key expired. Please renew the API key.', 'auth'],
    ['API Key not found. Please pass a valid API key.', 'auth'],
    ['This API method requires billing to be enabled.', 'quota'],
    ['* GenerateContentRequest.contents: contents is not specified', 'request'],
  ])('400 %s', (message, kind) => {
    expect(gemini.decodeError(400, google(400, 'INVALID_ARGUMENT', message))).toMatchObject({ message, kind })
  })

  test('429 for lack of money', () => {
    const message = 'Your prepayment credits are depleted.'
    expect(gemini.decodeError(429, google(429, 'RESOURCE_EXHAUSTED', message)).kind).toBe('quota')
    // The words of another kind of error change nothing.
    expect(gemini.decodeError(503, google(503, 'UNAVAILABLE', message)).kind).toBe('overloaded')
  })

  test('names the field at fault', () => {
    const details = [
      { '@type': 'type.googleapis.com/google.rpc.Help' },
      {
        '@type': 'type.googleapis.com/google.rpc.BadRequest',
        fieldViolations: [{ field: 'contents[0].role' }],
      },
    ]
    expect(gemini.decodeError(400, google(400, 'INVALID_ARGUMENT', 'Oh.', details)).param).toBe(
      'contents[0].role',
    )
  })

  test.each([
    [{}],
    ['x'],
    [[null, { fieldViolations: [] }, { fieldViolations: [{ field: '' }] }, { reason: 1 }]],
  ])('does without details such as %j', (details) => {
    expect(gemini.decodeError(400, google(400, 'INVALID_ARGUMENT', 'Oh.', details))).toEqual({
      message: 'Oh.',
      type: 'INVALID_ARGUMENT',
      kind: 'request',
    })
  })
})

describe('what stands in the place of an error of Google’s', () => {
  test.each([
    ['text', 502, 'Bad Gateway', { message: 'Bad Gateway', kind: 'server' }],
    [
      'a page',
      503,
      '<html><title>Busy</title>',
      { message: expect.stringContaining('Busy'), kind: 'overloaded' },
    ],
    ['nothing', 500, undefined, { message: expect.stringContaining('500'), kind: 'server' }],
    ['an empty list', 429, [], { message: expect.stringContaining('429'), kind: 'rate_limit' }],
    [
      'OpenAI’s shape',
      401,
      { error: { message: 'No', code: 'invalid_api_key' } },
      { message: 'No', code: 'invalid_api_key', kind: 'auth' },
    ],
    [
      'a code alone',
      200,
      { error: { code: 429, message: 'Slow' } },
      { message: 'Slow', code: '429', kind: 'rate_limit' },
    ],
    ['a word as error', 400, { error: 'Oh' }, { message: 'Oh', kind: 'request' }],
  ])('%s', (_, status, body, expected) => {
    expect(gemini.decodeError(status, body)).toEqual(expected)
  })

  test('every dialect of Google’s reads errors alike', () => {
    for (const dialect of [vertexGemini, geminiEmbeddings, vertexEmbeddings, vertexEmbedContent]) {
      expect(dialect.decodeError).toBe(gemini.decodeError)
      expect(dialect.name).toBe('gemini')
    }
  })
})
