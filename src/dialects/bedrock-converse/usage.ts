import { isObject } from '../../canonical/json.ts'
import { noUsage, type Usage } from '../../canonical/usage.ts'

/** No model reads or writes as much in one call; a count above it is a provider's mistake, not a bill. */
const absurdTokens = 1e9

/**
 * The tokens of a `TokenUsage`, whose `inputTokens` excludes those read from and written to the cache. Kinds left
 * out count 0; `undefined` without any number of tokens, or when one of them is no count. Reasoning is not told.
 */
export function decodeUsage(wire: unknown): Usage | undefined {
  if (!isObject(wire) || (wire.inputTokens == null && wire.outputTokens == null)) return undefined
  const written = tokens(wire.cacheWriteInputTokens)
  const hour = Math.min(writtenForAnHour(wire.cacheDetails), written)
  const usage = {
    ...noUsage,
    input: tokens(wire.inputTokens),
    cached: tokens(wire.cacheReadInputTokens),
    cacheWrite5m: written - hour,
    cacheWrite1h: hour,
    output: tokens(wire.outputTokens),
  }
  return Object.values(usage).some(Number.isNaN) ? undefined : usage
}

/** `NaN` for what is no count. */
function tokens(value: unknown): number {
  if (value === undefined || value === null) return 0
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= absurdTokens
    ? value
    : NaN
}

/** `cacheDetails` divides the written tokens by how long they are kept. */
function writtenForAnHour(details: unknown): number {
  if (!Array.isArray(details)) return 0
  return details
    .filter((detail) => isObject(detail) && detail.ttl === '1h')
    .reduce<number>((sum, detail) => sum + tokens((detail as { inputTokens?: unknown }).inputTokens), 0)
}
