import type { ChatDialect } from '../dialect.ts'
import { isErrorObject, readError, writeError, writeStreamError } from '../openai-error.ts'
import { readUsage } from '../openai-usage.ts'
import { askForUsage, Watch } from '../openai-watch.ts'
import { decodeRequest } from './decode-request.ts'
import { encodeRequest } from './encode-request.ts'
import { features } from './features.ts'
import { decodeResponse, encodeResponse } from './response.ts'
import { StreamDecoder } from './stream-decoder.ts'
import { StreamEncoder, terminator } from './stream-encoder.ts'

/**
 * OpenAI's text completions, the API before chats, which servers of open models still have. Source:
 * platform.openai.com/docs/api-reference/completions and recorded traffic (checked 2026-11-21).
 */
export const openaiCompletions: ChatDialect = {
  name: 'openai-completions',
  features,
  framing: 'sse',
  decodeRequest,
  encodeRequest,
  decodeResponse,
  encodeResponse,
  streamDecoder: () => new StreamDecoder(),
  streamEncoder: (options) => new StreamEncoder(options),
  readUsage: (body) => readUsage(body.usage),
  answerField: 'choices',
  isAnswer: (body) => Array.isArray(body.choices) && body.choices.length > 0 && !isErrorObject(body),
  foreignMarks: { unreadable: [], unknown: [] },
  askForUsage,
  watchStream: (options) => new Watch(options),
  decodeError: readError,
  encodeError: writeError,
  encodeStreamError: writeStreamError,
  terminator,
}
