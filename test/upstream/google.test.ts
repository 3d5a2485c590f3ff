import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { openGoogleSigner } from '../../src/upstream/credentials/google.ts'
import { UpstreamFailure, type UpstreamRequest } from '../../src/upstream/transport.ts'
import { closeAfterTest } from '../support/after-test.ts'
import { startUpstream, type Script, type Upstream } from '../support/upstream.ts'

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})

const request: UpstreamRequest = {
  method: 'POST',
  path: '/v1/projects/p/locations/l/publishers/google/models/m:generateContent',
  headers: ['content-type', 'application/json'],
  body: Buffer.from('{}'),
}

const serviceAccount = {
  type: 'service_account',
  project_id: 'p',
  private_key_id: 'key-1',
  private_key: privateKey,
  client_email: 'gateway@p.iam.gserviceaccount.com',
}
const user = {
  type: 'authorized_user',
  client_id: 'client-1',
  client_secret: 'google-secret',
  refresh_token: 'refresh-1',
  quota_project_id: 'billed-1',
}

const token = (text = 'token-1', expiresIn = 3599) => ({
  json: { access_token: text, expires_in: expiresIn, token_type: 'Bearer' },
})

function fileOf(content: unknown): string {
  const folder = mkdtempSync(join(tmpdir(), 'google-'))
  closeAfterTest(async () => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'credentials.json')
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

/** Google's addresses stand in the library; what is asked of them goes to the local server, under the same path. */
function fetchFrom(server: Upstream, asked: string[]): typeof fetch {
  return (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input)
    asked.push(url.href)
    return fetch(`${server.url}${url.pathname}${url.search}`, init)
  }
}

async function signerOf(script: Script, content: unknown) {
  const server = await startUpstream(script)
  const asked: string[] = []
  const credentialsFile = fileOf(content)
  const signer = openGoogleSigner({ credentialsFile, fetch: fetchFrom(server, asked) })
  return { server, asked, signer, credentialsFile }
}

const formOf = (server: Upstream, index = 0) =>
  Object.fromEntries(new URLSearchParams(server.requests[index]!.body.toString()))

describe('a service account', () => {
  test('asks Google for a token with a signed assertion and sends it as a bearer', async () => {
    const { server, asked, signer } = await signerOf(token(), serviceAccount)
    const signed = await signer.sign(request)
    expect(signed).toEqual({
      ...request,
      headers: ['content-type', 'application/json', 'authorization', 'Bearer token-1'],
    })
    expect(asked).toEqual(['https://oauth2.googleapis.com/token'])
    const { grant_type: grant, assertion } = formOf(server)
    expect(grant).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer')
    const claims = JSON.parse(Buffer.from(assertion!.split('.')[1]!, 'base64url').toString())
    expect(claims).toMatchObject({
      iss: serviceAccount.client_email,
      scope: 'https://www.googleapis.com/auth/cloud-platform',
    })
  })

  test('asks once for many calls, and replaces an authorization header that was there', async () => {
    const { server, signer } = await signerOf({ ...token(), delayMs: 20 }, serviceAccount)
    await Promise.all([1, 2, 3].map(() => signer.sign(request)))
    const again = await signer.sign({ ...request, headers: ['authorization', 'Bearer other'] })
    expect(again.headers).toEqual(['authorization', 'Bearer token-1'])
    expect(server.requests).toHaveLength(1)
  })

  test('gets a new token when the old one ends', async () => {
    const { server, signer } = await signerOf([token('short', 1), token('next')], serviceAccount)
    expect((await signer.sign(request)).headers.at(-1)).toBe('Bearer short')
    await vi.waitUntil(async () => (await signer.sign(request)).headers.at(-1) === 'Bearer next', 3_000)
    expect(server.requests).toHaveLength(2)
  })
})

describe('other kinds of file', () => {
  test('a user’s credentials are refreshed, and the project that is billed is named', async () => {
    const { server, signer } = await signerOf(token(), user)
    const { headers } = await signer.sign(request)
    expect(headers.slice(2)).toEqual(['authorization', 'Bearer token-1', 'x-goog-user-project', 'billed-1'])
    expect(formOf(server)).toMatchObject({
      grant_type: 'refresh_token',
      refresh_token: 'refresh-1',
      client_id: 'client-1',
      client_secret: 'google-secret',
    })
  })

  test('a token of another cloud is exchanged', async () => {
    const server = await startUpstream(token('exchanged'))
    const credentialsFile = fileOf({
      type: 'external_account',
      audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/p',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `${server.url}/v1/token`,
      credential_source: { file: fileOf('workload-token') },
    })
    const { headers } = await openGoogleSigner({ credentialsFile }).sign(request)
    expect(headers.at(-1)).toBe('Bearer exchanged')
    expect(formOf(server)).toMatchObject({
      subject_token: 'workload-token',
      scope: 'https://www.googleapis.com/auth/cloud-platform',
    })
  })

  test('a service account is impersonated', async () => {
    const script: Script = (_request, _response, { path }) =>
      path.endsWith(':generateAccessToken')
        ? { json: { accessToken: 'impersonated', expireTime: new Date(Date.now() + 3_600_000) } }
        : token()
    const server = await startUpstream(script)
    const credentialsFile = fileOf({
      type: 'impersonated_service_account',
      service_account_impersonation_url: `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/other@p.iam.gserviceaccount.com:generateAccessToken`,
      source_credentials: user,
      delegates: ['between@p.iam.gserviceaccount.com'],
    })
    const signer = openGoogleSigner({ credentialsFile, fetch: fetchFrom(server, []) })
    expect((await signer.sign(request)).headers.at(-1)).toBe('Bearer impersonated')
    expect(server.requests.at(-1)).toMatchObject({
      path: '/v1/projects/-/serviceAccounts/other@p.iam.gserviceaccount.com:generateAccessToken',
      headers: { authorization: 'Bearer token-1' },
      json: {
        scope: ['https://www.googleapis.com/auth/cloud-platform'],
        delegates: ['between@p.iam.gserviceaccount.com'],
      },
    })
  })

  test('without a file the application’s default credentials are used', async () => {
    const server = await startUpstream(token('default'))
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', fileOf(serviceAccount))
    closeAfterTest(async () => vi.unstubAllEnvs())
    const signer = openGoogleSigner({ fetch: fetchFrom(server, []) })
    expect((await signer.sign(request)).headers.at(-1)).toBe('Bearer default')
  })
})

describe('a token that cannot be had', () => {
  async function failureOf(signing: Promise<unknown>): Promise<UpstreamFailure> {
    const error: unknown = await signing.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(UpstreamFailure)
    const { message, stack, cause } = error as UpstreamFailure
    const told = JSON.stringify([message, stack, cause ?? null])
    for (const secret of ['google-secret', 'refresh-1', 'BEGIN PRIVATE', 'assertion']) {
      expect(told).not.toContain(secret)
    }
    return error as UpstreamFailure
  }

  test.each<[unknown, RegExp]>([
    ['{"type": "service_account", "private_key": "BEGIN PRIVATE', /holds no JSON object/],
    ['null', /holds no JSON object/],
    [{ type: 'service_account' }, /has no client_email/],
    [{ ...serviceAccount, private_key: '' }, /has no private_key/],
    [{ ...user, refresh_token: undefined }, /has no refresh_token/],
    [{ type: 'wallet' }, /allowed are service_account, authorized_user/],
    [{ ...serviceAccount, private_key: 'BEGIN PRIVATE' }, /gave no token/],
    [{ type: 'external_account' }, /gave no token/],
    [{ type: 'impersonated_service_account' }, /\(source_credentials\) is of a type/],
    [{ type: 'impersonated_service_account', source_credentials: user }, /has no service_account_impers/],
    [
      {
        type: 'impersonated_service_account',
        source_credentials: user,
        service_account_impersonation_url: 'https://elsewhere',
      },
      /whom to impersonate/,
    ],
  ])('because of the file %j says so', async (content, says) => {
    const { signer, server } = await signerOf(token(), content)
    expect((await failureOf(signer.sign(request))).message).toMatch(says)
    expect(server.requests).toHaveLength(0)
  })

  test('because the file is not there says so, and its coming is noticed', async () => {
    const server = await startUpstream(token())
    const path = fileOf('')
    rmSync(path)
    const signer = openGoogleSigner({ credentialsFile: path, fetch: fetchFrom(server, []) })
    const { kind, message } = await failureOf(signer.sign(request))
    expect(kind).toBe('protocol')
    expect(message).toBe(`Google Cloud gave no token: the credentials file ${path} cannot be read: ENOENT.`)
    writeFileSync(path, JSON.stringify(user))
    expect((await signer.sign(request)).headers).toContain('Bearer token-1')
  })

  test.each<[string, Script, unknown, RegExp]>([
    [
      'a refusal',
      { status: 400, json: { error: 'invalid_grant', error_description: 'of refresh-1' } },
      user,
      /: 400 invalid_grant\.$/,
    ],
    [
      'a refusal of an assertion',
      { status: 400, json: { error: 'invalid_grant', error_description: 'Invalid JWT: assertion' } },
      serviceAccount,
      /: 400 invalid_grant\.$/,
    ],
    ['an odd word', { status: 403, json: { error: 'google-secret is wrong' } }, user, /: 403\.$/],
    ['no token', { json: {} }, user, /gave no token: /],
  ])('because of %s says so', async (_, script, content, says) => {
    const { signer } = await signerOf(script, content)
    expect((await failureOf(signer.sign(request))).message).toMatch(says)
  })

  test('because nobody answers is a failure to connect', async () => {
    const server = await startUpstream()
    // A port that was given back may be another server's by now; on this address nobody listens.
    const nobody = { ...server, url: server.url.replace('127.0.0.1', '127.0.0.2') }
    const signer = openGoogleSigner({ credentialsFile: fileOf(user), fetch: fetchFrom(nobody, []) })
    expect((await failureOf(signer.sign(request))).kind).toBe('connect')
  })

  test('because the answer takes for ever is a timeout', async () => {
    const { signer } = await signerOf({ hangs: true }, user)
    // Opens the client before the clock is turned.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    closeAfterTest(async () => vi.useRealTimers())
    const failure = failureOf(signer.sign(request))
    await vi.advanceTimersByTimeAsync(15_000)
    expect(await failure).toMatchObject({ kind: 'timeout', message: expect.stringContaining('too long') })
  })
})
