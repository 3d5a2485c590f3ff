import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Config } from '../../src/config/load.ts'
import { loadEnvironment, loadText, problemsOf } from './load-text.ts'

const providers = 'providers:\n  my-vllm: { type: vllm, base_url: "http://v/v1" }\n  openai: {}\n  mock: {}\n'

describe('a variable sets its field', () => {
  test.each<[string, string, (config: Config) => unknown, unknown]>([
    ['SERVER_HOST', '127.0.0.2', (config) => config.server.host, '127.0.0.2'],
    ['SERVER_PORT', '81', (config) => config.server.port, 81],
    ['METRICS_PORT', '91', (config) => config.server.metrics_port, 91],
    ['LOG_LEVEL', 'warn', (config) => config.telemetry.logging.level, 'warn'],
    ['LOG_LEVEL', 'WARN', (config) => config.telemetry.logging.level, 'warn'],
    ['DATABASE_URL', 'postgres://h/d', (config) => config.database.url, 'postgres://h/d'],
    ['REDIS_URL', 'redis://h', (config) => config.redis?.url, 'redis://h'],
    ['LLM_GATEWAY_SERVER_PORT', '82', (config) => config.server.port, 82],
    ['LLM_GATEWAY_SERVER_MAX_CONNECTIONS', '5', (config) => config.server.max_connections, 5],
    ['LLM_GATEWAY_LOG_LEVEL', 'error', (config) => config.telemetry.logging.level, 'error'],
    ['LLM_GATEWAY_LOGGING_FORMAT', 'pretty', (config) => config.telemetry.logging.format, 'pretty'],
    ['LLM_GATEWAY_TELEMETRY_METRICS_PORT', '92', (config) => config.server.metrics_port, 92],
    ['LLM_GATEWAY_CACHE_TTL_SECONDS', '4', (config) => config.cache.default_ttl_seconds, 4],
    ['LLM_GATEWAY_PROVIDERS_DEFAULT', 'mock', (config) => config.routing.default_provider, 'mock'],
    ['LLM_GATEWAY_PROVIDERS_OPENAI_API_KEY', '123', (config) => config.providers.openai?.api_key, '123'],
    ['LLM_GATEWAY_PROVIDERS_MY_VLLM_API_KEY', 'k', (config) => config.providers['my-vllm']?.api_key, 'k'],
    ['LLM_GATEWAY_PROVIDERS_MY_VLLM_MODELS', '["a"]', (config) => config.providers['my-vllm']?.models, ['a']],
    ['LLM_GATEWAY_PROVIDERS_MOCK_ENABLED', 'false', (config) => config.providers.mock?.enabled, false],
    ['LLM_GATEWAY_PROVIDERS_MOCK_ENABLED', '0', (config) => config.providers.mock?.enabled, false],
    [
      'LLM_GATEWAY_PROVIDERS_MOCK_HEADERS_X_TEAM',
      'a',
      (config) => config.providers.mock?.headers,
      { 'x-team': 'a' },
    ],
    ['LLM_GATEWAY_PROVIDERS_MOCK_PRICE', '{"input_usd_per_million":1,"output_usd_per_million":2}', price, 2],
    [
      'LLM_GATEWAY_RESILIENCE_RETRY_BUDGET_RATIO',
      '5e-1',
      (config) => config.resilience.retry.budget_ratio,
      0.5,
    ],
    ['LLM_GATEWAY_TENANTS', '[{"id":"a"}]', (config) => config.tenants[0]?.id, 'a'],
    ['LLM_GATEWAY_STRICT', 'TRUE', (config) => config.strict, true],
  ])('%s=%s', (name, value, read, expected) => {
    expect(read(loadText(providers, { [name]: value }).config)).toEqual(expected)
  })
})

const price = (config: Config) => config.providers.mock?.price?.output_usd_per_million

test('flags win over the environment, the environment over the file, the file over defaults', () => {
  const file = 'server: { port: 2 }'
  const env = { SERVER_PORT: '3' }
  expect(loadText('').config.server.port).toBe(8080)
  expect(loadText(file).config.server.port).toBe(2)
  expect(loadText(file, env).config.server.port).toBe(3)
  expect(loadText(file, env, { port: '4' }).config.server.port).toBe(4)
  expect(loadText('', { LOG_LEVEL: 'error' }, { logLevel: 'debug' }).config.telemetry.logging.level).toBe(
    'debug',
  )
})

test('the exact name wins over the shared one, and the other is named in a warning', () => {
  const { config, warnings } = loadEnvironment({ SERVER_PORT: '1', LLM_GATEWAY_SERVER_PORT: '2' })
  expect(config.server.port).toBe(2)
  expect(warnings).toEqual([
    'server.port: LLM_GATEWAY_SERVER_PORT is used, and SERVER_PORT, which differs, is not.',
  ])
})

test('a field wins over the JSON of its section, whichever name sorts first', () => {
  const { config } = loadEnvironment({
    LLM_GATEWAY_CACHE_BACKEND: 'memory',
    LLM_GATEWAY_CACHE: '{"max_size_mb":3}',
  })
  expect(config.cache).toMatchObject({ max_size_mb: 3, backend: 'memory' })
  const telemetry = '{"logging":{"format":"pretty","level":"error"}}'
  const { logging } = loadEnvironment({
    LLM_GATEWAY_LOG_LEVEL: 'debug',
    LLM_GATEWAY_TELEMETRY: telemetry,
  }).config.telemetry
  expect(logging).toMatchObject({ format: 'pretty', level: 'debug' })
})

test('an empty variable is one that is not set', () => {
  expect(loadEnvironment({ SERVER_PORT: '', LLM_GATEWAY_STRICT: '', OPENAI_API_KEY: '' }).config).toEqual(
    loadEnvironment({}).config,
  )
})

test.each([
  ['SERVER_PORT', 'abc', 'server.port', '"abc"', 'a whole number from 0 to 65535'],
  ['SERVER_PORT', '70000', 'server.port', '70000', 'a whole number from 0 to 65535'],
  [
    'LOG_LEVEL',
    'loud',
    'telemetry.logging.level',
    '"loud"',
    'one of trace, debug, info, warn, error, fatal, silent',
  ],
  ['LLM_GATEWAY_STRICT', 'yes please', 'strict', '"yes please"', 'true or false'],
  ['LLM_GATEWAY_PLUGINS', 'a,b', 'plugins', '"a,b"', 'a list, as JSON'],
  [
    'DATABASE_URL',
    'mysql://u:p@h/d',
    'database.url',
    '[redacted]',
    'a URL that begins with postgres:// or postgresql://',
  ],
])('%s=%s is refused by its name', (variable, value, path, found, allowed) => {
  expect(problemsOf(() => loadEnvironment({ [variable]: value }))).toEqual([
    { variable, path, found, allowed, message: '' },
  ])
})

test('__proto__ in JSON is refused', () => {
  const env = { LLM_GATEWAY_CACHE: '{"__proto__":{"enabled":true}}' }
  expect(problemsOf(() => loadEnvironment(env))).toMatchObject([
    { variable: 'LLM_GATEWAY_CACHE', path: 'cache' },
  ])
})

test.each([
  ['LLM_GATEWAY_SERVER_PROT', 'did you mean LLM_GATEWAY_SERVER_PORT?'],
  ['LLM_GATEWAY_LOG_LEVLE', 'did you mean LLM_GATEWAY_LOG_LEVEL?'],
  ['LLM_GATEWAY_SOMETHING_ELSE_ALTOGETHER', ''],
])('%s, which sets nothing, is refused', (variable, message) => {
  expect(problemsOf(() => loadEnvironment({ [variable]: '1' }))).toMatchObject([{ variable, message }])
})

test('what Kubernetes says about a service that is called llm-gateway is left alone', () => {
  const links = {
    LLM_GATEWAY_SERVICE_HOST: '10.0.0.1',
    LLM_GATEWAY_SERVICE_PORT: '80',
    LLM_GATEWAY_SERVICE_PORT_HTTP: '80',
    LLM_GATEWAY_PORT: 'tcp://10.0.0.1:80',
    LLM_GATEWAY_PORT_80_TCP: 'tcp://10.0.0.1:80',
    LLM_GATEWAY_PORT_80_TCP_ADDR: '10.0.0.1',
    LLM_GATEWAY_METRICS_SERVICE_HOST: '10.0.0.2',
    LLM_GATEWAY_METRICS_PORT: 'tcp://10.0.0.2:9090',
  }
  expect(loadEnvironment(links).config).toEqual(loadEnvironment({}).config)
})

test("the client's own variables set nothing and are no mistake", () => {
  expect(loadEnvironment({ LLM_GATEWAY_URL: 'http://x', LLM_GATEWAY_API_KEY: 'k' }).config).toEqual(
    loadEnvironment({}).config,
  )
})

test('a name that could mean two providers is refused', () => {
  const text = 'providers:\n  my-one: { type: mock }\n  my_one: { type: mock }\n'
  const [problem] = problemsOf(() => loadText(text, { LLM_GATEWAY_PROVIDERS_MY_ONE_WEIGHT: '1' }))
  expect(problem?.found).toBe('a name for my-one and my_one')
})

test('with a file, the environment cannot add a provider', () => {
  for (const name of ['LLM_GATEWAY_PROVIDERS_OTHER_TYPE', 'LLM_GATEWAY_PROVIDERS']) {
    const [problem] = problemsOf(() => loadText(providers, { [name]: 'mock' }))
    expect(problem).toMatchObject({ variable: name })
    expect(problem?.allowed).toContain('LLM_GATEWAY_PROVIDERS_MY_VLLM_')
  }
})

test('without a file, names make providers', () => {
  const { config } = loadEnvironment({
    LLM_GATEWAY_PROVIDERS_MY_VLLM_BASE_URL: 'http://v/v1',
    LLM_GATEWAY_PROVIDERS_MY_VLLM_TYPE: 'vllm',
    LLM_GATEWAY_PROVIDERS_ACME_TYPE: 'openai_compatible',
    LLM_GATEWAY_PROVIDERS_ACME_BASE_URL: 'http://g',
    LLM_GATEWAY_PROVIDERS_B_AWS_REGION: 'eu-central-1',
    LLM_GATEWAY_PROVIDERS_B_TYPE: 'bedrock',
  })
  expect(Object.keys(config.providers).sort()).toEqual(['acme', 'b', 'mock', 'my_vllm'])
  expect(config.providers.my_vllm).toMatchObject({ type: 'vllm', base_url: 'http://v/v1' })
  expect(config.providers.b).toMatchObject({ aws_region: 'eu-central-1' })
})

test('a new provider without a known type is refused by the name of its variable', () => {
  const name = 'LLM_GATEWAY_PROVIDERS_ACME_API_KEY'
  expect(problemsOf(() => loadEnvironment({ [name]: 'k' }))).toMatchObject([
    { variable: name, path: 'providers.acme.type', found: 'nothing' },
  ])
})

test('whatever the name and the value, an answer comes: a configuration or problems', () => {
  const name = fc.stringMatching(/^[A-Z_]{0,40}$/).map((rest) => `LLM_GATEWAY_${rest}`)
  const known = fc.constantFrom(
    'LLM_GATEWAY_PROVIDERS',
    'LLM_GATEWAY_AUTH_KEYS',
    'LLM_GATEWAY_PROVIDERS_OPENAI',
  )
  const value = fc.oneof(fc.string(), fc.json())
  fc.assert(
    fc.property(fc.oneof(name, known), value, (variable, text) => {
      try {
        loadEnvironment({ [variable]: text })
      } catch (error) {
        expect((error as Error).name).toBe('ConfigError')
      }
    }),
    { numRuns: 300 },
  )
})
