import type { ChatRequest } from '../../canonical/chat.ts'
import { isRawJson, type JsonObject } from '../../canonical/json.ts'
import { defined } from '../openai-fields.ts'
import type { Lost } from './types.ts'

/** The API refuses numbers out of these. */
const ranges = {
  temperature: { least: 0, most: 1 },
  top_p: { least: 0.01, most: 0.99 },
  penalty: { least: 0, most: 1 },
} as const

const mostTopK = 500
const mostStopSequences = 5

export function encodeSampling(request: ChatRequest, lost: Lost): JsonObject {
  return defined({
    temperature: clamp(request.temperature, ranges.temperature, 'temperature', lost),
    p: clamp(request.topP, ranges.top_p, 'top_p', lost),
    k: encodeTopK(request.topK, lost),
    stop_sequences: encodeStop(request.stop, lost),
    seed: encodeSeed(request.seed, lost),
    ...encodePenalties(request, lost),
    logprobs: request.logprobs,
  })
}

function clamp(
  value: number | undefined,
  { least, most }: { least: number; most: number },
  name: string,
  lost: Lost,
): number | undefined {
  if (value === undefined || (value >= least && value <= most)) return value
  lost.add(name)
  return value > most ? most : least
}

/** 0 switches it off; -1 does so in the dialects of other servers. */
function encodeTopK(topK: number | undefined, lost: Lost): number | undefined {
  if (topK === undefined || topK <= mostTopK) return topK && Math.max(topK, 0)
  lost.add('top_k')
  return mostTopK
}

function encodeStop(stop: string[] | undefined, lost: Lost): string[] | undefined {
  if (stop === undefined || stop.length <= mostStopSequences) return stop
  lost.add('stop')
  return stop.slice(0, mostStopSequences)
}

/** An unsigned integer of 64 bits. */
function encodeSeed(seed: ChatRequest['seed'], lost: Lost): ChatRequest['seed'] {
  const isNegative = isRawJson(seed) ? seed.rawJSON.startsWith('-') : seed !== undefined && seed < 0
  if (!isNegative) return seed
  lost.add('seed')
  return undefined
}

/** The two are refused together. 0 is the default of both, so it can be left out for the other. */
function encodePenalties(request: ChatRequest, lost: Lost): JsonObject {
  const frequency_penalty = clamp(request.frequencyPenalty, ranges.penalty, 'frequency_penalty', lost)
  const presence_penalty = clamp(request.presencePenalty, ranges.penalty, 'presence_penalty', lost)
  if (frequency_penalty === undefined || presence_penalty === undefined)
    return { frequency_penalty, presence_penalty }
  if (frequency_penalty === 0) return { presence_penalty }
  if (presence_penalty !== 0) lost.add('presence_penalty')
  return { frequency_penalty }
}
