import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { problemsOf } from './load-text.ts'

const full = 'test/compat/full.yaml'
const small = 'test/compat/small.yaml'
const variables = {
  OPENAI_API_KEY: 'sk-openai',
  ANTHROPIC_API_KEY: 'sk-anthropic',
  SECRETS_ENCRYPTION_KEY: 'encrypt',
  DATABASE_URL: 'postgres://user:pass@localhost/gateway',
}

describe('the full configuration that operators have', () => {
  test('loads with the variables that it names, those of disabled sections left out', () => {
    const { config, warnings } = loadConfig({ file: full, env: variables })
    expect(config.providers.openai?.api_key).toBe('sk-openai')
    expect(config.providers.azure_openai).toMatchObject({ enabled: false, api_version: '2024-02-01' })
    expect(config.providers.azure_openai?.endpoint).toBeUndefined()
    expect(config.security.validation.max_request_size_bytes).toBe(10_485_760)
    expect(config.telemetry.tracing.otlp_endpoint).toBe('http://jaeger:4318/v1/traces')
    expect(warnings.join('\n')).toContain('14268')
  })

  test.each(Object.keys(variables))('names %s when it is missing', (name) => {
    const env = { ...variables, [name]: undefined }
    const load = () => loadConfig({ file: full, env })
    // Without the variable in the text, the usual name would still fill a credential in; the text asks for it.
    const [problem, ...others] = problemsOf(load)
    expect(others).toEqual([])
    expect(problem?.found).toContain(`\${${name}}`)
    expect(problem?.line).toBeGreaterThan(0)
  })

  test('does not start while protections that it turns on are missing, and names each with its line', () => {
    const { problems } = loadConfig({ file: full, env: { ...variables, GATEWAY_ADMIN_KEY: 'admin' } })
    expect(problems.map(({ path, line }) => `${path}:${line}`).sort()).toEqual([
      'providers.openai.rate_limit:16',
      'resilience.bulkhead:69',
      'resilience.circuit_breaker:52',
      'security.ip_filter:84',
      'security.rate_limit:97',
      'security.request_signing:92',
    ])
  })

  test('does not start on an open address without a key either', () => {
    const { problems } = loadConfig({ file: full, env: variables })
    expect(problems.map(({ path }) => path)).toContain('server.host')
  })

  test('warns of features that are not there yet', () => {
    const { warnings } = loadConfig({ file: full, env: variables })
    for (const path of [
      'cache.enabled',
      'cache.semantic_cache',
      'routing.strategy',
      'routing.rules',
      'database',
    ])
      expect(warnings.some((warning) => warning.startsWith(`${path}:`))).toBe(true)
  })
})

describe('the small configuration that operators have', () => {
  test('loads without any variable, and warns that its providers have no credential', () => {
    const { config, warnings, withoutCredential } = loadConfig({ file: small, env: {} })
    expect(config.cache.default_ttl_seconds).toBe(3600)
    expect(config.telemetry.logging).toMatchObject({ level: 'info', format: 'json', output: 'stdout' })
    expect(withoutCredential).toEqual(['openai', 'anthropic'])
    expect(warnings.filter((warning) => warning.includes('_API_KEY'))).toHaveLength(2)
  })

  test('takes credentials from the environment', () => {
    const { config, withoutCredential } = loadConfig({ file: small, env: variables })
    expect(config.providers.anthropic?.api_key).toBe('sk-anthropic')
    expect(withoutCredential).toEqual([])
  })
})
