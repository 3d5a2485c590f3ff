/**
 * What a test says and expects, in nobody's dialect. Each SDK has a caller that puts an `Ask` into the SDK's own
 * words and reads the SDK's own result into `Told`; each provider dialect has a wire that writes a `Reply`.
 */
import type { z } from 'zod'

export interface ToolSpec {
  name: string
  description: string
  input: z.ZodObject
}

export interface ToolCall {
  id: string
  name: string
  input: Record<string, unknown>
}

export type Part =
  | { type: 'text'; text: string }
  /** base64 */
  | { type: 'image'; mediaType: string; data: string }
  | { type: 'image-url'; url: string }
  /** base64 */
  | { type: 'pdf'; name: string; data: string }

export interface ToolResult {
  id: string
  name: string
  text: string
  image?: { mediaType: string; data: string }
}

export type Turn =
  | { role: 'user'; parts: Part[] }
  | { role: 'assistant'; text?: string; calls?: ToolCall[] }
  | { role: 'tools'; results: ToolResult[] }

export interface Ask {
  system?: string
  turns: Turn[]
  tools?: ToolSpec[]
  toolChoice?: 'required' | { name: string }
  /** The answer is to be JSON of this shape. */
  schema?: z.ZodObject
  maxTokens: number
  temperature?: number
  stop?: string[]
}

/** Tokens: `input` is the whole prompt, `cached` a part of it. */
export interface Tokens {
  input: number
  cached: number
  output: number
}

/** What the provider says. */
export interface Reply {
  thinking?: { text: string; signature: string }
  text?: string
  calls?: ToolCall[]
  finish: Finish
  usage: Tokens
}

export type Finish = 'stop' | 'length' | 'tool-calls'

/** What the SDK made of the answer. */
export interface Told {
  thinking: string
  text: string
  calls: ToolCall[]
  finish: string
  usage: Tokens
  /** What the SDK parsed by the schema. */
  value?: unknown
}

export interface Address {
  /** The gateway's origin. */
  url: string
  key: string
}

export interface CallOptions {
  signal?: AbortSignal
}

/** An SDK, connected to a gateway. */
export interface Caller {
  ask(model: string, ask: Ask, options?: CallOptions): Promise<Told>
  /** Its ways to read a stream, by name; `pieces` counts the deltas of text that came. */
  streams: Record<
    string,
    (model: string, ask: Ask, options?: CallOptions) => Promise<Told & { pieces: number }>
  >
}

export const hello = (text = 'Hello'): Ask => ({
  turns: [{ role: 'user', parts: [{ type: 'text', text }] }],
  maxTokens: 100,
})

export const plainReply: Reply = {
  text: 'Hello there, how are you?',
  finish: 'stop',
  usage: { input: 9, cached: 0, output: 7 },
}

/** A text in pieces of so many characters, as models write it. */
export function inPieces(text: string, characters: number): string[] {
  return Array.from({ length: Math.ceil(text.length / characters) }, (_, i) =>
    text.slice(i * characters, (i + 1) * characters),
  )
}
