/**
 * What is known of the providers' models: names, limits, abilities and prices. The data is made by
 * scripts/make-catalogue.ts from public lists; docs/model-catalogue.md says what it holds and how old it is.
 */
import { catalogueText } from './catalogue.generated.js'

export type CatalogueMode =
  | 'chat'
  | 'responses'
  | 'completion'
  | 'embedding'
  | 'rerank'
  | 'moderation'
  | 'image'
  | 'audio_speech'
  | 'audio_transcription'

/** What a model is known to take. One that isn't listed may still be there: the sources don't say no. */
export type CatalogueCapability =
  | 'tools'
  | 'parallelTools'
  | 'vision'
  | 'documents'
  | 'audioInput'
  | 'jsonSchema'
  | 'thinking'
  | 'promptCache'

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

type ModelsByName = ReadonlyMap<string, CatalogueModel>

let lists: ReadonlyMap<string, ModelsByName> | undefined

/** The text is parsed at the first question, because a start should not wait for it. */
function ofType(providerType: string): ModelsByName | undefined {
  lists ??= new Map(
    Object.entries(JSON.parse(catalogueText) as CatalogueLists).map(([type, models]) => [
      type,
      new Map(models.map((model) => [model.name, model])),
    ]),
  )
  return lists.get(providerType)
}

/** A version's date or `latest` at the end of a name; Vertex puts `@` before it. */
const versionSuffix = /[-@](20\d{2}-\d{2}-\d{2}|20\d{6}|latest)$/

export const catalogue = {
  /** The exact names of a type's models, sorted; empty for a type that has no list (`vllm`, `ollama` …). */
  models(providerType: string): readonly string[] {
    return [...(ofType(providerType)?.keys() ?? [])]
  },

  /**
   * The model of this name; where it is unknown, the one that the name without its date or `-latest` means
   * (`gpt-4o-2099-01-01` is a `gpt-4o`). Look at the found model's `name` to tell which.
   */
  find(providerType: string, model: string): CatalogueModel | undefined {
    const models = ofType(providerType)
    return models?.get(model) ?? models?.get(model.replace(versionSuffix, ''))
  },
}
