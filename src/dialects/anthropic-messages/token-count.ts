import type { RelayedDialect } from '../relayed-dialect.ts'
import { decodeError, encodeError } from './error.ts'

/**
 * Anthropic's `/v1/messages/count_tokens`: `{input_tokens}`. The tokens it counts were asked about, not spent, so it
 * has no usage. Source: the types of @anthropic-ai/sdk 1.11 and recorded traffic.
 */
export const anthropicTokenCount = {
  name: 'anthropic-token-count',
  readUsage: () => undefined,
  answerField: 'input_tokens',
  isAnswer: ({ input_tokens: count }) => Number.isSafeInteger(count) && (count as number) >= 0,
  decodeError,
  encodeError,
} satisfies RelayedDialect
