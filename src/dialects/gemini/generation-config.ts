import type { ChatRequest, ResponseFormat } from '../../canonical/chat.ts'
import { isRawJson, type JsonObject, type RawJson } from '../../canonical/json.ts'
import { defined } from '../openai-fields.ts'
import { encodeThinking } from './encode-thinking.ts'
import type { Lost } from './types.ts'

const maxStopSequences = 5
const maxCandidates = 8
const maxLogprobs = 20
const maxInt32 = 2 ** 31 - 1

/** `generationConfig`; numbers beyond what the API takes are clamped, and named in `lost`. */
export function encodeGenerationConfig(
  request: ChatRequest,
  modelMaxOutputTokens: number | undefined,
  lost: Lost,
): JsonObject {
  return defined({
    candidateCount: clamp(request.n, 1, maxCandidates, 'n', lost),
    maxOutputTokens: clamp(
      request.maxOutputTokens,
      1,
      modelMaxOutputTokens ?? Infinity,
      'max_output_tokens',
      lost,
    ),
    temperature: clamp(request.temperature, 0, 2, 'temperature', lost),
    topP: clamp(request.topP, 0, 1, 'top_p', lost),
    topK: request.topK !== undefined && request.topK >= 1 ? request.topK : undefined,
    stopSequences: encodeStop(request.stop, lost),
    seed: encodeSeed(request.seed, lost),
    presencePenalty: clamp(request.presencePenalty, -2, 2, 'presence_penalty', lost),
    frequencyPenalty: clamp(request.frequencyPenalty, -2, 2, 'frequency_penalty', lost),
    ...encodeLogprobs(request, lost),
    ...encodeFormat(request.responseFormat),
    thinkingConfig: encodeThinking(request.thinking, request.model, lost),
  })
}

function clamp(
  value: number | undefined,
  minimum: number,
  maximum: number,
  feature: string,
  lost: Lost,
): number | undefined {
  if (value === undefined || (value >= minimum && value <= maximum)) return value
  lost.add(feature)
  return value > maximum ? maximum : minimum
}

function encodeStop(stop: string[] | undefined, lost: Lost): string[] | undefined {
  const sequences = stop?.filter((sequence) => sequence !== '').slice(0, maxStopSequences) ?? []
  if (sequences.length < (stop?.length ?? 0)) lost.add('stop')
  return sequences.length > 0 ? sequences : undefined
}

/** A seed of more than 32 bits would have to become another seed, which could be the same as the next caller's. */
function encodeSeed(seed: number | RawJson | undefined, lost: Lost): number | undefined {
  if (seed === undefined || (!isRawJson(seed) && seed >= -maxInt32 - 1 && seed <= maxInt32)) return seed
  lost.add('seed')
  return undefined
}

function encodeLogprobs({ logprobs, topLogprobs }: ChatRequest, lost: Lost): JsonObject {
  if (!logprobs) {
    if (topLogprobs) lost.add('top_logprobs')
    return {}
  }
  // Vertex refuses 0, which asks for none beside the chosen token, as leaving it out does.
  const most = topLogprobs === 0 ? undefined : topLogprobs
  return { responseLogprobs: true, logprobs: clamp(most, 1, maxLogprobs, 'top_logprobs', lost) }
}

function encodeFormat(format: ResponseFormat | undefined): JsonObject {
  if (!format || format.type === 'text') return {}
  const json = { responseMimeType: 'application/json' }
  return format.type === 'json_schema' ? { ...json, responseJsonSchema: format.schema } : json
}
