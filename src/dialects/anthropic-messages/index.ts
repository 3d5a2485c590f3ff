import { prefix } from '../carried-reasoning.ts'
import type { ChatDialect } from '../dialect.ts'
import { decodeError, encodeError, encodeStreamError } from './error.ts'
import { features } from './features.ts'
import { decodeRequest } from './decode-request.ts'
import { encodeRequest } from './encode-request.ts'
import { decodeResponse, encodeResponse, isAnswer, readUsage } from './response.ts'
import { MessagesStreamDecoder } from './stream-decoder.ts'
import { MessagesStreamEncoder } from './stream-encoder.ts'
import { dialect } from './types.ts'
import { MessagesWatch } from './watch.ts'

/** Anthropic's Messages API. Source: the types of @anthropic-ai/sdk 1.11 and recorded traffic. */
export const anthropicMessages: ChatDialect = {
  name: dialect,
  features,
  framing: 'sse',
  decodeRequest,
  encodeRequest,
  decodeResponse,
  encodeResponse,
  streamDecoder: () => new MessagesStreamDecoder(),
  streamEncoder: () => new MessagesStreamEncoder(),
  readUsage,
  answerField: 'content',
  isAnswer,
  foreignMarks: { unreadable: [`"${prefix}`], unknown: [] },
  // Usage is part of every stream here.
  askForUsage: () => undefined,
  watchStream: () => new MessagesWatch(),
  decodeError,
  encodeError,
  encodeStreamError,
  terminator: [],
}
