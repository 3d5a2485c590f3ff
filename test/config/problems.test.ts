import { expect, test } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { formatProblem } from '../../src/config/problem.ts'
import { loadText, problemsOf } from './load-text.ts'

/** Each text has one problem: `line:column path | found | allowed` of it. */
const single = (text: string): string => {
  const [problem, ...others] = problemsOf(() => loadText(text))
  expect(others).toEqual([])
  return `${problem?.line}:${problem?.column} ${problem?.path} | ${problem?.found} | ${problem?.allowed}`
}

test.each([
  ['server:\n  port: abc\n', '2:9 server.port | "abc" | a whole number from 0 to 65535'],
  ['server:\n  port: 65536\n', '2:9 server.port | 65536 | a whole number from 0 to 65535'],
  ['server:\n  port: 80.5\n', '2:9 server.port | 80.5 | a whole number from 0 to 65535'],
  ['server:\n  port: "8080"\n', '2:9 server.port | "8080" | a whole number from 0 to 65535'],
  ['server:\n  port: .inf\n', '2:9 server.port | Infinity | a whole number from 0 to 65535'],
  ['server:\n  port:\n', '2:3 server.port | nothing | a whole number from 0 to 65535'],
  ['server:\n  port: [80]\n', '2:9 server.port | a list | a whole number from 0 to 65535'],
  ['server:\n  host: "a b"\n', '2:9 server.host | "a b" | an IP address or a host name'],
  ['server:\n  metrics_port: 8080\n', '2:17 server.metrics_port | 8080 | a port of its own'],
  [
    'server: 5\n',
    '1:9 server | 5 | a section with host, port, metrics_port, max_connections, timeout_seconds, workers, shutdown_grace_seconds, trusted_proxies',
  ],
  [
    'server:\n  trusted_proxies: [10.0.0.0/33]\n',
    '2:21 server.trusted_proxies[0] | "10.0.0.0/33" | an IP address or a CIDR range such as 10.0.0.0/8',
  ],
  [
    'server:\n  trusted_proxies: [10.0.0/8]\n',
    '2:21 server.trusted_proxies[0] | "10.0.0/8" | an IP address or a CIDR range such as 10.0.0.0/8',
  ],
  [
    'server:\n  shutdown_grace_seconds: -1\n',
    '2:27 server.shutdown_grace_seconds | -1 | a number from 0 to 86400',
  ],
  ['strict: "yes"\n', '1:9 strict | "yes" | true or false'],
  [
    'sevrer:\n  port: 1\n',
    '1:1 sevrer | a key that is not known | one of server, auth, tenants, providers, models, catalogue, routing, resilience, cache, security, telemetry, database, redis, ledger, pricing, plugins, strict',
  ],
  ['strict: true\nstrict: true\n', '2:1 strict | the same key again | each key once'],
  ['__proto__: {}\n', '1:1 __proto__ | the key __proto__ | any other key'],
  [
    'auth:\n  keys:\n    - { name: a, key: k }\n    - { name: a, key: l }\n',
    '4:15 auth.keys[1].name | "a" | another name',
  ],
  [
    'auth:\n  keys:\n    - { name: a, key: k }\n    - { name: b, key: k }\n',
    '4:23 auth.keys[1].key | [redacted] | another key',
  ],
  [
    'auth:\n  admin_keys: [k]\n  keys: [{ name: a, key: k }]\n',
    '3:26 auth.keys[0].key | [redacted] | a key that is not in auth.admin_keys',
  ],
  ['auth:\n  keys:\n    - name: a\n', '3:7 auth.keys[0].key | nothing | a string of 1 to 4096 characters'],
  [
    'auth:\n  admin_keys: [12345]\n',
    '2:16 auth.admin_keys[0] | a number [redacted]; put it in quotes | a string of 1 to 4096 characters',
  ],
  [
    'auth:\n  keys: [{ name: a, key: k, allowed_models: ["gpt-[45]"] }]\n',
    '2:46 auth.keys[0].allowed_models[0] | "gpt-[45]" | a model name in which only * is a wildcard, without spaces',
  ],
  [
    'auth:\n  jwt: { jwks_url: "ftp://x" }\n',
    '2:20 auth.jwt.jwks_url | "ftp://x" | an http:// or https:// URL without credentials or fragment, or nothing',
  ],
  ['tenants:\n  - { id: a }\n  - { id: a }\n', '3:11 tenants[1].id | "a" | another id'],
  [
    'tenants:\n  - { id: a, budget: { limit_usd: 1, alert_at: [0.5, 1.5] } }\n',
    '2:54 tenants[0].budget.alert_at[1] | 1.5 | a number above 0 and up to 1',
  ],
  [
    'providers:\n  a/b: { type: mock }\n',
    '2:3 providers["a/b"] | this name | a name of up to 64 letters, digits, "-", "_" and "."',
  ],
  [
    'providers:\n  openai: { base_url: "http://u:p@h" }\n',
    '2:23 providers.openai.base_url | [redacted] | an http:// or https:// URL without credentials, query or fragment',
  ],
  [
    'providers:\n  openai: { base_url: "http://h/?a=1" }\n',
    '2:23 providers.openai.base_url | "http://h/?a=1" | an http:// or https:// URL without credentials, query or fragment',
  ],
  [
    'providers:\n  openai: { base_url: "h:80" }\n',
    '2:23 providers.openai.base_url | "h:80" | an http:// or https:// URL without credentials, query or fragment',
  ],
  [
    'providers:\n  openai: { type: opnai }\n',
    '2:19 providers.openai.type | "opnai" | one of openai, anthropic, azure_openai, gemini, vertex, bedrock, cohere, mistral, together, deepseek, groq, openrouter, fireworks, xai, perplexity, vllm, ollama, openai_compatible, mock',
  ],
  [
    'providers:\n  openai: { api_key: a, api_keys: [b] }\n',
    '2:35 providers.openai.api_keys | a list | either api_key or api_keys',
  ],
  [
    'providers:\n  openai: { headers: { Host: x } }\n',
    '2:24 providers.openai.headers.Host | this name | a header name other than connection, content-length, expect, host, keep-alive, proxy-connection, te, trailer, transfer-encoding, upgrade',
  ],
  [
    'routing:\n  default_provider: nope\nproviders:\n  mock: {}\n',
    '2:21 routing.default_provider | "nope" | one of mock',
  ],
  [
    'routing:\n  rules: [{ name: r, condition: c, target_provider: nope }]\n',
    '2:53 routing.rules[0].target_provider | "nope" | none: no provider is listed',
  ],
  [
    'models:\n  - { name: a, targets: [{ provider: nope, model: m }] }\nproviders: { mock: {} }\n',
    '2:38 models[0].targets[0].provider | "nope" | one of mock',
  ],
  [
    'models:\n  - { name: a, targets: [] }\n',
    '2:25 models[0].targets | an empty list | a list of at least one',
  ],
  [
    'models:\n  - { name: a, targets: [{ provider: mock, model: m }], fallbacks: [a] }\nproviders: { mock: {} }\n',
    '2:69 models[0].fallbacks[0] | "a" | fallbacks that never lead back',
  ],
  [
    'resilience:\n  retry: { initial_delay_ms: 9, max_delay_ms: 8 }\n',
    '2:47 resilience.retry.max_delay_ms | 8 | 9 or more',
  ],
  [
    'resilience:\n  hedge: { after: p100 }\n',
    '2:19 resilience.hedge.after | "p100" | p50 to p99, a percentile of the time to the first token',
  ],
  [
    'cache:\n  enabled: true\n  backend: redis\n',
    '3:12 cache.backend | "redis" | memory, or redis with a redis section',
  ],
  ['database:\n  min_connections: 30\n', '2:20 database.min_connections | 30 | 20 or less'],
  [
    'database:\n  url: mysql://u:p@h/d\n',
    '2:8 database.url | [redacted] | a URL that begins with postgres:// or postgresql://',
  ],
  [
    'redis:\n  url: redis://h\n  cluster: [a:1]\n',
    '3:12 redis.cluster | a list | one of url, sentinels, cluster',
  ],
  ['redis: { enabled: true }\n', '1:8 redis | a section | one of url, sentinels, cluster'],
  [
    'telemetry:\n  logging: { level: loud }\n',
    '2:21 telemetry.logging.level | "loud" | one of trace, debug, info, warn, error, fatal, silent',
  ],
  [
    'logging:\n  level: loud\n',
    '2:10 logging.level | "loud" | one of trace, debug, info, warn, error, fatal, silent',
  ],
  [
    'logging: { level: info }\ntelemetry: { logging: { level: debug } }\n',
    '1:19 logging.level | another value | what telemetry.logging.level says, or one of the two',
  ],
  ['cache:\n  ttl_seconds: x\n', '2:16 cache.ttl_seconds | "x" | a number above 0 and up to 2147483'],
  [
    'security:\n  ip_filter: { whitelist: [x] }\n',
    '2:28 security.ip_filter.whitelist[0] | "x" | an IP address or a CIDR range such as 10.0.0.0/8',
  ],
  [
    'security:\n  headers: { allowed_hosts: ["http://a"] }\n',
    '2:30 security.headers.allowed_hosts[0] | "http://a" | a host name or address, with a port or without',
  ],
  ['plugins:\n  - [a]\n', '2:5 plugins[0] | a list | a string of 1 to 4096 characters'],
  ['- a\n', '1:1  | a list | sections such as "server:"'],
  ['plugins: *none\n', '1:10 plugins | an alias without the anchor that it names | an anchor above it'],
  ['text\n', '1:1  | a single value | sections such as "server:"'],
])('%j', (text, expected) => {
  expect(single(text)).toBe(expected)
})

test.each([
  ['a: b: c\n', 1, 'a nested mapping'],
  ['server:\n\tport: 1\n', 2, 'a tab as indentation'],
  ['server: { port: 1\n', 2, 'wrong indentation'],
  ['server:\n  host: "abc\n', 3, 'a missing sign'],
  ['server: {}\n---\nserver: {}\n', 2, 'several documents'],
  ['server: !secret x\n', 1, 'a tag'],
  ['server: { port: ${PORT} }\n', 1, 'needs quotes'],
])('YAML that cannot be read, %j, is refused in line %i', (text, line, found) => {
  const [problem] = problemsOf(() => loadText(text))
  expect(problem).toMatchObject({ line, file: 'config.yaml', allowed: 'valid YAML' })
  expect(problem?.found).toContain(found)
})

test('aliases cannot make the file endless or huge', () => {
  expect(problemsOf(() => loadText('plugins: &a [*a]\n'))[0]?.found).toBe('an alias to a value that holds it')
  const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
  for (let level = 1; level < 9; level += 1)
    bomb.push(
      `a${level}: &a${level} [${Array(10)
        .fill(`*a${level - 1}`)
        .join(', ')}]`,
    )
  expect(
    problemsOf(() => loadText(bomb.join('\n'))).some(({ found }) => found.includes('repeat too much')),
  ).toBe(true)
})

test('nesting without end is refused, in the file and in the environment', () => {
  expect(problemsOf(() => loadText(`plugins: ${'['.repeat(100_000)}`)).length).toBeGreaterThan(0)
  const json = '['.repeat(20_000) + ']'.repeat(20_000)
  expect(problemsOf(() => loadText('', { LLM_GATEWAY_PLUGINS: json })).length).toBeGreaterThan(0)
})

test.each([
  ['test/compat/none.yaml', 'no such file'],
  ['test/compat', 'a directory'],
])('%s is refused as %s', (file, found) => {
  expect(problemsOf(() => loadConfig({ file, env: {} }))).toMatchObject([{ file, found }])
})

test('all problems come at once, in the order of the file', () => {
  const text =
    'server: { port: x, nope: 1 }\nproviders:\n  a: {}\nrouting: { default_provider: b }\nstrict: ${NO}\n'
  const problems = problemsOf(() => loadText(text, { LOG_LEVEL: 'loud' }))
  expect(problems.map(({ path, line }) => `${line ?? '-'} ${path}`)).toEqual([
    '- telemetry.logging.level',
    '1 server.port',
    '1 server.nope',
    '3 providers.a.type',
    '4 routing.default_provider',
    '5 strict',
  ])
})

test('a problem reads as place, path, found and allowed', () => {
  const [problem] = problemsOf(() => loadText('server:\n  prot: 1\n'))
  expect(formatProblem(problem!)).toBe(
    'config.yaml:2:3 server.prot: found a key that is not known, allowed one of host, port, metrics_port, max_connections, timeout_seconds, workers, shutdown_grace_seconds, trusted_proxies (did you mean port?)',
  )
})
