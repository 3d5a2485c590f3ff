import { anthropicTokenCount } from '../../dialects/anthropic-messages/token-count.ts'
import { openaiChat } from '../../dialects/openai-chat/index.ts'
import { openaiEmbeddings } from '../../dialects/openai-embeddings/index.ts'
import { openaiOperations } from '../openai-operations.ts'
import { defineProvider } from '../provider.ts'

/** Answers in the process, so that a new user gets an answer without any key. */
export const mock = defineProvider({
  type: 'mock',
  source: 'docs/mock-provider.md',
  baseUrl: 'http://mock.invalid',
  usualPath: '/v1',
  credential: null,
  serves: {
    chat: [{ dialect: openaiChat, path: '/chat/completions' }],
    embedding: [{ dialect: openaiEmbeddings, path: '/embeddings' }],
    token_count: [{ dialect: anthropicTokenCount, path: '/messages/count_tokens' }],
    moderation: openaiOperations.moderation,
    image: openaiOperations.image,
    rerank: openaiOperations.rerank,
  },
  requestIdHeader: 'x-request-id',
  inProcess: true,
})
