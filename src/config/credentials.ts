/** What each type of provider takes from the environment, and which providers have no credential at all. */
import { childOf, emptyMap, nodeAt, putNode } from './draft.ts'
import type { DraftNode, MapNode } from './draft.ts'
import type { Environment } from './environment-values.ts'
import type { ProviderType } from './schema/providers.ts'

interface UsualNames {
  /** Fields and the variables that fill them, the first one set wins. */
  fields: Readonly<Record<string, readonly string[]>>
  /** The fields that together make the provider usable; any one of the lists is enough. */
  needs: readonly (readonly string[])[]
  /** Variables that stand for a credential which the gateway does not read itself. */
  elsewhere?: readonly string[]
}

const keyFrom = (...names: string[]): UsualNames => ({
  fields: { api_key: names },
  needs: [['api_key'], ['api_keys']],
})
const nothing: UsualNames = { fields: {}, needs: [[]] }

const usualNames: Readonly<Record<ProviderType, UsualNames>> = {
  openai: keyFrom('OPENAI_API_KEY'),
  anthropic: keyFrom('ANTHROPIC_API_KEY'),
  azure_openai: {
    fields: { api_key: ['AZURE_OPENAI_API_KEY'], endpoint: ['AZURE_OPENAI_ENDPOINT'] },
    needs: [
      ['api_key', 'endpoint'],
      ['api_key', 'base_url'],
      ['api_keys', 'endpoint'],
      ['api_keys', 'base_url'],
    ],
  },
  gemini: keyFrom('GOOGLE_API_KEY', 'GEMINI_API_KEY'),
  vertex: {
    fields: { credentials_file: ['GOOGLE_APPLICATION_CREDENTIALS'], project: ['GOOGLE_CLOUD_PROJECT'] },
    needs: [['credentials_file']],
  },
  bedrock: {
    fields: {
      api_key: ['AWS_BEARER_TOKEN_BEDROCK'],
      aws_region: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
      aws_access_key_id: ['AWS_ACCESS_KEY_ID'],
      aws_secret_access_key: ['AWS_SECRET_ACCESS_KEY'],
      aws_session_token: ['AWS_SESSION_TOKEN'],
    },
    needs: [['api_key'], ['api_keys'], ['aws_access_key_id', 'aws_secret_access_key']],
    elsewhere: [
      ...['AWS_PROFILE', 'AWS_WEB_IDENTITY_TOKEN_FILE'],
      ...['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI', 'AWS_CONTAINER_CREDENTIALS_FULL_URI'],
    ],
  },
  cohere: keyFrom('COHERE_API_KEY'),
  mistral: keyFrom('MISTRAL_API_KEY'),
  together: keyFrom('TOGETHER_API_KEY'),
  vllm: { fields: { base_url: ['VLLM_BASE_URL'] }, needs: [['base_url']] },
  ollama: { fields: { base_url: ['OLLAMA_HOST'] }, needs: [[]] },
  openai_compatible: nothing,
  mock: nothing,
}

/** Fields that belong together: one of them in the file, and none of the others is taken from elsewhere. */
const awsKeyPair = ['aws_access_key_id', 'aws_secret_access_key', 'aws_session_token']

/** Fills in what the file leaves open. */
export function fillCredentials(root: MapNode, environment: Environment): void {
  const providers = root.entries.get('providers')
  if (providers?.kind !== 'map') return
  for (const [name, provider] of providers.entries)
    if (provider.kind === 'map') fillOne(root, name, provider, environment)
}

function fillOne(root: MapNode, name: string, provider: MapNode, environment: Environment): void {
  const names = usualNames[typeOf(name, provider) as ProviderType] as UsualNames | undefined
  const written = new Set(provider.entries.keys())
  for (const [field, variables] of Object.entries(names?.fields ?? {})) {
    const variable = variables.find((candidate) => isSet(environment, candidate))
    if (variable === undefined || isTaken(field, written)) continue
    const value = environment.get(variable) ?? ''
    const path = ['providers', name, field]
    putNode(root, path, {
      kind: 'scalar',
      origin: { kind: 'env', name: variable, path },
      value: variable === 'OLLAMA_HOST' ? ollamaAddress(value) : value,
    })
  }
}

function isTaken(field: string, written: ReadonlySet<string>): boolean {
  if (field === 'api_key' && written.has('api_keys')) return true
  if (field === 'endpoint' && written.has('base_url')) return true
  if (awsKeyPair.includes(field)) return awsKeyPair.some((one) => written.has(one))
  return written.has(field)
}

/**
 * Ollama's own reading of OLLAMA_HOST: the scheme and the port may be missing, and the address to listen on
 * is not one to call.
 * @see https://github.com/ollama/ollama/blob/main/envconfig/config.go
 */
export function ollamaAddress(value: string): string {
  const url = URL.parse(/^[a-z]+:\/\//i.test(value) ? value : `http://${value}`)
  if (url === null) return value
  const portless = !/:\d+$/.test(value.replace(/^[a-z]+:\/\//i, '').replace(/\/.*$/s, ''))
  if (portless && !/^[a-z]+:\/\//i.test(value)) url.port = '11434'
  if (url.hostname === '0.0.0.0') url.hostname = '127.0.0.1'
  if (url.hostname === '[::]') url.hostname = '[::1]'
  return url.href.replace(/\/$/, '')
}

/** Without a file: the providers whose credentials are in the environment, and the mock last. */
export function addProvidersOfEnvironment(root: MapNode, environment: Environment): void {
  const hasSet = (field: string, names: UsualNames) =>
    names.fields[field]?.some((variable) => isSet(environment, variable)) ?? false
  for (const [type, names] of Object.entries(usualNames)) {
    const asksForSomething = Object.keys(names.fields).length > 0
    const needs = type === 'ollama' ? [['base_url']] : names.needs
    const isThere = needs.some((fields) => fields.every((field) => hasSet(field, names)))
    const isElsewhere = names.elsewhere?.some((variable) => isSet(environment, variable)) ?? false
    if (asksForSomething && type !== 'vertex' && (isThere || isElsewhere)) addProvider(root, type)
  }
  addProvider(root, 'mock')
}

function addProvider(root: MapNode, type: string): void {
  const path = ['providers', type]
  if (nodeAt(root, path) === undefined) putNode(root, path, emptyMap({ kind: 'env', name: '', path }))
}

/** The enabled providers that cannot be used, each with what is missing. */
export function withoutCredential(
  providers: Readonly<Record<string, { enabled: boolean; type: ProviderType }>>,
  environment: Environment,
): Map<string, string> {
  const missing = new Map<string, string>()
  for (const [name, provider] of Object.entries(providers)) {
    const { needs, fields, elsewhere } = usualNames[provider.type]
    const has = (field: string) => (provider as Record<string, unknown>)[field] !== undefined
    if (!provider.enabled || needs.some((list) => list.every(has))) continue
    if (elsewhere?.some((variable) => isSet(environment, variable))) continue
    const [wanted = []] = needs
    missing.set(
      name,
      wanted
        .filter((field) => !has(field))
        .map((field) => `${field} (or ${fields[field]?.join(' or ')} in the environment)`)
        .join(' and '),
    )
  }
  return missing
}

function typeOf(name: string, provider: DraftNode): unknown {
  const type = childOf(provider, 'type')
  return type?.kind === 'scalar' ? type.value : name
}

const isSet = (environment: Environment, name: string): boolean => (environment.get(name) ?? '') !== ''
