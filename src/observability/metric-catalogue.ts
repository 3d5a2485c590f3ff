/** Every metric of the gateway: names, labels and buckets. Label values come from configuration, never from callers. */
import type { FamilyOptions } from './metric-families.ts'
import { CounterFamily, GaugeFamily, HistogramFamily } from './metric-families.ts'

/** From an answer out of a cache to the longest stream. */
const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600]
/** Health checks and refusals answer within a millisecond. */
const httpBuckets = [0.001, ...durationBuckets]
/** First tokens come within seconds; reasoning models take minutes. */
const firstTokenBuckets = [0.01, 0.025, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2.5, 5, 10, 20, 30, 60, 120]
/** The gateway's own time. */
const overheadBuckets = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1]

export interface CatalogueOptions {
  maximumSeries?: number
}

const target = ['provider', 'model'] as const
const none = [] as const

export function makeCatalogue({ maximumSeries }: CatalogueOptions) {
  const folded = new CounterFamily({
    name: 'gateway_metrics_folded_total',
    help: 'Times that a set of labels was counted as other, because its family is full',
    labels: ['family'],
  })
  const onFold = (family: string) => folded.series({ family }).increment()
  const options = <Name extends string>(
    name: string,
    labels: readonly Name[],
    help: string,
  ): FamilyOptions<Name> => ({
    name,
    help,
    labels,
    onFold,
    ...(maximumSeries !== undefined && { maximumSeries }),
  })
  const counter = <Name extends string>(name: string, labels: readonly Name[], help: string) =>
    new CounterFamily(options(name, labels, help))
  const histogram = <Name extends string>(
    name: string,
    labels: readonly Name[],
    buckets: readonly number[],
    help: string,
  ) => new HistogramFamily(options(name, labels, help), buckets)

  return {
    folded,

    requests: counter(
      'gateway_requests_total',
      ['status', ...target],
      'Requests answered; status is the HTTP code',
    ),
    requestDuration: histogram(
      'gateway_request_duration_seconds',
      target,
      durationBuckets,
      'From the request to the last byte of its answer',
    ),
    requestTokens: counter(
      'gateway_request_tokens_total',
      ['direction', ...target],
      'Tokens; input, cached and cache_write are disjoint, reasoning is part of output',
    ),
    timeToFirstToken: histogram(
      'gateway_time_to_first_token_seconds',
      target,
      firstTokenBuckets,
      'From the request to the first byte of its answer',
    ),
    overhead: histogram(
      'gateway_overhead_seconds',
      ['route'],
      overheadBuckets,
      'Time spent in the gateway itself, per request',
    ),
    inflightRequests: new GaugeFamily(
      options('gateway_inflight_requests', none, 'Requests under way'),
      'sum',
    ),

    providerRequests: counter('gateway_provider_requests_total', target, 'Requests sent to providers'),
    providerErrors: counter(
      'gateway_provider_errors_total',
      ['kind', ...target],
      'Attempts that failed; kind says where',
    ),
    providerLatency: histogram(
      'gateway_provider_latency_seconds',
      target,
      durationBuckets,
      'From sending an attempt to its end',
    ),

    breakerState: new GaugeFamily(
      options('gateway_circuit_breaker_state', target, '0 closed, 1 half-open, 2 open'),
      'max',
    ),
    retries: counter('gateway_retry_attempts_total', target, 'Attempts repeated on the same target'),
    fallbacks: counter('gateway_fallbacks_total', target, 'Calls that left this target for the next'),
    hedges: counter(
      'gateway_hedges_total',
      target,
      'Second attempts sent to this target while the first was slow',
    ),
    rateLimitExceeded: counter('gateway_rate_limit_exceeded_total', ['scope'], 'Requests refused by a limit'),

    cacheHits: counter('gateway_cache_hits_total', ['kind'], 'Answers that needed no provider'),
    cacheMisses: counter('gateway_cache_misses_total', none, 'Look-ups that found nothing'),
    cacheSize: new GaugeFamily(options('gateway_cache_size_bytes', none, 'Bytes held by the cache'), 'sum'),

    cost: counter('gateway_cost_usd_total', [...target, 'tenant'], 'What the calls cost, in US dollars'),
    budgetRemaining: new GaugeFamily(
      options('gateway_budget_remaining_ratio', ['tenant'], 'What is left of the budget, 0 to 1'),
      'min',
    ),
    ledgerPending: new GaugeFamily(
      options('gateway_ledger_pending', none, 'Ledger rows that the database does not have yet'),
      'sum',
    ),

    redisOperations: counter('redis_operations_total', ['operation', 'result'], 'Commands sent to Redis'),
    httpRequests: counter(
      'http_requests_total',
      ['method', 'route', 'status'],
      'HTTP requests of every route',
    ),
    httpDuration: histogram(
      'http_request_duration_seconds',
      ['method', 'route'],
      httpBuckets,
      'HTTP requests of every route',
    ),
  }
}

export type Catalogue = ReturnType<typeof makeCatalogue>
