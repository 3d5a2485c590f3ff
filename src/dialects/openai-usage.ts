import { isObject, type JsonObject } from '../canonical/json.ts'
import { promptTokens, type Usage } from '../canonical/usage.ts'

/**
 * Reads `usage`. `prompt_tokens` is the whole prompt, of which the cached tokens are a part; they stand in
 * `prompt_tokens_details.cached_tokens` or in a provider's own field beside it. A count that is no integer
 * from 0 makes the whole object worthless: `undefined`.
 */
export function readUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined
  const ofPrompt = isObject(value.prompt_tokens_details) ? value.prompt_tokens_details : {}
  const ofOutput = isObject(value.completion_tokens_details) ? value.completion_tokens_details : {}
  const prompt = value.prompt_tokens
  const completion = value.completion_tokens
  // DeepSeek, Mistral and Together in this order, for answers without the details.
  const cached =
    ofPrompt.cached_tokens ??
    value.prompt_cache_hit_tokens ??
    value.num_cached_tokens ??
    value.cached_tokens ??
    0
  const written = ofPrompt.cache_write_tokens ?? 0
  const inputAudio = ofPrompt.audio_tokens ?? 0
  const reasoning = ofOutput.reasoning_tokens ?? 0
  const outputAudio = ofOutput.audio_tokens ?? 0
  if (!isCount(prompt) || !isCount(completion) || !isCount(cached) || !isCount(written)) return undefined
  if (!isCount(inputAudio) || !isCount(reasoning) || !isCount(outputAudio)) return undefined
  const read = Math.min(cached, prompt)
  const cacheWrite5m = Math.min(written, prompt - read)
  return {
    input: prompt - read - cacheWrite5m,
    cached: read,
    cacheWrite5m,
    cacheWrite1h: 0,
    output: completion + reasoningBeside(prompt, completion, reasoning, value.total_tokens),
    reasoning,
    inputAudio,
    outputAudio,
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

/** xAI counts reasoning beside `completion_tokens`, not within; only the total tells. */
function reasoningBeside(prompt: number, completion: number, reasoning: number, total: unknown): number {
  return reasoning > 0 && total === prompt + completion + reasoning ? reasoning : 0
}

export function writeUsage(usage: Usage): JsonObject {
  const prompt = promptTokens(usage)
  const written = usage.cacheWrite5m + usage.cacheWrite1h
  return {
    prompt_tokens: prompt,
    completion_tokens: usage.output,
    total_tokens: prompt + usage.output,
    prompt_tokens_details: {
      cached_tokens: usage.cached,
      ...(written > 0 && { cache_write_tokens: written }),
      audio_tokens: usage.inputAudio,
    },
    completion_tokens_details: { reasoning_tokens: usage.reasoning, audio_tokens: usage.outputAudio },
  }
}
