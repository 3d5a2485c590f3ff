import type { ChatRequest } from '../../canonical/chat.ts'
import type { JsonObject } from '../../canonical/json.ts'
import type { DecodedRequest } from '../dialect.ts'
import {
  readArray,
  readBigInteger,
  readBoolean,
  readInteger,
  readName,
  readNumber,
  readObject,
  readString,
  refuse,
  UnknownFields,
} from '../openai-fields.ts'
import { readMessages } from './read-messages.ts'
import { readResponseFormat, readThinking, readTools, readToolChoice } from './read-tools.ts'

/** Fields which only this dialect can say. The first line is OpenAI's, the second Mistral's. */
const extensionNames = [
  ...[
    'prediction',
    'web_search_options',
    'audio',
    'moderation',
    'prompt_cache_options',
    'prompt_cache_retention',
  ],
  ...['safe_prompt', 'prompt_mode', 'document_image_limit', 'document_page_limit', 'guardrails'],
]

/** The name under which a last assistant message's `prefix: true` stands among the extensions. */
export const prefixExtension = 'messages[].prefix'

const known: ReadonlySet<string> = new Set([
  ...['model', 'messages', 'stream', 'stream_options', 'tools', 'tool_choice', 'parallel_tool_calls'],
  ...['functions', 'function_call', 'response_format', 'reasoning_effort', 'thinking', 'max_tokens'],
  ...['max_completion_tokens', 'temperature', 'top_p', 'top_k', 'min_p', 'stop', 'seed', 'random_seed', 'n'],
  ...['frequency_penalty', 'presence_penalty', 'logit_bias', 'logprobs', 'top_logprobs', 'user', 'metadata'],
  ...['service_tier', 'verbosity', 'prompt_cache_key', 'safety_identifier', 'store', 'modalities'],
  ...extensionNames,
])

/**
 * Reads `CreateChatCompletionRequest`, and what servers of the same shape add: `reasoning_content`, `reasoning`
 * and `thinking_blocks` on assistant messages, media in tool messages, `cache_control`, Anthropic's `thinking`,
 * `top_k`, `min_p`, and Mistral's own fields and parts.
 * @throws GatewayError `invalid_request` with the field's place
 */
export function decodeRequest(body: JsonObject): DecodedRequest {
  const unknown = new UnknownFields()
  unknown.note(body, known, '')
  const { messages, isPrefix } = readMessages(body.messages, unknown)
  const { toolChoice, kept } = readToolChoice(body)
  const request: ChatRequest = {
    model: readName(body, 'model', ''),
    messages,
    stream: readBoolean(body, 'stream') ?? false,
    includeUsage: readIncludeUsage(body, unknown),
    tools: readTools(body, unknown),
    toolChoice,
    parallelToolCalls: readBoolean(body, 'parallel_tool_calls'),
    responseFormat: readResponseFormat(body, unknown),
    thinking: readThinking(body, unknown),
    maxOutputTokens: readInteger(body, 'max_completion_tokens', 0) ?? readInteger(body, 'max_tokens', 0),
    ...readSampling(body),
    user: readString(body, 'user'),
    metadata: readMetadata(body),
    serviceTier: readString(body, 'service_tier'),
    verbosity: readString(body, 'verbosity'),
    promptCacheKey: readString(body, 'prompt_cache_key'),
    safetyIdentifier: readString(body, 'safety_identifier'),
    store: readBoolean(body, 'store'),
    modalities: readStrings(body, 'modalities'),
    extensions: readExtensions(body, kept, isPrefix),
  }
  return { request, unknown: unknown.list() }
}

function readSampling(body: JsonObject): Partial<ChatRequest> {
  return {
    temperature: readNumber(body, 'temperature'),
    topP: readNumber(body, 'top_p'),
    topK: readInteger(body, 'top_k', -1),
    minP: readNumber(body, 'min_p'),
    stop: readStop(body),
    seed: readBigInteger(body, 'seed') ?? readBigInteger(body, 'random_seed'),
    n: readInteger(body, 'n', 1),
    frequencyPenalty: readNumber(body, 'frequency_penalty'),
    presencePenalty: readNumber(body, 'presence_penalty'),
    logitBias: readLogitBias(body),
    logprobs: readBoolean(body, 'logprobs'),
    topLogprobs: readInteger(body, 'top_logprobs', 0),
  }
}

const streamOptionKeys = new Set(['include_usage', 'include_obfuscation'])

function readIncludeUsage(body: JsonObject, unknown: UnknownFields): boolean | undefined {
  const options = readObject(body, 'stream_options')
  if (!options) return undefined
  unknown.note(options, streamOptionKeys, 'stream_options')
  // A translated stream has no padding: `false` is what happens anyway, `true` is a wish that is lost.
  if (readBoolean(options, 'include_obfuscation', 'stream_options'))
    unknown.note({ include_obfuscation: true }, new Set(), 'stream_options')
  return readBoolean(options, 'include_usage', 'stream_options')
}

function readStop(body: JsonObject): string[] | undefined {
  const stop = body.stop ?? undefined
  if (typeof stop === 'string') return [stop]
  const list = stop === undefined ? undefined : readStrings(body, 'stop')
  return list?.length === 0 ? undefined : list
}

function readStrings(body: JsonObject, name: string): string[] | undefined {
  const list = readArray(body, name)
  list?.forEach((item, i) => {
    if (typeof item !== 'string') refuse(`${name}[${i}]`, item, 'a string')
  })
  return list as string[] | undefined
}

function readLogitBias(body: JsonObject): Record<string, number> | undefined {
  const bias = readObject(body, 'logit_bias')
  for (const [token, value] of Object.entries(bias ?? {}))
    if (typeof value !== 'number') refuse(`logit_bias.${token}`, value, 'a number')
  return bias as Record<string, number> | undefined
}

function readMetadata(body: JsonObject): Record<string, string> | undefined {
  const metadata = readObject(body, 'metadata')
  for (const [name, value] of Object.entries(metadata ?? {}))
    if (typeof value !== 'string') refuse(`metadata.${name}`, value, 'a string')
  return metadata as Record<string, string> | undefined
}

function readExtensions(
  body: JsonObject,
  toolChoice: JsonObject | undefined,
  isPrefix: boolean,
): ChatRequest['extensions'] {
  const fields: JsonObject = {}
  for (const name of extensionNames)
    if (body[name] !== undefined && body[name] !== null) fields[name] = body[name]
  if (toolChoice) fields.tool_choice = toolChoice
  if (isPrefix) fields[prefixExtension] = true
  return Object.keys(fields).length > 0 ? { dialect: 'openai-chat', fields } : undefined
}
