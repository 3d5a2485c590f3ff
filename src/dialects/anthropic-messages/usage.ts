import { isObject, type JsonObject } from '../../canonical/json.ts'
import { noUsage, type Usage } from '../../canonical/usage.ts'

/** No model reads or writes as much in one call; a count above it is a provider's mistake, not a bill. */
const absurdTokens = 1e9

const counted: ReadonlySet<string> = new Set([
  'input_tokens',
  'cache_read_input_tokens',
  'cache_creation_input_tokens',
  'cache_creation',
  'output_tokens',
  'output_tokens_details',
  'service_tier',
])

/**
 * The tokens of a `usage` object. Kinds left out or `null` count 0; `undefined` without any number of
 * tokens, or when one of them is no count (negative, not whole, absurdly large).
 */
export function decodeUsage(wire: unknown): Usage | undefined {
  if (!isObject(wire) || (wire.input_tokens == null && wire.output_tokens == null)) return undefined
  const split = isObject(wire.cache_creation) ? wire.cache_creation : {}
  const details = isObject(wire.output_tokens_details) ? wire.output_tokens_details : {}
  const written = writtenTokens(
    wire.cache_creation_input_tokens,
    split.ephemeral_5m_input_tokens,
    split.ephemeral_1h_input_tokens,
  )
  const output = tokens(wire.output_tokens)
  const usage = {
    ...noUsage,
    input: tokens(wire.input_tokens),
    cached: tokens(wire.cache_read_input_tokens),
    cacheWrite5m: written.fiveMinutes,
    cacheWrite1h: written.hour,
    output,
    reasoning: Math.min(tokens(details.thinking_tokens), output),
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

/**
 * The end of a stream gives only the total of cache writes, its start gives the split. Where they differ
 * the total is newer; what it has beyond the split belongs to the default lifetime of five minutes.
 */
function writtenTokens(
  total: unknown,
  split5m: unknown,
  split1h: unknown,
): { fiveMinutes: number; hour: number } {
  const fiveMinutes = tokens(split5m)
  const hour = tokens(split1h)
  if (total === undefined || total === null) return { fiveMinutes, hour }
  const hourOfTotal = Math.min(hour, tokens(total))
  return { fiveMinutes: tokens(total) - hourOfTotal, hour: hourOfTotal }
}

/**
 * Usage of a stream so far: the counts of `message_delta` are totals of the whole message and replace those
 * of `message_start`; kinds it leaves out (or sends as `null`) keep their value.
 */
export function mergeUsage(known: JsonObject, more: unknown): JsonObject {
  if (!isObject(more)) return known
  const merged = { ...known }
  for (const [name, value] of Object.entries(more)) if (value !== null) merged[name] = value
  return merged
}

/** What `usage` says besides tokens: `inference_geo`, `server_tool_use`, `speed`, … */
export function usageExtras(wire: unknown): JsonObject {
  if (!isObject(wire)) return {}
  return Object.fromEntries(
    Object.entries(wire).filter(([name, value]) => value !== null && !counted.has(name)),
  )
}

export function encodeUsage(usage: Usage | undefined): JsonObject {
  const known = usage ?? noUsage
  return {
    input_tokens: known.input,
    cache_creation_input_tokens: known.cacheWrite5m + known.cacheWrite1h,
    cache_read_input_tokens: known.cached,
    cache_creation: {
      ephemeral_5m_input_tokens: known.cacheWrite5m,
      ephemeral_1h_input_tokens: known.cacheWrite1h,
    },
    output_tokens: known.output,
    ...(known.reasoning > 0 && { output_tokens_details: { thinking_tokens: known.reasoning } }),
  }
}
