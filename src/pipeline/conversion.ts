import type { Readable } from 'node:stream'
import type { Usage } from '../canonical/usage.ts'
import type { WireError } from '../canonical/wire-error.ts'
import type { Serves } from '../providers/provider.ts'

/**
 * What stands between a call and one target: the bytes to send, and how the answer becomes the caller's.
 * `relay` makes one where both sides speak the same dialect, `translate` where they do not.
 */
export interface Conversion {
  /** How the target serves the call: its dialect there, and the path. */
  readonly serving: Serves
  /** The same dialect on both sides: the caller's query and dialect headers go along. */
  readonly relayed: boolean
  /** The request body for the target. */
  readonly body: Buffer | UploadBody
  /** Fields of the caller's that the target will not see, by the caller's names. */
  readonly lost: readonly string[]
  /**
   * @param raw the complete body of a 2xx answer.
   * @throws GatewayError `upstream_error` when it is no answer of the provider's dialect.
   */
  readJson(raw: Buffer): ConvertedAnswer
  /** What the `content-type` of a stream must begin with. */
  readonly streamType: string
  openStream(): StreamConversion
  /**
   * For answers whose form is the provider's to choose; without it, it follows from the call.
   * @param contentType of a 2xx answer
   * @returns `undefined` for JSON, which is read whole
   * @throws GatewayError `upstream_error` for what is no answer in any form
   */
  openForm?(contentType: string | undefined): StreamConversion | undefined
}

/** A request body that is not held, but made as it is sent. */
export interface UploadBody {
  readonly contentType: string
  /** Bytes. */
  readonly length: number
  /** All of it; a new stream each time. */
  open(): Readable
}

export interface ConvertedAnswer {
  body: Buffer | string
  /** `body` as a string of one character a byte, where it is at hand. */
  bytes?: string
  usage: Usage | undefined
  /** The provider's own word for the model. */
  model: string | undefined
}

/** Cap on one event of a provider's stream, in bytes. */
export const maxEventBytes = 16 * 1024 * 1024

/** One stream on its way to the caller. Stateful. */
export interface StreamConversion {
  /**
   * What came from the provider, cut anywhere; gives the bytes for the caller, `undefined` for none.
   * @throws FrameTooLarge, or whatever else when the provider's bytes make no sense
   */
  push(chunk: Buffer): Buffer | string | undefined
  /** The provider has closed the stream. */
  close(): Buffer | string | undefined
  /** Counts events that mean something; comments and pings do not. */
  readonly lifeSigns: number
  /** How many events the caller of a chat has been given. */
  readonly sent?: number
  /** The provider said that the answer is whole. */
  readonly finished: boolean
  /** Nothing more will follow: the end marker has been given to the caller. */
  readonly ended: boolean
  /** The provider said that it failed. */
  readonly error: WireError | undefined
  readonly usage: Usage | undefined
  readonly model: string | undefined
  /** True where the bytes are nothing that an error could be written into. */
  readonly isOpaque?: boolean
}
