/**
 * The words and fields of Anthropic's Messages API.
 * Source: the types of @anthropic-ai/sdk 1.11 (stable and beta) and recorded traffic.
 */
import type { DialectName, FinishReason, Opaque } from '../../canonical/chat.ts'

export const dialect = 'anthropic-messages' satisfies DialectName

export const opaque = (value: unknown): Opaque => ({ dialect, value })
/** The value of an opaque part that this dialect made; `undefined` for another's. */
export const own = (part: Opaque | undefined): unknown => (part?.dialect === dialect ? part.value : undefined)

/** `stop_reason` words. `compaction` is beta. */
export const finishByStopReason: ReadonlyMap<string, FinishReason> = new Map(
  Object.entries<FinishReason>({
    end_turn: 'stop',
    stop_sequence: 'stop_sequence',
    max_tokens: 'length',
    tool_use: 'tool_calls',
    pause_turn: 'pause',
    refusal: 'refusal',
    model_context_window_exceeded: 'context_length',
    compaction: 'other',
  }),
)

export const stopReasonByFinish: Readonly<Record<FinishReason, string>> = {
  stop: 'end_turn',
  stop_sequence: 'stop_sequence',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'refusal',
  refusal: 'refusal',
  pause: 'pause_turn',
  context_length: 'model_context_window_exceeded',
  other: 'end_turn',
}

/** Request fields that the canonical form has a place for. */
export const requestFields: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'system',
  'stream',
  'max_tokens',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'metadata',
  'service_tier',
  'thinking',
  'output_config',
  'output_format',
  'tools',
  'tool_choice',
])

/** Request fields of this API alone: they go back to it as they came. */
export const extensionFields: readonly string[] = [
  'betas',
  'billing_policy',
  'cache_control',
  'compaction',
  'container',
  'context_management',
  'diagnostics',
  'fallback_credit_token',
  'fallbacks',
  'inference_geo',
  'mcp_servers',
  'speed',
  'thread',
  'user_profile_id',
  'workspace_id',
]

/** Answer fields with a place in the canonical form; all others are extensions. */
export const answerFields: ReadonlySet<string> = new Set([
  'id',
  'type',
  'role',
  'model',
  'content',
  'stop_reason',
  'stop_sequence',
  'usage',
])
