import type { ChatRequest } from '../../canonical/chat.ts'
import type { JsonObject } from '../../canonical/json.ts'
import type { Lost } from './types.ts'

/**
 * Tokens of thinking for an effort, where the caller named no budget: the steps that callers know from
 * other gateways, each twice the one before.
 */
const budgetByEffort: ReadonlyMap<string, number> = new Map([
  ['minimal', 1024],
  ['low', 1024],
  ['medium', 2048],
  ['high', 4096],
  ['xhigh', 8192],
  ['max', 16384],
])
/** A budget that follows from an effort leaves a fifth of `max_tokens` for the answer. */
const largestShare = 0.8

/**
 * `thinking: {type, token_budget}`. Reasoning models think without being asked, so `disabled` is sent too.
 * Thinking that is on without budget or effort has no bound but `max_tokens`.
 */
export function encodeThinking(
  { thinking }: ChatRequest,
  maxTokens: number | undefined,
  lost: Lost,
): JsonObject | undefined {
  if (!thinking) return undefined
  const { enabled, effort, budgetTokens } = thinking
  if (!enabled) {
    if (effort === undefined || effort === 'none') return { type: 'disabled' }
    // An effort of the whole answer, which this API has no word for.
    lost.add('thinking')
    return undefined
  }
  if (budgetTokens !== undefined) return { type: 'enabled', token_budget: budgetTokens }
  const wanted = effort === undefined ? undefined : budgetByEffort.get(effort)
  if (wanted === undefined) {
    if (effort !== undefined) lost.add('thinking')
    return { type: 'enabled' }
  }
  const room = maxTokens === undefined ? wanted : Math.max(1, Math.floor(maxTokens * largestShare))
  return { type: 'enabled', token_budget: Math.min(wanted, room) }
}
