/**
 * What is known of the providers' models: names, limits, abilities and prices. The data is made by
 * scripts/make-catalogue.ts from public lists; docs/model-catalogue.md says what it holds and how old it is.
 */
import type { Config } from '../config/schema.ts'
import { catalogueTexts } from './catalogue.generated.js'
import { shiftDecimal } from './catalogue-making/numbers.ts'
import type { CatalogueLists, CatalogueModel, CataloguePrice, NanoDollars } from './catalogue-shape.ts'

export interface Catalogue {
  /** The exact names of a type's models, sorted; empty for a type that has no list (`vllm`, `ollama` …). */
  models(providerType: string): readonly string[]
  /**
   * The model of this name; where it is unknown, the one that the name without its date or `-latest` means
   * (`gpt-4o-2099-01-01` is a `gpt-4o`). Look at the found model's `name` to tell which.
   */
  find(providerType: string, model: string): CatalogueModel | undefined
}

type ModelsByName = ReadonlyMap<string, CatalogueModel>

/** A version's date or `latest` at the end of a name; Vertex puts `@` before it. */
const versionSuffix = /[-@](20\d{2}-\d{2}-\d{2}|20\d{6}|latest)$/

/** The model of a name among others, or the one that the name without its version means. */
export const findByName = <Model>(models: ReadonlyMap<string, Model>, name: string): Model | undefined =>
  models.get(name) ?? models.get(name.replace(versionSuffix, ''))

const byName = (models: readonly CatalogueModel[]): ModelsByName =>
  new Map(models.map((model) => [model.name, model]))

function catalogueOf(read: (providerType: string) => ModelsByName | undefined): Catalogue {
  return {
    models: (providerType) => [...(read(providerType)?.keys() ?? [])],
    find(providerType, model) {
      const models = read(providerType)
      return models && findByName(models, model)
    },
  }
}

const parsed = new Map<string, ModelsByName>()

/** The built-in data. A type's list is parsed at the first question about it, because a start should not wait for the others. */
export const catalogue: Catalogue = catalogueOf((type) => {
  const known = parsed.get(type)
  if (known || !Object.hasOwn(catalogueTexts, type)) return known
  const models = byName(JSON.parse(catalogueTexts[type] as string) as CatalogueModel[])
  parsed.set(type, models)
  return models
})

/** The data of a file in the place of the built-in one: a type that the file lacks keeps the built-in list. */
export function catalogueWith(lists: CatalogueLists): Catalogue {
  const ofFile = new Map(Object.entries(lists).map(([type, models]) => [type, byName(models)]))
  const own = catalogueOf((type) => ofFile.get(type))
  const of = (type: string) => (ofFile.has(type) ? own : catalogue)
  return {
    models: (type) => of(type).models(type),
    find: (type, model) => of(type).find(type, model),
  }
}

/** The models of one configured provider. */
export interface ProviderModels {
  /** Those of its type, then those that the operator added. */
  readonly names: readonly string[]
  /** As `Catalogue.find`, with what the operator said. */
  find(model: string): CatalogueModel | undefined
}

type ModelFacts = Config['catalogue']['models'][number]

/** What is known of the models of a provider; `facts` are the operator's, and win field by field. */
export function modelsOf(
  catalogue: Catalogue,
  providerType: string,
  facts: readonly ModelFacts[],
): ProviderModels {
  const names = catalogue.models(providerType)
  if (facts.length === 0) return { names, find: (model) => catalogue.find(providerType, model) }
  const own = new Map(
    facts.map((said) => [said.model, corrected(catalogue.find(providerType, said.model), said)]),
  )
  return {
    names: [...new Set([...names, ...own.keys()])],
    find(model) {
      const known = own.get(model) ?? catalogue.find(providerType, model)
      // What the data knows by its very name is not corrected by what was said of another version.
      return known?.name === model ? known : (findByName(own, model) ?? known)
    },
  }
}

function corrected(known: CatalogueModel | undefined, said: ModelFacts): CatalogueModel {
  return {
    ...known,
    name: said.model,
    mode: said.mode ?? known?.mode ?? 'chat',
    contextTokens: said.context_tokens ?? known?.contextTokens,
    maxOutputTokens: said.max_output_tokens ?? known?.maxOutputTokens,
    capabilities: said.capabilities ?? known?.capabilities,
    streaming: (said.streaming ?? known?.streaming) === false ? false : undefined,
    price: said.price ? priceOf(said.price) : known?.price,
  }
}

const priceOf = (price: NonNullable<ModelFacts['price']>): CataloguePrice => ({
  input: perToken(price.input_usd_per_million),
  output: perToken(price.output_usd_per_million),
  cacheRead: perToken(price.cache_read_usd_per_million),
  cacheWrite5m: perToken(price.cache_write_usd_per_million),
})

/** From dollars for a million, as they were written: the shortest digits of a number are those of the file. */
const perToken = (usdPerMillion: number | undefined): NanoDollars | undefined =>
  usdPerMillion === undefined ? undefined : shiftDecimal(String(usdPerMillion), 9 - 6)
