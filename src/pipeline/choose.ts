import { GatewayError } from '../errors.ts'
import { catalogue } from '../providers/catalogue.ts'
import { servingOf, type Operation, type Serves } from '../providers/provider.ts'
import type { Call, Principal } from './call.ts'
import type { Provider, Target } from './target.ts'

/** A name that stands for targets, in the order in which they are tried. */
export interface VirtualModel {
  name: string
  targets: readonly Target[]
  /** Other names to try after the targets. */
  fallbacks: readonly string[]
}

export interface Routing {
  /** Enabled providers, in file order, by name. */
  providers: ReadonlyMap<string, Provider>
  virtualModels: ReadonlyMap<string, VirtualModel>
  defaultProvider: string | undefined
  /** Whether another target is tried when one fails. */
  failover: boolean
  /** Names that were resolved already; begins empty. */
  readonly resolved: Map<string, readonly Target[]>
}

export interface Exclusion {
  target: Target
  because: string
}

/** Which targets may serve a call, in order, and why others may not. */
export interface Decision {
  targets: readonly Target[]
  excluded: Exclusion[]
}

/** Model families by the first letters of their names. */
const families = [
  { prefixes: ['gpt-', 'o', 'text-embedding-'], type: 'openai' },
  { prefixes: ['claude-'], type: 'anthropic' },
  { prefixes: ['gemini-'], type: 'gemini' },
  { prefixes: ['command-'], type: 'cohere' },
  { prefixes: ['mistral-'], type: 'mistral' },
] as const

/** The variable that brings a provider of each type; in the order in which the catalogue is asked whose a model is. */
const variables = {
  openai: 'OPENAI_API_KEY',
  anthropic: 'ANTHROPIC_API_KEY',
  gemini: 'GEMINI_API_KEY',
  cohere: 'COHERE_API_KEY',
  mistral: 'MISTRAL_API_KEY',
  deepseek: 'DEEPSEEK_API_KEY',
  xai: 'XAI_API_KEY',
  perplexity: 'PERPLEXITY_API_KEY',
  together: 'TOGETHER_API_KEY',
  groq: 'GROQ_API_KEY',
  fireworks: 'FIREWORKS_API_KEY',
  openrouter: 'OPENROUTER_API_KEY',
} as const
type OwnerType = keyof typeof variables

/**
 * The targets of a call, best first.
 * @throws GatewayError `model_not_found`, `region_not_allowed`
 */
export function choose(call: Call, routing: Routing): Decision {
  const candidates = call.onlyProvider === undefined ? resolve(call.model, routing) : pinned(call, routing)
  const excluded: Exclusion[] = []
  for (const target of candidates) {
    const because = whyNot(call, target)
    if (because !== undefined) excluded.push({ target, because })
  }
  if (excluded.length === candidates.length) throw nobody(call, excluded, routing)
  if (excluded.length === 0) return { targets: candidates, excluded }
  return {
    targets: candidates.filter((target) => !excluded.some((other) => other.target === target)),
    excluded,
  }
}

/** Callers choose the names, so there is a bound to how many are remembered. */
const mostResolved = 10_000

/** Every target that a name stands for, by the first rule that knows it. */
export function resolve(name: string, routing: Routing): readonly Target[] {
  const known = routing.resolved.get(name)
  if (known) return known
  const targets = find(name, routing)
  if (routing.resolved.size < mostResolved) routing.resolved.set(name, targets)
  return targets
}

function find(name: string, routing: Routing): Target[] {
  const slash = name.indexOf('/')
  const addressed = slash > 0 ? routing.providers.get(name.slice(0, slash)) : undefined
  if (addressed) return slash + 1 < name.length ? [{ provider: addressed, model: name.slice(slash + 1) }] : []

  const virtual = routing.virtualModels.get(name)
  if (virtual) {
    return [...virtual.targets, ...virtual.fallbacks.flatMap((fallback) => resolve(fallback, routing))]
  }
  const providers = [...routing.providers.values()]
  const listing = providers.filter((provider) => provider.lists(name))
  if (listing.length > 0) return listing.map((provider) => ({ provider, model: name }))

  const family = familyOf(name)
  const relatives = providers.filter((provider) => provider.facts.type === family?.type)
  if (relatives.length > 0) return relatives.map((provider) => ({ provider, model: name }))

  const fallback =
    routing.defaultProvider === undefined ? undefined : routing.providers.get(routing.defaultProvider)
  return fallback ? [{ provider: fallback, model: name }] : []
}

const familyOf = (name: string) =>
  families.find(({ prefixes }) => prefixes.some((prefix) => name.startsWith(prefix)))

/** `x-gateway-provider` keeps the call on one provider, whatever else would serve the name. */
function pinned(call: Call, routing: Routing): readonly Target[] {
  const provider = routing.providers.get(call.onlyProvider as string)
  if (!provider) {
    throw new GatewayError('invalid_request', {
      message: `There is no provider ${JSON.stringify(call.onlyProvider)} here; there are ${[...routing.providers.keys()].join(', ')}.`,
      param: 'x-gateway-provider',
    })
  }
  const candidates = resolve(call.model, routing)
  const known = candidates.filter((target) => target.provider === provider)
  if (known.length > 0) return known
  // A virtual name, or the address of another provider, means nothing there.
  if (candidates.some(({ model }) => model !== call.model) || routing.virtualModels.has(call.model)) {
    throw new GatewayError('invalid_request', {
      message: `The model ${JSON.stringify(call.model)} does not lead to the provider ${provider.name}, which x-gateway-provider asks for.`,
      param: 'x-gateway-provider',
    })
  }
  return [{ provider, model: call.model }]
}

const regionReason = 'its region is not allowed'

function whyNot(call: Call, { provider, model }: Target): string | undefined {
  if (provider.unusable !== undefined) return provider.unusable
  const { operation, dialect } = call.endpoint
  if (!servingOf<Serves>(provider.facts.serves[operation], dialect.name, model, provider.settings))
    return `it does not serve ${operationNames[operation]}`
  return isInAllowedRegion(provider, call.principal) ? undefined : regionReason
}

/** Without a list every region is allowed, and providers without one; with a list only those on it. */
export const isInAllowedRegion = ({ region }: Provider, { allowedRegions }: Principal): boolean =>
  allowedRegions === undefined || (region !== undefined && allowedRegions.has(region))

const operationNames: Readonly<Record<Operation, string>> = {
  chat: 'chat',
  embedding: 'embeddings',
  token_count: 'counting of tokens',
  moderation: 'moderation',
  image: 'images',
  speech: 'speech',
  transcription: 'transcription',
  rerank: 'reranking',
}

function nobody(call: Call, excluded: readonly Exclusion[], routing: Routing): GatewayError {
  const name = JSON.stringify(call.model)
  if (excluded.length > 0 && excluded.every(({ because }) => because === regionReason)) {
    return new GatewayError('region_not_allowed')
  }
  const [first] = excluded
  if (first) {
    const message = `The model ${name} cannot be served: provider ${first.target.provider.name}: ${first.because}.`
    return new GatewayError('model_not_found', { message, param: 'model' })
  }
  const owner = routing.virtualModels.has(call.model) ? undefined : ownerOf(call.model, routing)
  const hint = owner
    ? ` Provider ${owner} serves it, but has no credential here: set ${variables[owner]}, or add it to the configuration.`
    : ' See GET /v1/models for those that do.'
  return new GatewayError('model_not_found', {
    message: `The model ${name} does not exist here.${hint}`,
    param: 'model',
  })
}

/** The type of provider that is not here and would serve a name: as it was addressed, by the catalogue, or by its family. */
function ownerOf(name: string, { providers }: Routing): OwnerType | undefined {
  const here = new Set([...providers.values()].map(({ facts }) => facts.type))
  const missing = (Object.keys(variables) as OwnerType[]).filter((type) => !here.has(type))
  return (
    missing.find((type) => name.startsWith(`${type}/`)) ??
    missing.find((type) => catalogue.find(type, name)) ??
    missing.find((type) => type === familyOf(name)?.type)
  )
}

/** The decision in one line, for the log. */
export function describeDecision({ targets, excluded }: Decision): string {
  let chosen = ''
  for (const { provider, model } of targets)
    chosen += `${chosen === '' ? '' : ' > '}${provider.name}/${model}`
  if (excluded.length === 0) return chosen
  const left = excluded.map(({ target, because }) => `${target.provider.name}: ${because}`).join('; ')
  return `${chosen} (not ${left})`
}
