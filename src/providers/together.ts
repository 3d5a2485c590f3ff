import { defineProvider } from './provider.ts'
import { openaiOperations } from './openai-operations.ts'
import { openaiShape, textCompletions } from './openai-shape.ts'

/** Source: docs.together.ai/reference/chat-completions and its neighbours (checked 2026-11-21). */
export const together = defineProvider({
  ...openaiShape,
  type: 'together',
  serves: {
    ...openaiShape.serves,
    image: openaiOperations.image,
    speech: openaiOperations.speech,
    transcription: openaiOperations.transcription,
    rerank: openaiOperations.rerank,
    chat: [...openaiShape.serves.chat, textCompletions],
  },
  source: 'https://docs.together.ai/reference/chat-completions',
  baseUrl: 'https://api.together.xyz',
  // Together ignores `max_completion_tokens`, and an ignored limit costs money.
  quirks: { reasoningField: 'reasoning', renamesFields: { max_completion_tokens: 'max_tokens' } },
})
