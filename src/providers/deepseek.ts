import { openaiShape } from './openai-shape.ts'
import { defineProvider, type Quirks } from './provider.ts'

const quirks: Quirks = {
  renamesFields: { max_completion_tokens: 'max_tokens' },
  // `text` and `json_object` alone: "This response_format type is unavailable now" with 400.
  hasJsonSchema: false,
  // "unknown variant `developer`, expected one of `system`, `user`, `assistant`, `tool`" with 400 or 422.
  hasDeveloperRole: false,
}

/**
 * Source: api-docs.deepseek.com/api/create-chat-completion, /guides/thinking_mode, /guides/reasoning_model;
 * github.com/earendil-works/pi/issues/1048, github.com/llm-exe/llm-exe/issues/662 (checked 2026-11-21).
 * Reasoning is in `reasoning_content`, and `thinking` turns it on and off.
 */
export const deepseek = defineProvider({
  ...openaiShape,
  type: 'deepseek',
  source: 'https://api-docs.deepseek.com/api/create-chat-completion',
  baseUrl: 'https://api.deepseek.com',
  usualPath: '',
  serves: { chat: openaiShape.serves.chat },
  requestIdHeader: 'x-ds-trace-id',
  quirks: ({ model }) =>
    model.includes('reasoner') ? { ...quirks, rejectsFields: ['logprobs', 'top_logprobs'] } : quirks,
})
