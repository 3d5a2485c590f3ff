import { mistralChat } from '../dialects/openai-chat/index.ts'
import { openaiEmbeddings } from '../dialects/openai-embeddings/index.ts'
import { openaiOperations } from './openai-operations.ts'
import { openaiListing } from './listing-shape.ts'
import { bearer, defineProvider } from './provider.ts'

/**
 * Source: docs.mistral.ai/api (checked 2026-11-20). Translated even for callers of the OpenAI dialect: thinking comes
 * as parts of `content`, tool calls lack `index` and `type`, and unknown fields are refused with 422.
 */
export const mistral = defineProvider({
  type: 'mistral',
  source: 'https://docs.mistral.ai/api',
  baseUrl: 'https://api.mistral.ai',
  usualPath: '/v1',
  credential: bearer,
  serves: {
    chat: [{ dialect: mistralChat, path: '/chat/completions', relay: false }],
    embedding: [{ dialect: openaiEmbeddings, path: '/embeddings' }],
    moderation: openaiOperations.moderation,
    transcription: openaiOperations.transcription,
  },
  requestIdHeader: 'mistral-correlation-id',
  quirks: { rejectsFields: ['user'], renamesFields: { dimensions: 'output_dimension' } },
  listing: openaiListing,
})
