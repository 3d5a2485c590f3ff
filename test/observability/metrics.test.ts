import { AggregatorRegistry, Registry } from 'prom-client'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { noUsage } from '../../src/canonical/usage.ts'
import {
  computedGauge,
  CounterFamily,
  HistogramFamily,
  register,
} from '../../src/observability/metric-families.ts'
import { openMetrics, renderPage } from '../../src/observability/metrics.ts'
import type { Metrics, MetricsOptions } from '../../src/observability/metrics.ts'
import { parseExposition } from './exposition.ts'
import type { Family } from './exposition.ts'

const open = (options: Partial<MetricsOptions> = {}): Metrics =>
  openMetrics({ legacyNames: false, ...options })

async function scrape(metrics: Metrics): Promise<Map<string, Family>> {
  return parseExposition((await metrics.render()).body)
}

const valueOf = (
  family: Family | undefined,
  labels: Record<string, string>,
  name = family?.name,
): number | undefined =>
  family?.samples.find(
    (sample) =>
      sample.name === name &&
      Object.keys(sample.labels).length === Object.keys(labels).length &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  )?.value

const openai = { provider: 'openai', model: 'gpt-4o' }
const request = {
  route: '/v1/chat/completions',
  status: 200,
  ...openai,
  durationSeconds: 1.5,
  overheadSeconds: 0.0002,
}

const contractNames = [
  'gateway_requests_total',
  'gateway_request_duration_seconds',
  'gateway_request_tokens_total',
  'gateway_time_to_first_token_seconds',
  'gateway_overhead_seconds',
  'gateway_inflight_requests',
  'gateway_provider_requests_total',
  'gateway_provider_errors_total',
  'gateway_provider_latency_seconds',
  'gateway_circuit_breaker_state',
  'gateway_retry_attempts_total',
  'gateway_fallbacks_total',
  'gateway_hedges_total',
  'gateway_rate_limit_exceeded_total',
  'gateway_cache_hits_total',
  'gateway_cache_misses_total',
  'gateway_cache_size_bytes',
  'gateway_cost_usd_total',
  'gateway_budget_remaining_ratio',
  'gateway_ledger_pending',
  'redis_operations_total',
  'http_requests_total',
  'http_request_duration_seconds',
]

describe('the page', () => {
  test('declares every family of the interface before anything has happened', async () => {
    const families = await scrape(open())
    expect([...families.keys()]).toEqual(expect.arrayContaining(contractNames))
  })

  test('shows the process and its event loop', async () => {
    const families = await scrape(open())
    const names = [
      'process_resident_memory_bytes',
      'process_cpu_seconds_total',
      'nodejs_eventloop_lag_seconds',
    ]
    expect([...families.keys()]).toEqual(expect.arrayContaining(names))
  })

  test('says its content type', async () => {
    expect((await open().render()).contentType).toBe('text/plain; version=0.0.4; charset=utf-8')
  })

  test('escapes whatever a label holds, so that it reads back the same', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), fc.string(), async (first, second) => {
        const registry = new Registry()
        const family = new CounterFamily({ name: 'c', help: 'c', labels: ['first', 'second'] })
        register(registry, family)
        family.series({ first, second }).increment()
        const read = parseExposition((await renderPage(registry)).body).get('c')
        expect(read!.samples).toEqual([{ name: 'c', labels: { first, second }, value: 1 }])
      }),
      {
        examples: [
          ['a"b\\c\nd', '\\"'],
          ['}', ',x="'],
          ['\\n', ''],
        ],
      },
    )
  })

  test('writes a figure that is not known as the format demands', async () => {
    const registry = new Registry()
    register(
      registry,
      computedGauge('g', 'not known', 'sum', () => NaN),
    )
    const { body } = await renderPage(registry)
    expect(parseExposition(body).get('g')!.samples[0]!.value).toBeNaN()
  })
})

describe('a request', () => {
  test('counts by status, provider and model, with its times, tokens and cost', async () => {
    const metrics = open()
    const tokens = {
      ...noUsage,
      input: 10,
      cached: 20,
      cacheWrite5m: 3,
      cacheWrite1h: 4,
      output: 50,
      reasoning: 30,
    }
    metrics.recordRequest({ ...request, ttftSeconds: 0.3, tokens, tenant: 'acme', costUsd: 0.25 })
    metrics.recordRequest({ ...request, tokens, tenant: 'acme', costUsd: 0.5 })
    metrics.recordRequest({ ...request, status: 502, durationSeconds: 3 })
    const families = await scrape(metrics)
    expect(valueOf(families.get('gateway_requests_total'), { status: '200', ...openai })).toBe(2)
    expect(valueOf(families.get('gateway_requests_total'), { status: '502', ...openai })).toBe(1)
    const directions = { input: 20, cached: 40, cache_write: 14, output: 100, reasoning: 60 }
    for (const [direction, count] of Object.entries(directions))
      expect(valueOf(families.get('gateway_request_tokens_total'), { direction, ...openai })).toBe(count)
    expect(valueOf(families.get('gateway_cost_usd_total'), { ...openai, tenant: 'acme' })).toBe(0.75)
    const duration = families.get('gateway_request_duration_seconds')
    expect(valueOf(duration, openai, 'gateway_request_duration_seconds_sum')).toBe(6)
    expect(valueOf(duration, openai, 'gateway_request_duration_seconds_count')).toBe(3)
    const firstToken = families.get('gateway_time_to_first_token_seconds')
    expect(valueOf(firstToken, openai, 'gateway_time_to_first_token_seconds_count')).toBe(1)
    const overhead = families.get('gateway_overhead_seconds')
    expect(valueOf(overhead, { route: request.route, le: '0.0001' }, 'gateway_overhead_seconds_bucket')).toBe(
      0,
    )
    expect(
      valueOf(overhead, { route: request.route, le: '0.00025' }, 'gateway_overhead_seconds_bucket'),
    ).toBe(3)
  })

  test('refused before a target was chosen counts as none', async () => {
    const metrics = open()
    metrics.recordRequest({
      route: '/v1/messages',
      status: 429,
      durationSeconds: 0.001,
      overheadSeconds: 0.001,
    })
    const requests = (await scrape(metrics)).get('gateway_requests_total')
    expect(valueOf(requests, { status: '429', provider: 'none', model: 'none' })).toBe(1)
  })

  test('under way shows as in flight', async () => {
    const metrics = open()
    metrics.inflight(1)
    metrics.inflight(1)
    metrics.inflight(-1)
    expect(valueOf((await scrape(metrics)).get('gateway_inflight_requests'), {})).toBe(1)
  })
})

test('an attempt counts for its target, and its failure by kind', async () => {
  const metrics = open()
  metrics.recordAttempt({ ...openai, latencySeconds: 0.2 })
  metrics.recordAttempt({ ...openai, latencySeconds: 5, errorKind: 'timeout' })
  metrics.recordRetry('openai', 'gpt-4o')
  metrics.recordFallback('openai', 'gpt-4o')
  const families = await scrape(metrics)
  expect(valueOf(families.get('gateway_provider_requests_total'), openai)).toBe(2)
  expect(valueOf(families.get('gateway_provider_errors_total'), { ...openai, kind: 'timeout' })).toBe(1)
  expect(families.get('gateway_provider_errors_total')!.samples).toHaveLength(1)
  expect(valueOf(families.get('gateway_retry_attempts_total'), openai)).toBe(1)
  expect(valueOf(families.get('gateway_fallbacks_total'), openai)).toBe(1)
  const latency = families.get('gateway_provider_latency_seconds')
  expect(valueOf(latency, { ...openai, le: '0.25' }, 'gateway_provider_latency_seconds_bucket')).toBe(1)
})

test('every HTTP route counts by method, route and status', async () => {
  const metrics = open()
  const health = { method: 'GET', route: '/health', durationSeconds: 0.0004 }
  metrics.recordHttp({ ...health, status: 200 })
  metrics.recordHttp({ ...health, status: 503 })
  metrics.recordHttp({ ...health, method: 'HEAD', status: 200 })
  const families = await scrape(metrics)
  const labels = { method: 'GET', route: '/health' }
  expect(valueOf(families.get('http_requests_total'), { ...labels, status: '200' })).toBe(1)
  expect(valueOf(families.get('http_requests_total'), { ...labels, status: '503' })).toBe(1)
  const duration = families.get('http_request_duration_seconds')
  expect(valueOf(duration, { ...labels, le: '0.001' }, 'http_request_duration_seconds_bucket')).toBe(2)
})

describe('histograms', () => {
  const seconds = fc.double({ min: 0, max: 1000, noNaN: true })

  test('are cumulative, and their sum and count are those of what was observed', () => {
    fc.assert(
      fc.property(fc.array(seconds), (observed) => {
        const bounds = [0.1, 1, 10]
        const family = new HistogramFamily({ name: 'h', help: 'h', labels: ['a'] }, bounds)
        const series = family.series({ a: 'x' })
        for (const value of observed) series.observe(value)
        const { values } = family.get()
        const buckets = values.filter(({ metricName }) => metricName === 'h_bucket')
        expect(buckets.map(({ labels }) => labels.le)).toEqual(['0.1', '1', '10', '+Inf'])
        const atMost = (bound: number) => observed.filter((value) => value <= bound).length
        expect(buckets.map(({ value }) => value)).toEqual([...bounds.map(atMost), observed.length])
        const [sum, count] = values.slice(-2)
        expect(sum).toMatchObject({ metricName: 'h_sum', labels: { a: 'x' } })
        expect(sum!.value).toBeCloseTo(
          observed.reduce((total, value) => total + value, 0),
          6,
        )
        expect(count).toMatchObject({ metricName: 'h_count', value: observed.length })
      }),
    )
  })

  test('take no number that would spoil their sum', () => {
    const family = new HistogramFamily({ name: 'h', help: 'h', labels: [] }, [1])
    for (const bad of [NaN, Infinity, -1]) family.series({}).observe(bad)
    expect(family.get().values.map(({ value }) => value)).toEqual([3, 3, 0, 3])
  })
})

test('a counter never falls and never becomes NaN', () => {
  const family = new CounterFamily({ name: 'c', help: 'c', labels: [] })
  const counter = family.series({})
  for (const by of [2, -5, NaN, 0.5]) counter.increment(by)
  expect(family.get().values).toEqual([{ labels: {}, value: 2.5 }])
})

test('series keep their numbers while their family grows', () => {
  const family = new CounterFamily({ name: 'c', help: 'c', labels: ['n'] })
  const all = Array.from({ length: 100 }, (_, n) => {
    const series = family.series({ n: String(n) })
    series.increment(n)
    return series
  })
  for (const series of all) series.increment()
  expect(family.series({ n: '41' })).toBe(all[41])
  expect(family.get().values.map(({ labels, value }) => [labels.n, value])).toEqual(
    all.map((_, n) => [String(n), n + 1]),
  )
})

describe('too many series', () => {
  test('become one called other, which a counter says; nothing that was counted is lost', async () => {
    const metrics = open({ maximumSeries: 3 })
    for (let n = 0; n < 10; n++) metrics.recordRequest({ ...request, model: `m${n}` })
    metrics.recordRequest({ ...request, model: 'm9' })
    const families = await scrape(metrics)
    const requests = families.get('gateway_requests_total')!
    expect(requests.samples.map(({ labels }) => labels.model).sort()).toEqual(['m0', 'm1', 'm2', 'other'])
    expect(requests.samples.reduce((sum, { value }) => sum + value, 0)).toBe(11)
    expect(valueOf(requests, { status: 'other', provider: 'other', model: 'other' })).toBe(8)
    expect(valueOf(families.get('gateway_metrics_folded_total'), { family: 'gateway_requests_total' })).toBe(
      7,
    )
  })
})

describe('older names', () => {
  test('are absent unless asked for', async () => {
    const names = [...(await scrape(open())).keys()]
    expect(names.filter((name) => name.startsWith('llm_') || name === 'cache_hit_ratio')).toEqual([])
  })

  test('show the same numbers as the new ones', async () => {
    const metrics = open({ legacyNames: true })
    metrics.recordAttempt({ ...openai, latencySeconds: 0.2, errorKind: 'connect' })
    metrics.families.rateLimitExceeded.series({ scope: 'key' }).increment()
    metrics.families.cacheHits.series({ kind: 'hit' }).increment(3)
    metrics.families.cacheMisses.series({}).increment()
    const families = await scrape(metrics)
    expect(valueOf(families.get('llm_provider_requests_total'), openai)).toBe(1)
    expect(valueOf(families.get('llm_provider_errors_total'), { ...openai, kind: 'connect' })).toBe(1)
    expect(valueOf(families.get('llm_rate_limit_exceeded_total'), { scope: 'key' })).toBe(1)
    const latency = families.get('llm_provider_latency_seconds')
    expect(valueOf(latency, { ...openai, le: '+Inf' }, 'llm_provider_latency_seconds_bucket')).toBe(1)
    expect(valueOf(families.get('cache_hit_ratio'), {})).toBe(0.75)
  })
})

test("two processes' numbers add up; the worst state of a breaker wins", async () => {
  const processes = [open(), open()]
  for (const [index, metrics] of processes.entries()) {
    metrics.recordRequest({ ...request, durationSeconds: 1 + index })
    metrics.inflight(1)
    metrics.families.breakerState.series(openai).set(index * 2)
  }
  const sent = await Promise.all(processes.map((metrics) => metrics.registry.getMetricsAsJSON()))
  // As it travels between processes.
  const received = JSON.parse(JSON.stringify(sent)) as object[]
  const families = parseExposition(await AggregatorRegistry.aggregate(received).metrics())
  expect(valueOf(families.get('gateway_requests_total'), { status: '200', ...openai })).toBe(2)
  expect(valueOf(families.get('gateway_inflight_requests'), {})).toBe(2)
  expect(valueOf(families.get('gateway_circuit_breaker_state'), openai)).toBe(2)
  const duration = families.get('gateway_request_duration_seconds')
  expect(valueOf(duration, openai, 'gateway_request_duration_seconds_sum')).toBe(3)
  expect(valueOf(duration, { ...openai, le: '1' }, 'gateway_request_duration_seconds_bucket')).toBe(1)
  expect(valueOf(duration, { ...openai, le: '+Inf' }, 'gateway_request_duration_seconds_bucket')).toBe(2)
})
