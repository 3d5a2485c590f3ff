/** Contract 5: every family, with values that are right. */
import { describe, expect, test } from 'vitest'
import { parseExposition, type Family } from '../observability/exposition.ts'
import { get, post, type StartedGateway } from '../support/gateway.ts'
import {
  anthropicMessage,
  anthropicStream,
  chatCompletion,
  chatStream,
  openaiError,
  startUpstream,
} from '../support/upstream.ts'
import { bearer, goodAnswers, playGateway, until } from './played-gateway.ts'

type Labels = Record<string, string>

class Page {
  readonly families: Map<string, Family>
  readonly text: string

  constructor(text: string) {
    this.text = text
    this.families = parseExposition(text)
  }

  /** The sum of the samples that have these labels; `undefined` where there is none. */
  value(name: string, labels: Labels = {}): number | undefined {
    const family = this.families.get(name) ?? this.families.get(name.replace(/_(count|sum|bucket)$/, ''))
    const found = (family?.samples ?? []).filter(
      (sample) =>
        sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
    )
    return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0)
  }

  /** `a=1,b=2` of each series. */
  series(name: string): string[] {
    const samples = this.families.get(name)?.samples ?? []
    return samples.map(({ labels }) =>
      Object.entries(labels)
        .map((pair) => pair.join('='))
        .sort()
        .join(','),
    )
  }
}

const scrape = async (gateway: StartedGateway) => new Page((await get(`${gateway.metricsUrl}/metrics`)).text)
/** A request is counted when its connection is done with it, which may be after its answer was read. */
const scrapeWhen = (gateway: StartedGateway, isIt: (page: Page) => boolean) =>
  until(() => scrape(gateway), isIt)

const target = { provider: 'openai', model: 'gpt-4o' }
const oneTry = { resilience: { retry: { max_attempts: 1 } } }

describe('the families', () => {
  const families = [
    ...['gateway_requests_total', 'gateway_request_duration_seconds', 'gateway_request_tokens_total'],
    ...['gateway_time_to_first_token_seconds', 'gateway_overhead_seconds', 'gateway_inflight_requests'],
    ...[
      'gateway_provider_requests_total',
      'gateway_provider_errors_total',
      'gateway_provider_latency_seconds',
    ],
    ...['gateway_circuit_breaker_state', 'gateway_retry_attempts_total', 'gateway_fallbacks_total'],
    ...['gateway_hedges_total', 'gateway_rate_limit_exceeded_total', 'gateway_cache_hits_total'],
    ...['gateway_cache_misses_total', 'gateway_cache_size_bytes', 'gateway_cost_usd_total'],
    ...['gateway_budget_remaining_ratio', 'gateway_ledger_pending', 'redis_operations_total'],
    ...['http_requests_total', 'http_request_duration_seconds'],
    ...['process_cpu_seconds_total', 'process_resident_memory_bytes', 'nodejs_eventloop_lag_seconds'],
  ]
  const legacy = [
    ...['llm_provider_requests_total', 'llm_provider_errors_total', 'llm_provider_latency_seconds'],
    ...['llm_rate_limit_exceeded_total', 'cache_hit_ratio'],
  ]

  test('are all there, in a format that Prometheus reads', async () => {
    const { gateway, chat } = await playGateway()
    await chat()
    const page = await scrape(gateway)
    expect(families.filter((name) => !page.families.has(name))).toEqual([])
    expect(legacy.filter((name) => page.families.has(name))).toEqual([])
  })

  test('“with telemetry.metrics.legacy_names: true also” the older ones, with the same values', async () => {
    const { gateway, chat, upstream } = await playGateway(undefined, {
      config: { telemetry: { metrics: { legacy_names: true } }, ...oneTry },
    })
    await chat()
    upstream.on({ status: 500, json: openaiError('no') })
    await chat()
    const page = await scrape(gateway)
    expect(legacy.filter((name) => !page.families.has(name))).toEqual([])
    expect(page.value('llm_provider_requests_total', target)).toBe(2)
    expect(page.value('llm_provider_errors_total', { ...target, kind: 'status' })).toBe(1)
    expect(page.value('llm_provider_latency_seconds_count', target)).toBe(2)
    expect(page.value('cache_hit_ratio')).toBe(0)
  })

  test('“telemetry.metrics.enabled: false” serves none', async () => {
    const { gateway } = await playGateway(undefined, {
      config: { telemetry: { metrics: { enabled: false } } },
    })
    expect(gateway.metricsUrl).toBeUndefined()
    expect((await get(`${gateway.url}/metrics`)).status).toBe(404)
  })
})

describe('requests', () => {
  test('are counted by status, provider and model, each once, with their durations', async () => {
    const { gateway, chat, claude, post: send } = await playGateway()
    for (let i = 0; i < 3; i++) await chat()
    await claude()
    await claude()
    await send('/v1/embeddings', { model: 'text-embedding-3-small', input: 'a' })
    const page = await scrapeWhen(gateway, (now) => now.value('gateway_requests_total') === 6)
    expect(page.series('gateway_requests_total').sort()).toEqual([
      'model=claude-sonnet-4-5,provider=anthropic,status=200',
      'model=gpt-4o,provider=openai,status=200',
      'model=text-embedding-3-small,provider=openai,status=200',
    ])
    expect(page.value('gateway_requests_total', target)).toBe(3)
    expect(page.value('gateway_request_duration_seconds_count', target)).toBe(3)
    expect(page.value('gateway_request_duration_seconds_sum', target)).toBeGreaterThan(0)
    expect(page.value('gateway_overhead_seconds_count', { route: '/v1/chat/completions' })).toBe(3)
    expect(page.value('gateway_provider_requests_total', target)).toBe(3)
    expect(page.value('gateway_provider_latency_seconds_count', target)).toBe(3)
    expect(page.value('gateway_provider_errors_total') ?? 0).toBe(0)
  })

  test('“status is the HTTP code” that the caller got', async () => {
    const { gateway, chat, upstream } = await playGateway(undefined, { config: oneTry })
    for (const [status, seen] of [
      [400, 400],
      [422, 400],
      [429, 429],
      [500, 502],
      [503, 503],
      [529, 503],
    ] as const) {
      upstream.on({ status, json: openaiError('no') })
      expect((await chat()).status).toBe(seen)
    }
    await chat({ model: 'nobody-knows' })
    const page = await scrapeWhen(gateway, (now) => now.value('gateway_requests_total') === 7)
    const counts = Object.fromEntries(
      ['400', '404', '429', '502', '503'].map((status) => [
        status,
        page.value('gateway_requests_total', { status }),
      ]),
    )
    expect(counts).toEqual({ 400: 2, 404: 1, 429: 1, 502: 1, 503: 2 })
  })

  test('a caller who hangs up is a 499, and no error of the provider', async () => {
    const { gateway, stream } = await playGateway({ sse: chatStream('Hi').slice(0, 2), thenHangs: true })
    const open = await stream()
    await open.firstChunk()
    open.hangUp()
    const page = await scrapeWhen(
      gateway,
      (now) => now.value('gateway_requests_total', { status: '499' }) === 1,
    )
    expect(page.value('gateway_requests_total')).toBe(1)
    expect(page.value('gateway_provider_requests_total', target)).toBe(1)
    expect(page.value('gateway_provider_errors_total') ?? 0).toBe(0)
  })

  test('gateway_inflight_requests goes up and comes back', async () => {
    const { gateway, stream, chat, upstream } = await playGateway({
      sse: chatStream('Hi').slice(0, 2),
      thenHangs: true,
    })
    expect((await scrape(gateway)).value('gateway_inflight_requests')).toBe(0)
    const open = [await stream(), await stream()]
    expect((await scrape(gateway)).value('gateway_inflight_requests')).toBe(2)
    for (const one of open) one.hangUp()
    upstream.on(goodAnswers)
    await chat({ messages: 'oops' })
    await chat()
    await scrapeWhen(gateway, (now) => now.value('gateway_inflight_requests') === 0)
  })

  test('streams have a time to first token, other answers have none', async () => {
    const { gateway, chat, stream, upstream } = await playGateway({ sse: chatStream('Hi') })
    await (await stream()).text()
    await (await stream()).text()
    upstream.on(goodAnswers)
    await chat()
    const page = await scrapeWhen(gateway, (now) => now.value('gateway_requests_total') === 3)
    expect(page.value('gateway_time_to_first_token_seconds_count', target)).toBe(2)
  })

  test('http_requests_total counts every route by its pattern', async () => {
    const { gateway, chat, get: fetch } = await playGateway()
    await chat()
    await post(`${gateway.url}/v1/chat/completions`, {})
    await fetch('/v1/models/org%2Fnobody')
    await fetch('/v1/models/gpt-4o')
    await fetch('/nothing/here')
    await fetch('/live')
    const page = await scrapeWhen(gateway, (now) => now.value('http_requests_total') === 6)
    const of = (route: string, status: string) => page.value('http_requests_total', { route, status })
    expect(of('/v1/chat/completions', '200')).toBe(1)
    expect(of('/v1/chat/completions', '401')).toBe(1)
    expect(of('/v1/models/*', '404')).toBe(1)
    expect(of('/v1/models/*', '200')).toBe(1)
    expect(of('other', '404')).toBe(1)
    expect(of('/live', '200')).toBe(1)
    expect(page.value('http_request_duration_seconds_count')).toBe(6)
  })
})

describe('tokens: “direction is input|cached|cache_write|output|reasoning”', () => {
  const directions = (page: Page, labels: Labels) =>
    Object.fromEntries(
      ['input', 'cached', 'cache_write', 'output', 'reasoning'].map((direction) => [
        direction,
        page.value('gateway_request_tokens_total', { direction, ...labels }) ?? 0,
      ]),
    )
  const openaiUsage = {
    prompt_tokens: 100,
    completion_tokens: 20,
    total_tokens: 120,
    prompt_tokens_details: { cached_tokens: 40 },
    completion_tokens_details: { reasoning_tokens: 5 },
  }
  const claudeUsage = {
    input_tokens: 9,
    cache_creation_input_tokens: 5,
    cache_read_input_tokens: 7,
    output_tokens: 3,
  }
  const claude = { provider: 'anthropic', model: 'claude-sonnet-4-5' }

  test('of OpenAI, where the prompt includes what was cached', async () => {
    const { gateway, chat } = await playGateway({ json: chatCompletion('Hi', { usage: openaiUsage }) })
    await chat()
    await chat()
    const page = await scrapeWhen(gateway, (now) => now.value('gateway_requests_total') === 2)
    expect(directions(page, target)).toEqual({
      input: 120,
      cached: 80,
      cache_write: 0,
      output: 40,
      reasoning: 10,
    })
  })

  test('of Anthropic, where it does not; relayed and translated', async () => {
    const played = await playGateway({ json: anthropicMessage('Hi', { usage: claudeUsage }) })
    await played.claude()
    await played.chat({ model: 'claude-sonnet-4-5' })
    const page = await scrapeWhen(played.gateway, (now) => now.value('gateway_requests_total') === 2)
    expect(directions(page, claude)).toEqual({
      input: 18,
      cached: 14,
      cache_write: 10,
      output: 6,
      reasoning: 0,
    })
  })

  test('of streams: relayed, translated, and where the caller did not ask for usage', async () => {
    const played = await playGateway({ sse: chatStream('a', 'b') })
    await (await played.stream()).text()
    await (await played.stream({ stream_options: { include_usage: true } })).text()
    const page = await scrapeWhen(played.gateway, (now) => now.value('gateway_requests_total') === 2)
    expect(directions(page, target)).toMatchObject({ input: 18, output: 4 })
    played.upstream.on({ sse: anthropicStream('a', 'b', 'c') })
    await (await played.stream({ model: 'claude-sonnet-4-5' })).text()
    const after = await scrapeWhen(played.gateway, (now) => now.value('gateway_requests_total') === 3)
    expect(directions(after, claude)).toMatchObject({ input: 9, output: 3 })
  })

  test('a request that failed has none', async () => {
    const { gateway, chat } = await playGateway({ status: 500, json: openaiError('no') }, { config: oneTry })
    await chat()
    const page = await scrapeWhen(gateway, (now) => now.value('gateway_requests_total') === 1)
    expect(page.value('gateway_request_tokens_total') ?? 0).toBe(0)
  })
})

describe('“error kind is dns|connect|tls|timeout|status|protocol”, each provoked for real', () => {
  async function kindsOf(baseUrl: string, more: Record<string, unknown> = {}) {
    const { gateway, chat } = await playGateway(undefined, {
      openai: { base_url: baseUrl },
      config: { resilience: { retry: { max_attempts: 1 }, timeout: { connect_seconds: 2, ...more } } },
    })
    const { status } = await chat()
    const page = await scrapeWhen(gateway, (now) => now.value('gateway_requests_total') === 1)
    expect(page.value('gateway_provider_requests_total', target)).toBe(1)
    return { status, series: page.series('gateway_provider_errors_total') }
  }
  const only = (kind: string) => [`kind=${kind},model=gpt-4o,provider=openai`]

  test('dns', async () => {
    expect(await kindsOf('http://no-such-host.invalid')).toEqual({ status: 502, series: only('dns') })
  })

  test('connect', async () => {
    const upstream = await startUpstream()
    await upstream.close()
    expect(await kindsOf(upstream.url)).toEqual({ status: 502, series: only('connect') })
  })

  test('tls', async () => {
    const upstream = await startUpstream()
    expect(await kindsOf(`https://127.0.0.1:${upstream.port}`)).toEqual({ status: 502, series: only('tls') })
  })

  test('timeout', async () => {
    const upstream = await startUpstream({ hangs: true })
    expect(await kindsOf(upstream.url, { first_byte_seconds: 0.05 })).toEqual({
      status: 504,
      series: only('timeout'),
    })
  })

  test('status', async () => {
    const upstream = await startUpstream({ status: 500, json: openaiError('no') })
    expect(await kindsOf(upstream.url)).toEqual({ status: 502, series: only('status') })
  })

  test.each([
    ['an answer that is no JSON', { body: '{"id": oops', headers: { 'content-type': 'application/json' } }],
    [
      'an answer that is cut off',
      { body: '{"id"', headers: { 'content-type': 'application/json', 'content-length': '999' } },
    ],
  ])('protocol: %s', async (_name, script) => {
    const upstream = await startUpstream(
      'content-length' in script.headers
        ? (_request, response) => {
            response.writeHead(200, script.headers)
            response.write(script.body, () => response.destroy())
          }
        : script,
    )
    expect(await kindsOf(upstream.url)).toEqual({ status: 502, series: only('protocol') })
  })

  test('a stream that breaks off after its first event is one too', async () => {
    const { gateway, stream } = await playGateway({ sse: chatStream('Hi').slice(0, 2) })
    await (await stream()).text()
    const page = await scrapeWhen(gateway, (now) => now.value('gateway_requests_total') === 1)
    expect(page.series('gateway_provider_errors_total')).toEqual(only('protocol'))
  })
})

describe('attempts', () => {
  test('“gateway_retry_attempts_total”: the same target again, after the first', async () => {
    const failing = { status: 500, json: openaiError('no') }
    const { gateway, chat } = await playGateway([failing, failing, { json: chatCompletion() }])
    expect((await chat()).status).toBe(200)
    const page = await scrapeWhen(gateway, (now) => now.value('gateway_requests_total') === 1)
    expect(page.series('gateway_retry_attempts_total')).toEqual(['model=gpt-4o,provider=openai'])
    expect(page.value('gateway_retry_attempts_total', target)).toBe(2)
    expect(page.value('gateway_provider_requests_total', target)).toBe(3)
    expect(page.value('gateway_provider_errors_total', { ...target, kind: 'status' })).toBe(2)
    expect(page.value('gateway_fallbacks_total') ?? 0).toBe(0)
    expect(page.value('gateway_requests_total', { ...target, status: '200' })).toBe(1)
  })

  test('“gateway_fallbacks_total”: left for the next', async () => {
    const upstream = await startUpstream([
      { status: 500, json: openaiError('no') },
      { json: chatCompletion() },
    ])
    const entry = { type: 'openai', api_key: 'sk', base_url: upstream.url, models: ['gpt-4o'] }
    const { gateway, chat } = await playGateway(undefined, {
      config: { providers: { one: entry, two: entry } },
    })
    expect((await chat()).status).toBe(200)
    const page = await scrapeWhen(gateway, (now) => now.value('gateway_requests_total') === 1)
    expect(page.series('gateway_fallbacks_total')).toEqual(['model=gpt-4o,provider=one'])
    expect(page.value('gateway_retry_attempts_total') ?? 0).toBe(0)
    expect(page.value('gateway_requests_total', { provider: 'two', status: '200' })).toBe(1)
  })
})

describe('“label values come from configuration, never from callers: an unknown model is other”', () => {
  test('whatever a caller writes, wherever', async () => {
    const played = await playGateway(undefined, {
      config: {
        providers: { openai: { api_key: 'sk', base_url: 'http://127.0.0.1:1' }, mock: {} },
        routing: { default_provider: 'mock' },
        ...oneTry,
      },
    })
    const { gateway, chat, claude, stream, get: fetch, post: send } = played
    for (let i = 0; i < 5; i++) {
      const marker = `Marker${i}`
      await chat({ model: marker })
      await chat({ model: `openai/${marker}` })
      await chat({ model: `mock/${marker}` })
      await chat({ model: `mock-${marker}` })
      await chat({ model: `mock/mock-${marker}` })
      await chat({ model: `gpt-${marker}` })
      await chat({ model: `${marker}/${marker}"\n{}` })
      await chat(
        {},
        { 'x-gateway-provider': marker, 'x-request-id': marker, 'x-gateway-tags': `a=${marker}` },
      )
      await chat({}, { ...bearer(marker), 'user-agent': marker, origin: `https://${marker}.example` })
      await claude({ model: marker })
      await (await stream({ model: `mock-${marker}`, stream_options: { include_usage: true } })).text()
      await send('/v1/embeddings', { model: `mock-embedding-${marker}`, input: marker })
      await fetch(`/${marker}?${marker}=1`)
      await fetch(`/v1/models/${marker}`)
      await send(`/v1/${marker}`, { [marker]: marker })
    }
    const page = await scrapeWhen(gateway, (now) => now.value('gateway_inflight_requests') === 0)
    const samples = [...page.families.values()].flatMap((family) => family.samples)
    const labels = new Set(samples.flatMap((sample) => Object.values(sample.labels)))
    expect([...labels].filter((value) => value.includes('Marker'))).toEqual([])
    expect(page.text).not.toContain('Marker')
    expect(page.value('gateway_requests_total', { model: 'other' })).toBeGreaterThan(20)
    const methods = new Set(
      page.families.get('http_requests_total')?.samples.map(({ labels }) => labels.method),
    )
    expect([...methods].sort()).toEqual(['GET', 'POST'])
  })

  test('a model that a provider lists, and a virtual name’s target, keep their names', async () => {
    const { gateway, chat } = await playGateway(undefined, {
      openai: { models: ['mine'] },
      config: { models: [{ name: 'fast', targets: [{ provider: 'openai', model: 'behind-fast' }] }] },
    })
    expect((await chat({ model: 'mine' })).status).toBe(200)
    expect((await chat({ model: 'fast' })).status).toBe(200)
    const page = await scrapeWhen(gateway, (now) => now.value('gateway_requests_total') === 2)
    expect(page.series('gateway_requests_total').sort()).toEqual([
      'model=behind-fast,provider=openai,status=200',
      'model=mine,provider=openai,status=200',
    ])
  })
})

describe('where they are', () => {
  test('“metrics_port … no authentication … serves /metrics alone”', async () => {
    const { gateway } = await playGateway()
    const at = (path: string, headers: Labels = {}, method = 'GET') =>
      get(gateway.metricsUrl + path, { headers, method })
    const { status, headers, text } = await at('/metrics', { 'x-forwarded-for': '192.0.2.9' })
    expect(status).toBe(200)
    expect(headers['content-type']).toMatch(/^text\/plain/)
    expect(text).toContain('gateway_requests_total')
    expect((await at('/metrics?x=1')).status).toBe(200)
    for (const path of ['/', '/health', '/live', '/v1/models', '/v1/chat/completions', '/metrics/x']) {
      expect([path, (await at(path, bearer('admin-key'))).status]).toEqual([path, 404])
    }
    expect((await at('/metrics', {}, 'POST')).status).toBeGreaterThanOrEqual(400)
  })

  test('“on server.host”', async () => {
    const { gateway } = await playGateway(undefined, { config: { server: { host: '127.0.0.5' } } })
    expect(new URL(gateway.metricsUrl ?? '').hostname).toBe('127.0.0.5')
    expect((await get(`${gateway.metricsUrl}/metrics`)).status).toBe(200)
  })

  test('“/metrics on the main port for admin keys or loopback”, with the same page', async () => {
    const { gateway } = await playGateway()
    const elsewhere = { 'x-forwarded-for': '192.0.2.9' }
    const at = (headers: Labels) => get(`${gateway.url}/metrics`, { headers })
    expect((await at({})).status).toBe(200)
    expect((await at({ ...elsewhere, ...bearer('admin-key') })).text).toContain('gateway_requests_total')
    expect((await at(elsewhere)).status).toBe(401)
    expect((await at({ ...elsewhere, ...bearer('app-key') })).status).toBe(403)
  })
})
