/**
 * The words of Cohere's API v2.
 * Source: docs.cohere.com/reference/chat and /reference/embed, the types of cohere-ai 8.1 and recorded traffic
 * (checked 2026-11-21).
 */
import type { DialectName, FinishReason, Opaque } from '../../canonical/chat.ts'
import { GatewayError } from '../../errors.ts'

export const dialect = 'cohere' satisfies DialectName

export const opaque = (value: unknown): Opaque => ({ dialect, value })
/** The value of an opaque part that this dialect made; `undefined` for another's. */
export const own = (part: Opaque | undefined): unknown => (part?.dialect === dialect ? part.value : undefined)

/** What a request loses by its values, named as `EncodedRequest.lost` wants it. */
export type Lost = Set<string>

/** `finish_reason` words of an answer that is one. The `ERROR_*` words are of API v1, which servers still send. */
export const finishByWord: ReadonlyMap<string, FinishReason> = new Map([
  ['COMPLETE', 'stop'],
  ['STOP_SEQUENCE', 'stop_sequence'],
  ['MAX_TOKENS', 'length'],
  ['TOOL_CALL', 'tool_calls'],
  ['ERROR_TOXIC', 'content_filter'],
  ['ERROR_LIMIT', 'context_length'],
  ['USER_CANCEL', 'other'],
])

/** The generation broke off: a status of 200 all the same. */
export const failureWords: ReadonlySet<unknown> = new Set(['ERROR', 'TIMEOUT'])

/** The detail is for the log; the caller reads that the provider failed. */
export const notOfThisDialect = (detail: string): GatewayError =>
  new GatewayError('upstream_error', { cause: new Error(`cohere: ${detail}`) })

export const text = (value: unknown): string => (typeof value === 'string' ? value : '')
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
