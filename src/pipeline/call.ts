import type { JsonObject } from '../canonical/json.ts'
import type { Usage } from '../canonical/usage.ts'
import type { Endpoint } from './endpoints.ts'
import type { Target } from './target.ts'

/** Who calls: resolved once per key, so that a request only looks it up. */
export interface Principal {
  tenant: string
  keyName: string
  scopes: ReadonlySet<'inference' | 'admin' | 'read_usage'>
  /** Whether the caller may use a model, by the name the caller gave. */
  mayUse(model: string): boolean
  /** Regions the tenant allows; `undefined` means all. */
  allowedRegions: ReadonlySet<string> | undefined
}

/** What is known of a request so far. Filled in as the request goes along; read once, when it has ended. */
export interface CallRecord {
  /** The gateway's own id (UUIDv7): the key of every record. */
  readonly requestId: string
  /** The caller's `x-request-id`, where well-formed. */
  clientRequestId: string | undefined
  readonly method: string
  /** The route's pattern; `other` where none matched. */
  route: string
  /** Monotonic clock, milliseconds. */
  readonly startedAt: number
  tenant: string | undefined
  keyName: string | undefined
  modelRequested: string | undefined
  /** Where the answer came from; of the last target tried if none answered. */
  provider: string | undefined
  model: string | undefined
  /** The last target tried, for the labels of metrics. */
  target: Target | undefined
  attempts: number
  stream: boolean
  usage: Usage | undefined
  upstreamRequestId: string | undefined
  /** Milliseconds spent waiting for providers: to the last byte of a JSON answer, to the first event of a stream. */
  upstreamMs: number
  /** Milliseconds from the request's start to the first byte of the answer. */
  firstByteMs: number | undefined
  dropped: readonly string[]
  errorCode: string | undefined
  /** Why which target was chosen, in one line. */
  decision: string | undefined
  outcome: 'ok' | 'error' | 'cancelled' | 'partial' | undefined
}

/** One request on its way through the pipeline. */
export interface Call {
  readonly record: CallRecord
  readonly endpoint: Endpoint
  readonly principal: Principal
  /** What the caller sent; let go when a stream has begun, because no other target will be tried then. */
  input: CallInput
  /** The model as the caller named it. */
  readonly model: string
  readonly stream: boolean
  /** True refuses what the target cannot carry, instead of dropping it. */
  readonly strict: boolean
  /** `x-gateway-provider`: only this one. */
  readonly onlyProvider: string | undefined
  /** `x-gateway-timeout-ms`: shortens every deadline. */
  readonly timeoutMs: number | undefined
  /** Headers of the caller that relayed calls pass on, by name. */
  readonly passedHeaders: Readonly<Record<string, string>>
  /** `?beta=true`, with the question mark, or empty. */
  readonly query: string
  readonly hangUp: HangUp
}

export interface CallInput {
  /** The body as it came; relayed but for the declared edits. */
  readonly raw: Buffer
  /** `raw` as a string of one character a byte. */
  readonly bytes: string
  /** Integers beyond 2^53 are rounded here; who passes numbers on reads `raw`. */
  readonly body: JsonObject
  /** What the caller sent instead of JSON. */
  readonly upload?: Upload
}

/** A whole body of `multipart/form-data`, kept outside of the call; it can be read as often as it must be sent. */
export interface Upload {
  /** With the boundary. */
  readonly contentType: string
  /** Bytes. */
  readonly length: number
  /** Where the value of the part `model` stands in it: `end` is exclusive. */
  readonly model: { readonly start: number; readonly end: number }
  /** @throws Error where it is kept no longer, or could not be read. */
  read(start: number, end: number): AsyncIterable<Uint8Array>
}

export const noInput: CallInput = Object.freeze({ raw: Buffer.alloc(0), bytes: '', body: {} })

/** Tells whoever works on a call right now that the caller is gone. */
export class HangUp {
  happened = false
  #worker: { cancel(): void } | undefined

  /** From now on this one is told; `undefined` for nobody. */
  tell(worker: { cancel(): void } | undefined): void {
    this.#worker = worker
  }

  signal(): void {
    if (this.happened) return
    this.happened = true
    this.#worker?.cancel()
  }
}

/** A complete JSON answer. */
export interface JsonAnswer {
  kind: 'json'
  body: Buffer | string
  /** `body` as a string of one character a byte, where it is at hand. */
  bytes?: string
}

/** A stream whose first event has arrived, or bytes of which the first have. */
export interface StreamAnswer {
  kind: 'stream'
  readonly contentType: string
  /** Bytes, where the provider said how many there will be and all of them are passed on. */
  readonly contentLength: string | undefined
  /** Starts the flow; everything goes to `sink` until `end`. */
  start(sink: StreamSink): void
  /** The sink can take more. */
  drained(): void
  /** The caller is gone. */
  cancel(): void
}

export interface StreamSink {
  /** False asks for a pause until `drained`. */
  write(bytes: Buffer | string): boolean
  /** Also after an error event: a body that is cut would hide it, and a closed connection would fail the next call on it. */
  end(): void
  /** Breaks the connection: what has been sent must not look whole. Where no error event can be written. */
  abort(): void
}

export type Answer = JsonAnswer | StreamAnswer
