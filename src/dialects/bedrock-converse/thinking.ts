import type { ChatRequest, Thinking } from '../../canonical/chat.ts'
import type { JsonObject } from '../../canonical/json.ts'
import { encodeClaudeThinking } from '../claude-thinking.ts'
import type { ModelFamily } from './model-family.ts'

/**
 * Thinking has no field of its own in Converse but `outputConfig.effort`, which is Claude's; each maker's own
 * fields go into `additionalModelRequestFields`.
 * Source: docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html, the type `OutputConfig` of the
 * SDK, and what users found that OpenAI's and Moonshot's models take (checked 2026-11-21).
 */
export interface EncodedThinking {
  /** Into `additionalModelRequestFields`. */
  fields: JsonObject
  /** `outputConfig.effort`. */
  effort?: string
  /** Claude thinks with a budget or freely, and takes fewer other settings then. */
  claudeThinks: boolean
  /** Nova 2 at its highest effort takes neither `temperature` nor `topP` nor `maxTokens`. */
  novaThinksHard: boolean
}

/** Names `thinking` in `lost` where the model cannot be asked for what the caller wants. */
export function encodeThinking(
  request: ChatRequest,
  family: ModelFamily,
  maxTokens: number | undefined,
  lost: Set<string>,
): EncodedThinking {
  const none = { fields: {}, claudeThinks: false, novaThinksHard: false }
  const { thinking } = request
  if (!thinking) return none
  switch (family) {
    case 'claude': {
      const { thinking: field, ...effort } = encodeClaudeThinking(request, maxTokens ?? Infinity, lost)
      const claudeThinks = field !== undefined && thinking.enabled
      return { ...none, ...effort, claudeThinks, fields: field ? { thinking: field } : {} }
    }
    case 'nova-2': {
      const reasoningConfig = encodeNova(thinking, maxTokens, lost)
      const novaThinksHard = reasoningConfig.maxReasoningEffort === 'high'
      return { ...none, novaThinksHard, fields: { reasoningConfig } }
    }
    case 'gpt': {
      const effort = thinks(thinking) ? effortOf(thinking) : 'none'
      return effort === undefined ? none : { ...none, fields: { reasoning: { effort } } }
    }
    case 'gpt-oss':
    case 'kimi': {
      const effort = thinks(thinking) ? lowToHigh(thinking, lost) : undefined
      if (effort === undefined) lost.add('thinking')
      return effort === undefined ? none : { ...none, fields: { reasoning_effort: effort } }
    }
    default:
      // Whether such a model thinks is its own affair; only a wish is lost.
      if (thinks(thinking)) lost.add('thinking')
      return none
  }
}

/** An effort without thinking is how callers of Anthropic's API ask for an effort alone. */
const thinks = ({ enabled, effort }: Thinking): boolean => enabled || effort !== undefined

/** The caller's word, or one that spends about as much as the budget. */
function effortOf({ effort, budgetTokens }: Thinking): string | undefined {
  if (effort !== undefined) return effort
  if (budgetTokens === undefined) return undefined
  if (budgetTokens < 2048) return 'low'
  return budgetTokens < 4096 ? 'medium' : 'high'
}

const neighbours: ReadonlyMap<string, string> = new Map([
  ['minimal', 'low'],
  ['xhigh', 'high'],
  ['max', 'high'],
])
const threeEfforts = new Set(['low', 'medium', 'high'])

/** Models with three efforts get the nearest of a caller's further ones. */
function lowToHigh(thinking: Thinking, lost: Set<string>): string {
  const wanted = effortOf(thinking) ?? 'medium'
  if (threeEfforts.has(wanted)) return wanted
  lost.add('thinking')
  return neighbours.get(wanted) ?? 'medium'
}

function encodeNova(thinking: Thinking, maxTokens: number | undefined, lost: Set<string>): JsonObject {
  if (!thinks(thinking)) return { type: 'disabled' }
  let effort = lowToHigh(thinking, lost)
  // The highest effort refuses `maxTokens`, and what bounds the bill comes first.
  if (effort === 'high' && maxTokens !== undefined) {
    lost.add('thinking')
    effort = 'medium'
  }
  return { type: 'enabled', maxReasoningEffort: effort }
}
