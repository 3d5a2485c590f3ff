import type { AnyJson } from '../../support/gateway.ts'
import type { ReadEvent } from '../../support/sse-reader.ts'
import type { SaidFinish, Wire } from '../said.ts'

/** What a caller of a route reads of an answer, whole or streamed. */
export interface Heard {
  text: string
  refusal: string
  calls: { id: string; name: string; arguments: string }[]
  /** The route's own word. */
  finish: string
  /** As the route counts: the whole prompt, and of it what came from a cache. `undefined` where none was told. */
  usage: { prompt: number; cached: number; output: number } | undefined
}

/** How a caller asks and reads. Independent of the gateway's own encoders and decoders. */
export interface RouteWire {
  path: string
  /** What every request of the route must say, one user message among it. */
  ask: Wire
  /** What makes it stream with its usage. */
  streaming: Wire
  tools: unknown
  readJson(body: AnyJson): Heard
  /** @throws Error for a stream that breaks the rules of the route's dialect. */
  readStream(events: readonly ReadEvent[]): Heard
  /** What an error in the middle of a stream says, and that nothing ends the stream as if it were whole. */
  readFailure(events: readonly ReadEvent[]): { message: string }
  /** The message of an error's body. */
  readError(body: AnyJson): { message: string; code: string | undefined; type: string }
  /** The route's words for how an answer ended. */
  finishes: Record<SaidFinish, string>
}

/** A rule of a dialect's streams. */
export function demand(holds: boolean, rule: string, found: unknown): asserts holds {
  if (!holds) throw new Error(`${rule}; found ${JSON.stringify(found)}`)
}

export const parameters = {
  type: 'object',
  properties: { city: { type: 'string' }, days: { type: 'integer' } },
  required: ['city'],
} as const
