import { isErrorObject } from '../openai-error.ts'
import { openaiRelayed } from '../openai-relayed.ts'
import { readTokenUsage } from '../openai-token-usage.ts'

/**
 * OpenAI's image generation. GPT Image models tell their usage, in JSON and in `image_generation.completed`.
 * Source: the types of openai 7 (checked 2026-11-21).
 */
export const openaiImages = openaiRelayed({
  name: 'openai-images',
  readUsage: readTokenUsage,
  answerField: 'data',
  isAnswer: (body) => Array.isArray(body.data) && !isErrorObject(body),
  streams: true,
})
