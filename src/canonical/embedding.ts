/** An embedding call between the dialects. Types and invariants only. */
import type { DialectName } from './chat.ts'
import type { Usage } from './usage.ts'

export type EmbeddingEncoding = 'float' | 'base64'

/** Texts, or texts already cut into the model's tokens. */
export type EmbeddingInput = { kind: 'texts'; texts: string[] } | { kind: 'tokens'; tokens: number[][] }

export interface EmbeddingRequest {
  /** The model as the target calls it. */
  model: string
  input: EmbeddingInput
  /** The input stood alone, not in a list; written back the same way. */
  isSingle?: boolean
  dimensions?: number
  /** How the caller wants the vectors; absent means `float`. */
  encoding?: EmbeddingEncoding
  user?: string
  /** Request fields only their dialect knows, by name. */
  extensions?: { dialect: DialectName; fields: Record<string, unknown> }
}

/** Numbers, or base64 of little-endian 32-bit floats. */
export type EmbeddingVector = number[] | string

export interface EmbeddingResponse {
  /** The provider's own word for the model. */
  model: string
  /** One for each input, in its order. */
  vectors: EmbeddingVector[]
  usage?: Usage
}
