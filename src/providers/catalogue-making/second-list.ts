/** The second list: rules that match names, with prices in dollars for a million tokens. */
import type { CatalogueModel, CataloguePrice, TokenPrices } from '../catalogue-shape.ts'
import { isNumber, shiftDecimal } from './numbers.ts'
import type { SourceNumber } from './numbers.ts'
import { ordered, tokenKinds } from './prices.ts'

const dollarsPerMillionToNano = 9 - 6

interface Rule {
  equals?: string
  starts_with?: string
  ends_with?: string
  contains?: string
  regex?: string
  or?: Rule[]
}
export interface SecondListProvider {
  id: string
  models: { id: string; match: Rule; context_window?: SourceNumber; prices: unknown }[]
}

function matches(rule: Rule, name: string): boolean {
  if (rule.or) return rule.or.some((one) => matches(one, name))
  if (rule.equals !== undefined) return name === rule.equals
  if (rule.starts_with !== undefined) return name.startsWith(rule.starts_with)
  if (rule.ends_with !== undefined) return name.endsWith(rule.ends_with)
  if (rule.contains !== undefined) return name.includes(rule.contains)
  if (rule.regex !== undefined) return new RegExp(rule.regex).test(name)
  throw new Error(`A rule of the second list is not known: ${JSON.stringify(rule)}`)
}

const fieldKinds: Record<string, keyof TokenPrices> = {
  input_mtok: 'input',
  output_mtok: 'output',
  cache_read_mtok: 'cacheRead',
  cache_write_mtok: 'cacheWrite5m',
  input_audio_mtok: 'audioInput',
  output_audio_mtok: 'audioOutput',
  cache_audio_read_mtok: 'audioCacheRead',
}

/** The second list's prices, where they are plain: neither tiered nor changing by date or hour. */
function plainPrice(prices: unknown): CataloguePrice | undefined {
  if (typeof prices !== 'object' || prices === null || Array.isArray(prices)) return undefined
  const fields = Object.entries(prices)
  if (fields.length === 0 || !fields.every(([field, value]) => fieldKinds[field] && isNumber(value)))
    return undefined
  const moved = fields.map(([field, value]) => [
    fieldKinds[field],
    shiftDecimal((value as SourceNumber).digits, dollarsPerMillionToNano),
  ])
  return ordered(Object.fromEntries(moved), tokenKinds)
}

/** Fills in what the first list doesn't know of a model. Never changes what it does know. */
export function fillIn(model: CatalogueModel, provider: SecondListProvider | undefined): CatalogueModel {
  if (model.price && model.contextTokens) return model
  const found = provider?.models.find(({ match }) => matches(match, model.name))
  if (!found) return model
  const window = found.context_window && Number(found.context_window.digits)
  return {
    ...model,
    contextTokens: model.contextTokens ?? window,
    price: model.price ?? plainPrice(found.prices),
  }
}
