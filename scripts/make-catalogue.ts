/**
 * Makes src/providers/catalogue.json from two public lists of models (see docs/model-catalogue.md):
 *
 *     node scripts/make-catalogue.ts --litellm FILE --genai FILE [--out FILE]
 *
 * The same sources give the same bytes. Prices are moved from dollars to nano-dollars in decimal text, so
 * no float is ever made of them. A price field that is neither known nor listed as left out stops the run:
 * a new kind of price must be looked at by a person.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import type {
  CatalogueCapability,
  CatalogueMode,
  CatalogueModel,
  CataloguePrice,
  NanoDollars,
  TokenPrices,
  UnitPrices,
} from '../src/providers/catalogue.ts'
import { nameInProvider, providerTypes } from './catalogue-names.ts'

/** A number as the source wrote it. */
export interface SourceNumber {
  digits: string
}
type Entry = Record<string, unknown>
type Writable<T> = { -readonly [Key in keyof T]: T[Key] }

const modes: Record<string, CatalogueMode> = {
  chat: 'chat',
  responses: 'responses',
  completion: 'completion',
  embedding: 'embedding',
  rerank: 'rerank',
  moderation: 'moderation',
  image_generation: 'image',
  audio_speech: 'audio_speech',
  audio_transcription: 'audio_transcription',
}

const capabilities: Record<string, CatalogueCapability> = {
  supports_function_calling: 'tools',
  supports_parallel_function_calling: 'parallelTools',
  supports_vision: 'vision',
  supports_pdf_input: 'documents',
  supports_audio_input: 'audioInput',
  supports_response_schema: 'jsonSchema',
  supports_reasoning: 'thinking',
  supports_prompt_caching: 'promptCache',
}

/** In the order in which they are written. */
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
  /video|pixel|^(input_cost_per_audio_per_second|search_context_cost_per_query|(code_interpreter|file_search|vector_store|computer_use)_|regional_processing_uplift)|_per_(character|image)_above_128k_tokens$/

const serviceTiers = { batches: 'batch', flex: 'flex', priority: 'priority' } as const

/** JSON whose numbers stay text: a price such as 1.1e-07 has no exact double. */
function parseExactly(text: string): unknown {
  const parse = JSON.parse as (
    text: string,
    revive: (key: string, value: unknown, context: { source?: string }) => unknown,
  ) => unknown
  return parse(text, (_key, value, { source }) => (typeof value === 'number' ? { digits: source } : value))
}

/** `decimal` times ten to the `places`, without rounding: a whole number if it is one, else text. */
export function shiftDecimal(decimal: string, places: number): NanoDollars {
  const parts = /^(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(decimal)
  if (!parts) throw new Error(`A price must be a plain decimal number of at least 0, found ${decimal}`)
  const [, whole = '', fraction = '', exponent = '0'] = parts
  const point = whole.length + Number(exponent) + places
  const digits = (whole + fraction).padStart(whole.length + fraction.length - Math.min(point, 0), '0')
  const split = Math.max(point, 0)
  const left = digits.slice(0, split).padEnd(split, '0').replace(/^0+/, '') || '0'
  const right = digits.slice(split).replace(/0+$/, '')
  if (right) return `${left}.${right}`
  return Number.isSafeInteger(Number(left)) ? Number(left) : left
}

const dollarsToNano = 9
/** From dollars for a million tokens. */
const dollarsPerMillionToNano = 9 - 6

const isNumber = (value: unknown): value is SourceNumber =>
  typeof value === 'object' && value !== null && 'digits' in value

function priceOf(key: string, entry: Entry): CataloguePrice | undefined {
  const found: Record<string, Record<string, unknown>> = {}
  for (const [field, value] of Object.entries(entry)) {
    if (!/cost|price|uplift|multiplier/.test(field)) continue
    const place = placeOf(field)
    if (place === undefined && leftOut.test(field)) continue
    if (place === undefined) throw new Error(`${key}: the price field ${field} is not known`)
    if (!isNumber(value)) throw new Error(`${key}: ${field} must be a number, found ${JSON.stringify(value)}`)
    const group = (found[place.group] ??= {})
    group[place.name] = shiftDecimal(value.digits, dollarsToNano)
  }
  const groups = ['', 'batch', 'flex', 'priority'] as const
  const price: Writable<CataloguePrice> = {}
  for (const group of groups) {
    const prices: Record<string, unknown> = ordered(found[group] ?? {}, Object.values(tokenPrices))
    const above = Object.keys(found)
      .filter((name) => name.startsWith(`${group}>`))
      .map((name) => Number(name.slice(group.length + 1)))
      .toSorted((a, b) => a - b)
      .map((tokens) => ({
        tokens,
        ...ordered(found[`${group}>${tokens}`] ?? {}, Object.values(tokenPrices)),
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

function ordered(prices: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => name in prices).map((name) => [name, prices[name]]))
}

/** The source writes 0 where a limit means nothing, as for moderation. */
function limitOf(key: string, field: string, entry: Entry): number | undefined {
  const value = entry[field]
  if (value === undefined) return undefined
  if (!isNumber(value) || !/^\d+$/.test(value.digits))
    throw new Error(`${key}: ${field} must be a whole number of tokens, found ${JSON.stringify(value)}`)
  return Number(value.digits) || undefined
}

function deprecationOf(key: string, { deprecation_date: date }: Entry): string | undefined {
  if (date === undefined) return undefined
  if (typeof date !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(date))
    throw new Error(`${key}: deprecation_date must be YYYY-MM-DD, found ${JSON.stringify(date)}`)
  return date
}

function modelOf(key: string, name: string, entry: Entry): CatalogueModel | undefined {
  const mode = modes[String(entry.mode)]
  if (!mode) return undefined
  const able = Object.keys(capabilities).filter((flag) => entry[flag] === true)
  return {
    name,
    mode,
    contextTokens: limitOf(key, 'max_input_tokens', entry),
    maxOutputTokens: limitOf(key, 'max_output_tokens', entry),
    capabilities: able.length > 0 ? able.map((flag) => capabilities[flag] as CatalogueCapability) : undefined,
    streaming: entry.supports_native_streaming === false ? false : undefined,
    deprecated: deprecationOf(key, entry),
    price: priceOf(key, entry),
  }
}

interface GenaiMatch {
  equals?: string
  starts_with?: string
  ends_with?: string
  contains?: string
  regex?: string
  or?: GenaiMatch[]
}
interface GenaiProvider {
  id: string
  models: { id: string; match: GenaiMatch; context_window?: SourceNumber; prices: unknown }[]
}

function matches(rule: GenaiMatch, name: string): boolean {
  if (rule.or) return rule.or.some((one) => matches(one, name))
  if (rule.equals !== undefined) return name === rule.equals
  if (rule.starts_with !== undefined) return name.startsWith(rule.starts_with)
  if (rule.ends_with !== undefined) return name.endsWith(rule.ends_with)
  if (rule.contains !== undefined) return name.includes(rule.contains)
  if (rule.regex !== undefined) return new RegExp(rule.regex).test(name)
  throw new Error(`A rule of the second list is not known: ${JSON.stringify(rule)}`)
}

const genaiTokenPrices: Record<string, keyof TokenPrices> = {
  input_mtok: 'input',
  output_mtok: 'output',
  cache_read_mtok: 'cacheRead',
  cache_write_mtok: 'cacheWrite5m',
  input_audio_mtok: 'audioInput',
  output_audio_mtok: 'audioOutput',
  cache_audio_read_mtok: 'audioCacheRead',
}

/** The second list's prices, where they are plain: neither tiered nor changing by date or hour. */
function genaiPrice(prices: unknown): CataloguePrice | undefined {
  if (typeof prices !== 'object' || prices === null || Array.isArray(prices)) return undefined
  const fields = Object.entries(prices)
  if (fields.length === 0 || !fields.every(([field, value]) => genaiTokenPrices[field] && isNumber(value)))
    return undefined
  const moved = fields.map(([field, value]) => [
    genaiTokenPrices[field],
    shiftDecimal((value as SourceNumber).digits, dollarsPerMillionToNano),
  ])
  return ordered(Object.fromEntries(moved), Object.values(tokenPrices))
}

/** Fills in what the first list doesn't know of a model. Never changes what it does know. */
function fillIn(model: CatalogueModel, provider: GenaiProvider | undefined): CatalogueModel {
  if (model.price && model.contextTokens) return model
  const found = provider?.models.find(({ match }) => matches(match, model.name))
  if (!found) return model
  const window = found.context_window && Number(found.context_window.digits)
  return {
    ...model,
    contextTokens: model.contextTokens ?? window,
    price: model.price ?? genaiPrice(found.prices),
  }
}

/** Text of the catalogue: one model on a line, sorted by name in code units. */
export function formatCatalogue(lists: Iterable<readonly [string, readonly CatalogueModel[]]>): string {
  const blocks = [...lists].map(
    ([type, models]) => `"${type}":[\n${models.map((model) => JSON.stringify(model)).join(',\n')}\n]`,
  )
  return `{\n${blocks.join(',\n')}\n}\n`
}

/** The text of catalogue.json. `litellm` and `genai` are the texts of the two lists. */
export function makeCatalogue(litellm: string, genai: string): string {
  const entries = parseExactly(litellm) as Record<string, Entry>
  const genaiProviders = parseExactly(genai) as GenaiProvider[]
  const lists = new Map(Object.keys(providerTypes).map((type) => [type, new Map<string, CatalogueModel>()]))
  // A name may come with and without its prefix; the prefixed one is the provider's own, so it is set last.
  const keys = Object.keys(entries).toSorted((a, b) => Number(hasPrefix(a)) - Number(hasPrefix(b)))
  for (const key of keys) {
    const entry = entries[key] ?? {}
    const place = nameInProvider(key, entry)
    const model = place && modelOf(key, place.name, entry)
    if (model) lists.get(place.type)?.set(model.name, model)
  }
  return formatCatalogue(
    [...lists].map(([type, models]) => {
      const provider = genaiProviders.find(({ id }) => id === providerTypes[type]?.genai)
      const sorted = [...models.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
      return [type, sorted.map((model) => fillIn(model, provider))]
    }),
  )
}

const hasPrefix = (key: string) => key.includes('/')

function main(): void {
  const { values } = parseArgs({
    options: { litellm: { type: 'string' }, genai: { type: 'string' }, out: { type: 'string' } },
  })
  if (!values.litellm || !values.genai) {
    console.error('Usage: node scripts/make-catalogue.ts --litellm FILE --genai FILE [--out FILE]')
    process.exitCode = 2
    return
  }
  const out = values.out ?? path.join(import.meta.dirname, '../src/providers/catalogue.json')
  const text = makeCatalogue(readFileSync(values.litellm, 'utf8'), readFileSync(values.genai, 'utf8'))
  writeFileSync(out, text)
  const lists = Object.entries(JSON.parse(text) as Record<string, unknown[]>)
  for (const [type, models] of lists) console.error(`${type}: ${models.length} models`)
  console.error(`${text.length} bytes in ${out}`)
}

if (import.meta.main) main()
