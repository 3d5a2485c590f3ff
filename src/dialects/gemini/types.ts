/**
 * The words of Google's generateContent API, as Gemini's and Vertex AI's servers speak it.
 * Source: the types of @google/genai 3.1, ai.google.dev/api and recorded traffic (checked 2026-11-21).
 */
import type { DialectName, FinishReason, Opaque } from '../../canonical/chat.ts'

export const dialect = 'gemini' satisfies DialectName

export const opaque = (value: unknown): Opaque => ({ dialect, value })
/** The value of an opaque part that this dialect made; `undefined` for another's. */
export const own = (part: Opaque | undefined): unknown => (part?.dialect === dialect ? part.value : undefined)

/** Names of what a request loses by its values. */
export type Lost = Set<string>

/** `finishReason` words that say more than `other`. */
export const finishByReason: Readonly<Record<string, FinishReason>> = {
  STOP: 'stop',
  MAX_TOKENS: 'length',
  // The limit of one request: the rest comes for a token that no caller of another dialect could send.
  CONTINUATION: 'length',
  SAFETY: 'content_filter',
  RECITATION: 'content_filter',
  BLOCKLIST: 'content_filter',
  PROHIBITED_CONTENT: 'content_filter',
  SPII: 'content_filter',
  MODEL_ARMOR: 'content_filter',
  IMAGE_SAFETY: 'content_filter',
  IMAGE_PROHIBITED_CONTENT: 'content_filter',
  IMAGE_RECITATION: 'content_filter',
}
