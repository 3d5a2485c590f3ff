/** Prices as the first list writes them: dollars, one field for each kind and tier. */
import type { CataloguePrice, TokenPrices, UnitPrices } from '../catalogue-shape.ts'
import { isNumber, shiftDecimal } from './numbers.ts'

/** An entry of the list, its numbers as `SourceNumber`. */
export type Entry = Record<string, unknown>
type Writable<T> = { -readonly [Key in keyof T]: T[Key] }

const dollarsToNano = 9

const tokenPrices: Record<string, keyof TokenPrices> = {
  input_cost_per_token: 'input',
  output_cost_per_token: 'output',
  output_cost_per_reasoning_token: 'reasoning',
  cache_read_input_token_cost: 'cacheRead',
  cache_creation_input_token_cost: 'cacheWrite5m',
  cache_creation_input_token_cost_above_1hr: 'cacheWrite1h',
  input_cost_per_audio_token: 'audioInput',
  output_cost_per_audio_token: 'audioOutput',
  cache_read_input_audio_token_cost: 'audioCacheRead',
  cache_creation_input_audio_token_cost: 'audioCacheWrite',
  input_cost_per_image_token: 'imageInput',
  output_cost_per_image_token: 'imageOutput',
}

/** The kinds of tokens, in the order in which their prices are written. */
export const tokenKinds = Object.values(tokenPrices)

/** Older words, which count where the field of today is not given. */
const olderWords: Record<string, string> = { input_cost_per_token_cache_hit: 'cache_read_input_token_cost' }

const unitPrices: Record<string, keyof UnitPrices> = {
  input_cost_per_character: 'inputCharacter',
  output_cost_per_character: 'outputCharacter',
  input_cost_per_second: 'inputSecond',
  output_cost_per_second: 'outputSecond',
  input_cost_per_image: 'inputImage',
  output_cost_per_image: 'outputImage',
  input_cost_per_query: 'query',
}

/** Prices of things the gateway doesn't pass on, and of those it can't count. */
const leftOut =
  /video|pixel|^(input_cost_per_audio_per_second|search_context_cost_per_query|(code_interpreter|file_search|vector_store|computer_use)_|regional_processing_uplift)|citation_cost_per_token|_per_(character|image)_above_128k_tokens$/

const serviceTiers = { batches: 'batch', flex: 'flex', priority: 'priority' } as const

/**
 * The price of the entry `key`, `undefined` where it names none.
 * @throws on a price field that is neither known nor left out on purpose
 */
export function priceOf(key: string, entry: Entry): CataloguePrice | undefined {
  const found: Record<string, Record<string, unknown>> = {}
  for (const [field, value] of Object.entries(entry)) {
    if (!/cost|price|uplift|multiplier/.test(field)) continue
    const today = olderWords[field]
    if (today !== undefined && today in entry) continue
    const place = placeOf(today ?? field)
    if (place === undefined && leftOut.test(field)) continue
    if (place === undefined) throw new Error(`${key}: the price field ${field} is not known`)
    if (!isNumber(value)) throw new Error(`${key}: ${field} must be a number, found ${JSON.stringify(value)}`)
    const group = (found[place.group] ??= {})
    group[place.name] = shiftDecimal(value.digits, dollarsToNano)
  }
  const groups = ['', 'batch', 'flex', 'priority'] as const
  const price: Writable<CataloguePrice> = {}
  for (const group of groups) {
    const prices: Record<string, unknown> = ordered(found[group] ?? {}, tokenKinds)
    const above = Object.keys(found)
      .filter((name) => name.startsWith(`${group}>`))
      .map((name) => Number(name.slice(group.length + 1)))
      .toSorted((a, b) => a - b)
      .map((tokens) => ({
        tokens,
        ...ordered(found[`${group}>${tokens}`] ?? {}, tokenKinds),
      }))
    if (above.length > 0) prices.above = above
    if (Object.keys(prices).length === 0) continue
    if (group === '') Object.assign(price, prices)
    else price[group] = prices
  }
  if (found.units) price.units = ordered(found.units, Object.values(unitPrices))
  return Object.keys(price).length > 0 ? price : undefined
}

/** Where a field's price goes: `''`, a service tier, either with `>TOKENS`, or `units`. */
function placeOf(field: string): { group: string; name: string } | undefined {
  const unit = unitPrices[field]
  if (unit) return { group: 'units', name: unit }
  const parts = /^(.+?)(?:_above_(\d+)k_tokens)?(?:_(batches|flex|priority))?$/.exec(field)
  const name = tokenPrices[parts?.[1] ?? '']
  if (!parts || !name) return undefined
  const tier = serviceTiers[parts[3] as keyof typeof serviceTiers] ?? ''
  return { group: parts[2] ? `${tier}>${parts[2]}000` : tier, name }
}

/** The prices of `names`, in that order. */
export function ordered(prices: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => name in prices).map((name) => [name, prices[name]]))
}
