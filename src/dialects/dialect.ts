/**
 * What dialects offer. A dialect is pure: no network, no clock, no provider names.
 * The caller's dialect reads the request and writes the answer; the provider's dialect writes the
 * request and reads the answer. Each folder holds: types, request, response, stream, error.
 */
import type { ChatRequest, ChatResponse, DialectName } from '../canonical/chat.ts'
import type { ChatEvent } from '../canonical/chat-events.ts'
import type { JsonObject } from '../canonical/json.ts'
import type { Usage } from '../canonical/usage.ts'
import type { WireError } from '../canonical/wire-error.ts'
import type { ErrorCode } from '../errors.ts'
import type { Frame, FramingName } from '../framing/frame.ts'
import type { FeatureTable } from './features.ts'

export interface DecodedRequest {
  request: ChatRequest
  /** Paths of fields this dialect does not know (`foo`, `messages[].bar`): lost when translated. */
  unknown: string[]
}

/** What the target needs to know of itself to write a request. */
export interface EncodeOptions {
  /** The most tokens the target's model can produce, where the catalogue knows. */
  modelMaxOutputTokens?: number
}

export interface EncodedRequest {
  body: JsonObject
  /**
   * Canonical names of features (keys of `chatFeatures`) or plain words for what this very request lost by
   * its values, beyond what the table says: a clamped temperature, a signature of another dialect.
   */
  lost: string[]
}

/** The public face of an error: what a caller may read. */
export interface PublicError {
  code: ErrorCode
  message: string
  param?: string
  /** Always the gateway's own request id, or the caller's, as sent in `x-request-id`. */
  requestId: string
  /** The provider's own code (`context_length_exceeded`), where the error is relayed from it. */
  upstreamCode?: string
}

/** Reads a provider's stream: frames in, events out. Stateful; one per answer. */
export interface ChatStreamDecoder {
  /** @throws SyntaxError or GatewayError `upstream_error` when the frame is not of this dialect. */
  push(frame: Frame): readonly ChatEvent[]
  /** The provider closed the connection: closes open blocks if the answer is finished. */
  close(): readonly ChatEvent[]
  /** Whether the provider said that the answer is whole (finish reason for every choice, `message_stop`). */
  readonly finished: boolean
}

/** Writes a stream for the caller: events in, frames out. Stateful; one per answer. */
export interface ChatStreamEncoder {
  /** `error` is not among the events pushed here: see `encodeStreamError`. */
  push(event: ChatEvent): readonly Frame[]
}

/** What a relayed stream said about itself; read from frames that pass through untouched. */
export interface StreamWatch {
  /**
   * Looks at one whole frame.
   * - `pass`: send it on.
   * - `ping`: send it on, but it does not count as life (comments, pings).
   * - `withhold`: the caller did not ask for it (the usage chunk that only we asked for).
   * - `error`: the provider failed; `error` says how. The frame itself is not sent on.
   */
  see(frame: Frame): 'pass' | 'ping' | 'withhold' | 'error'
  readonly finished: boolean
  readonly usage: Usage | undefined
  readonly error: WireError | undefined
  /** The provider's word for the model, once seen. */
  readonly model: string | undefined
}

/** What the dialect of every provider offers: enough to read its errors. */
export interface WireDialect {
  readonly name: DialectName
  /** Reads an error body, whatever its shape; `body` is parsed JSON or the text (cut at 8 KiB). */
  decodeError(status: number, body: unknown): WireError
}

/** What the dialect of every route offers besides: enough to relay a JSON answer and to speak of errors. */
export interface CallerDialect extends WireDialect {
  /** Usage of a JSON answer that is relayed, `undefined` where it has none. */
  readUsage(body: JsonObject): Usage | undefined
  encodeError(error: PublicError): JsonObject
  /** The outermost list of every answer: `choices`. */
  readonly answerField: string
  /** Whether a JSON body with status 2xx is an answer of this dialect at all: cheap, by its outermost shape. */
  isAnswer(body: JsonObject): boolean
}

/** A dialect that a provider of chats may speak. */
export interface ChatProviderDialect extends WireDialect {
  readonly features: FeatureTable
  /** How its streams are cut into frames. */
  readonly framing: FramingName

  /** @throws GatewayError `invalid_request` for what the target cannot take in any form (arguments that are no JSON). */
  encodeRequest(request: ChatRequest, options: EncodeOptions): EncodedRequest
  /** @throws GatewayError `upstream_error` when the body is not an answer of this dialect. */
  decodeResponse(body: unknown): ChatResponse
  streamDecoder(): ChatStreamDecoder
}

/** A dialect in which callers may ask for chats. */
export interface ChatCallerDialect extends CallerDialect {
  readonly features: FeatureTable

  /** @throws GatewayError `invalid_request` with `param` for a shape that cannot be read. */
  decodeRequest(body: JsonObject): DecodedRequest
  /** `now` in Unix seconds fills in what the provider's dialect has no field for. */
  encodeResponse(response: ChatResponse, now: number): JsonObject
  streamEncoder(options: { includeUsage: boolean; now: number }): ChatStreamEncoder

  /**
   * Pieces of JSON that stand in a request whose history another dialect's answers are part of. Such a call is translated, even
   * for a provider of the same dialect: `unreadable` is what none of them can read, `unknown` what only those refuse
   * who refuse unknown fields.
   */
  readonly foreignMarks: { unreadable: readonly string[]; unknown: readonly string[] }

  /** For relayed streams: the member that must be set so that the provider reports usage; `undefined` if it will anyway. */
  askForUsage(body: JsonObject): { key: string; value: unknown } | undefined
  /** For relayed streams. `withholdUsage`: we asked for the usage chunk, the caller did not. */
  watchStream(options: { withholdUsage: boolean }): StreamWatch

  /** The frames that end a stream which failed after its first byte; `sent` events came before. */
  encodeStreamError(error: PublicError, sent: number): readonly Frame[]
  /** Frames that a complete stream ends with if the provider left them out (`[DONE]`). */
  readonly terminator: readonly Frame[]
}

/** Spoken on both sides, so that it can be relayed. */
export type ChatDialect = ChatProviderDialect & ChatCallerDialect
