import { describe, expect, test } from 'vitest'
import { ollamaAddress } from '../../src/config/credentials.ts'
import { loadEnvironment, loadText, problemsOf } from './load-text.ts'

describe('without a file', () => {
  test.each<[string[], Record<string, string>]>([
    [['mock'], {}],
    [['openai', 'mock'], { OPENAI_API_KEY: 'a' }],
    [['anthropic', 'mock'], { ANTHROPIC_API_KEY: 'a' }],
    [['azure_openai', 'mock'], { AZURE_OPENAI_API_KEY: 'a', AZURE_OPENAI_ENDPOINT: 'https://a' }],
    [['mock'], { AZURE_OPENAI_API_KEY: 'a' }],
    [['gemini', 'mock'], { GOOGLE_API_KEY: 'a' }],
    [['gemini', 'mock'], { GEMINI_API_KEY: 'a' }],
    [['cohere', 'mock'], { COHERE_API_KEY: 'a' }],
    [['mistral', 'mock'], { MISTRAL_API_KEY: 'a' }],
    [['together', 'mock'], { TOGETHER_API_KEY: 'a' }],
    [['bedrock', 'mock'], { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' }],
    [['bedrock', 'mock'], { AWS_PROFILE: 'a' }],
    [['mock'], { AWS_REGION: 'eu-central-1' }],
    [['ollama', 'mock'], { OLLAMA_HOST: '127.0.0.1' }],
    [['vllm', 'mock'], { VLLM_BASE_URL: 'http://v:8000/v1' }],
    [['openai', 'anthropic', 'mock'], { ANTHROPIC_API_KEY: 'a', OPENAI_API_KEY: 'b' }],
  ])('%j exist with %o', (names, env) => {
    const { config, withoutCredential } = loadEnvironment(env)
    expect(Object.keys(config.providers)).toEqual(names)
    expect(withoutCredential).toEqual([])
  })
})

describe('with a file', () => {
  test('exactly the listed providers exist', () => {
    const { config } = loadText('providers: { anthropic: {} }', {
      OPENAI_API_KEY: 'a',
      ANTHROPIC_API_KEY: 'b',
    })
    expect(Object.keys(config.providers)).toEqual(['anthropic'])
    expect(config.providers.anthropic?.api_key).toBe('b')
  })

  test('a file without providers has none, and says so', () => {
    const { config, warnings } = loadText('server: {}', { OPENAI_API_KEY: 'a' })
    expect(config.providers).toEqual({})
    expect(warnings).toEqual(['config.yaml lists no provider, so no request can be served.'])
  })

  test('the environment fills in by type, and never over a key of the file', () => {
    const text =
      'providers:\n  eu: { type: openai }\n  us: { type: openai, api_key: own }\n  many: { type: openai, api_keys: [x] }\n'
    const { config } = loadText(text, { OPENAI_API_KEY: 'shared' })
    expect(config.providers.eu?.api_key).toBe('shared')
    expect(config.providers.us?.api_key).toBe('own')
    expect(config.providers.many?.api_key).toBeUndefined()
  })

  test('a key of AWS is never completed with half of another', () => {
    const text = 'providers: { bedrock: { aws_access_key_id: mine } }'
    const { config, withoutCredential } = loadText(text, {
      AWS_ACCESS_KEY_ID: 'a',
      AWS_SECRET_ACCESS_KEY: 'b',
    })
    expect(config.providers.bedrock?.aws_secret_access_key).toBeUndefined()
    expect(withoutCredential).toEqual(['bedrock'])
  })

  test('a provider without a credential warns where its key is not named, and is listed', () => {
    const { withoutCredential, warnings } = loadText(
      'providers: { openai: {}, vllm: {}, ollama: {}, mock: {} }',
    )
    expect(withoutCredential).toEqual(['openai', 'vllm'])
    expect(warnings).toHaveLength(2)
  })

  test('a provider without a credential is an error where its key is named', () => {
    expect(
      problemsOf(() => loadText('providers: { openai: { api_key: "${OPENAI_API_KEY}" } }')),
    ).toMatchObject([{ path: 'providers.openai.api_key', line: 1 }])
    for (const written of ['api_key: ""', 'api_key: ', 'api_keys: []'])
      expect(problemsOf(() => loadText(`providers:\n  openai:\n    ${written}\n`))[0]?.line).toBe(3)
  })

  test('a disabled provider needs no credential', () => {
    const { withoutCredential, warnings } = loadText('providers: { openai: { enabled: false } }')
    expect([withoutCredential, warnings]).toEqual([[], []])
  })

  test('openai_compatible has no usual address, so it must have its own', () => {
    expect(problemsOf(() => loadText('providers: { a: { type: openai_compatible } }'))).toMatchObject([
      { path: 'providers.a.base_url', found: 'nothing' },
    ])
  })
})

test.each([
  ['127.0.0.1', 'http://127.0.0.1:11434'],
  ['0.0.0.0', 'http://127.0.0.1:11434'],
  ['0.0.0.0:1234', 'http://127.0.0.1:1234'],
  ['host.local:80', 'http://host.local'],
  ['http://host.local', 'http://host.local'],
  ['https://host.local:9/v1', 'https://host.local:9/v1'],
  ['[::]:5', 'http://[::1]:5'],
])('OLLAMA_HOST=%s is called at %s', (value, address) => {
  expect(ollamaAddress(value)).toBe(address)
})
