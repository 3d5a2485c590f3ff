import type { ModelListing, ProviderFacts, ProviderSettings } from '../providers/provider.ts'
import type { Signer } from '../upstream/credentials/signer.ts'
import type { Transport } from '../upstream/transport.ts'

/** Milliseconds, all of them. */
export interface Deadlines {
  /** To the first event of a stream. */
  streamFirstByteMs: number
  /** To the head of a JSON answer; `undefined` leaves it to `requestMs`. */
  jsonFirstByteMs: number | undefined
  /** Between two events that mean something; comments and pings do not. */
  idleMs: number
  /** A whole JSON call on one target. */
  requestMs: number
  /** A whole stream. */
  streamingMs: number
}

/** A configured provider: its page of facts joined with the operator's settings, made at configuration time. */
export interface Provider {
  readonly name: string
  readonly facts: ProviderFacts
  /** The part of the base URL after the origin, without a slash at its end: `/v1`. */
  readonly basePath: string
  /** What `GET /v1/models` shows of it. */
  readonly models: readonly string[]
  /** Where it says itself which models it has; `undefined` where it doesn't, or the operator says it. */
  readonly listing: ModelListing | undefined
  /** Whether it lists a model, by configuration or catalogue. */
  lists(model: string): boolean
  /** The models whose names stand in the configuration or the catalogue: only they become labels of metrics. */
  readonly labels: ReadonlySet<string>
  readonly region: string | undefined
  /** Why it can't be a candidate, or `undefined`. */
  readonly unusable: string | undefined
  readonly settings: ProviderSettings
  readonly transport: Transport
  /** Where the prepared headers do not prove who asks. */
  readonly signer: Signer | undefined
  /** A prepared flat header list; with several credentials, the next one's. Do not change it. */
  nextHeaders(): string[]
  /** How many credentials take turns. */
  readonly credentials: number
  /** Texts that must never be shown: the credentials. */
  readonly secrets: readonly string[]
  readonly deadlines: Deadlines
  /** Tries on this provider, the first one included. */
  readonly maxAttempts: number
  /** What the catalogue knows of a model. */
  describe(model: string): ModelFacts | undefined
}

export interface ModelFacts {
  /** `chat embedding rerank …` */
  mode?: string
  /** The longest prompt. */
  contextTokens?: number
  maxOutputTokens?: number
  /** `tools vision documents thinking …`; one that is absent is not known. */
  capabilities?: readonly string[]
  /** False where the answers of a mode that streams cannot be. */
  streaming?: boolean
}

/** Where a call may go: a provider and what it calls the model. */
export interface Target {
  readonly provider: Provider
  readonly model: string
}
