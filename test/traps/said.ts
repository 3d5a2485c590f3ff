/** What a provider says, in nobody's wire form: each file in `providers/` writes it as its provider would. */

export type Wire = Record<string, unknown>

export interface SaidCall {
  id: string
  name: string
  /** The arguments as JSON text, in the pieces in which a provider that streams them sends them. */
  pieces: readonly string[]
}

export type SaidFinish = 'stop' | 'length' | 'tool_calls' | 'stop_sequence' | 'content_filter' | 'refusal'

export interface Said {
  /** The text, in the pieces of a stream. */
  texts?: readonly string[]
  calls?: readonly SaidCall[]
  finish?: SaidFinish
}

/** Tokens of every answer; `prompt` is the whole prompt, `cached` the part of it that was read from a cache. */
export const tokens = { prompt: 100, cached: 40, output: 7 } as const

export const textOf = ({ texts = [] }: Said): string => texts.join('')
export const finishOf = ({ finish, calls = [] }: Said): SaidFinish =>
  finish ?? (calls.length > 0 ? 'tool_calls' : 'stop')
export const argumentsOf = ({ pieces }: SaidCall): string => pieces.join('')
export const inputOf = (call: SaidCall): unknown => JSON.parse(argumentsOf(call))
