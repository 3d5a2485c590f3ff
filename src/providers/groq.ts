import { openaiOperations } from './openai-operations.ts'
import { openaiShape } from './openai-shape.ts'
import { defineProvider } from './provider.ts'

/**
 * Source: console.groq.com/docs/openai, console.groq.com/docs/reasoning (checked 2026-11-21). What it does not know
 * it refuses with 400, in messages too; thinking of earlier turns is one of these (github.com/janhq/jan/issues/8136),
 * and its own name for it is refused by models that do not think (github.com/vercel/ai/pull/8057).
 */
export const groq = defineProvider({
  ...openaiShape,
  type: 'groq',
  source: 'https://console.groq.com/docs/openai',
  baseUrl: 'https://api.groq.com',
  usualPath: '/openai/v1',
  serves: {
    chat: openaiShape.serves.chat,
    speech: openaiOperations.speech,
    transcription: openaiOperations.transcription,
  },
  quirks: {
    rejectsFields: ['logprobs', 'top_logprobs', 'logit_bias'],
    rejectsMessageFields: ['name', 'reasoning_content', 'thinking_blocks'],
    givesOneChoice: true,
    reasoningField: 'reasoning',
  },
})
