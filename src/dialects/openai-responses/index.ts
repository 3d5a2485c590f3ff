import { isObject } from '../../canonical/json.ts'
import { prefix } from '../carried-reasoning.ts'
import type { ChatDialect } from '../dialect.ts'
import { decodeError, encodeError, encodeStreamError } from './error.ts'
import { features } from './features.ts'
import { decodeRequest } from './read-request.ts'
import { decodeResponse } from './read-response.ts'
import { StreamDecoder } from './stream-decoder.ts'
import { StreamEncoder } from './stream-encoder.ts'
import { dialect } from './types.ts'
import { readUsage } from './usage.ts'
import { Watch } from './watch.ts'
import { encodeRequest } from './write-request.ts'
import { encodeResponse } from './write-response.ts'

/**
 * OpenAI's Responses API, spoken without the state that it can keep: every call says everything.
 * Source: the OpenAPI description 2.3.0, the types of the `openai` package 7.55 and recorded traffic
 * (checked 2026-11-21).
 */
export const openaiResponses: ChatDialect = {
  name: dialect,
  features,
  framing: 'sse',
  decodeRequest,
  encodeRequest,
  decodeResponse,
  encodeResponse,
  streamDecoder: () => new StreamDecoder(),
  streamEncoder: (options) => new StreamEncoder(options),
  readUsage: (body) => readUsage(body.usage),
  answerField: 'output',
  // Without items it is an answer too: of a call in the background, or of a model that said nothing.
  isAnswer: (body) => Array.isArray(body.output) && body.status !== 'failed' && !isObject(body.error),
  foreignMarks: { unreadable: [`"${prefix}`], unknown: [] },
  // Usage is part of every stream here.
  askForUsage: () => undefined,
  watchStream: () => new Watch(),
  decodeError,
  encodeError,
  encodeStreamError,
  terminator: [],
}
