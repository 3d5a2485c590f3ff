import { openaiShape, textCompletions } from './openai-shape.ts'
import { defineProvider } from './provider.ts'

/**
 * Source: openrouter.ai/docs/api/reference/streaming, /errors-and-debugging, openrouter.ai/docs/use-cases/reasoning-tokens
 * (checked 2026-11-21). Comments keep its streams alive, codes of errors are numbers, and an error in the middle of a
 * stream is a chunk with `error` beside choices that finish with `error`. Fields that a model lacks are left out there.
 */
export const openrouter = defineProvider({
  ...openaiShape,
  type: 'openrouter',
  source: 'https://openrouter.ai/docs/api/reference/overview',
  baseUrl: 'https://openrouter.ai',
  usualPath: '/api/v1',
  serves: { ...openaiShape.serves, chat: [...openaiShape.serves.chat, textCompletions] },
  requestIdHeader: 'x-generation-id',
  quirks: { reasoningField: 'reasoning' },
})
