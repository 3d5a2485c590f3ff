import type { ChatRequest, Message } from '../../canonical/chat.ts'
import type { JsonObject } from '../../canonical/json.ts'
import type { DecodedRequest } from '../dialect.ts'
import {
  readArray,
  readBoolean,
  readInteger,
  readName,
  readNumber,
  readObject,
  readString,
  refuse,
  UnknownFields,
} from '../openai-fields.ts'
import { readInput } from './read-items.ts'
import { readTextConfig, readThinking, readTools, readToolChoice } from './read-tools.ts'
import { refuseStatefulFields } from './state.ts'
import { dialect, includeEncryptedReasoning, includeLogprobs } from './types.ts'

/** Fields which only this dialect can say. */
const extensionNames = [
  ...['truncation', 'max_tool_calls', 'moderation', 'context_management', 'access_programs', 'image'],
  ...['prompt_cache_options', 'prompt_cache_retention'],
]

const known: ReadonlySet<string> = new Set([
  ...['model', 'input', 'instructions', 'stream', 'stream_options', 'tools', 'tool_choice'],
  ...[
    'parallel_tool_calls',
    'text',
    'reasoning',
    'max_output_tokens',
    'temperature',
    'top_p',
    'top_logprobs',
  ],
  ...['include', 'metadata', 'user', 'safety_identifier', 'prompt_cache_key', 'service_tier', 'store'],
  ...['previous_response_id', 'conversation', 'prompt', 'background'],
  ...extensionNames,
])

/**
 * Reads `CreateResponse`.
 * @throws GatewayError `invalid_request` with the field's place, `unsupported_parameter` for what needs a provider
 *   that keeps state
 */
export function decodeRequest(body: JsonObject): DecodedRequest {
  refuseStatefulFields(body)
  const unknown = new UnknownFields()
  unknown.note(body, known, '')
  const { toolChoice, kept } = readToolChoice(body)
  const include = readInclude(body)
  const request: ChatRequest = {
    model: readName(body, 'model', ''),
    messages: readMessages(body, unknown),
    stream: readBoolean(body, 'stream') ?? false,
    tools: readTools(body, unknown),
    toolChoice,
    parallelToolCalls: readBoolean(body, 'parallel_tool_calls'),
    ...readTextConfig(body, unknown),
    thinking: readThinking(body, unknown),
    maxOutputTokens: readInteger(body, 'max_output_tokens', 0),
    temperature: readNumber(body, 'temperature'),
    topP: readNumber(body, 'top_p'),
    ...readLogprobs(body, include),
    user: readString(body, 'user'),
    metadata: readMetadata(body),
    serviceTier: readString(body, 'service_tier'),
    promptCacheKey: readString(body, 'prompt_cache_key'),
    safetyIdentifier: readString(body, 'safety_identifier'),
    store: readStore(body, unknown),
    extensions: readExtensions(body, kept, include),
  }
  noteObfuscation(body, unknown)
  return { request, unknown: unknown.list() }
}

function readMessages(body: JsonObject, unknown: UnknownFields): Message[] {
  const messages = readInput(body.input, unknown)
  const instructions = readString(body, 'instructions')
  if (!instructions) return messages
  return [{ role: 'system', content: [{ type: 'text', text: instructions }] }, ...messages]
}

function readInclude(body: JsonObject): string[] {
  return (readArray(body, 'include') ?? []).map((word, i) => {
    if (typeof word !== 'string') refuse(`include[${i}]`, word, 'a string')
    return word
  })
}

/** How many alternatives says that there shall be some, even where `include` does not. */
function readLogprobs(body: JsonObject, include: readonly string[]): Partial<ChatRequest> {
  const topLogprobs = readInteger(body, 'top_logprobs', 0)
  const wanted = include.includes(includeLogprobs) || (topLogprobs ?? 0) > 0
  return wanted ? { logprobs: true, topLogprobs } : {}
}

function readMetadata(body: JsonObject): Record<string, string> | undefined {
  const metadata = readObject(body, 'metadata')
  for (const [name, value] of Object.entries(metadata ?? {}))
    if (typeof value !== 'string') refuse(`metadata.${name}`, value, 'a string')
  return metadata && Object.keys(metadata).length > 0 ? (metadata as Record<string, string>) : undefined
}

/** No other API keeps an answer so that it can be fetched or referred to: `true` is a wish that is lost. */
function readStore(body: JsonObject, unknown: UnknownFields): boolean | undefined {
  const store = readBoolean(body, 'store')
  if (store !== true) return store
  unknown.note({ store }, new Set(), '')
  return undefined
}

const streamOptionKeys = new Set(['include_obfuscation'])

/** A translated stream has no padding: `false` is what happens anyway, `true` is a wish that is lost. */
function noteObfuscation(body: JsonObject, unknown: UnknownFields): void {
  const options = readObject(body, 'stream_options')
  if (!options) return
  const isWished = readBoolean(options, 'include_obfuscation', 'stream_options') === true
  unknown.note(options, isWished ? new Set() : streamOptionKeys, 'stream_options')
}

function readExtensions(
  body: JsonObject,
  toolChoice: JsonObject | undefined,
  include: readonly string[],
): ChatRequest['extensions'] {
  const fields: JsonObject = {}
  for (const name of extensionNames)
    if (body[name] !== undefined && body[name] !== null) fields[name] = body[name]
  // The default: too long an input is refused.
  if (fields.truncation === 'disabled') delete fields.truncation
  if (toolChoice) fields.tool_choice = toolChoice
  const rest = include.filter((word) => word !== includeEncryptedReasoning && word !== includeLogprobs)
  if (rest.length > 0) fields.include = rest
  return Object.keys(fields).length > 0 ? { dialect, fields } : undefined
}
