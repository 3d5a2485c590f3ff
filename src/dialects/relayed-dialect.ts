/** What the dialects offer whose calls are only relayed: none of their requests and answers is read for its meaning. */
import type { JsonObject } from '../canonical/json.ts'
import type { Usage } from '../canonical/usage.ts'
import type { WireError } from '../canonical/wire-error.ts'
import type { Frame } from '../framing/frame.ts'
import type { CallerDialect, PublicError } from './dialect.ts'

/** Spoken on both sides. Answers are JSON, unless it says that they may be more. */
export interface RelayedDialect extends CallerDialect {
  /** Of a request whose bytes hold `mark`: the member without what no provider can read, and what that loses. */
  readonly foreign?: {
    mark: string
    leaveOut(body: JsonObject): { key: string; value: unknown; lost: string }
  }
  /** An answer may be server-sent events. */
  readonly events?: {
    watch(): EventWatch
    /** The frames that end such an answer when it failed after its first byte. */
    encodeError(error: PublicError): readonly Frame[]
  }
  /** An answer may be anything else besides: audio, text, subtitles. Only its own type says what it is. */
  readonly bytes?: true
}

/** What a stream of events said about itself while it passed through untouched. Stateful; one per answer. */
export interface EventWatch {
  /**
   * Looks at one whole frame.
   * - `pass`: send it on.
   * - `ping`: send it on, but it does not count as life.
   * - `end`: send it on; nothing follows it.
   * - `error`: the provider failed; `error` says how. The frame itself is not sent on.
   */
  see(frame: Frame): 'pass' | 'ping' | 'end' | 'error'
  /** Whether the answer is whole if the connection closes now. */
  readonly mayEnd: boolean
  readonly usage: Usage | undefined
  readonly error: WireError | undefined
  /** The provider's word for the model, once seen. */
  readonly model: string | undefined
}
