import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { bedrock } from '../../src/providers/bedrock.ts'
import { providerFacts } from '../../src/providers/index.ts'
import { pathOf, type ProviderSettings } from '../../src/providers/provider.ts'

const awsKeys = { accessKeyId: 'AKID', secretAccessKey: 'secret' }
const baseUrl = (settings: ProviderSettings) =>
  (bedrock.baseUrl as (of: ProviderSettings) => string)(settings)

function pathFor(operation: 'chat' | 'embedding', model: string, stream = false, basePath = '') {
  return pathOf(bedrock.serves[operation]![0]!, { basePath, model, stream, settings: {} })
}

describe('the page of Bedrock', () => {
  test('is known by its name, and has its own keys as bearer tokens', () => {
    expect(providerFacts.get('bedrock')).toBe(bedrock)
    expect(bedrock).toMatchObject({
      credential: { header: 'authorization', scheme: 'Bearer' },
      usualPath: '',
      requestIdHeader: 'x-amzn-requestid',
    })
  })

  test.each<[string | undefined, string]>([
    ['eu-west-1', 'https://bedrock-runtime.eu-west-1.amazonaws.com'],
    ['us-gov-west-1', 'https://bedrock-runtime.us-gov-west-1.amazonaws.com'],
    ['cn-north-1', 'https://bedrock-runtime.cn-north-1.amazonaws.com.cn'],
    [undefined, 'https://bedrock-runtime.us-east-1.amazonaws.com'],
  ])('has an address for the region %s', (awsRegion, address) => {
    expect(baseUrl(awsRegion === undefined ? {} : { awsRegion })).toBe(address)
  })

  test.each([
    ['anthropic.claude-3-haiku-20240307-v1:0', 'anthropic.claude-3-haiku-20240307-v1%3A0'],
    ['global.amazon.nova-2-lite-v1:0', 'global.amazon.nova-2-lite-v1%3A0'],
    [
      'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.meta.llama3',
      'arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fus.meta.llama3',
    ],
    ["../a b!'()*", '..%2Fa%20b%21%27%28%29%2A'],
  ])('has %s in its paths, as one segment', (model, segment) => {
    expect(pathFor('chat', model)).toBe(`/model/${segment}/converse`)
    expect(pathFor('chat', model, true)).toBe(`/model/${segment}/converse-stream`)
    expect(pathFor('embedding', model, false, '/proxy')).toBe(`/proxy/model/${segment}/invoke`)
  })

  test.each<[string, ProviderSettings, string]>([
    ['https://bedrock-runtime.eu-west-1.amazonaws.com', {}, 'eu-west-1'],
    ['https://bedrock-runtime-fips.us-gov-west-1.amazonaws.com', {}, 'us-gov-west-1'],
    ['https://vpce-0a1b-2c3d.bedrock-runtime.eu-central-1.vpce.amazonaws.com', {}, 'eu-central-1'],
    ['https://bedrock-runtime.eu-west-1.amazonaws.com', { awsRegion: 'us-east-2' }, 'us-east-2'],
    ['http://127.0.0.1:8000', {}, 'us-east-1'],
  ])('signs for %s with %j in the region %s', async (origin, settings, region) => {
    const signer = bedrock.openSigner!({ origin, keys: [], settings: { awsKeys, ...settings } })
    const signed = await signer!.sign({ method: 'POST', path: '/a', headers: [], body: null })
    expect(signed.headers.at(-1)).toContain(`/${region}/bedrock/aws4_request`)
  })

  test('signs with the keys of a profile', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'aws-'))
    const file = join(folder, 'credentials')
    await writeFile(file, '[work]\naws_access_key_id=AKIDWORK\naws_secret_access_key=s\n')
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', file)
    vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'))
    const signer = bedrock.openSigner!({
      origin: 'https://bedrock-runtime.eu-west-1.amazonaws.com',
      keys: [],
      settings: { awsProfile: 'work' },
    })
    const signed = await signer!.sign({ method: 'POST', path: '/a', headers: [], body: null })
    expect(signed.headers.at(-1)).toContain('Credential=AKIDWORK/')
    vi.unstubAllEnvs()
    await rm(folder, { recursive: true })
  })

  test('signs nothing where it has a key', () => {
    const origin = 'https://bedrock-runtime.eu-west-1.amazonaws.com'
    expect(bedrock.openSigner!({ origin, keys: ['key'], settings: { awsKeys } })).toBeUndefined()
    expect(bedrock.openSigner!({ origin, keys: [], settings: {} })).toBeDefined()
  })
})
