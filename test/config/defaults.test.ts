import { expect, test } from 'vitest'
import { loadEnvironment, loadText } from './load-text.ts'

test('an empty environment gives the documented defaults and the mock provider', () => {
  const { config, sources } = loadEnvironment({})
  expect(config.server).toEqual({
    host: '127.0.0.1',
    port: 8080,
    metrics_port: 9090,
    max_connections: 10_000,
    timeout_seconds: 300,
    workers: 1,
    shutdown_grace_seconds: 30,
    trusted_proxies: [],
  })
  expect(config.resilience.timeout).toEqual({
    connect_seconds: 5,
    idle_seconds: 300,
    request_seconds: 600,
    streaming_seconds: 600,
  })
  expect(config.resilience.retry).toMatchObject({ strategy: 'exponential_jitter', budget_ratio: 0.2 })
  expect(config.resilience.hedge).toEqual({ enabled: false, after: 'p95', max_share: 0.05 })
  expect(config.security.validation).toEqual({ max_request_size_bytes: 32 * 1024 * 1024, max_depth: 512 })
  expect(config.cache).toMatchObject({ enabled: false, single_flight: false, cache_nondeterministic: true })
  expect(config.auth).toEqual({ enabled: true, admin_keys: [], keys: [], stale_seconds: 3600 })
  expect(config.providers).toEqual({
    mock: { type: 'mock', enabled: true, weight: 1, on_disconnect: 'cancel' },
  })
  expect(config.telemetry.logging.content).toBe(false)
  expect(config.telemetry.metrics.legacy_names).toBe(false)
  expect(new Set(sources.values())).toEqual(new Set(['default']))
})

test('a loaded configuration cannot be changed, however deep', () => {
  const { config } = loadText('providers: { mock: { models: [a] } }')
  const isFrozen = (value: unknown): boolean =>
    typeof value !== 'object' ||
    value === null ||
    (Object.isFrozen(value) && Object.values(value).every(isFrozen))
  expect(isFrozen(config)).toBe(true)
})

test('each value knows who set it', () => {
  const text = 'server:\n  host: localhost\n  port: 1\nproviders:\n  openai:\n    models: [a]\n'
  const env = { METRICS_PORT: '9', OPENAI_API_KEY: 'sk', LLM_GATEWAY_STRICT: 'true' }
  const { sources } = loadText(text, env, { port: '2' })
  expect(sources.get('server.host')).toBe('file:2')
  expect(sources.get('server.port')).toBe('flag:--port')
  expect(sources.get('server.metrics_port')).toBe('env:METRICS_PORT')
  expect(sources.get('strict')).toBe('env:LLM_GATEWAY_STRICT')
  expect(sources.get('providers.openai.api_key')).toBe('env:OPENAI_API_KEY')
  expect(sources.get('providers.openai.models[0]')).toBe('file:6')
  expect(sources.get('providers.openai.type')).toBe('default')
  expect(sources.get('server.workers')).toBe('default')
})

test.each([
  ['logging: { level: debug }', 'telemetry.logging.level', 'debug'],
  ['cache: { ttl_seconds: 7 }', 'cache.default_ttl_seconds', 7],
  ['telemetry: { metrics: { port: 9191 } }', 'server.metrics_port', 9191],
])('the older spelling %s sets %s', (text, path, value) => {
  const { config, sources } = loadText(text)
  const found = path.split('.').reduce<unknown>((at, step) => (at as Record<string, unknown>)[step], config)
  expect(found).toBe(value)
  expect(sources.get(path)).toBe('file:1')
})

test('both spellings with the same value are one setting', () => {
  const { config } = loadText('server: { metrics_port: 9 }\ntelemetry: { metrics: { port: 9 } }')
  expect(config.server.metrics_port).toBe(9)
})

test('older and newer spelling of a section complete each other', () => {
  const { config } = loadText('logging: { level: debug }\ntelemetry: { logging: { format: pretty } }')
  expect(config.telemetry.logging).toMatchObject({ level: 'debug', format: 'pretty' })
})

test('a section with nothing in it has its defaults, and a provider with nothing in it is listed', () => {
  const { config } = loadText('cache:\ntenants:\nproviders:\n  mock:\n  openai:\n')
  expect(Object.keys(config.providers)).toEqual(['mock', 'openai'])
  expect(config.tenants).toEqual([])
})

test('anchors, aliases and merge keys are followed, and the own value wins', () => {
  const { config } = loadText(
    'providers:\n  a: &base { type: mock, weight: 2, timeout_seconds: 9 }\n  b: { <<: *base, weight: 3 }\n  c: *base\n',
  )
  expect(config.providers.b).toMatchObject({ type: 'mock', weight: 3, timeout_seconds: 9 })
  expect(config.providers.c).toEqual(config.providers.a)
})

test.each([
  ['http://jaeger:14268/api/traces', 'http://jaeger:4318/v1/traces', true],
  ['http://jaeger:4318', 'http://jaeger:4318/v1/traces', false],
  ['http://jaeger:4318/custom', 'http://jaeger:4318/custom', false],
])('jaeger_endpoint %s sends traces to %s', (written, endpoint, warns) => {
  const { config, warnings, sources } = loadText(`telemetry: { tracing: { jaeger_endpoint: "${written}" } }`)
  expect(config.telemetry.tracing.otlp_endpoint).toBe(endpoint)
  expect(sources.get('telemetry.tracing.otlp_endpoint')).toBe('file:1')
  expect(warnings.some((warning) => warning.includes('4318'))).toBe(warns)
})
