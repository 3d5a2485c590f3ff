import type { ChatDialect, WireDialect } from '../dialects/dialect.ts'

/** What a provider can be asked to do. A route asks for one operation. */
export type Operation = 'chat' | 'embedding'

/** How a provider serves an operation. */
export interface Serves<Dialect extends WireDialect = WireDialect> {
  dialect: Dialect
  /** Appended to the base URL: `/chat/completions`. */
  path: string
  /**
   * False where the provider's own shape differs so much from its dialect's name that even a caller of
   * that dialect is translated. Otherwise the same dialect on both sides is relayed.
   */
  relay?: false
}

/** Which header carries the credential. */
export type CredentialPlace = { header: 'authorization'; scheme: 'Bearer' } | { header: 'x-api-key' } | null

/**
 * How a provider differs from its dialect: a closed list, each entry tested.
 * They apply to relayed calls; a translated call knows them from its dialect.
 */
export interface Quirks {
  /** Request fields the provider refuses: taken out, and named in `x-gateway-dropped`. */
  rejectsFields?: readonly string[]
  /** Request fields under another name: `{ max_completion_tokens: 'max_tokens' }`. */
  renamesFields?: Readonly<Record<string, string>>
  /** The field that holds reasoning text in messages and deltas, where it is not `reasoning_content`. */
  reasoningField?: string
  /** False where `stream_options` is refused or useless; usage then comes by itself or not at all. */
  asksForStreamUsage?: false
}

/** One page of facts about a provider. */
export interface ProviderFacts {
  type: string
  /** Where the facts come from, and when they were checked. */
  source: string
  /** Used where the configuration gives no `base_url`. */
  baseUrl?: string
  /** The usual path of the API, for a `base_url` that is an origin alone. */
  usualPath: string
  credential: CredentialPlace
  serves: { chat?: Serves<ChatDialect>; embedding?: Serves }
  /** Headers the provider demands besides the credential. */
  headers?: Readonly<Record<string, string>>
  /** The answer header with the provider's own request id. */
  requestIdHeader: string
  quirks?: Quirks
  /** Answers in the process, without a network. */
  inProcess?: true
}

export const bearer: CredentialPlace = { header: 'authorization', scheme: 'Bearer' }
export const apiKeyHeader: CredentialPlace = { header: 'x-api-key' }

export const defineProvider = (facts: ProviderFacts): ProviderFacts => Object.freeze(facts)
