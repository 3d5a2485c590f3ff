import type { JsonObject } from '../../canonical/json.ts'
import type { Usage } from '../../canonical/usage.ts'
import { isErrorObject } from '../openai-error.ts'
import { openaiRelayed } from '../openai-relayed.ts'
import { readTokenUsage } from '../openai-token-usage.ts'

/** Every produced token is audio. */
function readUsage(body: JsonObject): Usage | undefined {
  const usage = readTokenUsage(body)
  return usage && { ...usage, outputAudio: usage.output }
}

/**
 * OpenAI's speech: audio, which tells no usage, or events (`stream_format: "sse"`), which do. A server that answers
 * with JSON has its own shape, so any object will do.
 * Source: the types of openai 7 (checked 2026-11-21).
 */
export const openaiSpeech = openaiRelayed({
  name: 'openai-speech',
  readUsage,
  answerField: 'audio',
  isAnswer: (body) => !isErrorObject(body),
  streams: true,
  bytes: true,
})
