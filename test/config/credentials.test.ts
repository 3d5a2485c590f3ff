import { describe, expect, test } from 'vitest'
import { ollamaAddress } from '../../src/config/credentials.ts'
import { loadEnvironment, loadText, problemsOf } from './load-text.ts'

const entra = { AZURE_TENANT_ID: 't', AZURE_CLIENT_ID: 'c' }
const region = { AWS_REGION: 'eu-central-1' }

describe('without a file', () => {
  test.each<[string[], Record<string, string>]>([
    [['mock'], {}],
    [['openai', 'mock'], { OPENAI_API_KEY: 'a' }],
    [['anthropic', 'mock'], { ANTHROPIC_API_KEY: 'a' }],
    [['azure_openai', 'mock'], { AZURE_OPENAI_API_KEY: 'a', AZURE_OPENAI_ENDPOINT: 'https://a' }],
    [['mock'], { AZURE_OPENAI_API_KEY: 'a' }],
    [['azure_openai', 'mock'], { ...entra, AZURE_CLIENT_SECRET: 'a', AZURE_OPENAI_ENDPOINT: 'https://a' }],
    [
      ['azure_openai', 'mock'],
      { ...entra, AZURE_FEDERATED_TOKEN_FILE: '/a', AZURE_OPENAI_ENDPOINT: 'https://a' },
    ],
    [['mock'], { ...entra, AZURE_OPENAI_ENDPOINT: 'https://a' }],
    [['mock'], { ...entra, AZURE_CLIENT_SECRET: 'a' }],
    [['gemini', 'mock'], { GOOGLE_API_KEY: 'a' }],
    [['gemini', 'mock'], { GEMINI_API_KEY: 'a' }],
    [['cohere', 'mock'], { COHERE_API_KEY: 'a' }],
    [['mistral', 'mock'], { MISTRAL_API_KEY: 'a' }],
    [['together', 'mock'], { TOGETHER_API_KEY: 'a' }],
    [['deepseek', 'mock'], { DEEPSEEK_API_KEY: 'a' }],
    [['groq', 'mock'], { GROQ_API_KEY: 'a' }],
    [['openrouter', 'mock'], { OPENROUTER_API_KEY: 'a' }],
    [['fireworks', 'mock'], { FIREWORKS_API_KEY: 'a' }],
    [['xai', 'mock'], { XAI_API_KEY: 'a' }],
    [['perplexity', 'mock'], { PERPLEXITY_API_KEY: 'a' }],
    [['perplexity', 'mock'], { PPLX_API_KEY: 'a' }],
    [['bedrock', 'mock'], { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', ...region }],
    [['mock'], { AWS_ACCESS_KEY_ID: 'a', ...region }],
    [['bedrock', 'mock'], { AWS_PROFILE: 'a', ...region }],
    [['bedrock', 'mock'], { AWS_BEARER_TOKEN_BEDROCK: 'a', AWS_DEFAULT_REGION: 'eu-central-1' }],
    [['bedrock', 'mock'], { AWS_WEB_IDENTITY_TOKEN_FILE: '/a', ...region }],
    [['bedrock', 'mock'], { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/a', ...region }],
    [['bedrock', 'mock'], { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://a', ...region }],
    [['vertex', 'mock'], { GOOGLE_APPLICATION_CREDENTIALS: '/a', GOOGLE_CLOUD_PROJECT: 'p' }],
    [['mock'], { GOOGLE_APPLICATION_CREDENTIALS: '/a' }],
    [['mock'], { GOOGLE_CLOUD_PROJECT: 'p' }],
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

  test('an application of Microsoft Entra is never completed with half of another', () => {
    for (const written of [
      'azure_tenant_id',
      'azure_client_id',
      'azure_client_secret',
      'azure_federated_token_file',
    ]) {
      const { config, withoutCredential } = loadText(
        `providers: { azure_openai: { endpoint: https://a, ${written}: mine } }`,
        { ...entra, AZURE_CLIENT_SECRET: 's', AZURE_FEDERATED_TOKEN_FILE: '/f', AZURE_OPENAI_API_KEY: 'k' },
      )
      expect(config.providers.azure_openai).toMatchObject({ [written]: 'mine' })
      expect(withoutCredential).toEqual(['azure_openai'])
    }
  })

  test('a credential of the file is never joined by another of the environment, which would win over it', () => {
    const env = {
      AZURE_OPENAI_API_KEY: 'a',
      AWS_BEARER_TOKEN_BEDROCK: 'b',
      AWS_ACCESS_KEY_ID: 'c',
      AWS_SECRET_ACCESS_KEY: 'd',
      ...region,
    }
    const text = `
providers:
  azure_openai:
    endpoint: https://a
    azure_tenant_id: t
    azure_client_id: c
    azure_client_secret: s
  bedrock: { aws_profile: p }
`
    const { config, withoutCredential } = loadText(text, env)
    expect(config.providers.azure_openai?.api_key).toBeUndefined()
    expect(config.providers.bedrock).toMatchObject({ aws_profile: 'p', aws_region: 'eu-central-1' })
    expect(config.providers.bedrock?.api_key).toBeUndefined()
    expect(config.providers.bedrock?.aws_access_key_id).toBeUndefined()
    expect(withoutCredential).toEqual([])
  })

  test('the environment fills in what Microsoft Entra and Google Cloud need', () => {
    const { config, withoutCredential } = loadText('providers: { azure_openai: {}, vertex: {} }', {
      ...entra,
      AZURE_FEDERATED_TOKEN_FILE: '/token',
      AZURE_AUTHORITY_HOST: 'https://login.microsoftonline.us/',
      AZURE_OPENAI_ENDPOINT: 'https://a.openai.azure.us/',
      AZURE_OPENAI_API_VERSION: '2024-10-21',
      OPENAI_API_VERSION: 'another',
      GOOGLE_APPLICATION_CREDENTIALS: '/google.json',
      GOOGLE_CLOUD_PROJECT: 'p',
      GOOGLE_CLOUD_LOCATION: 'europe-west1',
    })
    expect(withoutCredential).toEqual([])
    expect(config.providers.azure_openai).toMatchObject({
      azure_tenant_id: 't',
      azure_client_id: 'c',
      azure_federated_token_file: '/token',
      azure_authority: 'https://login.microsoftonline.us/',
      endpoint: 'https://a.openai.azure.us/',
      api_version: '2024-10-21',
    })
    expect(config.providers.vertex).toMatchObject({
      project: 'p',
      location: 'europe-west1',
      credentials_file: '/google.json',
    })
  })

  test.each([
    ['azure_openai: { api_key: k }', 'endpoint (or AZURE_OPENAI_ENDPOINT in the environment)'],
    ['azure_openai: { endpoint: https://a }', 'api_key (or AZURE_OPENAI_API_KEY in the environment)'],
    [
      'azure_openai: { endpoint: https://a, azure_tenant_id: t, azure_client_id: c }',
      'azure_client_secret (or AZURE_CLIENT_SECRET in the environment)',
    ],
    ['bedrock: {}', 'aws_region (or AWS_REGION or AWS_DEFAULT_REGION in the environment)'],
    [
      'bedrock: { aws_region: r, aws_access_key_id: a }',
      'aws_secret_access_key (or AWS_SECRET_ACCESS_KEY in the environment)',
    ],
    ['vertex: {}', 'project (or GOOGLE_CLOUD_PROJECT in the environment)'],
    ['groq: {}', 'api_key (or GROQ_API_KEY in the environment)'],
    ['perplexity: {}', 'api_key (or PERPLEXITY_API_KEY or PPLX_API_KEY in the environment)'],
  ])('%s is told what it lacks', (provider, what) => {
    const { warnings } = loadText(`providers: { ${provider} }`)
    const [name] = provider.split(':')
    expect(warnings).toEqual([`providers.${name}: has no ${what}, so it is never chosen.`])
  })

  test('the machine’s own credentials are asked where a file names the region or the project alone', () => {
    const { withoutCredential } = loadText(
      'providers: { bedrock: { aws_region: eu-central-1 }, vertex: { project: p } }',
    )
    expect(withoutCredential).toEqual([])
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
