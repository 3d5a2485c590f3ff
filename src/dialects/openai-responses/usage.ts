import { isObject, type JsonObject } from '../../canonical/json.ts'
import { noUsage, promptTokens, type Usage } from '../../canonical/usage.ts'

/**
 * Reads `usage`. `input_tokens` is the whole prompt, of which cached tokens and cache writes are a part;
 * `output_tokens` includes reasoning. A count that is no integer from 0 makes the whole object worthless:
 * `undefined`.
 */
export function readUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined
  const ofInput = isObject(value.input_tokens_details) ? value.input_tokens_details : {}
  const ofOutput = isObject(value.output_tokens_details) ? value.output_tokens_details : {}
  const input = value.input_tokens
  const output = value.output_tokens
  const cached = ofInput.cached_tokens ?? 0
  const written = ofInput.cache_write_tokens ?? 0
  const reasoning = ofOutput.reasoning_tokens ?? 0
  if (!isCount(input) || !isCount(output)) return undefined
  if (!isCount(cached) || !isCount(written) || !isCount(reasoning)) return undefined
  const read = Math.min(cached, input)
  const cacheWrite5m = Math.min(written, input - read)
  return {
    ...noUsage,
    input: input - read - cacheWrite5m,
    cached: read,
    cacheWrite5m,
    output,
    reasoning: Math.min(reasoning, output),
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

export function writeUsage(usage: Usage): JsonObject {
  const input = promptTokens(usage)
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: usage.cached,
      cache_write_tokens: usage.cacheWrite5m + usage.cacheWrite1h,
    },
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: input + usage.output,
  }
}
