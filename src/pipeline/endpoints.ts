import { anthropicMessages } from '../dialects/anthropic-messages/index.ts'
import type { CallerDialect, ChatCallerDialect } from '../dialects/dialect.ts'
import type { EmbeddingCallerDialect } from '../dialects/embedding-dialect.ts'
import { anthropicTokenCount } from '../dialects/anthropic-messages/token-count.ts'
import { openaiSpeech } from '../dialects/openai-audio/speech.ts'
import { openaiTranscriptions } from '../dialects/openai-audio/transcriptions.ts'
import { openaiChat } from '../dialects/openai-chat/index.ts'
import { openaiCompletions } from '../dialects/openai-completions/index.ts'
import { openaiEmbeddings } from '../dialects/openai-embeddings/index.ts'
import { openaiImages } from '../dialects/openai-images/index.ts'
import { openaiModerations } from '../dialects/openai-moderations/index.ts'
import { openaiResponses } from '../dialects/openai-responses/index.ts'
import type { RelayedDialect } from '../dialects/relayed-dialect.ts'
import { rerank } from '../dialects/rerank/index.ts'
import type { Operation } from '../providers/provider.ts'

/** A route that takes work: its path (also served without `/v1`), what it asks for, and how its caller speaks. */
export type Endpoint = {
  path: string
  /** What the body is; JSON where it does not say. */
  takes?: 'upload'
  /** The model of a call that names none, where the API does not demand it. */
  defaultModel?: string
} & (
  | { operation: 'chat'; dialect: ChatCallerDialect }
  | { operation: 'embedding'; dialect: EmbeddingCallerDialect }
  | { operation: Exclude<Operation, 'chat' | 'embedding'>; dialect: RelayedDialect }
)

export const endpoints: readonly Endpoint[] = [
  { path: '/v1/chat/completions', operation: 'chat', dialect: openaiChat },
  { path: '/v1/messages', operation: 'chat', dialect: anthropicMessages },
  { path: '/v1/responses', operation: 'chat', dialect: openaiResponses },
  { path: '/v1/completions', operation: 'chat', dialect: openaiCompletions },
  { path: '/v1/embeddings', operation: 'embedding', dialect: openaiEmbeddings },
  { path: '/v1/messages/count_tokens', operation: 'token_count', dialect: anthropicTokenCount },
  {
    path: '/v1/moderations',
    operation: 'moderation',
    dialect: openaiModerations,
    defaultModel: 'omni-moderation-latest',
  },
  { path: '/v1/images/generations', operation: 'image', dialect: openaiImages },
  { path: '/v1/audio/speech', operation: 'speech', dialect: openaiSpeech },
  {
    path: '/v1/audio/transcriptions',
    operation: 'transcription',
    dialect: openaiTranscriptions,
    takes: 'upload',
  },
  { path: '/v1/rerank', operation: 'rerank', dialect: rerank },
]

/** How errors are written where no endpoint's dialect is known. */
export const errorDialects: { openai: CallerDialect; anthropic: CallerDialect } = {
  openai: openaiChat,
  anthropic: anthropicMessages,
}
