import { openaiOperations } from './openai-operations.ts'
import { openaiShape } from './openai-shape.ts'
import { defineProvider } from './provider.ts'

/** `presence_penalty` is refused by all, at 0 too: github.com/miaoxworld/NativeTavern/issues/83. */
const refusedByAll = ['presence_penalty', 'frequency_penalty']
/** Models that do not think: they take `stop`, and no `reasoning_effort`. */
const doesNotThink = /non-reasoning|^grok-2|^grok-3(?!-mini)/
/** Models that think as they like: `reasoning_effort` is refused. Source: github.com/vercel/ai, @ai-sdk/xai 4.0.8. */
const thinksAsItLikes = /^grok-4($|-)|^grok-4\.20|^grok-code|^grok-build/

/**
 * Source: docs.x.ai/docs/guides/chat, docs.x.ai/docs/models (checked 2026-11-21): "does not support parameter" with
 * 400 for a field that the model lacks. Reasoning is in `reasoning_content`.
 */
export const xai = defineProvider({
  ...openaiShape,
  type: 'xai',
  source: 'https://docs.x.ai/docs/api-reference',
  baseUrl: 'https://api.x.ai',
  usualPath: '/v1',
  serves: { chat: openaiShape.serves.chat, image: openaiOperations.image },
  quirks: ({ model }) => {
    if (doesNotThink.test(model)) return { rejectsFields: [...refusedByAll, 'reasoning_effort'] }
    if (thinksAsItLikes.test(model)) return { rejectsFields: [...refusedByAll, 'stop', 'reasoning_effort'] }
    return { rejectsFields: [...refusedByAll, 'stop'] }
  },
})
