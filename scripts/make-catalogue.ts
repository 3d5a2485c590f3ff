/**
 * Makes src/providers/catalogue.generated.js from two public lists of models (see docs/model-catalogue.md):
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
import type { CatalogueCapability, CatalogueMode, CatalogueModel } from '../src/providers/catalogue.ts'
import { licences } from './catalogue-licences.ts'
import { isNumber, parseExactly } from './catalogue-numbers.ts'
import { nameInProvider, providerTypes } from './catalogue-names.ts'
import { priceOf } from './catalogue-prices.ts'
import type { Entry } from './catalogue-prices.ts'
import { fillIn } from './catalogue-second-list.ts'
import type { SecondListProvider } from './catalogue-second-list.ts'

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
  supports_parallel_function_calling: 'parallelTools',
  supports_vision: 'vision',
  supports_pdf_input: 'documents',
  supports_audio_input: 'audioInput',
  supports_response_schema: 'jsonSchema',
  supports_reasoning: 'thinking',
  supports_prompt_caching: 'promptCache',
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
    price: priceOf(key, entry),
  }
}

/**
 * A module that holds the lists as one string, one model on a line: it loads in a millisecond and is parsed
 * when first needed. Bundled JSON would be parsed, as an object literal, at every start.
 */
function moduleOf(lists: readonly (readonly [string, readonly CatalogueModel[]])[]): string {
  const blocks = lists.map(
    ([type, models]) => `"${type}":[\n${models.map((model) => JSON.stringify(model)).join(',\n')}\n]`,
  )
  const text = `{\n${blocks.join(',\n')}\n}`
  // Escapes would be read twice, by JavaScript and by JSON. No model needs one so far.
  const odd = /.*(?:[`\\]|\$\{).*/.exec(text)
  if (odd) throw new Error(`A model holds a backquote, a backslash or \${: ${odd[0]}`)
  const origin = '// Made by scripts/make-catalogue.ts; see docs/model-catalogue.md.'
  return `${origin}\n${licences}\nexport const catalogueText = \`${text}\`\n`
}

/** The module's text. `litellm` and `genai` are the texts of the two lists. */
export function makeCatalogue(litellm: string, genai: string): string {
  const entries = parseExactly(litellm) as Record<string, Entry>
  const secondList = parseExactly(genai) as SecondListProvider[]
  const lists = new Map(Object.keys(providerTypes).map((type) => [type, new Map<string, CatalogueModel>()]))
  // A name may come with and without its prefix; the prefixed one is the provider's own, so it is set last.
  const keys = Object.keys(entries).toSorted((a, b) => Number(hasPrefix(a)) - Number(hasPrefix(b)))
  for (const key of keys) {
    const entry = entries[key] ?? {}
    const place = nameInProvider(key, entry)
    const model = place && modelOf(key, place.name, entry)
    if (model) lists.get(place.type)?.set(model.name, model)
  }
  return moduleOf(
    [...lists].map(([type, models]) => {
      const provider = secondList.find(({ id }) => id === providerTypes[type]?.genai)
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
  const out = values.out ?? path.join(import.meta.dirname, '../src/providers/catalogue.generated.js')
  const text = makeCatalogue(readFileSync(values.litellm, 'utf8'), readFileSync(values.genai, 'utf8'))
  writeFileSync(out, text)
  console.error(`${text.length} bytes in ${out}`)
}

if (import.meta.main) main()
