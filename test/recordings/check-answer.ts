import { expect } from 'vitest'
import type { JsonObject } from '../../src/canonical/json.ts'
import { responseBytes } from '../support/fixtures.ts'
import type { WholeAnswer } from '../support/gateway.ts'
import { readEvents } from '../support/sse-reader.ts'
import { jsonEvents, jsonOf } from './events.ts'
import type { ExpectedError } from './expected-errors.ts'
import { problemsOfMessage, problemsOfMessageStream } from './messages-shape.ts'
import { problemsBySpec } from './openai-spec.ts'
import type { Recording, Route } from './recordings.ts'

/** Whether the answer is one of the route's own dialect, to the letter. */
export function expectDialect(text: string, route: Route, isStream: boolean): void {
  if (route === '/v1/messages') {
    expect(
      isStream ? problemsOfMessageStream(readEvents(text)) : problemsOfMessage(JSON.parse(text)),
    ).toEqual([])
  } else if (route === '/v1/responses') {
    if (isStream) expectResponseEvents(text)
    else expect(problemsBySpec('Response', JSON.parse(text))).toEqual([])
  } else if (isStream) expectChunks(text)
  else expect(problemsBySpec('CreateChatCompletionResponse', JSON.parse(text))).toEqual([])
}

function expectResponseEvents(text: string): void {
  const events = jsonEvents(text)
  expect(events.flatMap((event) => problemsBySpec('ResponseStreamEvent', event))).toEqual([])
  expect(events.map((event) => event.sequence_number)).toEqual([...events.keys()])
  expect(readEvents(text).map(({ event }) => event)).toEqual(events.map(({ type }) => type))
  expect(events.at(-1)!.type).toMatch(/^response\.(completed|incomplete)$/)
}

function expectChunks(text: string): void {
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
  expect(text.split('[DONE]')).toHaveLength(2)
  const chunks = jsonEvents(text)
  expect(chunks.flatMap((chunk) => problemsBySpec('CreateChatCompletionStreamResponse', chunk))).toEqual([])
  expect(new Set(chunks.map(({ id, model, created }) => JSON.stringify([id, model, created]))).size).toBe(1)
  const choices = chunks.flatMap(
    (chunk) => chunk.choices as { index: number; delta: JsonObject; finish_reason: unknown }[],
  )
  for (const index of new Set(choices.map((choice) => choice.index))) {
    const own = choices.filter((choice) => choice.index === index)
    expect(own.map(({ delta }) => delta.role)).toEqual(['assistant', ...own.slice(1).map(() => undefined)])
    expect(own.map(({ finish_reason }) => finish_reason !== null)).toEqual([
      ...own.slice(1).map(() => false),
      true,
    ])
  }
}

/** The recorded failure as the caller is told of it: status, headers and body in the route's dialect. */
export function expectError(
  answer: WholeAnswer,
  recording: Recording,
  route: Route,
  expected: ExpectedError,
): void {
  expect(answer.status).toBe(expected.status)
  expect(answer.headers).toMatchObject({
    'content-type': 'application/json; charset=utf-8',
    'x-gateway-error-code': expected.code,
  })
  expect(answer.headers['retry-after']).toBe(expected.retryAfter)
  expect(answer.headers['x-should-retry']).toBe(expected.shouldRetry)
  expectErrorBody(
    answer.json as JsonObject,
    answer.headers['x-request-id'] as string,
    recording,
    route,
    expected,
  )
}

/** A failure in the middle of a stream of responses: the event that names it, and the response that has failed. */
export function expectFailedResponse(told: readonly string[], expected: ExpectedError): void {
  const [error, failed] = told.slice(-2).map((event) => jsonOf(event)!)
  const code = expected.openaiCode ?? expected.code
  expect(error).toMatchObject({ type: 'error', code })
  expect(failed).toMatchObject({ type: 'response.failed', response: { status: 'failed' } })
  expect([error, failed].flatMap((event) => problemsBySpec('ResponseStreamEvent', event))).toEqual([])
  expect(told.map((event) => jsonOf(event)!.sequence_number)).toEqual([...told.keys()])
}

export function expectErrorBody(
  body: JsonObject,
  requestId: string,
  recording: Recording,
  route: Route,
  expected: ExpectedError,
): void {
  const { message } = body.error as { message: string }
  if (route === '/v1/messages') {
    expect(body).toEqual({
      type: 'error',
      error: { type: expected.anthropicType, message },
      request_id: requestId,
    })
  } else {
    expect(problemsBySpec('ErrorResponse', body)).toEqual([])
    expect(body.error).toMatchObject({
      type: expected.openaiType,
      code: expected.openaiCode ?? expected.code,
    })
    expect(Object.keys(body.error as object)).toEqual(['message', 'type', 'param', 'code'])
  }
  expect(message).not.toBe('')
  const theirs = wordsOf(recording)
  if (expected.message === 'the provider’s') expect(theirs).toContain(message.split(': ').at(-1))
  else expect(theirs).not.toContain(message)
}

/** All that the provider said. */
const wordsOf = ({ fixture }: Recording): string =>
  fixture.response.bodyText ?? responseBytes(fixture).toString().replaceAll('\\"', '"')
