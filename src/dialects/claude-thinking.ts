/**
 * What asking Claude to think becomes, by whichever API it is asked: Anthropic's own, or Bedrock's beside Converse.
 * Source: platform.claude.com/docs/en/build-with-claude/adaptive-thinking; github.com/anomalyco/opencode/issues/23007,
 * github.com/MoonshotAI/kimi-cli/pull/1918 (checked 2026-11-21).
 */
import type { ChatRequest, Thinking } from '../canonical/chat.ts'
import type { JsonObject } from '../canonical/json.ts'

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
/** Of Claude 4: from here on budgets are refused with 400. */
const firstMinorWithoutBudgets = 7
const efforts = new Set(['low', 'medium', 'high', 'xhigh', 'max'])
const minimumBudget = 1024
/** A budget that follows from an effort leaves a fifth of the largest answer for what is said. */
const largestShare = 0.8

export interface ClaudeThinking {
  /** The field `thinking`, absent where nothing is sent. */
  thinking?: JsonObject
  /** The effort of the whole answer, which stands in a field of its own. */
  effort?: string
}

/**
 * Names `thinking` in `lost` where a budget had to change, has no room below `maxTokens`, or an effort is not known.
 * @param maxTokens the largest answer in tokens, `Infinity` where nobody says
 */
export function encodeClaudeThinking(
  request: ChatRequest,
  maxTokens: number,
  lost: Set<string>,
): ClaudeThinking {
  const { thinking } = request
  if (!thinking) return {}
  const { enabled, effort, budgetTokens } = thinking
  const display = thinking.display === undefined ? {} : { display: thinking.display }
  const known = effort !== undefined && efforts.has(effort) ? { effort } : {}
  if (!enabled) return 'effort' in known ? known : { thinking: { type: 'disabled' } }
  if (thinking.adaptive) {
    if (effort !== undefined && !('effort' in known)) lost.add('thinking')
    return { thinking: { type: 'adaptive', ...display }, ...known }
  }
  if (!takesBudgets(request.model)) return encodeEffort(thinking, lost)
  const budget = budgetFor(thinking, maxTokens)
  if (budget === undefined || !mayThink(request)) {
    lost.add('thinking')
    return {}
  }
  const isAsAsked =
    budgetTokens === undefined ? effort === undefined || budgetByEffort.has(effort) : budget === budgetTokens
  if (!isAsAsked) lost.add('thinking')
  return {
    thinking: { type: 'enabled', budget_tokens: budget, ...display },
    ...(budgetTokens !== undefined && known),
  }
}

/** `claude-opus-4-7`, `eu.anthropic.claude-sonnet-5-v1:0`; what a name does not tell is taken for an older model. */
function takesBudgets(model: string): boolean {
  const [, major, minor] = /claude-[a-z]+-(\d{1,2})(?!\d)(?:[-.](\d{1,2})(?!\d))?/.exec(model) ?? []
  if (major === undefined || Number(major) < 4) return true
  return major === '4' && Number(minor ?? 0) < firstMinorWithoutBudgets
}

/** Newer models decide themselves how much thinking an effort is worth, and tell of it only where they are asked to. */
function encodeEffort(
  { effort, budgetTokens, display = 'summarized' }: Thinking,
  lost: Set<string>,
): ClaudeThinking {
  const wanted = effort === 'minimal' ? 'low' : (effort ?? effortOf(budgetTokens))
  const isKnown = wanted !== undefined && efforts.has(wanted)
  if (effort !== undefined && (!isKnown || wanted !== effort)) lost.add('thinking')
  return { thinking: { type: 'adaptive', display }, ...(isKnown && { effort: wanted }) }
}

/** The effort that spends about as much. */
function effortOf(budgetTokens: number | undefined): string | undefined {
  if (budgetTokens === undefined) return undefined
  if (budgetTokens < 2048) return 'low'
  return budgetTokens < 4096 ? 'medium' : 'high'
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
