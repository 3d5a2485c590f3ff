import { anthropicMessages } from '../dialects/anthropic-messages/index.ts'
import type { CallerDialect, ChatCallerDialect } from '../dialects/dialect.ts'
import type { EmbeddingCallerDialect } from '../dialects/embedding-dialect.ts'
import { openaiChat } from '../dialects/openai-chat/index.ts'
import { openaiEmbeddings } from '../dialects/openai-embeddings/index.ts'
import type { Operation } from '../providers/provider.ts'

/** A route that takes work: its path (also served without `/v1`), what it asks for, and how its caller speaks. */
export type Endpoint =
  | { path: string; operation: 'chat'; dialect: ChatCallerDialect }
  | { path: string; operation: 'embedding'; dialect: EmbeddingCallerDialect }
  | { path: string; operation: Exclude<Operation, 'chat' | 'embedding'>; dialect: CallerDialect }

export const endpoints: readonly Endpoint[] = [
  { path: '/v1/chat/completions', operation: 'chat', dialect: openaiChat },
  { path: '/v1/messages', operation: 'chat', dialect: anthropicMessages },
  { path: '/v1/embeddings', operation: 'embedding', dialect: openaiEmbeddings },
]

/** How errors are written where no endpoint's dialect is known. */
export const errorDialects: { openai: CallerDialect; anthropic: CallerDialect } = {
  openai: openaiChat,
  anthropic: anthropicMessages,
}
