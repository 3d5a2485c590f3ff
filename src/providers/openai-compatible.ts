import { openaiOperations } from './openai-operations.ts'
import { openaiShape, textCompletions } from './openai-shape.ts'
import { defineProvider } from './provider.ts'

/**
 * Any server that speaks OpenAI's chat completions: the configuration says where. The fields are relayed as the
 * caller wrote them; what such a server does not know it ignores or refuses by itself.
 */
export const openaiCompatible = defineProvider({
  ...openaiShape,
  type: 'openai_compatible',
  serves: {
    ...openaiShape.serves,
    ...openaiOperations,
    chat: [...openaiShape.serves.chat, textCompletions],
  },
  source: 'https://platform.openai.com/docs/api-reference',
})
