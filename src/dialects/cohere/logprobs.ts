import { isObject, type JsonObject } from '../../canonical/json.ts'
import { list, text } from './types.ts'

const utf8 = new TextEncoder()

/**
 * `[{text, token_ids, logprobs}]` in OpenAI's shape, one entry for each piece of text: the probability of a piece is
 * the product of its tokens'. `undefined` where no piece has one.
 */
export function decodeLogprobs(items: unknown): JsonObject | undefined {
  const content = list(items).filter(isObject).flatMap(decodeItem)
  return content.length > 0 ? { content } : undefined
}

function decodeItem(item: JsonObject): JsonObject[] {
  const numbers = list(item.logprobs).filter((value) => typeof value === 'number')
  if (numbers.length === 0) return []
  const token = text(item.text)
  const logprob = numbers.reduce((sum, each) => sum + each, 0)
  return [{ token, logprob, bytes: [...utf8.encode(token)], top_logprobs: [] }]
}
