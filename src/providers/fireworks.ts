import { openaiShape, textCompletions } from './openai-shape.ts'
import { defineProvider } from './provider.ts'

/**
 * Source: docs.fireworks.ai/tools-sdks/openai-compatibility, docs.fireworks.ai/api-reference/post-chatcompletions
 * (checked 2026-11-21). Models are called `accounts/fireworks/models/NAME`; reasoning is in `reasoning_content`.
 */
export const fireworks = defineProvider({
  ...openaiShape,
  type: 'fireworks',
  source: 'https://docs.fireworks.ai/tools-sdks/openai-compatibility',
  baseUrl: 'https://api.fireworks.ai',
  usualPath: '/inference/v1',
  serves: { ...openaiShape.serves, chat: [...openaiShape.serves.chat, textCompletions] },
})
