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
  refuseAs,
  UnknownFields,
} from '../openai-fields.ts'

const known: ReadonlySet<string> = new Set([
  ...['model', 'prompt', 'suffix', 'max_tokens', 'temperature', 'top_p', 'top_k', 'min_p', 'n', 'stream'],
  ...['stream_options', 'logprobs', 'echo', 'stop', 'presence_penalty', 'frequency_penalty', 'best_of'],
  ...['logit_bias', 'user', 'seed'],
])

/**
 * Reads `CreateCompletionRequest` as one message of a user. A conversation has no place for what stands after the
 * answer (`suffix`), for a second prompt, nor for tokens: the first is named as lost, the others are refused.
 * Without `max_tokens` the target's own limit counts, not the 16 tokens of OpenAI's oldest models.
 * @throws GatewayError `invalid_request` with the field's place
 */
export function decodeRequest(body: JsonObject): DecodedRequest {
  const unknown = new UnknownFields()
  unknown.note(body, known, '')
  const logprobs = readLogprobs(body)
  const request: ChatRequest = {
    model: readName(body, 'model', ''),
    messages: [{ role: 'user', content: [{ type: 'text', text: readPrompt(body.prompt) }] }],
    stream: readBoolean(body, 'stream') ?? false,
    includeUsage: readIncludeUsage(body, unknown),
    maxOutputTokens: readInteger(body, 'max_tokens', 0),
    temperature: readNumber(body, 'temperature'),
    topP: readNumber(body, 'top_p'),
    topK: readInteger(body, 'top_k', -1),
    minP: readNumber(body, 'min_p'),
    stop: readStop(body),
    seed: readBigInteger(body, 'seed'),
    n: readInteger(body, 'n', 1),
    frequencyPenalty: readNumber(body, 'frequency_penalty'),
    presencePenalty: readNumber(body, 'presence_penalty'),
    logitBias: readLogitBias(body),
    logprobs: logprobs === undefined ? undefined : true,
    topLogprobs: logprobs,
    user: readString(body, 'user'),
    extensions: readExtensions(body),
  }
  return { request, unknown: unknown.list() }
}

const allowedPrompt = 'a string that is not empty, or an array of one such string'

function readPrompt(prompt: unknown): string {
  const isList = Array.isArray(prompt)
  const items: readonly unknown[] = isList ? prompt : [prompt]
  const [only] = items
  const isTokens = typeof only === 'number' || Array.isArray(only)
  if (isList && isTokens)
    refuseAs('prompt', 'made of tokens, which only its own model can read', allowedPrompt)
  if (items.length > 1) refuseAs('prompt', `an array of ${items.length} prompts`, allowedPrompt)
  if (typeof only !== 'string' || only === '') refuse(isList ? 'prompt[0]' : 'prompt', only, allowedPrompt)
  return only
}

/** How many likely tokens to name beside each; vLLM also takes `true` and `false`. */
function readLogprobs(body: JsonObject): number | undefined {
  if (body.logprobs === false) return undefined
  return body.logprobs === true ? 0 : readInteger(body, 'logprobs', 0)
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
  const { stop } = body
  if (typeof stop === 'string') return [stop]
  const list = readArray(body, 'stop')
  list?.forEach((item, i) => {
    if (typeof item !== 'string') refuse(`stop[${i}]`, item, 'a string')
  })
  return list?.length === 0 ? undefined : (list as string[] | undefined)
}

function readLogitBias(body: JsonObject): Record<string, number> | undefined {
  const bias = readObject(body, 'logit_bias')
  for (const [token, value] of Object.entries(bias ?? {}))
    if (typeof value !== 'number') refuse(`logit_bias.${token}`, value, 'a number')
  return bias as Record<string, number> | undefined
}

/** What only a text completion can do; the values that ask for nothing are left out. */
function readExtensions(body: JsonObject): ChatRequest['extensions'] {
  const fields: JsonObject = {}
  const suffix = readString(body, 'suffix')
  const bestOf = readInteger(body, 'best_of', 0)
  if (suffix !== undefined && suffix !== '') fields.suffix = suffix
  if (readBoolean(body, 'echo')) fields.echo = true
  if (bestOf !== undefined && bestOf > 1) fields.best_of = bestOf
  return Object.keys(fields).length > 0 ? { dialect: 'openai-completions', fields } : undefined
}
