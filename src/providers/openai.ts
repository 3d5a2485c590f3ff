import { openaiChat } from '../dialects/openai-chat/index.ts'
import { openaiCompletions } from '../dialects/openai-completions/index.ts'
import { openaiEmbeddings } from '../dialects/openai-embeddings/index.ts'
import { openaiResponses } from '../dialects/openai-responses/index.ts'
import { openaiOperations } from './openai-operations.ts'
import { openaiListing } from './listing-shape.ts'
import { bearer, defineProvider, type ProviderSettings } from './provider.ts'

/** Models that OpenAI has on its Responses API alone. */
const onlyResponds = /^o\d+-pro|^gpt-\d+(?:\.\d+)?-pro|-codex|-deep-research|^computer-use/

const asksForChats = (model: string, { api }: ProviderSettings): boolean =>
  api !== 'responses' && !onlyResponds.test(model)

/** The models from before chats; OpenAI refuses any other on that route, and a text asks a chat just as well. */
const isTextModel = (model: string): boolean => /-instruct|^(?:ft:)?(?:davinci|babbage)-002/.test(model)

/** Source: platform.openai.com/docs/api-reference (checked 2026-11-20). */
export const openai = defineProvider({
  type: 'openai',
  source: 'https://platform.openai.com/docs/api-reference',
  baseUrl: 'https://api.openai.com',
  usualPath: '/v1',
  credential: bearer,
  serves: {
    chat: [
      { dialect: openaiChat, path: '/chat/completions', accepts: asksForChats },
      { dialect: openaiResponses, path: '/responses' },
      { dialect: openaiCompletions, path: '/completions', accepts: isTextModel },
    ],
    embedding: [{ dialect: openaiEmbeddings, path: '/embeddings' }],
    moderation: openaiOperations.moderation,
    image: openaiOperations.image,
    speech: openaiOperations.speech,
    transcription: openaiOperations.transcription,
  },
  requestIdHeader: 'x-request-id',
  refusesUnknownFields: true,
  listing: openaiListing,
})
