import { openaiShape } from './openai-shape.ts'
import { defineProvider } from './provider.ts'

/**
 * Source: docs.perplexity.ai/docs/sonar/openai-compatibility (checked 2026-11-21). Tools are refused: "Tool calling is
 * not supported for this model" (github.com/pipecat-ai/pipecat/pull/4862). `citations` and `search_results` stand
 * beside `choices`, and every chunk of a stream has the usage so far.
 */
export const perplexity = defineProvider({
  ...openaiShape,
  type: 'perplexity',
  source: 'https://docs.perplexity.ai/docs/sonar/openai-compatibility',
  baseUrl: 'https://api.perplexity.ai',
  usualPath: '',
  serves: { chat: openaiShape.serves.chat },
  quirks: {
    rejectsFields: ['tools', 'tool_choice', 'parallel_tool_calls'],
    hasDeveloperRole: false,
    asksForStreamUsage: false,
  },
})
