import { isObject } from '../../canonical/json.ts'
import { noUsage, type Usage } from '../../canonical/usage.ts'

/**
 * Reads `usage`. `tokens` is what the model read and wrote, its own prompt templates and thinking included;
 * `billed_units`, what is paid for, is less and stands in where `tokens` is missing. `cached_tokens` are a part of
 * the input. `undefined` without counts, or when one of them is no integer from 0.
 */
export function decodeUsage(wire: unknown): Usage | undefined {
  if (!isObject(wire)) return undefined
  const counts = isObject(wire.tokens) ? wire.tokens : wire.billed_units
  if (!isObject(counts)) return undefined
  const { input_tokens: input = 0, output_tokens: output = 0 } = counts
  const cached = wire.cached_tokens ?? 0
  if (!isCount(input) || !isCount(output) || !isCount(cached)) return undefined
  const read = Math.min(cached, input)
  return { ...noUsage, input: input - read, cached: read, output }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
