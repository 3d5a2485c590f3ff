import { describe, expect, test } from 'vitest'
import { isKeyless, isLoopbackHost } from '../../src/config/start-checks.ts'
import { loadEnvironment, loadText } from './load-text.ts'

const paths = (text: string) => loadText(text).problems.map(({ path }) => path)

describe('a protection that does not work yet keeps the gateway from starting', () => {
  test.each([
    ['security: { ip_filter: { whitelist: [10.0.0.1] } }', 'security.ip_filter'],
    ['security: { request_signing: { enabled: true } }', 'security.request_signing'],
    ['security: { rate_limit: { requests_per_minute: 1 } }', 'security.rate_limit'],
    ['security: { pii: { mode: mask } }', 'security.pii.mode'],
    ['telemetry: { logging: { content: true, pii_redaction: true } }', 'telemetry.logging.pii_redaction'],
    ['tenants: [{ id: a, rate_limit: { requests_per_minute: 1 } }]', 'tenants[0].rate_limit'],
    ['tenants: [{ id: a, budget: { limit_usd: 1 } }]', 'tenants[0].budget'],
    ['auth: { keys: [{ name: a, key: k, rate_limit: {} }] }', 'auth.keys[0].rate_limit'],
    ['auth: { keys: [{ name: a, key: k, budget: { limit_usd: 1 } }] }', 'auth.keys[0].budget'],
    ['providers: { mock: { rate_limit: { requests_per_minute: 1 } } }', 'providers.mock.rate_limit'],
    ['resilience: { circuit_breaker: { failure_threshold: 1 } }', 'resilience.circuit_breaker'],
    ['resilience: { bulkhead: { max_queue: 1 } }', 'resilience.bulkhead'],
    ['auth: { jwt: { jwks_url: "https://a/jwks" } }', 'auth.jwt'],
    ['pricing: { strict: true }', 'pricing.strict'],
  ])('%s', (text, path) => {
    expect(paths(text)).toEqual([path])
  })

  test('also when the environment turns it on', () => {
    const { problems } = loadEnvironment({ LLM_GATEWAY_RESILIENCE_BULKHEAD_MAX_QUEUE: '1' })
    expect(problems).toMatchObject([{ path: 'resilience.bulkhead' }])
  })
})

test.each([
  '',
  'security: { ip_filter: { enabled: false, whitelist: [10.0.0.1] } }',
  'security: { enabled: false, ip_filter: { enabled: true } }',
  'security: { pii: { mode: off } }',
  'telemetry: { logging: { pii_redaction: true } }',
  'tenants: [{ id: a, rate_limit: { enabled: false }, budget: { enabled: false, limit_usd: 1 } }]',
  'providers: { mock: { enabled: false, rate_limit: {} } }',
  'resilience: { circuit_breaker: { enabled: false }, bulkhead: { enabled: false } }',
  'auth: { jwt: { issuer: "", audience: "", jwks_url: "", tenant_claim: tenant } }',
  'auth: { enabled: false, jwt: { jwks_url: "https://a/jwks" } }',
  'tenants: [{ id: a, allowed_models: ["*"], allowed_regions: [eu] }]',
])('nothing keeps the gateway from starting with %j', (text) => {
  expect(paths(text)).toEqual([])
})

test.each([
  [
    'cache: { enabled: true, single_flight: true, semantic_cache: {} }',
    'cache.enabled cache.semantic_cache cache.single_flight',
  ],
  ['routing: { strategy: weighted }', 'routing.strategy'],
  [
    'models: [{ name: a, strategy: weighted, targets: [{ provider: mock, model: m }] }]',
    'models[0].strategy',
  ],
  ['routing: { rules: [{ name: r, condition: c, target_provider: mock }] }', 'routing.rules'],
  ['routing: { health_check_interval_seconds: 3 }', 'routing.health_check_interval_seconds'],
  ['resilience: { hedge: { enabled: true } }', 'resilience.hedge'],
  ['server: { workers: 2 }', 'server.workers'],
  ['redis: { url: "redis://h" }', 'redis'],
  ['database: { url: "postgres://h/d" }', 'database'],
  ['ledger: { fsync: true }', 'ledger'],
  ['plugins: [a]', 'plugins'],
  ['security: { secrets: { encryption_key: a } }', 'security.secrets'],
])('%s is a feature that is not there yet: a warning', (text, expected) => {
  const { warnings, problems } = loadText(`providers: { mock: {} }\n${text}`)
  expect(warnings.map((warning) => warning.split(':')[0])).toEqual(expected.split(' '))
  expect(problems).toEqual([])
})

describe('without a key', () => {
  test.each(['127.0.0.1', '127.9.9.9', '::1', 'localhost', '::ffff:127.0.0.1'])('%s is served', (host) => {
    expect(isLoopbackHost(host)).toBe(true)
    expect(loadEnvironment({ SERVER_HOST: host }).problems).toEqual([])
  })

  test.each(['0.0.0.0', '::', '10.0.0.1', 'example.com', 'localhost.example.com'])(
    '%s is not served',
    (host) => {
      const { problems } = loadEnvironment({}, { host })
      expect(problems).toMatchObject([{ flag: '--host', path: 'server.host' }])
      expect(problems[0]?.message).toContain('auth.enabled: false')
    },
  )

  test.each([
    [{ LLM_GATEWAY_AUTH_ENABLED: 'false' }],
    [{ GATEWAY_ADMIN_KEY: 'a' }],
    [{ LLM_GATEWAY_AUTH_ADMIN_KEYS: '["a"]' }],
    [{ LLM_GATEWAY_AUTH_KEYS: '[{"name":"a","key":"b"}]' }],
  ])('unless %o', (env) => {
    expect(loadEnvironment({ SERVER_HOST: '0.0.0.0', ...env }).problems).toEqual([])
  })
})

test('GATEWAY_ADMIN_KEY is an admin key once, whether the file names it or not', () => {
  const env = { GATEWAY_ADMIN_KEY: 'a' }
  const named = loadText('auth: { admin_keys: ["${GATEWAY_ADMIN_KEY}", b] }', env)
  expect(named.config.auth.admin_keys).toEqual(['a', 'b'])
  const unnamed = loadText('auth: { admin_keys: [b] }', env)
  expect(unnamed.config.auth.admin_keys).toEqual(['b', 'a'])
  expect(unnamed.sources.get('auth.admin_keys[1]')).toBe('env:GATEWAY_ADMIN_KEY')
  expect(isKeyless(loadEnvironment(env).config)).toBe(false)
  expect(isKeyless(loadEnvironment({}).config)).toBe(true)
})
