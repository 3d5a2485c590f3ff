import { isErrorObject } from '../openai-error.ts'
import { openaiRelayed } from '../openai-relayed.ts'
import { readTokenUsage } from '../openai-token-usage.ts'

/**
 * OpenAI's transcriptions, spoken by Mistral and vLLM: JSON, text, subtitles or events, as the caller asked. Usage is
 * in tokens or, for models that are paid by time, in seconds, which are not counted.
 * Source: the types of openai 7 and @mistralai/mistralai 1 (checked 2026-11-21).
 */
export const openaiTranscriptions = openaiRelayed({
  name: 'openai-transcriptions',
  readUsage: readTokenUsage,
  answerField: 'text',
  isAnswer: (body) => !isErrorObject(body),
  streams: true,
  bytes: true,
})
