import { defineProvider } from './provider.ts'
import { openaiShape } from './openai-shape.ts'

/** Source: docs.together.ai/reference/chat-completions (checked 2026-11-20). */
export const together = defineProvider({
  ...openaiShape,
  type: 'together',
  source: 'https://docs.together.ai/reference/chat-completions',
  baseUrl: 'https://api.together.xyz',
  // Together ignores `max_completion_tokens`, and an ignored limit costs money.
  quirks: { reasoningField: 'reasoning', renamesFields: { max_completion_tokens: 'max_tokens' } },
})
