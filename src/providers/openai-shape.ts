import { openaiCompatibleChat } from '../dialects/openai-chat/index.ts'
import { openaiEmbeddings } from '../dialects/openai-embeddings/index.ts'
import { bearer, type ProviderFacts } from './provider.ts'

/** What servers that speak OpenAI's chat completions share; a page spreads it and adds its own facts. */
export const openaiShape = {
  usualPath: '/v1',
  credential: bearer,
  serves: {
    chat: [{ dialect: openaiCompatibleChat, path: '/chat/completions' }],
    embedding: [{ dialect: openaiEmbeddings, path: '/embeddings' }],
  },
  requestIdHeader: 'x-request-id',
} satisfies Partial<ProviderFacts>
