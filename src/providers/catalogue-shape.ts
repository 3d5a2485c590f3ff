/** What a catalogue holds of a model. docs/model-catalogue.md explains each field. */

export const catalogueModes = [
  'chat',
  'responses',
  'completion',
  'embedding',
  'rerank',
  'moderation',
  'image',
  'audio_speech',
  'audio_transcription',
] as const

export type CatalogueMode = (typeof catalogueModes)[number]

export const catalogueCapabilities = [
  'tools',
  'parallel_tools',
  'vision',
  'documents',
  'audio_input',
  'json_schema',
  'thinking',
  'prompt_cache',
] as const

/** What a model is known to take. One that isn't listed may still be there: the sources don't say no. */
export type CatalogueCapability = (typeof catalogueCapabilities)[number]

/** Nano-dollars: a whole number, or decimal text where it isn't whole (`"37.5"`). Never rounded. */
export type NanoDollars = number | string

/** For one token of each kind. A kind without a price of its own costs what `input` or `output` costs. */
export interface TokenPrices {
  readonly input?: NanoDollars
  readonly output?: NanoDollars
  readonly reasoning?: NanoDollars
  readonly cacheRead?: NanoDollars
  /** Written to a cache that lives five minutes, or as long as the provider's only cache does. */
  readonly cacheWrite5m?: NanoDollars
  readonly cacheWrite1h?: NanoDollars
  readonly audioInput?: NanoDollars
  readonly audioOutput?: NanoDollars
  readonly audioCacheRead?: NanoDollars
  readonly audioCacheWrite?: NanoDollars
  readonly imageInput?: NanoDollars
  readonly imageOutput?: NanoDollars
}

/** Prices that replace those around them, for the whole call, when its prompt is longer than `tokens`. */
export interface LongContextPrices extends TokenPrices {
  readonly tokens: number
}

export interface TieredPrices extends TokenPrices {
  /** By rising `tokens`; the last one that the prompt exceeds counts. */
  readonly above?: readonly LongContextPrices[]
}

/** For one of each, where a model isn't sold by the token, or not only. */
export interface UnitPrices {
  readonly inputCharacter?: NanoDollars
  readonly outputCharacter?: NanoDollars
  readonly inputSecond?: NanoDollars
  readonly outputSecond?: NanoDollars
  readonly inputImage?: NanoDollars
  readonly outputImage?: NanoDollars
  readonly query?: NanoDollars
}

export interface CataloguePrice extends TieredPrices {
  /** Service tiers: what they don't name costs as without them. */
  readonly batch?: TieredPrices
  readonly flex?: TieredPrices
  readonly priority?: TieredPrices
  readonly units?: UnitPrices
}

export interface CatalogueModel {
  /** The provider's own word. */
  readonly name: string
  readonly mode: CatalogueMode
  /** The longest prompt. Where the source only knows the whole window, that. */
  readonly contextTokens?: number
  readonly maxOutputTokens?: number
  readonly capabilities?: readonly CatalogueCapability[]
  /** Absent: it streams where its mode does. */
  readonly streaming?: false
  /** `YYYY-MM-DD`: when the provider withdraws it, or did. */
  readonly deprecated?: string
  /** Absent: not known, which isn't free. */
  readonly price?: CataloguePrice
}

/** The data: for each provider type, its models sorted by name. */
export type CatalogueLists = Readonly<Record<string, readonly CatalogueModel[]>>
