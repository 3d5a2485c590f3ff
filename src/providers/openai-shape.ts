import { openaiCompatibleChat } from '../dialects/openai-chat/index.ts'
import { openaiCompletions } from '../dialects/openai-completions/index.ts'
import { openaiEmbeddings } from '../dialects/openai-embeddings/index.ts'
import { openaiResponses } from '../dialects/openai-responses/index.ts'
import { openaiListing } from './listing-shape.ts'
import { bearer, type ProviderFacts, type ProviderSettings } from './provider.ts'

const asksForResponses = (_model: string, { api }: ProviderSettings): boolean => api === 'responses'
const asksForChats = (model: string, settings: ProviderSettings): boolean =>
  !asksForResponses(model, settings)

/** Not every such server has these. */
export const textCompletions = { dialect: openaiCompletions, path: '/completions' }

/** What servers that speak OpenAI's chat completions share; a page spreads it and adds its own facts. */
export const openaiShape = {
  usualPath: '/v1',
  credential: bearer,
  serves: {
    chat: [
      { dialect: openaiCompatibleChat, path: '/chat/completions', accepts: asksForChats },
      { dialect: openaiResponses, path: '/responses', accepts: asksForResponses },
    ],
    embedding: [{ dialect: openaiEmbeddings, path: '/embeddings' }],
  },
  requestIdHeader: 'x-request-id',
  listing: openaiListing,
} satisfies Partial<ProviderFacts>
