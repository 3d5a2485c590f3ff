import { isObject, type JsonObject } from '../../canonical/json.ts'
import { isCarried, prefix } from '../carried-reasoning.ts'
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
  foreign: {
    mark: `"${prefix}`,
    leaveOut: ({ messages }: JsonObject) => ({
      key: 'messages',
      value: Array.isArray(messages) ? messages.map(withoutCarried) : messages,
      lost: 'thinking',
    }),
  },
  decodeError,
  encodeError,
} satisfies RelayedDialect

/** The message without thinking that another dialect signed, which counts for nothing here and would be refused. */
function withoutCarried(message: unknown): unknown {
  if (!isObject(message) || !Array.isArray(message.content)) return message
  const isForeign = (block: unknown) =>
    isObject(block) &&
    [block.signature, block.data].some((text) => typeof text === 'string' && isCarried(text))
  return { ...message, content: message.content.filter((block) => !isForeign(block)) }
}
