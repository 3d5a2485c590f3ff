/**
 * The words and fields of OpenAI's Responses API.
 * Source: the OpenAPI description 2.3.0, the types of the `openai` package 7.55 and recorded traffic
 * (checked 2026-11-21).
 */
import type { DialectName, Finish, FinishReason, Opaque } from '../../canonical/chat.ts'
import type { JsonObject } from '../../canonical/json.ts'
import { GatewayError } from '../../errors.ts'

export const dialect = 'openai-responses' satisfies DialectName

export const opaque = (value: unknown): Opaque => ({ dialect, value })

/** The value of an opaque part that this dialect made; `undefined` for another's. */
export const own = (part: Opaque | undefined): unknown => (part?.dialect === dialect ? part.value : undefined)

export const text = (value: unknown): string => (typeof value === 'string' ? value : '')
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
export const integer = (value: unknown): number | undefined =>
  Number.isSafeInteger(value) ? (value as number) : undefined

export const notAnAnswer = (what: string): GatewayError =>
  new GatewayError('upstream_error', {
    cause: new Error(`the provider's answer is not a response: ${what}`),
  })

/** `include` words that ask for something the canonical form has a place for. */
export const includeEncryptedReasoning = 'reasoning.encrypted_content'
export const includeLogprobs = 'message.output_text.logprobs'

/** What an answer held, as far as the reason for its end depends on it. */
export interface Kinds {
  calls: boolean
  refusal: boolean
}

const incompleteReasons: ReadonlyMap<unknown, FinishReason> = new Map([
  ['max_output_tokens', 'length'],
  ['content_filter', 'content_filter'],
])

/** Why the model stopped: `status`, and for an incomplete answer the reason. */
export function readFinish(response: JsonObject, kinds: Kinds): Finish {
  const status = text(response.status) || 'completed'
  if (status === 'incomplete') {
    const reason = text((response.incomplete_details as JsonObject | null | undefined)?.reason)
    return { unified: incompleteReasons.get(reason) ?? 'other', raw: reason || status }
  }
  if (kinds.calls) return { unified: 'tool_calls', raw: status }
  return { unified: kinds.refusal ? 'refusal' : 'stop', raw: status }
}

/** The reason that an answer is incomplete; `undefined` for a whole one. A refusal with its own text is whole. */
export function incompleteReason(finish: Finish, kinds: Kinds): string | undefined {
  switch (finish.unified) {
    case 'length':
    case 'context_length':
      return 'max_output_tokens'
    case 'content_filter':
      return 'content_filter'
    case 'refusal':
      return kinds.refusal ? undefined : 'content_filter'
    default:
      return undefined
  }
}
