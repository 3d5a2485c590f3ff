/** What is measured, one row each. */
import type { Check } from './load.ts'
import {
  chatAnswer,
  chatRequest,
  embeddingAnswer,
  embeddingRequest,
  marker,
  relayedStream,
  textEventsPerStream,
  type Wire,
} from './payloads.ts'

/** What one server is sent in a scenario, and what it must answer. */
export type Exchange = { path: string; body: Buffer; check: Check }

export type Scenario = {
  name: string
  /** `loop`: callers ask again at once. `streams`: all streams together, at the provider's pace. */
  kind: 'loop' | 'streams'
  concurrency: number
  /** Text events in one answer; 0 where nothing is streamed. */
  eventsPerAnswer: number
  gateway: Exchange
  /**
   * The bare pass-through can't translate: it gets the request as the provider speaks it and returns the
   * provider's answer.
   */
  bare: Exchange
  /** Part of the short form. */
  short: boolean
}

const oneKb = 1024
/** Few enough that events arrive one by one (three in a millisecond), as they do from real providers. */
const pacedStreams = 60
const paths: Record<Wire, string> = { openai: '/v1/chat/completions', anthropic: '/v1/messages' }

const wrongStatus = (status: number, body: Buffer): string | undefined =>
  status === 200 ? undefined : `status ${status}: ${body.toString('utf8', 0, 200)}`

/** The very bytes that the provider sent. */
function exactly(expected: Buffer[]): Check {
  return (status, body) =>
    wrongStatus(status, body) ??
    (expected.some((bytes) => bytes.equals(body))
      ? undefined
      : `the answer differs from the provider's (${body.length} bytes, ${expected[0]!.length} expected)`)
}

const count = (body: Buffer): number => {
  let found = 0
  for (let at = body.indexOf(marker); at >= 0; at = body.indexOf(marker, at + marker.length)) found++
  return found
}

/** A translated answer: the text is all there, in the envelope of the caller's dialect. */
function translated(wire: Wire, markers: number, ends: string): Check {
  const envelope = wire === 'openai' ? '"choices":' : '"type":"'
  return (status, body) => {
    const wrong = wrongStatus(status, body)
    if (wrong !== undefined) return wrong
    if (!body.includes(envelope)) return `no ${envelope} in a translated answer`
    const found = count(body)
    if (found !== markers) return `${found} of ${markers} texts in a translated answer`
    return body.indexOf(ends, body.length - 120) < 0
      ? `a translated answer doesn't end with ${ends.trim()}`
      : undefined
  }
}

const streamEnd: Record<Wire, string> = { openai: 'data: [DONE]\n\n', anthropic: '"type":"message_stop"' }

function relayedExchange(wire: Wire, model: string, requestBytes: number): Exchange {
  const streamed = !model.endsWith('-json')
  const expected = streamed
    ? [false, true].map((withUsage) => Buffer.from(relayedStream(wire, model, withUsage)))
    : [chatAnswer(wire, model)]
  return { path: paths[wire], body: chatRequest(wire, model, requestBytes), check: exactly(expected) }
}

function translatedExchange(caller: Wire, model: string): Exchange {
  const streamed = !model.endsWith('-json')
  return {
    path: paths[caller],
    body: chatRequest(caller, model, oneKb),
    check: streamed ? translated(caller, textEventsPerStream, streamEnd[caller]) : translated(caller, 1, '}'),
  }
}

type Shape = Pick<Scenario, 'name' | 'kind' | 'concurrency' | 'short'>

function relayed(shape: Shape, model: string, requestBytes: number = oneKb): Scenario {
  const exchange = relayedExchange('openai', model, requestBytes)
  return { ...shape, eventsPerAnswer: eventsOf(model), gateway: exchange, bare: exchange }
}

/** @param upstream the dialect of the provider; the caller speaks the other one */
function translatedFrom(shape: Shape, upstream: Wire, model: string): Scenario {
  const caller = upstream === 'openai' ? 'anthropic' : 'openai'
  return {
    ...shape,
    eventsPerAnswer: eventsOf(model),
    gateway: translatedExchange(caller, model),
    bare: relayedExchange(upstream, model, oneKb),
  }
}

const eventsOf = (model: string): number => (model.endsWith('-json') ? 0 : textEventsPerStream)

function embeddings(shape: Shape): Scenario {
  const exchange = {
    path: '/v1/embeddings',
    body: embeddingRequest('bench-embedding'),
    check: exactly([embeddingAnswer()]),
  }
  return { ...shape, eventsPerAnswer: 0, gateway: exchange, bare: exchange }
}

const loop = (name: string, concurrency: number, short = false): Shape => ({
  name,
  kind: 'loop',
  concurrency,
  short,
})
const streams = (name: string, short = false): Shape => ({
  name,
  kind: 'streams',
  concurrency: pacedStreams,
  short,
})

export const scenarios: Scenario[] = [
  relayed(loop('json-relay c=1', 1), 'bench-json'),
  relayed(loop('json-relay c=16', 16, true), 'bench-json'),
  relayed(loop('json-relay c=64', 64), 'bench-json'),
  translatedFrom(loop('json-messages-to-openai c=16', 16, true), 'openai', 'bench-json'),
  translatedFrom(loop('json-chat-to-anthropic c=16', 16, true), 'anthropic', 'bench-claude-json'),
  relayed(streams('sse-relay paced', true), 'bench-paced'),
  translatedFrom(streams('sse-messages-to-openai paced', true), 'openai', 'bench-paced'),
  translatedFrom(streams('sse-chat-to-anthropic paced', true), 'anthropic', 'bench-claude-paced'),
  relayed(loop('sse-relay burst c=16', 16), 'bench-burst'),
  translatedFrom(loop('sse-messages-to-openai burst c=16', 16), 'openai', 'bench-burst'),
  translatedFrom(loop('sse-chat-to-anthropic burst c=16', 16), 'anthropic', 'bench-claude-burst'),
  embeddings(loop('embeddings-relay c=16', 16)),
  relayed(loop('json-relay-16kb c=16', 16), 'bench-json', 16 * 1024),
  relayed(loop('json-relay-256kb c=16', 16), 'bench-json', 256 * 1024),
]
