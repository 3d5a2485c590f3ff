import type { LoadedConfig } from './config/load.ts'
import type { Config, ProviderConfig } from './config/schema.ts'
import { isKeyless } from './config/start-checks.ts'
import type { Runtime } from './http/context.ts'
import { staticKeys } from './http/keys.ts'
import type { Routing, VirtualModel } from './pipeline/choose.ts'
import type { Deadlines, Provider, Target } from './pipeline/target.ts'
import { catalogue, catalogueWith, modelsOf } from './providers/catalogue.ts'
import type { ProviderModels } from './providers/catalogue.ts'
import { providerFacts } from './providers/index.ts'
import { mockModels } from './providers/mock/models.ts'
import type { ProviderFacts, ProviderSettings } from './providers/provider.ts'
import { openMockTransport } from './providers/mock/transport.ts'
import type { Transport } from './upstream/transport.ts'
import { openUndiciTransport } from './upstream/undici-transport.ts'
import { version } from './version.ts'

/** Connections outlive a reload where nothing about them changed; the others finish what they carry and close. */
export class TransportPool {
  #open = new Map<string, Transport>()
  #wanted = new Map<string, Transport>()

  get(key: string, open: () => Transport): Transport {
    const transport = this.#wanted.get(key) ?? this.#open.get(key) ?? open()
    this.#wanted.set(key, transport)
    return transport
  }

  /** Closes what the last configuration no longer wants. */
  settle(): void {
    for (const [key, transport] of this.#open) if (!this.#wanted.has(key)) void transport.close()
    this.#open = this.#wanted
    this.#wanted = new Map()
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map((transport) => transport.close()))
  }
}

/** Everything that follows from a configuration, made once and then only read. */
export function buildRuntime(loaded: LoadedConfig, transports: TransportPool): Runtime {
  const routing = buildRouting(loaded, transports)
  transports.settle()
  const { config } = loaded
  const { retry } = config.resilience
  const { security } = config
  return {
    pipeline: {
      routing,
      retry: {
        strategy: retry.strategy,
        initialDelayMs: retry.initial_delay_ms,
        maxDelayMs: retry.max_delay_ms,
        backoffMultiplier: retry.backoff_multiplier,
      },
    },
    keys: staticKeys(config),
    keyless: isKeyless(config) && config.auth.enabled,
    inputLimits: {
      maxDepth: security.validation.max_depth,
      maxMessages: security.enabled ? security.validation.max_messages : undefined,
      maxMessageLength: security.enabled ? security.validation.max_message_length : undefined,
    },
    maxBodyBytes: security.validation.max_request_size_bytes,
    strict: config.strict,
    securityHeaders: security.enabled && security.headers.add_security_headers ? securityHeaders : [],
    allowedHosts: allowedHosts(config),
  }
}

// Answers are JSON, event streams and metrics: no browser renders them, so what matters is that none guesses.
const securityHeaders = ['x-content-type-options', 'nosniff']

function allowedHosts({ security }: Config): ReadonlySet<string> | undefined {
  const hosts = security.enabled ? security.headers.allowed_hosts : []
  return hosts.length === 0 ? undefined : new Set(hosts.map((host) => host.toLowerCase()))
}

function buildRouting(
  { config, withoutCredential, catalogueData }: LoadedConfig,
  transports: TransportPool,
): Routing {
  const data = catalogueData ? catalogueWith(catalogueData) : catalogue
  const providers = new Map<string, Provider>()
  for (const [name, entry] of Object.entries(config.providers)) {
    if (!entry.enabled) continue
    const facts = providerFacts.get(entry.type)
    const said = config.catalogue.models.filter(({ provider }) => provider === name)
    const known = modelsOf(data, entry.type, said)
    const missing = withoutCredential.includes(name) ? 'it has no credential' : undefined
    providers.set(
      name,
      facts
        ? buildProvider(name, entry, facts, known, missing, config, transports)
        : unknownProvider(name, entry),
    )
  }
  return {
    providers,
    virtualModels: new Map(config.models.map((model) => [model.name, virtualModel(model, providers)])),
    defaultProvider: config.routing.default_provider,
    failover: config.routing.fallback_enabled,
    resolved: new Map(),
  }
}

function virtualModel(
  model: Config['models'][number],
  providers: ReadonlyMap<string, Provider>,
): VirtualModel {
  // A target on a disabled provider is left out: the operator said so.
  const targets = model.targets.flatMap((target): Target[] => {
    const provider = providers.get(target.provider)
    return provider ? [{ provider, model: target.model }] : []
  })
  return { name: model.name, targets, fallbacks: model.fallbacks }
}

function buildProvider(
  name: string,
  entry: ProviderConfig,
  facts: ProviderFacts,
  known: ProviderModels,
  unusable: string | undefined,
  config: Config,
  transports: TransportPool,
): Provider {
  const settings = settingsOf(entry)
  const url = new URL(entry.base_url ?? from(facts.baseUrl, settings) ?? 'http://nowhere.invalid')
  const path = url.pathname.replace(/\/+$/, '')
  const connectTimeoutMs = config.resilience.timeout.connect_seconds * 1_000
  const keys = entry.api_keys ?? (entry.api_key === undefined ? [] : [entry.api_key])
  const models = entry.models ?? [...(facts.inProcess ? mockModels : []), ...known.names]
  const listed = new Set(models)
  return {
    name,
    facts,
    basePath: path === '' ? from(facts.usualPath, settings) : path,
    models,
    listing: entry.models ? undefined : facts.listing,
    lists:
      facts.inProcess && !entry.models ? (model) => model.startsWith('mock-') : (model) => listed.has(model),
    labels: new Set([...models, ...targetsOf(name, config)]),
    region: entry.region,
    unusable,
    settings,
    signer: facts.openSigner?.({ origin: url.origin, keys, settings }),
    transport: facts.inProcess
      ? transports.get('mock', openMockTransport)
      : transports.get(`${name} ${url.origin} ${connectTimeoutMs} ${keys.length}`, () =>
          openUndiciTransport({ origin: url.origin, connectTimeoutMs }),
        ),
    nextHeaders: inTurn(headerSets(facts, entry, keys)),
    credentials: keys.length,
    secrets: [
      ...keys,
      entry.aws_secret_access_key,
      entry.aws_session_token,
      entry.azure_client_secret,
    ].filter((secret) => secret !== undefined),
    deadlines: deadlines(config, entry),
    maxAttempts:
      entry.max_retries === undefined ? config.resilience.retry.max_attempts : entry.max_retries + 1,
    describe: known.find,
  }
}

const from = <Value>(
  value: Value | ((settings: ProviderSettings) => Value),
  settings: ProviderSettings,
): Value => (value instanceof Function ? value(settings) : value)

function settingsOf(entry: ProviderConfig): ProviderSettings {
  const { aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey } = entry
  const { azure_tenant_id: tenantId, azure_client_id: clientId } = entry
  return {
    api: entry.api,
    endpoint: entry.endpoint,
    apiVersion: entry.api_version,
    deployments: entry.deployments,
    project: entry.project,
    location: entry.location,
    credentialsFile: entry.credentials_file,
    awsRegion: entry.aws_region ?? entry.region,
    awsProfile: entry.aws_profile,
    ...(tenantId !== undefined &&
      clientId !== undefined && {
        entra: {
          tenantId,
          clientId,
          clientSecret: entry.azure_client_secret,
          federatedTokenFile: entry.azure_federated_token_file,
          authority: entry.azure_authority,
          scope: entry.azure_scope,
        },
      }),
    ...(accessKeyId !== undefined &&
      secretAccessKey !== undefined && {
        awsKeys: { accessKeyId, secretAccessKey, sessionToken: entry.aws_session_token },
      }),
  }
}

/** What virtual names ask of a provider. */
const targetsOf = (provider: string, { models }: Config): string[] =>
  models.flatMap(({ targets }) =>
    targets.filter((target) => target.provider === provider).map(({ model }) => model),
  )

/** A type that this version cannot speak to: named, so that a caller hears why, and never chosen. */
function unknownProvider(name: string, entry: ProviderConfig): Provider {
  const unusable = `this version does not speak to ${entry.type}`
  const models = entry.models ?? []
  const cannot = () => {
    throw new Error(unusable)
  }
  return {
    name,
    facts: {
      type: entry.type,
      source: '',
      usualPath: '',
      credential: null,
      serves: {},
      requestIdHeader: 'x-request-id',
    },
    basePath: '',
    models,
    listing: undefined,
    lists: (model) => models.includes(model),
    labels: new Set(models),
    region: entry.region,
    unusable,
    settings: {},
    signer: undefined,
    transport: { send: cannot, close: () => Promise.resolve() },
    nextHeaders: cannot,
    credentials: 0,
    secrets: [],
    deadlines: { streamFirstByteMs: 1, jsonFirstByteMs: 1, idleMs: 1, requestMs: 1, streamingMs: 1 },
    maxAttempts: 1,
    describe: () => undefined,
  }
}

function headerSets(facts: ProviderFacts, entry: ProviderConfig, keys: readonly string[]): string[][] {
  const common: Record<string, string> = {
    'content-type': 'application/json',
    'user-agent': `llm-gateway/${version}`,
    ...facts.headers,
    ...(entry.api_version !== undefined && facts.type === 'anthropic'
      ? { 'anthropic-version': entry.api_version }
      : {}),
  }
  for (const [name, value] of Object.entries(entry.headers ?? {})) common[name.toLowerCase()] = value
  const sets =
    keys.length === 0 || !facts.credential
      ? [common]
      : keys.map((key) => ({ ...common, ...credential(facts, key) }))
  return sets.map((set) => Object.entries(set).flat())
}

function credential({ credential }: ProviderFacts, key: string): Record<string, string> {
  if (!credential) return {}
  return { [credential.header]: 'scheme' in credential ? `${credential.scheme} ${key}` : key }
}

function inTurn<T>(items: readonly T[]): () => T {
  let next = 0
  return () => {
    const item = items[next] as T
    next = next + 1 === items.length ? 0 : next + 1
    return item
  }
}

function deadlines(config: Config, entry: ProviderConfig): Deadlines {
  const { timeout } = config.resilience
  const firstByteMs =
    timeout.first_byte_seconds === undefined ? undefined : timeout.first_byte_seconds * 1_000
  return {
    streamFirstByteMs: firstByteMs ?? 120_000,
    jsonFirstByteMs: firstByteMs,
    idleMs: timeout.idle_seconds * 1_000,
    requestMs: (entry.timeout_seconds ?? timeout.request_seconds) * 1_000,
    streamingMs: timeout.streaming_seconds * 1_000,
  }
}
