import type { ChatDialect } from '../dialect.ts'
import { isErrorObject } from '../openai-error.ts'
import { decodeError, encodeError, encodeStreamError } from './error.ts'
import { compatibleFeatures, mistralFeatures, openaiFeatures } from './features.ts'
import { decodeRequest, prefixExtension } from './request.ts'
import { decodeResponse, encodeResponse } from './response.ts'
import { StreamDecoder } from './stream-decoder.ts'
import { StreamEncoder, terminator } from './stream-encoder.ts'
import type { RequestStyle } from './types.ts'
import { readUsage } from './usage.ts'
import { askForUsage, Watch } from './watch.ts'
import { encodeRequest } from './write-request.ts'

/**
 * OpenAI's chat completions. Everybody's requests and answers are read alike; the flavors differ in what they
 * send and in what they can carry.
 */
export function openaiChatFlavor(style: RequestStyle): ChatDialect {
  return {
    name: 'openai-chat',
    features: style.features,
    framing: 'sse',
    decodeRequest,
    encodeRequest: (request, options) => encodeRequest(request, options, style),
    decodeResponse,
    encodeResponse,
    streamDecoder: () => new StreamDecoder(),
    streamEncoder: (options) => new StreamEncoder(options),
    readUsage: (body) => readUsage(body.usage),
    answerField: 'choices',
    isAnswer: (body) => Array.isArray(body.choices) && body.choices.length > 0 && !isErrorObject(body),
    foreignMarks: {
      unreadable: [],
      unknown: ['"reasoning_content"', '"thinking_blocks"', '"extra_content"'],
    },
    askForUsage: (body) => (style.asksForUsage ? askForUsage(body) : undefined),
    watchStream: (options) => new Watch(options),
    decodeError,
    encodeError,
    encodeStreamError,
    terminator,
  }
}

const openai: RequestStyle = {
  features: openaiFeatures,
  maxTokensField: 'max_completion_tokens',
  seedField: 'seed',
  requiredChoice: 'required',
  hasDeveloperRole: true,
  asksForUsage: true,
  maxTemperature: 2,
  maxStopSequences: 4,
  efforts: new Set(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']),
  thinkingHistory: 'left out',
  documentPart: 'file',
  audioPart: 'object',
  hasCustomTools: true,
  needsParameters: false,
  shortToolCallIds: false,
  separatesToolAndUser: false,
  marksPrefix: false,
  carriesExtension: (name) => !mistralFields.has(name) && name !== prefixExtension,
}

const mistralFields: ReadonlySet<string> = new Set([
  ...['safe_prompt', 'prompt_mode', 'document_image_limit', 'document_page_limit', 'guardrails'],
])

/** OpenAI itself, and the dialect of `/v1/chat/completions`. */
export const openaiChat: ChatDialect = openaiChatFlavor(openai)

const compatible: RequestStyle = {
  ...openai,
  features: compatibleFeatures,
  maxTokensField: 'max_tokens',
  hasDeveloperRole: false,
  maxStopSequences: Infinity,
  efforts: undefined,
  thinkingHistory: 'reasoning_content',
  carriesExtension: () => true,
}

/** Servers which follow OpenAI's shape: vLLM, Together, Ollama, llama.cpp and many more. */
export const openaiCompatibleChat: ChatDialect = openaiChatFlavor(compatible)

/** Mistral's API: OpenAI's shape with fields, parts and rules of its own. */
export const mistralChat: ChatDialect = openaiChatFlavor({
  features: mistralFeatures,
  maxTokensField: 'max_tokens',
  seedField: 'random_seed',
  requiredChoice: 'any',
  hasDeveloperRole: false,
  asksForUsage: false,
  maxTemperature: 1.5,
  maxStopSequences: Infinity,
  efforts: new Set(['none', 'high']),
  thinkingHistory: 'parts',
  documentPart: 'document_url',
  audioPart: 'text',
  hasCustomTools: false,
  needsParameters: true,
  shortToolCallIds: true,
  separatesToolAndUser: true,
  marksPrefix: true,
  carriesExtension: (name) => mistralFields.has(name) || name === 'prediction' || name === prefixExtension,
})
