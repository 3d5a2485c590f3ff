/**
 * A chat answer in pieces. Order: `start`, then per choice blocks in turn (`block_start`, `block_delta`s,
 * `block_stop`), `finish` per choice, `usage` any number of times (each replaces the one before it), `end`.
 * Blocks of one choice have indexes that count up from 0; several may be open at once (parallel tool calls).
 * An `error` may come at any point and is the last event.
 */
import type { Block, ChatResponse, Finish, Opaque } from './chat.ts'
import type { Usage } from './usage.ts'
import type { WireError } from './wire-error.ts'

export type BlockDelta =
  | { type: 'text'; text: string }
  | { type: 'thinking'; text: string }
  /** The signature of an open thinking block, whole. */
  | { type: 'signature'; signature: Opaque }
  /** A piece of a tool call's JSON text. */
  | { type: 'arguments'; text: string }
  | { type: 'refusal'; text: string }
  /** More citations of an open text block, as their dialect writes them (appended to an array value). */
  | { type: 'citation'; citation: Opaque }

export type ChatEvent =
  | ({ type: 'start' } & Pick<
      ChatResponse,
      'id' | 'model' | 'created' | 'serviceTier' | 'systemFingerprint' | 'extensions'
    >)
  | { type: 'block_start'; choice: number; index: number; block: Block }
  | { type: 'block_delta'; choice: number; index: number; delta: BlockDelta }
  | { type: 'block_stop'; choice: number; index: number }
  /** OpenAI-shaped log probabilities of the tokens that just came. */
  | { type: 'logprobs'; choice: number; logprobs: unknown }
  | { type: 'finish'; choice: number; finish: Finish }
  | { type: 'usage'; usage: Usage }
  /** Answer fields that came late, merged into those of `start`. */
  | { type: 'extensions'; extensions: NonNullable<ChatResponse['extensions']> }
  | { type: 'error'; error: WireError }
  | { type: 'end' }
