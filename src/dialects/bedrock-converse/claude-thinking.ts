import type { ChatRequest, Thinking } from '../../canonical/chat.ts'
import type { JsonObject } from '../../canonical/json.ts'

/**
 * Tokens of thinking for an effort, where the caller named no budget: the steps that callers know from
 * other gateways, each twice the one before.
 */
const budgetByEffort: ReadonlyMap<string | undefined, number> = new Map([
  ['minimal', 1024],
  ['low', 1024],
  ['medium', 2048],
  ['high', 4096],
  ['xhigh', 8192],
  ['max', 16384],
])
const usualBudget = 2048
const efforts = new Set(['low', 'medium', 'high', 'xhigh', 'max'])
const minimumBudget = 1024
/** A budget that follows from an effort leaves a fifth of `maxTokens` for the answer. */
const largestShare = 0.8

interface ClaudeThinking {
  fields: JsonObject
  effort?: string
  claudeThinks: boolean
}

/** As the model takes it from Anthropic itself: `thinking` with a budget or `adaptive`, and an effort beside it. */
export function encodeClaudeThinking(
  request: ChatRequest,
  thinking: Thinking,
  maxTokens: number | undefined,
  lost: Set<string>,
): ClaudeThinking {
  const { enabled, effort, budgetTokens } = thinking
  const display = thinking.display === undefined ? {} : { display: thinking.display }
  const known = effort !== undefined && efforts.has(effort) ? { effort } : {}
  if (!enabled) {
    const fields = 'effort' in known ? {} : { thinking: { type: 'disabled' } }
    return { ...known, fields, claudeThinks: false }
  }
  if (thinking.adaptive) {
    if (effort !== undefined && !('effort' in known)) lost.add('thinking')
    return { ...known, fields: { thinking: { type: 'adaptive', ...display } }, claudeThinks: true }
  }
  const budget = budgetFor(thinking, maxTokens ?? Infinity)
  if (budget === undefined || !mayThink(request)) {
    lost.add('thinking')
    return { fields: {}, claudeThinks: false }
  }
  const isAsAsked =
    budgetTokens === undefined ? effort === undefined || budgetByEffort.has(effort) : budget === budgetTokens
  if (!isAsAsked) lost.add('thinking')
  return {
    ...(budgetTokens !== undefined && known),
    fields: { thinking: { type: 'enabled', budget_tokens: budget, ...display } },
    claudeThinks: true,
  }
}

/** At least 1024 and below `maxTokens`; `undefined` where there is no such number. */
function budgetFor({ budgetTokens, effort }: Thinking, maxTokens: number): number | undefined {
  if (maxTokens <= minimumBudget) return undefined
  if (budgetTokens !== undefined) return Math.min(Math.max(budgetTokens, minimumBudget), maxTokens - 1)
  const wanted = budgetByEffort.get(effort) ?? usualBudget
  return Math.max(minimumBudget, Math.min(wanted, Math.floor(maxTokens * largestShare)))
}

/**
 * With a budget of thinking the model refuses a turn of tool calls that does not begin with the thinking
 * which led to them. Callers of other dialects seldom send it back, so such a request goes without.
 */
function mayThink(request: ChatRequest): boolean {
  const turn = request.messages.findLast((message) => message.role === 'assistant')
  if (!turn?.content.some((block) => block.type === 'tool_call')) return true
  return turn.content.some((block) => block.type === 'thinking' || block.type === 'redacted_thinking')
}
