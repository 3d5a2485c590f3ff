import { isObject, type JsonObject } from '../canonical/json.ts'
import { noUsage, type Usage } from '../canonical/usage.ts'
import { readUsage } from './openai-usage.ts'

/**
 * Reads `usage` of images, speech and transcriptions: `{input_tokens, output_tokens, input_token(s)_details}`.
 * Mistral and vLLM write it as chats do (`prompt_tokens`). `undefined` where it counts something else, as seconds
 * of audio, or where a count is no integer from 0.
 *
 * Source: the types of openai 7 and @mistralai/mistralai 1 (checked 2026-11-21). Images say `input_tokens_details`,
 * transcriptions `input_token_details`.
 */
export function readTokenUsage({ usage }: JsonObject): Usage | undefined {
  if (!isObject(usage)) return undefined
  if (usage.prompt_tokens !== undefined) return readUsage({ completion_tokens: 0, ...usage })
  const details = [usage.input_tokens_details, usage.input_token_details].find(isObject) ?? {}
  const { input_tokens: input, output_tokens: output } = usage
  const { cached_tokens: read = 0, audio_tokens: inputAudio = 0 } = details
  if (!isCount(input) || !isCount(output) || !isCount(read) || !isCount(inputAudio)) return undefined
  const cached = Math.min(read, input)
  return { ...noUsage, input: input - cached, cached, output, inputAudio }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
