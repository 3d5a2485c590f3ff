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
  /** Fields of which all are set, or none. */
  pairs?: readonly (readonly string[])[]
  /**
   * The variables that make the provider exist where no file does: any one of the lists is enough. Where it is left
   * out, those that fill what is needed.
   */
  existsBy?: readonly (readonly string[])[]
}

const keyFrom = (...names: string[]): UsualNames => ({
  fields: { api_key: names },
  needs: [['api_key'], ['api_keys']],
})

/** A key, or an application of Microsoft Entra: with a secret, or with the token of a federated workload. */
const azureProofs = [
  ['api_key'],
  ['api_keys'],
  ['azure_tenant_id', 'azure_client_id', 'azure_client_secret'],
  ['azure_tenant_id', 'azure_client_id', 'azure_federated_token_file'],
]

const usualNames: Readonly<Record<ProviderType, UsualNames>> = {
  openai: keyFrom('OPENAI_API_KEY'),
  anthropic: keyFrom('ANTHROPIC_API_KEY'),
  azure_openai: {
    fields: {
      api_key: ['AZURE_OPENAI_API_KEY'],
      endpoint: ['AZURE_OPENAI_ENDPOINT'],
      api_version: ['AZURE_OPENAI_API_VERSION', 'OPENAI_API_VERSION'],
      azure_tenant_id: ['AZURE_TENANT_ID'],
      azure_client_id: ['AZURE_CLIENT_ID'],
      azure_client_secret: ['AZURE_CLIENT_SECRET'],
      azure_federated_token_file: ['AZURE_FEDERATED_TOKEN_FILE'],
      azure_authority: ['AZURE_AUTHORITY_HOST'],
    },
    needs: azureProofs.flatMap((proof) => [
      [...proof, 'endpoint'],
      [...proof, 'base_url'],
    ]),
  },
  gemini: keyFrom('GOOGLE_API_KEY', 'GEMINI_API_KEY'),
  vertex: {
    fields: {
      credentials_file: ['GOOGLE_APPLICATION_CREDENTIALS'],
      project: ['GOOGLE_CLOUD_PROJECT'],
      location: ['GOOGLE_CLOUD_LOCATION'],
    },
    // The machine itself may have credentials, which only a request can tell.
    needs: [['project']],
    existsBy: [['GOOGLE_APPLICATION_CREDENTIALS', 'GOOGLE_CLOUD_PROJECT']],
  },
  bedrock: {
    fields: {
      api_key: ['AWS_BEARER_TOKEN_BEDROCK'],
      aws_region: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
      aws_access_key_id: ['AWS_ACCESS_KEY_ID'],
      aws_secret_access_key: ['AWS_SECRET_ACCESS_KEY'],
      aws_session_token: ['AWS_SESSION_TOKEN'],
    },
    // Without keys the AWS credential chain is asked: profiles, containers, the machine itself.
    needs: [['aws_region'], ['region'], ['base_url']],
    pairs: [['aws_access_key_id', 'aws_secret_access_key']],
    existsBy: [
      ['AWS_BEARER_TOKEN_BEDROCK'],
      ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'],
      ['AWS_PROFILE'],
      ['AWS_WEB_IDENTITY_TOKEN_FILE'],
      ['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'],
      ['AWS_CONTAINER_CREDENTIALS_FULL_URI'],
    ],
  },
  cohere: keyFrom('COHERE_API_KEY'),
  mistral: keyFrom('MISTRAL_API_KEY'),
  together: keyFrom('TOGETHER_API_KEY'),
  deepseek: keyFrom('DEEPSEEK_API_KEY'),
  groq: keyFrom('GROQ_API_KEY'),
  openrouter: keyFrom('OPENROUTER_API_KEY'),
  fireworks: keyFrom('FIREWORKS_API_KEY'),
  xai: keyFrom('XAI_API_KEY'),
  perplexity: keyFrom('PERPLEXITY_API_KEY', 'PPLX_API_KEY'),
  vllm: { fields: { base_url: ['VLLM_BASE_URL'] }, needs: [['base_url']] },
  ollama: { fields: { base_url: ['OLLAMA_HOST'] }, needs: [[]], existsBy: [['OLLAMA_HOST']] },
  openai_compatible: { fields: {}, needs: [[]], existsBy: [] },
  mock: { fields: {}, needs: [[]], existsBy: [] },
}

/**
 * All that proves who asks. One of them in the file, and none is taken from elsewhere: neither the other half of a
 * pair, nor another proof, which would win over the one that was written.
 */
const proofs = new Set([
  ...['api_key', 'api_keys'],
  ...['aws_profile', 'aws_access_key_id', 'aws_secret_access_key', 'aws_session_token'],
  ...['azure_tenant_id', 'azure_client_id', 'azure_client_secret', 'azure_federated_token_file'],
])

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
  if (field === 'endpoint' && written.has('base_url')) return true
  return proofs.has(field) ? [...written].some((one) => proofs.has(one)) : written.has(field)
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
  for (const [type, { fields, needs, existsBy }] of Object.entries(usualNames)) {
    const hasSet = (field: string) => fields[field]?.some((name) => isSet(environment, name)) ?? false
    const isThere = existsBy
      ? existsBy.some((names) => names.every((name) => isSet(environment, name)))
      : needs.some((list) => list.every(hasSet))
    if (isThere) addProvider(root, type)
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
): Map<string, string> {
  const missing = new Map<string, string>()
  for (const [name, provider] of Object.entries(providers)) {
    const { needs, fields, pairs = [] } = usualNames[provider.type]
    const has = (field: string) => (provider as Record<string, unknown>)[field] !== undefined
    const half = pairs.find((pair) => pair.some(has) && !pair.every(has))
    if (!provider.enabled || (!half && needs.some((list) => list.every(has)))) continue
    const wanted = half ?? nearestTo(needs, has)
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

/** The list of which the most is there already; the first of several. */
function nearestTo(needs: UsualNames['needs'], has: (field: string) => boolean): readonly string[] {
  const share = (list: readonly string[]) => list.filter(has).length / list.length
  return needs.reduce((best, list) => (share(list) > share(best) ? list : best), needs[0] ?? [])
}

function typeOf(name: string, provider: DraftNode): unknown {
  const type = childOf(provider, 'type')
  return type?.kind === 'scalar' ? type.value : name
}

const isSet = (environment: Environment, name: string): boolean => (environment.get(name) ?? '') !== ''
