import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { awsChain } from '../../src/upstream/credentials/aws-credentials.ts'
import { openAwsSigner } from '../../src/upstream/credentials/aws.ts'
import { UpstreamFailure } from '../../src/upstream/transport.ts'
import { startUpstream } from '../support/upstream.ts'

let folder: string

/** The environment of the AWS tools, with nothing in it but an empty configuration. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aws-'))
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined)
  vi.stubEnv('HOME', folder)
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'))
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'))
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
})
afterEach(async () => {
  vi.unstubAllEnvs()
  vi.useRealTimers()
  await rm(folder, { recursive: true })
})

const open = (more: { profile?: string; withinMs?: number } = {}) =>
  awsChain({ region: 'us-east-1', withinMs: 5000, ...more })
const container = (minutes: number, n: number) => ({
  json: {
    AccessKeyId: `AKID${n}`,
    SecretAccessKey: 'secret',
    Token: `token${n}`,
    Expiration: new Date(Date.now() + minutes * 60_000).toISOString(),
  },
})

describe('the chain finds keys', () => {
  test('in the environment', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDENV')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret')
    vi.stubEnv('AWS_SESSION_TOKEN', 'token')
    expect(await open()()).toMatchObject({
      accessKeyId: 'AKIDENV',
      secretAccessKey: 'secret',
      sessionToken: 'token',
    })
  })

  test('in the profile that is named, or the usual one', async () => {
    await writeFile(
      join(folder, 'credentials'),
      '[default]\naws_access_key_id=AKID0\naws_secret_access_key=s\n[work]\naws_access_key_id=AKIDWORK\naws_secret_access_key=s\n',
    )
    expect(await open()()).toMatchObject({ accessKeyId: 'AKID0' })
    expect(await open({ profile: 'work' })()).toMatchObject({ accessKeyId: 'AKIDWORK' })
    vi.stubEnv('AWS_PROFILE', 'work')
    expect(await open()()).toMatchObject({ accessKeyId: 'AKIDWORK' })
  })

  test('at the container, once for many calls', async () => {
    const server = await startUpstream(container(60, 1))
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${server.url}/keys`)
    const chain = open()
    const found = await Promise.all([chain(), chain(), chain()])
    expect(found).toEqual([found[0], found[0], found[0]])
    expect(found[0]).toMatchObject({ accessKeyId: 'AKID1', sessionToken: 'token1' })
    await chain()
    expect(server.requests).toHaveLength(1)
  })

  test('again before they expire, and goes on with the old ones meanwhile', async () => {
    const server = await startUpstream([container(4, 1), container(60, 2)])
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${server.url}/keys`)
    const chain = open()
    expect(await chain()).toMatchObject({ accessKeyId: 'AKID1' })
    await vi.waitFor(async () => expect(await chain()).toMatchObject({ accessKeyId: 'AKID2' }))
    expect(server.requests).toHaveLength(2)
  })

  test('and keeps those that are still valid where it cannot find others', async () => {
    const server = await startUpstream([container(4, 1), { status: 400, json: { message: 'secret!' } }])
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${server.url}/keys`)
    const chain = open()
    await chain()
    await chain()
    await server.sawRequests(2)
    expect(await chain()).toMatchObject({ accessKeyId: 'AKID1' })
  })
})

describe('the chain finds nothing', () => {
  test('and says where it looked, whatever the reason', async () => {
    const attempt = open()()
    await expect(attempt).rejects.toThrow(UpstreamFailure)
    await expect(attempt).rejects.toMatchObject({
      kind: 'connect',
      message:
        'no AWS credentials in environment, profile, web identity, container or instance (CredentialsProviderError)',
    })
  })

  test('and repeats nothing of what a program wrote', async () => {
    const command = `${process.execPath} -e "console.error('secret1'); process.exit(1)" secret2`
    await writeFile(join(folder, 'config'), `[default]\ncredential_process = ${command}\n`)
    const failure = await open()().catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(UpstreamFailure)
    expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain('secret')
    expect((failure as Error).cause).toBeUndefined()
  })

  test('and looks again with the next call', async () => {
    const chain = open()
    await expect(chain()).rejects.toThrow(UpstreamFailure)
    await writeFile(
      join(folder, 'credentials'),
      '[default]\naws_access_key_id=AKIDLATE\naws_secret_access_key=s\n',
    )
    expect(await chain()).toMatchObject({ accessKeyId: 'AKIDLATE' })
  })

  test('within its time', async () => {
    const server = await startUpstream({ hangs: true })
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${server.url}/keys`)
    const attempt = open({ withinMs: 50 })()
    await expect(attempt).rejects.toMatchObject({
      name: 'UpstreamFailure',
      kind: 'timeout',
      message: 'AWS credentials did not come within 50 ms',
    })
  })
})

test('a signer without keys of its own signs with those of the chain, or not at all', async () => {
  const options = {
    origin: 'https://bedrock-runtime.us-east-1.amazonaws.com',
    region: 'us-east-1',
    service: 'bedrock',
    credentials: 'chain',
  } as const
  const request = { method: 'POST', path: '/model/m/converse', headers: [], body: null } as const
  const signer = openAwsSigner(options)
  await expect(signer.sign({ ...request, headers: [] })).rejects.toThrow(UpstreamFailure)
  await writeFile(
    join(folder, 'credentials'),
    '[work]\naws_access_key_id=AKIDWORK\naws_secret_access_key=s\n',
  )
  const named = openAwsSigner({ ...options, profile: 'work' })
  expect((await named.sign({ ...request, headers: [] })).headers.at(-1)).toContain('Credential=AKIDWORK/')
  const server = await startUpstream({ hangs: true })
  vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${server.url}/keys`)
  const hurried = openAwsSigner({ ...options, credentialsWithinMs: 20 })
  await expect(hurried.sign({ ...request, headers: [] })).rejects.toMatchObject({ kind: 'timeout' })
})
