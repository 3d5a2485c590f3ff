/**
 * The gateway's metrics. What happens per request or attempt is one call here, made of look-ups and additions;
 * what happens seldom goes through the families themselves (`metrics.families.breakerState.series(…).set(2)`).
 */
import { collectDefaultMetrics, Registry } from 'prom-client'
import type { Usage } from '../canonical/usage.ts'
import { makeCatalogue } from './metric-catalogue.ts'
import type { Catalogue } from './metric-catalogue.ts'
import { computedGauge, register, renamed } from './metric-families.ts'
import type { Counter, Gauge, Histogram } from './metric-families.ts'
import { TargetSeries } from './target-series.ts'
import type { AttemptErrorKind } from './target-series.ts'

export interface MetricsOptions {
  /** Also under the `llm_*` names of older dashboards. */
  legacyNames: boolean
  /** Per family; 10,000 by default. Beyond it labels become `other`, counted in `gateway_metrics_folded_total`. */
  maximumSeries?: number
}

/** One request, when its last byte has left or its caller has. */
export interface RequestOutcome {
  /** The route's pattern. */
  route: string
  /** What the caller got; 499 where the caller hung up. */
  status: number
  /** `none` where no target was chosen. */
  provider?: string
  /** `other` where it is not one of ours. */
  model?: string
  tenant?: string
  durationSeconds: number
  ttftSeconds?: number
  /** Time not spent waiting for the provider or the caller. */
  overheadSeconds: number
  tokens?: Usage
  costUsd?: number
}

export interface AttemptOutcome {
  provider: string
  model: string
  /** What went wrong; absent where the attempt succeeded. */
  errorKind?: AttemptErrorKind
  latencySeconds: number
}

export interface HttpOutcome {
  method: string
  /** The route's pattern; `other` where none matched. */
  route: string
  status: number
  durationSeconds: number
}

export interface MetricsPage {
  contentType: string
  body: string
}

/** Also for the registry that adds up several processes. */
export async function renderPage(registry: Registry): Promise<MetricsPage> {
  const body = await registry.metrics()
  // prom-client writes `Nan`, which the format does not know: the event loop's figures right after a scrape.
  return { contentType: registry.contentType, body: body.replace(/ Nan$/gm, ' NaN') }
}

const none = 'none'
const mostTargets = 10_000

export const openMetrics = (options: MetricsOptions): Metrics => new Metrics(options)

export class Metrics {
  readonly registry = new Registry()
  readonly families: Catalogue
  private readonly inflightRequests: Gauge
  private readonly targets = new Map<string, Map<string, TargetSeries>>()
  private targetCount = 0
  private readonly overheads = new Map<string, Histogram>()
  private readonly httpRoutes = new Map<string, Map<string, HttpSeries>>()

  constructor({ legacyNames, maximumSeries }: MetricsOptions) {
    this.families = makeCatalogue({ maximumSeries })
    for (const family of Object.values(this.families)) register(this.registry, family)
    if (legacyNames) registerLegacyNames(this.registry, this.families)
    collectDefaultMetrics({ register: this.registry })
    this.inflightRequests = startWithZeros(this.families)
  }

  recordRequest(request: RequestOutcome): void {
    const series = this.target(request.provider ?? none, request.model ?? none)
    series.countStatus(request.status)
    series.duration.observe(request.durationSeconds)
    if (request.ttftSeconds !== undefined) series.observeFirstToken(request.ttftSeconds)
    if (request.tokens !== undefined) series.countTokens(request.tokens)
    if (request.costUsd !== undefined) series.addCost(request.tenant ?? none, request.costUsd)
    this.overhead(request.route).observe(request.overheadSeconds)
  }

  recordAttempt(attempt: AttemptOutcome): void {
    const series = this.target(attempt.provider, attempt.model)
    series.countAttempt(attempt.latencySeconds)
    if (attempt.errorKind !== undefined) series.countError(attempt.errorKind)
  }

  recordHttp({ method, route, status, durationSeconds }: HttpOutcome): void {
    const series = this.httpRoutes.get(route)?.get(method) ?? this.addHttpSeries(method, route)
    series.record(status, durationSeconds)
  }

  inflight(delta: 1 | -1): void {
    this.inflightRequests.add(delta)
  }

  /** The same target is tried again. */
  recordRetry(provider: string, model: string): void {
    this.families.retries.series({ provider, model }).increment()
  }

  /** This target is left for the next. */
  recordFallback(provider: string, model: string): void {
    this.families.fallbacks.series({ provider, model }).increment()
  }

  render(): Promise<MetricsPage> {
    return renderPage(this.registry)
  }

  private target(provider: string, model: string): TargetSeries {
    return this.targets.get(provider)?.get(model) ?? this.addTarget(provider, model)
  }

  private addTarget(provider: string, model: string): TargetSeries {
    const isOther = provider === 'other' && model === 'other'
    if (this.targetCount >= mostTargets && !isOther) return this.target('other', 'other')
    const series = new TargetSeries(this.families, provider, model)
    const ofProvider = this.targets.get(provider) ?? new Map<string, TargetSeries>()
    this.targets.set(provider, ofProvider.set(model, series))
    this.targetCount++
    return series
  }

  private overhead(route: string): Histogram {
    const existing = this.overheads.get(route)
    if (existing !== undefined) return existing
    const series = this.families.overhead.series({ route })
    this.overheads.set(route, series)
    return series
  }

  private addHttpSeries(method: string, route: string): HttpSeries {
    const series = new HttpSeries(this.families, method, route)
    const ofRoute = this.httpRoutes.get(route) ?? new Map<string, HttpSeries>()
    this.httpRoutes.set(route, ofRoute.set(method, series))
    return series
  }
}

class HttpSeries {
  private readonly statuses = new Map<number, Counter>()
  private readonly duration: Histogram
  private readonly families: Catalogue
  private readonly labels: { method: string; route: string }

  constructor(families: Catalogue, method: string, route: string) {
    this.families = families
    this.labels = { method, route }
    this.duration = families.httpDuration.series(this.labels)
  }

  record(status: number, durationSeconds: number): void {
    let counter = this.statuses.get(status)
    if (counter === undefined) {
      counter = this.families.httpRequests.series({ ...this.labels, status: String(status) })
      this.statuses.set(status, counter)
    }
    counter.increment()
    this.duration.observe(durationSeconds)
  }
}

/** Series that exist before anything happens, so that a rate over them has a start. */
function startWithZeros(families: Catalogue): Gauge {
  for (const kind of ['hit', 'semantic', 'coalesced']) families.cacheHits.series({ kind })
  families.cacheMisses.series({})
  families.cacheSize.series({})
  families.ledgerPending.series({})
  return families.inflightRequests.series({})
}

function registerLegacyNames(registry: Registry, families: Catalogue): void {
  register(registry, renamed('llm_provider_requests_total', families.providerRequests))
  register(registry, renamed('llm_provider_errors_total', families.providerErrors))
  register(registry, renamed('llm_provider_latency_seconds', families.providerLatency))
  register(registry, renamed('llm_rate_limit_exceeded_total', families.rateLimitExceeded))
  const hitRatio = () => {
    const hits = families.cacheHits.total()
    const lookups = hits + families.cacheMisses.total()
    return lookups === 0 ? 0 : hits / lookups
  }
  register(registry, computedGauge('cache_hit_ratio', 'Hits of all look-ups so far', 'average', hitRatio))
}
