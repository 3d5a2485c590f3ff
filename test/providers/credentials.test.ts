import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { providerFacts } from '../../src/providers/index.ts'
import { closeAfterTest } from '../support/after-test.ts'
import { post, startGateway } from '../support/gateway.ts'
import { chatCompletion, startUpstream } from '../support/upstream.ts'

const hello = { model: 'p/m', max_tokens: 16, messages: [{ role: 'user', content: 'Hello' }] }
const entra = { azure_tenant_id: 't', azure_client_id: 'c', azure_client_secret: 'entra-secret' }
const aws = { aws_region: 'eu-central-1', aws_access_key_id: 'aws-id', aws_secret_access_key: 'aws-secret' }

/** Every type with a credential that travels, by the form of its proof. */
const proofs: [string, Record<string, unknown>][] = [
  ['openai', { api_key: 'key-1' }],
  ['anthropic', { api_key: 'key-1' }],
  ['azure_openai', { api_key: 'key-1' }],
  ['azure_openai', entra],
  ['gemini', { api_key: 'key-1' }],
  ['bedrock', aws],
  ['bedrock', { api_key: 'key-1', aws_region: 'eu-central-1' }],
  ['cohere', { api_key: 'key-1' }],
  ['mistral', { api_key: 'key-1' }],
  ['openai_compatible', { api_key: 'key-1' }],
  ['vllm', { api_key: 'key-1' }],
]
const kinds = proofs.filter(([type]) => providerFacts.has(type))

describe('a credential never travels to another origin', () => {
  test.each(
    kinds.flatMap(([type, proof]) => [301, 302, 307, 308].map((status) => [type, status, proof] as const)),
  )('%s, by a redirect %i (%j)', async (type, status, proof) => {
    const elsewhere = await startUpstream({ json: chatCompletion() })
    const token = await startUpstream({ json: { access_token: 'entra-token', expires_in: 3599 } })
    const upstream = await startUpstream({
      status,
      json: {},
      headers: { location: `${elsewhere.url}/v1/chat/completions` },
    })
    const authority = 'azure_tenant_id' in proof ? { azure_authority: token.url } : {}
    const gateway = await startGateway({
      config: {
        resilience: { retry: { max_attempts: 1, initial_delay_ms: 1 } },
        providers: { p: { type, base_url: upstream.url, ...proof, ...authority } },
      },
    })
    const answer = await post(`${gateway.url}/v1/chat/completions`, hello)
    expect([answer.status, answer.headers.location]).toEqual([502, undefined])
    expect(upstream.requests).toHaveLength(1)
    expect(elsewhere.requests).toHaveLength(0)
  })

  test('the secret of an application of Microsoft Entra, by a redirect of the authority', async () => {
    const elsewhere = await startUpstream({ json: { access_token: 'x', expires_in: 3599 } })
    const token = await startUpstream({ status: 307, json: {}, headers: { location: elsewhere.url } })
    const upstream = await startUpstream({ json: chatCompletion() })
    const gateway = await startGateway({
      config: {
        resilience: { retry: { max_attempts: 1, initial_delay_ms: 1 } },
        providers: {
          p: { type: 'azure_openai', base_url: upstream.url, ...entra, azure_authority: token.url },
        },
      },
    })
    expect((await post(`${gateway.url}/v1/chat/completions`, hello)).status).toBe(502)
    expect([elsewhere.requests.length, upstream.requests.length]).toEqual([0, 0])
  })

  test('a token of Google Cloud goes to the provider alone, and one of another provider’s does not', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'google-'))
    closeAfterTest(async () => rmSync(folder, { recursive: true, force: true }))
    const token = await startUpstream({ json: { access_token: 'google-token', expires_in: 3599 } })
    const workload = join(folder, 'workload')
    writeFileSync(workload, 'workload-token')
    const file = join(folder, 'credentials.json')
    writeFileSync(
      file,
      JSON.stringify({
        type: 'external_account',
        audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/a/providers/b',
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        token_url: token.url,
        credential_source: { file: workload },
      }),
    )
    const elsewhere = await startUpstream({ json: {} })
    const upstream = await startUpstream({ status: 307, json: {}, headers: { location: elsewhere.url } })
    const other = await startUpstream({ json: chatCompletion() })
    const gateway = await startGateway({
      config: {
        resilience: { retry: { max_attempts: 1, initial_delay_ms: 1 } },
        models: [
          {
            name: 'both',
            targets: [
              { provider: 'p', model: 'm' },
              { provider: 'q', model: 'm' },
            ],
          },
        ],
        providers: {
          p: {
            type: 'vertex',
            base_url: upstream.url,
            project: 'a',
            location: 'global',
            credentials_file: file,
          },
          q: { type: 'openai_compatible', base_url: other.url, api_key: 'key-q' },
        },
      },
    })
    const answer = await post(`${gateway.url}/v1/chat/completions`, { ...hello, model: 'both' })
    expect([answer.status, answer.headers['x-gateway-provider']]).toEqual([200, 'q'])
    expect(upstream.requests[0]!.headers.authorization).toBe('Bearer google-token')
    expect(other.requests[0]!.headers.authorization).toBe('Bearer key-q')
    expect(elsewhere.requests).toHaveLength(0)
  })
})

test.each([
  ['openai_compatible', 'authorization', ['Bearer a', 'Bearer b', 'Bearer c', 'Bearer a']],
  ['anthropic', 'x-api-key', ['a', 'b', 'c', 'a']],
  ['azure_openai', 'api-key', ['a', 'b', 'c', 'a']],
  ['groq', 'authorization', ['Bearer a', 'Bearer b', 'Bearer c', 'Bearer a']],
])('several keys of %s are used in turn, in the order of the file', async (type, header, expected) => {
  const upstream = await startUpstream({ json: chatCompletion() })
  const gateway = await startGateway({
    config: {
      resilience: { retry: { max_attempts: 1, initial_delay_ms: 1 } },
      providers: { p: { type, base_url: upstream.url, api_keys: ['a', 'b', 'c'] } },
    },
  })
  for (let i = 0; i < 4; i++) await post(`${gateway.url}/v1/chat/completions`, hello)
  expect(upstream.requests.map(({ headers }) => headers[header])).toEqual(expected)
})
