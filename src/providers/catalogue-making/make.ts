/**
 * The catalogue's lists from two public lists of models (see docs/model-catalogue.md).
 *
 * Prices are moved from dollars to nano-dollars in decimal text, so no float is ever made of them.
 */
import type { CatalogueCapability, CatalogueMode, CatalogueModel } from '../catalogue-shape.ts'
import { nameInProvider, providerTypes } from './names.ts'
import { isNumber, parseExactly } from './numbers.ts'
import { priceOf } from './prices.ts'
import type { Entry } from './prices.ts'
import { fillIn } from './second-list.ts'
import type { SecondListProvider } from './second-list.ts'

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

/** Kinds of models that no route of the gateway serves. */
const unservedModes = ['realtime', 'video_generation', 'image_edit', 'ocr', 'vector_store', 'search']

const capabilities: Record<string, CatalogueCapability> = {
  supports_function_calling: 'tools',
  supports_parallel_function_calling: 'parallel_tools',
  supports_vision: 'vision',
  supports_pdf_input: 'documents',
  supports_audio_input: 'audio_input',
  supports_response_schema: 'json_schema',
  supports_reasoning: 'thinking',
  supports_prompt_caching: 'prompt_cache',
}

/** The source writes 0 where a limit means nothing, as for moderation. */
function limitOf(key: string, field: string, entry: Entry): number | undefined {
  const value = entry[field]
  if (value === undefined) return undefined
  if (!isNumber(value) || !/^\d+(?:\.0+)?$/.test(value.digits))
    throw new Error(`${key}: ${field} must be a whole number of tokens, found ${JSON.stringify(value)}`)
  return Number(value.digits) || undefined
}

function deprecationOf(key: string, { deprecation_date: date }: Entry): string | undefined {
  if (date === undefined) return undefined
  if (typeof date !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(date))
    throw new Error(`${key}: deprecation_date must be YYYY-MM-DD, found ${JSON.stringify(date)}`)
  return date
}

function modelOf(key: string, name: string, entry: Entry, report: Report): CatalogueModel | undefined {
  const mode = modes[String(entry.mode)]
  if (!mode && unservedModes.includes(String(entry.mode))) return undefined
  if (!mode) throw new Error(`${key}: the mode ${JSON.stringify(entry.mode)} is not known`)
  const able = Object.keys(capabilities).filter((flag) => entry[flag] === true)
  return {
    name,
    mode,
    contextTokens: limitOf(key, 'max_input_tokens', entry),
    maxOutputTokens: limitOf(key, 'max_output_tokens', entry),
    capabilities: able.length > 0 ? able.map((flag) => capabilities[flag] as CatalogueCapability) : undefined,
    streaming: entry.supports_native_streaming === false ? false : undefined,
    deprecated: deprecationOf(key, entry),
    price: unlessBroken(() => priceOf(key, entry), report),
  }
}

/** Hears what is wrong with an entry, or new in it; whoever throws here stops the run. */
export type Report = (problem: string) => void

function unlessBroken<T>(read: () => T, report: Report): T | undefined {
  try {
    return read()
  } catch (error) {
    report((error as Error).message)
    return undefined
  }
}

const hasPrefix = (key: string) => key.includes('/')

export type ModelsByType = readonly (readonly [type: string, models: readonly CatalogueModel[]])[]

/**
 * For each provider type its models, sorted by name. `first` and `second` are the texts of the two lists.
 * An entry that `report` hears of is left out; where only its price is at fault, it stays without one.
 * @throws SyntaxError where a text is no JSON
 */
export function makeLists(first: string, second: string, report: Report): ModelsByType {
  const entries = parseExactly(first) as Record<string, Entry>
  const secondList = parseExactly(second) as SecondListProvider[]
  const lists = new Map(Object.keys(providerTypes).map((type) => [type, new Map<string, CatalogueModel>()]))
  // A name may come with and without its prefix; the prefixed one is the provider's own, so it is set last.
  const keys = Object.keys(entries).toSorted((a, b) => Number(hasPrefix(a)) - Number(hasPrefix(b)))
  for (const key of keys) {
    const entry = entries[key] ?? {}
    const place = nameInProvider(key, entry)
    const model = place && unlessBroken(() => modelOf(key, place.name, entry, report), report)
    if (model) lists.get(place.type)?.set(model.name, model)
  }
  return [...lists].map(([type, models]) => {
    const provider = secondList.find(({ id }) => id === providerTypes[type]?.genai)
    const sorted = [...models.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
    return [type, sorted.map((model) => fillIn(model, provider))]
  })
}
