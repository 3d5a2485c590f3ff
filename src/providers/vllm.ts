import { defineProvider } from './provider.ts'
import { openaiOperations } from './openai-operations.ts'
import { openaiShape, textCompletions } from './openai-shape.ts'

/** Source: docs.vllm.ai/en/latest/serving/openai_compatible_server.html (checked 2026-11-21). */
export const vllm = defineProvider({
  ...openaiShape,
  type: 'vllm',
  serves: {
    ...openaiShape.serves,
    transcription: openaiOperations.transcription,
    rerank: openaiOperations.rerank,
    chat: [...openaiShape.serves.chat, textCompletions],
  },
  source: 'https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html',
  baseUrl: 'http://127.0.0.1:8000',
  // Newer servers say `reasoning`, older ones `reasoning_content`.
  quirks: { reasoningField: 'reasoning' },
})
