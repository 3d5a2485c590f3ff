/**
 * Tokens of one call. The input kinds are disjoint: the whole prompt is
 * `input + cached + cacheWrite5m + cacheWrite1h`. `output` includes `reasoning`.
 * The audio counts say how many of `input` and `output` were audio.
 */
export interface Usage {
  /** Prompt tokens that were neither read from nor written to the provider's cache. */
  input: number
  /** Prompt tokens read from the provider's cache. */
  cached: number
  /** Prompt tokens written to the provider's cache for five minutes (or for its only lifetime). */
  cacheWrite5m: number
  /** Prompt tokens written to the provider's cache for an hour. */
  cacheWrite1h: number
  /** Produced tokens, reasoning included. */
  output: number
  /** Of `output`: tokens spent on reasoning. */
  reasoning: number
  /** Of `input`: audio tokens. */
  inputAudio: number
  /** Of `output`: audio tokens. */
  outputAudio: number
}

export const noUsage: Readonly<Usage> = Object.freeze({
  input: 0,
  cached: 0,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  output: 0,
  reasoning: 0,
  inputAudio: 0,
  outputAudio: 0,
})

/** The whole prompt, as OpenAI counts `prompt_tokens`. */
export const promptTokens = (usage: Usage): number =>
  usage.input + usage.cached + usage.cacheWrite5m + usage.cacheWrite1h
