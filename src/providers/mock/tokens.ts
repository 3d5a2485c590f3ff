/**
 * The mock's tokens: a word piece is at most six characters, with the space before it. Texts are walked
 * instead of split, so that a very long one costs no more memory than itself.
 */
const longestPiece = 6

const isSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= 13) || code === 0xa0

const splitsPair = (text: string, index: number): boolean =>
  (text.charCodeAt(index - 1) & 0xfc00) === 0xd800 && (text.charCodeAt(index) & 0xfc00) === 0xdc00

/** Where the token that begins at `start` ends; `start` must be inside the text. */
export function tokenEnd(text: string, start: number): number {
  let end = start
  if (text.charCodeAt(end) === 32) end++
  if (end < text.length && isSpace(text.charCodeAt(end))) return start + 1
  const limit = Math.min(text.length, end + longestPiece)
  while (end < limit && !isSpace(text.charCodeAt(end))) end++
  return splitsPair(text, end) ? end + 1 : end
}

export function countTokens(text: string): number {
  let count = 0
  for (let at = 0; at < text.length; at = tokenEnd(text, at)) count++
  return count
}

/** The first `limit` tokens, and how many of them there are. */
export function firstTokens(text: string, limit: number): { text: string; tokens: number } {
  let at = 0
  let tokens = 0
  for (; tokens < limit && at < text.length; tokens++) at = tokenEnd(text, at)
  return { text: text.slice(0, at), tokens }
}

/** The usual estimate for a prompt: four characters a token, at least one. */
export const promptTokens = (characters: number): number => Math.max(1, Math.ceil(characters / 4))

const words = ['mock', 'tokens', 'flow', 'one', 'by', 'one', 'until', 'the', 'answer', 'ends']

/** A text of exactly this many tokens. */
export function fillerText(tokens: number): string {
  let text = ''
  for (let i = 0; i < tokens; i++) text += i === 0 ? words[0]! : ` ${words[i % words.length]!}`
  return text
}
