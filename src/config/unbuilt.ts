/**
 * Settings that this version reads and does not act on yet. A protection that does nothing would be worse than
 * none, so the gateway does not start with one that is on; anything else is a warning.
 */
import type { Config } from './schema.ts'

export interface UnbuiltSetting {
  kind: 'protection' | 'feature'
  path: (string | number)[]
  what: string
}

/** Whether a path was written in the file, in the environment or as an option. Defaults ask for nothing. */
export type IsWritten = (path: (string | number)[]) => boolean

type Section = { enabled?: boolean } | undefined

export function unbuiltSettings(config: Config, isWritten: IsWritten): UnbuiltSetting[] {
  return [...protections(config), ...features(config)].filter(({ path }) => isWritten(path))
}

function* protections(config: Config): Generator<UnbuiltSetting> {
  const protection = (path: (string | number)[], what: string): UnbuiltSetting => ({
    kind: 'protection',
    path,
    what,
  })
  const { security, resilience, auth, telemetry } = config
  if (security.enabled) {
    if (isOn(security.ip_filter)) yield protection(['security', 'ip_filter'], 'refusing callers by address')
    if (isOn(security.request_signing)) yield protection(['security', 'request_signing'], 'signed requests')
    if (isOn(security.rate_limit)) yield protection(['security', 'rate_limit'], 'rate limits')
    if (security.pii.mode !== 'off')
      yield protection(['security', 'pii', 'mode'], 'handling of personal data')
  }
  if (telemetry.logging.content && telemetry.logging.pii_redaction)
    yield protection(['telemetry', 'logging', 'pii_redaction'], 'redaction of logged prompts and answers')
  for (const [index, tenant] of config.tenants.entries()) yield* limitsOf(['tenants', index], tenant)
  for (const [index, key] of auth.keys.entries()) yield* limitsOf(['auth', 'keys', index], key)
  for (const [name, provider] of Object.entries(config.providers))
    if (provider.enabled && isOn(provider.rate_limit))
      yield protection(['providers', name, 'rate_limit'], 'limits on what a provider is asked')
  if (resilience.circuit_breaker.enabled)
    yield protection(['resilience', 'circuit_breaker'], 'circuit breakers')
  if (resilience.bulkhead.enabled) yield protection(['resilience', 'bulkhead'], 'bulkheads')
  if (config.pricing.strict) yield protection(['pricing', 'strict'], 'prices to be strict about')
  if (auth.enabled && auth.jwt && (auth.jwt.jwks_url || auth.jwt.issuer || auth.jwt.audience))
    yield protection(['auth', 'jwt'], 'tokens of an identity provider')

  function* limitsOf(path: (string | number)[], holder: { rate_limit?: Section; budget?: Section }) {
    if (isOn(holder.rate_limit)) yield protection([...path, 'rate_limit'], 'rate limits')
    if (isOn(holder.budget)) yield protection([...path, 'budget'], 'budgets')
  }
}

function* features(config: Config): Generator<UnbuiltSetting> {
  const feature = (path: (string | number)[], what: string): UnbuiltSetting => ({
    kind: 'feature',
    path,
    what,
  })
  const { routing, cache } = config
  if (cache.enabled) {
    yield feature(['cache', 'enabled'], 'the cache')
    if (isOn(cache.semantic_cache)) yield feature(['cache', 'semantic_cache'], 'the semantic cache')
    if (cache.single_flight)
      yield feature(['cache', 'single_flight'], 'sharing a call between identical requests')
  }
  if (routing.strategy !== 'priority')
    yield feature(['routing', 'strategy'], `the strategy ${routing.strategy} (priority is used)`)
  for (const [index, model] of config.models.entries())
    if (model.strategy !== undefined && model.strategy !== 'priority')
      yield feature(['models', index, 'strategy'], `the strategy ${model.strategy} (priority is used)`)
  if (routing.rules.length > 0) yield feature(['routing', 'rules'], 'routing rules')
  yield feature(['routing', 'health_check_interval_seconds'], 'active health checks')
  if (config.resilience.retry.budget_ratio !== 0.2)
    yield feature(['resilience', 'retry', 'budget_ratio'], 'a budget for retries')
  if (config.server.trusted_proxies.length > 0)
    yield feature(['server', 'trusted_proxies'], 'forwarding headers that are believed')
  if (config.telemetry.logging.content)
    yield feature(['telemetry', 'logging', 'content'], 'prompts and answers in the log')
  if (config.resilience.hedge.enabled) yield feature(['resilience', 'hedge'], 'hedging')
  if (config.server.workers !== 1) yield feature(['server', 'workers'], 'more than one worker')
  if (isOn(config.redis)) yield feature(['redis'], 'Redis')
  if (config.database.enabled) yield feature(['database'], 'the database')
  if (config.ledger.enabled) yield feature(['ledger'], 'the ledger')
  if (config.plugins.length > 0) yield feature(['plugins'], 'plugins')
  if (config.security.enabled && config.security.secrets)
    yield feature(['security', 'secrets'], 'stored secrets')
  for (const [index, model] of config.catalogue.models.entries())
    if (model.price) yield feature(['catalogue', 'models', index, 'price'], 'prices')
  for (const [name, provider] of Object.entries(config.providers)) {
    if (!provider.enabled) continue
    if (provider.on_disconnect === 'drain')
      yield feature(
        ['providers', name, 'on_disconnect'],
        'reading an answer to its end for a caller who left',
      )
    if (provider.price) yield feature(['providers', name, 'price'], 'prices')
    if (provider.weight !== 1) yield feature(['providers', name, 'weight'], 'weights of providers')
  }
}

const isOn = (section: Section): boolean => section !== undefined && section.enabled !== false
