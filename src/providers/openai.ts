import { openaiChat } from '../dialects/openai-chat/index.ts'
import { openaiEmbeddings } from '../dialects/openai-embeddings/index.ts'
import { bearer, defineProvider } from './provider.ts'

/** Source: platform.openai.com/docs/api-reference (checked 2026-11-20). */
export const openai = defineProvider({
  type: 'openai',
  source: 'https://platform.openai.com/docs/api-reference',
  baseUrl: 'https://api.openai.com',
  usualPath: '/v1',
  credential: bearer,
  serves: {
    chat: [{ dialect: openaiChat, path: '/chat/completions' }],
    embedding: [{ dialect: openaiEmbeddings, path: '/embeddings' }],
  },
  requestIdHeader: 'x-request-id',
})
