import type { ChatRequest, Thinking } from '../../canonical/chat.ts'
import type { JsonObject } from '../../canonical/json.ts'
import { count, optionalObject, optionalString, word } from './shape.ts'
import type { UnknownFields } from './shape.ts'

/**
 * Thinking has two fields here: `thinking` (none, `disabled`, `enabled` with a budget, `adaptive`,
 * `between_tools`) and `output_config.effort`, which also works without thinking. An effort alone is
 * `{ enabled: false, effort }` in the canonical form; an effort beside `disabled` is not about thinking and
 * stays an extension, as does `between_tools`, which no other dialect has.
 */
export interface DecodedThinking {
  thinking?: Thinking
  /** `thinking` itself, where it stays an extension. */
  ownThinking?: JsonObject
  /** The effort, where it stays an extension. */
  ownEffort?: string
}

const fields = {
  enabled: new Set(['type', 'budget_tokens', 'display']),
  adaptive: new Set(['type', 'display']),
  disabled: new Set(['type']),
}

export function decodeThinking(
  body: JsonObject,
  effort: string | undefined,
  unknown: UnknownFields,
): DecodedThinking {
  const path = 'thinking'
  const wire = optionalObject(body, path, '')
  const ownEffort = effort === undefined ? {} : { ownEffort: effort }
  if (!wire) return effort === undefined ? {} : { thinking: { enabled: false, effort } }
  const type = word(wire, 'type', path, ['enabled', 'disabled', 'adaptive', 'between_tools'])
  if (type === 'between_tools') return { ownThinking: wire, ...ownEffort }
  unknown.beyond(fields[type], wire, path)
  if (type === 'disabled') return { thinking: { enabled: false }, ...ownEffort }
  const display = optionalString(wire, 'display', path)
  const thinking: Thinking = {
    enabled: true,
    ...(effort !== undefined && { effort }),
    ...(display !== undefined && { display }),
  }
  if (type === 'adaptive') thinking.adaptive = true
  else thinking.budgetTokens = count(wire, 'budget_tokens', path)
  return { thinking }
}

/**
 * Tokens of thinking for an effort, where the caller named no budget: the steps that callers know from
 * other gateways, each twice the one before.
 */
const budgetByEffort: Readonly<Record<string, number>> = {
  minimal: 1024,
  low: 1024,
  medium: 2048,
  high: 4096,
  xhigh: 8192,
  max: 16384,
}
const efforts = new Set(['low', 'medium', 'high', 'xhigh', 'max'])
const minimumBudget = 1024
/** A budget that follows from an effort leaves a fifth of `max_tokens` for the answer. */
const largestShare = 0.8

export interface EncodedThinking {
  /** The field `thinking`, absent where nothing is sent. */
  thinking?: JsonObject
  /** `output_config.effort`. */
  effort?: string
}

/** Names `thinking` in `lost` where a budget had to change, has no room below `maxTokens`, or an effort is not known. */
export function encodeThinking(request: ChatRequest, maxTokens: number, lost: Set<string>): EncodedThinking {
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
  const budget = budgetFor(thinking, maxTokens)
  if (budget === undefined || !mayThink(request)) {
    lost.add('thinking')
    return {}
  }
  const asked =
    budgetTokens === undefined ? effort === undefined || effort in budgetByEffort : budget === budgetTokens
  if (!asked) lost.add('thinking')
  return {
    thinking: { type: 'enabled', budget_tokens: budget, ...display },
    ...(budgetTokens !== undefined && known),
  }
}

/** At least 1024 and below `maxTokens`; `undefined` where there is no such number. */
function budgetFor({ budgetTokens, effort }: Thinking, maxTokens: number): number | undefined {
  if (maxTokens <= minimumBudget) return undefined
  if (budgetTokens !== undefined) return Math.min(Math.max(budgetTokens, minimumBudget), maxTokens - 1)
  const wanted = budgetByEffort[effort ?? 'medium'] ?? budgetByEffort.medium!
  return Math.max(minimumBudget, Math.min(wanted, Math.floor(maxTokens * largestShare)))
}

/**
 * With a budget of thinking the API refuses a turn of tool calls that does not begin with the thinking
 * which led to them. Callers of other dialects seldom send it back, so such a request goes without.
 */
function mayThink(request: ChatRequest): boolean {
  const turn = request.messages.findLast((message) => message.role === 'assistant')
  if (!turn?.content.some((block) => block.type === 'tool_call')) return true
  return turn.content.some((block) => block.type === 'thinking' || block.type === 'redacted_thinking')
}
