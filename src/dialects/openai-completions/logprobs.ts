import { isObject, type JsonObject } from '../../canonical/json.ts'
import { list, text } from './answer.ts'

/**
 * Log probabilities in both shapes of OpenAI: text completions have a list for each property of the tokens, chats
 * a list of tokens (`{ content: [{ token, logprob, bytes, top_logprobs }] }`), which is the canonical one.
 */

/** `undefined` where there are none. With `echo` the first token has no probability: `null`. */
export function readLogprobs(value: unknown): { content: JsonObject[] } | undefined {
  if (!isObject(value)) return undefined
  const probabilities = list(value.token_logprobs)
  const alternatives = list(value.top_logprobs)
  return {
    content: list(value.tokens).map((token, i) => ({
      token,
      logprob: probabilities[i] ?? null,
      bytes: null,
      top_logprobs: Object.entries(isObject(alternatives[i]) ? alternatives[i] : {}).map(
        ([other, logprob]) => ({ token: other, logprob, bytes: null }),
      ),
    })),
  }
}

/** @param offset where the first of the tokens stands in the text, in characters; what a chat's answer leaves open */
export function writeLogprobs(value: unknown, offset: number): JsonObject | null {
  if (!isObject(value)) return null
  const tokens = list(value.content).filter(isObject)
  let end = offset
  return {
    tokens: tokens.map(({ token }) => text(token)),
    token_logprobs: tokens.map(({ logprob }) => logprob ?? null),
    top_logprobs: tokens.map(({ top_logprobs }) =>
      Object.fromEntries(
        list(top_logprobs)
          .filter(isObject)
          .map(({ token, logprob }) => [text(token), logprob]),
      ),
    ),
    text_offset: tokens.map(({ token }) => {
      const start = end
      end += characters(text(token))
      return start
    }),
  }
}

/** How many characters these tokens are. */
export const textLength = (value: unknown): number =>
  isObject(value)
    ? list(value.content)
        .filter(isObject)
        .reduce((length, { token }) => length + characters(text(token)), 0)
    : 0

/** As OpenAI counts: code points. */
const characters = (text: string): number => [...text].length
