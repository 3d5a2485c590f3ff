import { anthropicMessages } from '../dialects/anthropic-messages/index.ts'
import type { ChatDialect, WireDialect } from '../dialects/dialect.ts'
import { openaiChat } from '../dialects/openai-chat/index.ts'
import { openaiEmbeddings } from '../dialects/openai-embeddings/index.ts'
import type { Operation } from '../providers/provider.ts'

/** A route that takes work: its path (also served without `/v1`), what it asks for, and how its caller speaks. */
export type Endpoint =
  | { path: string; operation: 'chat'; dialect: ChatDialect }
  | { path: string; operation: Exclude<Operation, 'chat'>; dialect: WireDialect }

export const endpoints: readonly Endpoint[] = [
  { path: '/v1/chat/completions', operation: 'chat', dialect: openaiChat },
  { path: '/v1/messages', operation: 'chat', dialect: anthropicMessages },
  { path: '/v1/embeddings', operation: 'embedding', dialect: openaiEmbeddings },
]

/** How errors are written where no endpoint's dialect is known. */
export const errorDialects: { openai: WireDialect; anthropic: WireDialect } = {
  openai: openaiChat,
  anthropic: anthropicMessages,
}
