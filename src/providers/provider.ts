import type { ChatProviderDialect, WireDialect } from '../dialects/dialect.ts'
import type { EmbeddingProviderDialect } from '../dialects/embedding-dialect.ts'
import type { Signer } from '../upstream/credentials/signer.ts'

/** What a provider can be asked to do. A route asks for one operation. */
export type Operation =
  'chat' | 'embedding' | 'token_count' | 'moderation' | 'image' | 'speech' | 'transcription' | 'rerank'

/** What the path of a request may depend on. */
export interface PathContext {
  /** The path of the provider's base URL, without a slash at its end: `/v1`. */
  basePath: string
  /** As the provider calls it. */
  model: string
  stream: boolean
  settings: ProviderSettings
}

/** One way in which a provider serves an operation. */
export interface Serves<Dialect extends WireDialect = WireDialect> {
  dialect: Dialect
  /** Appended to the base URL's path (`/chat/completions`), or the whole path from the origin on, with its query. */
  path: string | ((context: PathContext) => string)
  /** Whether it is for a model, by the provider's name, and asked for by the operator; always where it is left out. */
  accepts?: (model: string, settings: ProviderSettings) => boolean
  /**
   * False where the provider's own shape differs so much from its dialect's name that even a caller of
   * that dialect is translated. Otherwise the same dialect on both sides is relayed.
   */
  relay?: false
}

/** Several ways of one operation: a caller's own dialect is relayed, any other is translated to the first that accepts the model. */
export interface ServedOperations extends Partial<Record<Operation, readonly Serves[]>> {
  chat?: readonly Serves<ChatProviderDialect>[]
  embedding?: readonly Serves<EmbeddingProviderDialect>[]
}

/** Which header carries the credential. */
export type CredentialPlace =
  | { header: 'authorization'; scheme: 'Bearer' }
  | { header: 'x-api-key' | 'api-key' | 'x-goog-api-key' }
  | null

/** What the operator says of a provider beyond its address and keys; each is read by the types that need it. */
export interface ProviderSettings {
  /** Where a provider has several APIs for chats: the one that is asked, whatever the caller's dialect is. */
  api?: 'chat_completions' | 'responses' | 'native'
  /** Azure OpenAI: the resource, with a path or without: `https://NAME.openai.azure.com`. */
  endpoint?: string
  /** Azure OpenAI. */
  apiVersion?: string
  /** Azure OpenAI: the deployment of a model, where their names differ. */
  deployments?: Readonly<Record<string, string>>
  /** Vertex. */
  project?: string
  location?: string
  /** Vertex: a service account's file. */
  credentialsFile?: string
  /** Bedrock. */
  awsRegion?: string
  awsProfile?: string
  awsKeys?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }
  /** Azure OpenAI: an application of Microsoft Entra. */
  entra?: {
    tenantId: string
    clientId: string
    clientSecret?: string
    /** A file with a federated token, renewed by whoever runs the workload. */
    federatedTokenFile?: string
    /** Another authority than `https://login.microsoftonline.com`. */
    authority?: string
    /** Another than `https://cognitiveservices.azure.com/.default`. */
    scope?: string
  }
}

/** How a provider differs from its dialect: a closed list, each entry tested through a running gateway. */
export interface Quirks {
  /** Request fields the provider refuses: taken out, and named in `x-gateway-dropped`. */
  rejectsFields?: readonly string[]
  /** Fields of messages the provider refuses: taken out, and named as `messages[].FIELD`. */
  rejectsMessageFields?: readonly string[]
  /** Request fields under another name: `{ max_completion_tokens: 'max_tokens' }`. */
  renamesFields?: Readonly<Record<string, string>>
  /** Where `n` may only be 1: another value is taken out and named. */
  givesOneChoice?: true
  /** False where a `response_format` with a schema is refused: taken out and named. */
  hasJsonSchema?: false
  /** False where `developer` is refused as a role: such messages become `system` messages. */
  hasDeveloperRole?: false
  /** What `model` must say in the body, where it is not the model's name. */
  callsModel?: string | undefined
  /** The field that holds reasoning text in messages and deltas, where it is not `reasoning_content`. */
  reasoningField?: string
  /** False where `stream_options` is refused or useless; usage then comes by itself or not at all. */
  asksForStreamUsage?: false
}

/** Quirks that depend on the model, or on what the operator said. */
export type QuirksOf = (context: { model: string; settings: ProviderSettings }) => Quirks

/** Where a provider says itself which models it has. It is shown to callers; no call is routed by it. */
export interface ModelListing {
  /** Appended to the base URL's path (`/models`), or the whole path from the origin on, with its query. */
  path: string | ((basePath: string) => string)
  /** The names in an answer's JSON; none where it is no listing. */
  read: (body: unknown) => string[]
}

/** One page of facts about a provider. */
export interface ProviderFacts {
  type: string
  /** Where the facts come from, and when they were checked. */
  source: string
  /** Used where the configuration gives no `base_url`. */
  baseUrl?: string | ((settings: ProviderSettings) => string)
  /** The usual path of the API, for a `base_url` that is an origin alone. */
  usualPath: string | ((settings: ProviderSettings) => string)
  /** Where a key goes. */
  credential: CredentialPlace
  /** Where requests are signed, or carry tokens that expire; `undefined` where the keys do. */
  openSigner?: (options: {
    origin: string
    keys: readonly string[]
    settings: ProviderSettings
  }) => Signer | undefined
  serves: ServedOperations
  /** Headers the provider demands besides the credential. */
  headers?: Readonly<Record<string, string>>
  /** The answer header with the provider's own request id. */
  requestIdHeader: string
  quirks?: Quirks | QuirksOf
  /** A field that it does not know is a 400 there, and not ignored. */
  refusesUnknownFields?: true
  listing?: ModelListing
  /** Answers in the process, without a network. */
  inProcess?: true
}

export const bearer: CredentialPlace = { header: 'authorization', scheme: 'Bearer' }
export const apiKeyHeader: CredentialPlace = { header: 'x-api-key' }

export const defineProvider = (facts: ProviderFacts): ProviderFacts => Object.freeze(facts)

/**
 * How a provider serves a caller of a dialect: in that very dialect, which can be relayed, else in the first it has.
 * `undefined` where it does not serve the operation, or not with this model.
 */
export function servingOf<Served extends Serves>(
  servings: readonly Served[] | undefined,
  callerDialect: string,
  model: string,
  settings: ProviderSettings,
): Served | undefined {
  if (!servings) return undefined
  let first: Served | undefined
  for (const serving of servings) {
    if (serving.accepts?.(model, settings) === false) continue
    if (serving.dialect.name === callerDialect) return serving
    first ??= serving
  }
  return first
}

export const pathOf = ({ path }: Serves, context: PathContext): string =>
  typeof path === 'string' ? context.basePath + path : path(context)
