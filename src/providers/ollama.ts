import { defineProvider } from './provider.ts'
import { openaiShape } from './openai-shape.ts'

/** Ollama in its OpenAI form. Source: docs.ollama.com/api/openai-compatibility (checked 2026-11-20). */
export const ollama = defineProvider({
  ...openaiShape,
  type: 'ollama',
  source: 'https://docs.ollama.com/api/openai-compatibility',
  baseUrl: 'http://127.0.0.1:11434',
  quirks: { reasoningField: 'reasoning', renamesFields: { max_completion_tokens: 'max_tokens' } },
})
