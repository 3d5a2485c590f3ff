/**
 * Writes docs/fidelity.md from the tables that the translation itself reads: `node scripts/make-fidelity.ts`.
 */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { format, resolveConfig } from 'prettier'
import { chatFeatures } from '../src/dialects/features.ts'
import type { ChatFeature } from '../src/dialects/features.ts'
import { providerFacts } from '../src/providers/index.ts'
import type { ProviderFacts } from '../src/providers/provider.ts'
import { routes, targets } from './fidelity-dialects.ts'
import type { RouteDialect, TargetDialect } from './fidelity-dialects.ts'
import { featureWords } from './fidelity-words.ts'

export const fidelityFile = path.join(import.meta.dirname, '../docs/fidelity.md')

const features = Object.keys(chatFeatures) as ChatFeature[]

/** The page, formatted as `npm run lint` wants it. */
export async function fidelityPage(): Promise<string> {
  const text = [introduction, summary(), names(), ...targets.map(section)].join('\n\n')
  return format(text, { ...(await resolveConfig(fidelityFile)), parser: 'markdown' })
}

const introduction = `# What is carried where

<!-- Made by scripts/make-fidelity.ts. Change the tables of src/dialects, not this page. -->

A request in one dialect reaches a provider of another by translation. This page says, for every pair, what becomes
of each feature on the way. It is made from the tables that the translation reads, so it says what happens.

What is not carried is left out of the request and named in \`x-gateway-dropped\`, by the caller's own field; so is
what a change had to leave out because of its value. A strict call (\`x-gateway-strict: true\`) skips providers that
would lose something, and is a 400 when none is left. Fields that no dialect knows are named in the same header,
unless the provider speaks the caller's dialect: then the request is relayed as it came, and nothing is lost but
what the provider itself refuses.`

const tick = { carried: 'yes', dropped: 'no' } as const

function summary(): string {
  const rows = features.map((feature) => [
    featureWords[feature],
    ...targets.map(({ dialect }) => {
      const { carriage } = dialect.features[feature]
      return typeof carriage === 'string' ? tick[carriage] : 'changed'
    }),
  ])
  return `## In short

By the dialect of the provider; the route only decides how a caller writes the feature.

${table(['feature', ...targets.map(({ title }) => title)], rows)}

Thinking, files and content of a dialect's own always go back to that dialect.`
}

function names(): string {
  const rows = features.map((feature) => [
    featureWords[feature],
    ...routes.map(({ dialect }) => codeOf(dialect.features[feature].field)),
  ])
  return `## What callers write

The field of each route; empty where its dialect has no way to ask.

${table(['feature', ...routes.map(({ path }) => `\`${path}\``)], rows)}`
}

function section(target: TargetDialect): string {
  const types = typesOf(target)
  const relayed = routes.filter((route) => isRelayed(route, target, types))
  const translated = routes.filter((route) => !relayed.includes(route))
  const asked = features.filter((feature) => fieldsOf(feature, translated).length > 0)
  const changes = asked.flatMap((feature) => {
    const { carriage } = target.dialect.features[feature]
    return typeof carriage === 'string' ? [] : [`- ${inWords(feature, translated)}: ${carriage.changed}`]
  })
  const losses = asked
    .filter((feature) => target.dialect.features[feature].carriage === 'dropped')
    .map((feature) => inWords(feature, translated))
  return `## ${target.title}

${spokenBy(types)} ${relayed.map(({ path }) => `Calls of \`${path}\` are relayed as they came.`).join(' ')}

Carried with a change:

${changes.join('\n') || '- nothing'}

Not carried: ${losses.join('; ') || 'nothing'}.`
}

/** The provider types whose page says that they serve chats in this dialect. */
const typesOf = ({ dialect }: TargetDialect): ProviderFacts[] =>
  [...providerFacts.values()].filter(({ serves }) => serves.chat?.some((way) => way.dialect === dialect))

const spokenBy = (types: readonly ProviderFacts[]): string =>
  types.length === 0
    ? 'No provider type speaks it yet.'
    : `Providers of type ${types.map(({ type }) => `\`${type}\``).join(', ')}.`

/** Whether a route's calls reach the providers of a dialect without translation. */
function isRelayed(
  route: RouteDialect,
  { dialect }: TargetDialect,
  types: readonly ProviderFacts[],
): boolean {
  const isTranslatedAnyway = types.some(({ serves }) =>
    serves.chat?.some((way) => way.dialect === dialect && way.relay === false),
  )
  return route.dialect.name === dialect.name && !isTranslatedAnyway
}

/** What the callers of these routes write for a feature, each name once. */
function fieldsOf(feature: ChatFeature, asking: readonly RouteDialect[]): string[] {
  const fields = asking
    .map(({ dialect }) => dialect.features[feature].field)
    .filter((field) => field !== null)
  return [...new Set(fields)]
}

const inWords = (feature: ChatFeature, asking: readonly RouteDialect[]): string =>
  `${featureWords[feature]} (${fieldsOf(feature, asking).map(codeOf).join(', ')})`

const codeOf = (field: string | null): string => (field === null ? '' : `\`${field}\``)

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

if (import.meta.main) writeFileSync(fidelityFile, await fidelityPage())
