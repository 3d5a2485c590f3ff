import type { Thinking } from '../../canonical/chat.ts'
import type { JsonObject } from '../../canonical/json.ts'
import { generationOf, isPro } from './model-name.ts'
import type { Lost } from './types.ts'

/** Thinking began with this generation; the ones before refuse the field. */
const firstThinking = 2.5
/** From here on models take levels, and budgets no longer. */
const firstWithLevels = 3

/**
 * Tokens for an effort, as Google's own OpenAI-compatible API reads it.
 * Source: ai.google.dev/gemini-api/docs/openai (checked 2026-11-21); `xhigh` and `max` are the most there is.
 */
const budgetByEffort: ReadonlyMap<string, number> = new Map(
  Object.entries({
    minimal: 1024,
    low: 1024,
    medium: 8192,
    high: 24_576,
    xhigh: 32_768,
    max: 32_768,
  }),
)

/**
 * `thinkingConfig`; `undefined` where nothing is asked. Thoughts are told unless the caller wants them omitted.
 * Names `thinking` in `lost` where the model cannot do as asked, and asks it for the nearest that it can.
 * Source: ai.google.dev/gemini-api/docs/thinking (checked 2026-11-21).
 */
export function encodeThinking(
  thinking: Thinking | undefined,
  model: string,
  lost: Lost,
): JsonObject | undefined {
  if (!thinking) return undefined
  const generation = generationOf(model)
  if (generation < firstThinking) {
    if (thinking.enabled) lost.add('thinking')
    return undefined
  }
  const amount =
    generation < firstWithLevels ? encodeBudget(thinking, model, lost) : encodeLevel(thinking, model, lost)
  const isTold = thinking.enabled && thinking.display !== 'omitted'
  const config = { ...(isTold && { includeThoughts: true }), ...amount }
  return Object.keys(config).length > 0 ? config : undefined
}

const isOff = ({ enabled, effort }: Thinking): boolean =>
  !enabled && (effort === undefined || effort === 'none')

/** -1 leaves it to the model. */
function encodeBudget(thinking: Thinking, model: string, lost: Lost): JsonObject {
  const { minimum, maximum, hasOff } = budgetRange(model)
  if (isOff(thinking) && hasOff) return { thinkingBudget: 0 }
  const { budgetTokens, effort, adaptive } = thinking
  const wanted = isOff(thinking)
    ? 0
    : (budgetTokens ?? (effort === undefined ? -1 : budgetByEffort.get(effort)))
  if (wanted === undefined) lost.add('thinking')
  if (wanted === undefined || (wanted === -1 && !adaptive)) return {}
  if (wanted === -1) return { thinkingBudget: -1 }
  const thinkingBudget = Math.min(Math.max(wanted, minimum), maximum)
  // Efforts name no number, so the model's own maximum is what the greatest of them means.
  if (thinkingBudget !== wanted && (budgetTokens !== undefined || isOff(thinking))) lost.add('thinking')
  return { thinkingBudget }
}

function budgetRange(model: string): { minimum: number; maximum: number; hasOff: boolean } {
  if (isPro(model)) return { minimum: 128, maximum: 32_768, hasOff: false }
  return { minimum: model.includes('lite') ? 512 : 1, maximum: 24_576, hasOff: true }
}

const levelByEffort: ReadonlyMap<string, string> = new Map(
  Object.entries({
    minimal: 'MINIMAL',
    low: 'LOW',
    medium: 'MEDIUM',
    high: 'HIGH',
    xhigh: 'HIGH',
    max: 'HIGH',
  }),
)

function encodeLevel(thinking: Thinking, model: string, lost: Lost): JsonObject {
  const { effort, budgetTokens } = thinking
  // These models cannot be kept from thinking.
  if (isOff(thinking)) lost.add('thinking')
  const wanted = isOff(thinking) ? 'minimal' : (effort ?? effortOf(budgetTokens))
  if (wanted === undefined) return {}
  const level = levelByEffort.get(wanted)
  if (level === undefined) lost.add('thinking')
  return level === undefined ? {} : { thinkingLevel: nearestLevel(level, model) }
}

/** The effort that spends at least as much. */
function effortOf(budgetTokens: number | undefined): string | undefined {
  if (budgetTokens === undefined) return undefined
  if (budgetTokens <= 1024) return 'low'
  return budgetTokens <= 8192 ? 'medium' : 'high'
}

/** Pro models have no `MINIMAL`, and the first of them no `MEDIUM` either. */
function nearestLevel(level: string, model: string): string {
  if (!isPro(model)) return level
  if (level === 'MINIMAL') return 'LOW'
  return level === 'MEDIUM' && model.includes('gemini-3-pro') ? 'HIGH' : level
}
