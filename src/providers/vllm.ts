import { defineProvider } from './provider.ts'
import { openaiShape } from './openai-shape.ts'

/** Source: docs.vllm.ai/en/latest/serving/openai_compatible_server.html (checked 2026-11-20). */
export const vllm = defineProvider({
  ...openaiShape,
  type: 'vllm',
  source: 'https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html',
  baseUrl: 'http://127.0.0.1:8000',
  // Newer servers say `reasoning`, older ones `reasoning_content`.
  quirks: { reasoningField: 'reasoning' },
})
