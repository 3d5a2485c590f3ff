/**
 * The words of Amazon Bedrock's Converse and ConverseStream.
 * Source: the types of @aws-sdk/client-bedrock-runtime 3.1163, docs.aws.amazon.com/bedrock/latest/APIReference
 * and recorded traffic (checked 2026-11-21).
 */
import type { DialectName, FinishReason, Opaque } from '../../canonical/chat.ts'

export const dialect = 'bedrock-converse' satisfies DialectName

export const opaque = (value: unknown): Opaque => ({ dialect, value })
/** The value of an opaque part that this dialect made; `undefined` for another's. */
export const own = (part: Opaque | undefined): unknown => (part?.dialect === dialect ? part.value : undefined)

/** `stopReason` words. A guardrail's intervention is a filter's, whoever wrote the text that then stands there. */
export const finishByStopReason: ReadonlyMap<string, FinishReason> = new Map(
  Object.entries<FinishReason>({
    end_turn: 'stop',
    stop_sequence: 'stop_sequence',
    max_tokens: 'length',
    tool_use: 'tool_calls',
    content_filtered: 'content_filter',
    guardrail_intervened: 'content_filter',
    model_context_window_exceeded: 'context_length',
    malformed_model_output: 'other',
    malformed_tool_use: 'other',
  }),
)

/** The text of a value that may be missing. */
export const text = (value: unknown): string => (typeof value === 'string' ? value : '')
