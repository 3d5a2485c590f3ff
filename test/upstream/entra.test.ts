import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openEntraSigner, type EntraOptions } from '../../src/upstream/credentials/entra.ts'
import { UpstreamFailure, type UpstreamRequest } from '../../src/upstream/transport.ts'
import { closeAfterTest } from '../support/after-test.ts'
import { startUpstream, type Script, type Upstream } from '../support/upstream.ts'

const clientSecret = 'entra-secret-value'
const request: UpstreamRequest = {
  method: 'POST',
  path: '/openai/v1/chat/completions',
  headers: ['content-type', 'application/json'],
  body: Buffer.from('{}'),
}

const token = (text = 'token-1', expiresIn: unknown = 3599) => ({
  json: { token_type: 'Bearer', expires_in: expiresIn, ext_expires_in: 3599, access_token: text },
})

async function signerOf(script: Script, more: Partial<EntraOptions> = {}) {
  const server = await startUpstream(script)
  const signer = openEntraSigner({
    tenantId: 'tenant-1',
    clientId: 'client-1',
    credential: { clientSecret },
    authority: server.url,
    ...more,
  })
  return { server, signer }
}

const formOf = (server: Upstream, index = 0) =>
  Object.fromEntries(new URLSearchParams(server.requests[index]!.body.toString()))

async function failureOf(signing: Promise<unknown>): Promise<UpstreamFailure> {
  const error: unknown = await signing.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(UpstreamFailure)
  return error as UpstreamFailure
}

describe('the client credentials flow', () => {
  test('asks the tenant for a token with the secret and sends it as a bearer', async () => {
    const { server, signer } = await signerOf(token())
    const signed = await signer.sign(request)
    expect(signed).toEqual({
      ...request,
      headers: ['content-type', 'application/json', 'authorization', 'Bearer token-1'],
    })
    expect(request.headers).toHaveLength(2)
    expect(server.requests).toHaveLength(1)
    expect(server.requests[0]).toMatchObject({
      method: 'POST',
      path: '/tenant-1/oauth2/v2.0/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    expect(formOf(server)).toEqual({
      grant_type: 'client_credentials',
      client_id: 'client-1',
      client_secret: clientSecret,
      scope: 'https://cognitiveservices.azure.com/.default',
    })
  })

  test('asks once for many calls, and replaces an authorization header that was there', async () => {
    const { server, signer } = await signerOf({ ...token(), delayMs: 20 })
    const calls = await Promise.all([1, 2, 3].map(() => signer.sign(request)))
    expect(calls.map(({ headers }) => headers.at(-1))).toEqual(Array(3).fill('Bearer token-1'))
    const again = await signer.sign({ ...request, headers: ['authorization', 'Bearer other'] })
    expect(again.headers).toEqual(['authorization', 'Bearer token-1'])
    expect(server.requests).toHaveLength(1)
  })

  test('asks for another scope at an authority with a slash at its end', async () => {
    const server = await startUpstream(token())
    const scope = 'https://cognitiveservices.azure.us/.default'
    const options = { tenantId: 't/1', clientId: 'c', credential: { clientSecret }, scope }
    await openEntraSigner({ ...options, authority: `${server.url}/` }).sign(request)
    expect(server.requests[0]!.path).toBe('/t%2F1/oauth2/v2.0/token')
    expect(formOf(server).scope).toBe(scope)
  })

  test('takes a lifetime that is written as a text, and renews when it has passed', async () => {
    const { server, signer } = await signerOf([token('short', '0.05'), token('next')])
    expect((await signer.sign(request)).headers.at(-1)).toBe('Bearer short')
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect((await signer.sign(request)).headers.at(-1)).toBe('Bearer next')
    expect(server.requests).toHaveLength(2)
  })
})

describe('the token of a federated workload', () => {
  function fileWith(text: string): string {
    const folder = mkdtempSync(join(tmpdir(), 'entra-'))
    closeAfterTest(async () => rmSync(folder, { recursive: true, force: true }))
    const path = join(folder, 'token')
    writeFileSync(path, text)
    return path
  }

  test('is read from its file each time and sent as the assertion', async () => {
    const federatedTokenFile = fileWith('workload-1\n')
    const credential = { federatedTokenFile }
    const { server, signer } = await signerOf([token('a', 0.01), token('b')], { credential })
    await signer.sign(request)
    expect(formOf(server)).toEqual({
      grant_type: 'client_credentials',
      client_id: 'client-1',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: 'workload-1',
      scope: 'https://cognitiveservices.azure.com/.default',
    })
    writeFileSync(federatedTokenFile, 'workload-2')
    await new Promise((resolve) => setTimeout(resolve, 20))
    await signer.sign(request)
    expect(formOf(server, 1).client_assertion).toBe('workload-2')
  })

  test.each([
    [() => '/nowhere/token', /\/nowhere\/token cannot be read: ENOENT/],
    [() => fileWith(' \n'), /is empty/],
  ])('that is not there is a failure that names the file', async (file, says) => {
    const { server, signer } = await signerOf(token(), { credential: { federatedTokenFile: file() } })
    expect((await failureOf(signer.sign(request))).message).toMatch(says)
    expect(server.requests).toHaveLength(0)
  })
})

describe('a token that cannot be had', () => {
  const refusal = {
    error: 'invalid_client',
    error_description: `AADSTS7000215: Invalid client secret provided: ${clientSecret}`,
    error_codes: [7000215],
  }

  test.each<[string, Script, string, RegExp]>([
    ['a refusal', { status: 401, json: refusal }, 'protocol', /401 invalid_client \(AADSTS7000215\)\.$/],
    ['no description', { status: 400, json: { error: 'invalid_scope' } }, 'protocol', /400 invalid_scope\.$/],
    ['an odd word', { status: 400, json: { error: `${clientSecret} !` } }, 'protocol', /: 400\.$/],
    ['a page', { status: 502, body: `<html>${clientSecret}` }, 'protocol', /: 502\.$/],
    ['no JSON', { body: 'null' }, 'protocol', /without a token/],
    ['no token', { json: { expires_in: 3599 } }, 'protocol', /without a token/],
    ['an empty token', token(''), 'protocol', /without a token/],
    ['no lifetime', { json: { access_token: 'x' } }, 'protocol', /without a token/],
    ['a lifetime that is over', token('x', 0), 'protocol', /without a token/],
    ['too much', { body: 'x'.repeat(70_000) }, 'protocol', /more than a token/],
    ['a broken connection', { resets: true }, 'connect', /cannot be reached: \w+/],
    ['a redirect', { status: 307, json: {}, headers: { location: '/elsewhere' } }, 'protocol', /: 307\.$/],
  ])('because of %s says so without the secret', async (_, script, kind, says) => {
    const { server, signer } = await signerOf(script)
    const failure = await failureOf(signer.sign(request))
    expect(failure.kind).toBe(kind)
    expect(failure.message).toMatch(says)
    const { message, stack, cause } = failure
    expect(JSON.stringify([message, stack, cause ?? null])).not.toContain(clientSecret)
    expect(server.requests.map(({ path }) => path)).toEqual(['/tenant-1/oauth2/v2.0/token'])
  })

  test('because nobody listens there is a failure to connect', async () => {
    const server = await startUpstream()
    await server.close()
    const credential = { clientSecret }
    const signer = openEntraSigner({ tenantId: 't', clientId: 'c', credential, authority: server.url })
    expect(await failureOf(signer.sign(request))).toMatchObject({
      kind: 'connect',
      message: 'Microsoft Entra cannot be reached: ECONNREFUSED.',
    })
  })
})
