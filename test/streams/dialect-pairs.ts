import type { ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { ConfigObject } from '../support/config-file.ts'
import type { StreamEvent } from '../support/gateway.ts'
import {
  anthropicMessage,
  anthropicStream,
  chatCompletion,
  chatStream,
  type RecordedRequest,
  type Upstream,
} from '../support/upstream.ts'

type Dialect = 'openai' | 'anthropic'

/** A caller's dialect and a provider's. */
export interface Pair {
  name: string
  caller: Dialect
  relayed: boolean
  path: string
  model: string
}

const pair = (caller: Dialect, provider: Dialect): Pair => ({
  name: `${caller} caller, ${provider} provider`,
  caller,
  relayed: caller === provider,
  path: caller === 'openai' ? '/v1/chat/completions' : '/v1/messages',
  model: provider === 'openai' ? 'openai/gpt-4o-mini' : 'anthropic/claude-haiku-4-5',
})

export const pairs: readonly Pair[] = [
  pair('openai', 'openai'),
  pair('openai', 'anthropic'),
  pair('anthropic', 'anthropic'),
  pair('anthropic', 'openai'),
]

/** Both providers played by one upstream. */
export const providersAt = ({ url }: Upstream): ConfigObject => ({
  openai: { api_key: 'sk-openai', base_url: url },
  anthropic: { api_key: 'sk-anthropic', base_url: url },
})

export const bodyOf = ({ model }: Pair, prompt: string, stream = true): ConfigObject => ({
  model,
  max_tokens: 64,
  stream,
  messages: [{ role: 'user', content: prompt }],
})

/** The texts of a provider's events, and its JSON answer. */
export interface Speech {
  opening: string
  delta(text: string): string
  closing: string
  whole(text: string): unknown
}

const speechFrom = (
  events: string[],
  at: number,
  delta: Speech['delta'],
  whole: Speech['whole'],
): Speech => ({
  opening: events.slice(0, at).join(''),
  delta,
  closing: events.slice(at).join(''),
  whole,
})

const speeches: Record<Dialect, Speech> = {
  openai: speechFrom(
    chatStream(),
    1,
    (text) => chatStream(text)[1]!,
    (text) => chatCompletion(text),
  ),
  anthropic: speechFrom(
    anthropicStream(),
    3,
    (text) => anthropicStream(text)[3]!,
    (text) => anthropicMessage(text),
  ),
}

/** What the provider that got this request speaks. */
export const speechOf = ({ path }: RecordedRequest): Speech =>
  speeches[path.startsWith('/v1/messages') ? 'anthropic' : 'openai']

/** The piece of answer that an event brings, in either dialect; empty for other events. */
export function textOf({ json }: StreamEvent): string {
  const text: unknown = json?.choices?.[0]?.delta?.content ?? json?.delta?.text
  return typeof text === 'string' ? text : ''
}

/** Whether a stream was ended as its dialect ends one that is whole. */
export const isEnd = ({ data, json }: StreamEvent): boolean =>
  data === '[DONE]' || json?.type === 'message_stop'

/** Whether an event tells of a failure, in either dialect. */
export const isError = ({ json }: StreamEvent): boolean => json?.error !== undefined

/** The bytes of a POST, to be sent by hand. */
export function requestBytes(path: string, body: unknown, more = ''): string {
  const text = JSON.stringify(body)
  return `${requestHead(path, Buffer.byteLength(text), more)}${text}`
}

export const requestHead = (path: string, length: number, more = ''): string =>
  `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n${more}\r\n`

/** A connection whose errors nobody wants to hear of. */
export function openSocket(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket))
    socket.on('error', reject)
  })
}

/** Waits until a response can take more, or nobody is left to take it. */
export function drainOrClose(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.on('drain', done)
    response.on('close', done)
  })
}
