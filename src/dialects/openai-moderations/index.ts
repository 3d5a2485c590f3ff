import { isErrorObject } from '../openai-error.ts'
import { openaiRelayed } from '../openai-relayed.ts'
import { readTokenUsage } from '../openai-token-usage.ts'

/**
 * OpenAI's moderations, spoken by Mistral too. OpenAI's tell no usage.
 * Source: the types of openai 7 and @mistralai/mistralai 1 (checked 2026-11-21).
 */
export const openaiModerations = openaiRelayed({
  name: 'openai-moderations',
  readUsage: readTokenUsage,
  answerField: 'results',
  isAnswer: (body) => Array.isArray(body.results) && !isErrorObject(body),
})
