import { createHash } from 'node:crypto'
import { Sha256 } from '@aws-crypto/sha256-js'
import { SignatureV4 } from '@smithy/signature-v4'
import { describe, expect, test } from 'vitest'
import type { AwsKeys } from '../../src/upstream/credentials/aws-credentials.ts'
import { openAwsSigner } from '../../src/upstream/credentials/aws.ts'
import { UpstreamFailure, type UpstreamRequest } from '../../src/upstream/transport.ts'

const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
const host = 'bedrock-runtime.us-east-1.amazonaws.com'
const now = () => new Date('2026-11-21T12:00:00.000Z')
const body = Buffer.from('{"messages":[]}')

function open(credentials: AwsKeys = keys, origin = `https://${host}`) {
  return openAwsSigner({ origin, region: 'us-east-1', service: 'bedrock', credentials, now })
}
const request = (more: Partial<UpstreamRequest> = {}): UpstreamRequest => ({
  method: 'POST',
  path: '/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse',
  headers: ['content-type', 'application/json'],
  body,
  ...more,
})
function named(headers: readonly string[]): Record<string, string> {
  const pairs = headers.flatMap((name, i) => (i % 2 === 0 ? [[name.toLowerCase(), headers[i + 1]!]] : []))
  return Object.fromEntries(pairs) as Record<string, string>
}

interface Official {
  credentials?: AwsKeys
  /** As the request has them, where that is not one line a name. */
  headers?: Record<string, string>
  path?: string
  query?: Record<string, string | string[]>
  hostname?: string
}

/** What the official code signs for the same request, with a hash that is not ours. */
async function official(given: UpstreamRequest, more: Official = {}): Promise<string | undefined> {
  const { credentials = keys, headers = named(given.headers), hostname = host } = more
  const signature = new SignatureV4({ service: 'bedrock', region: 'us-east-1', sha256: Sha256, credentials })
  const signed = await signature.sign(
    {
      method: given.method,
      protocol: 'https:',
      hostname,
      path: more.path ?? given.path,
      query: more.query ?? {},
      headers: { ...headers, host: hostname },
      body: given.body ?? undefined,
    },
    { signingDate: now() },
  )
  return signed.headers.authorization
}

describe('a signed request', () => {
  test('keeps its own and has the proof beside it', async () => {
    const given = request()
    const signed = await open().sign(given)
    expect(given).toEqual(request())
    expect(signed).toEqual({ ...given, headers: expect.anything() })
    expect(signed.headers.slice(0, 2)).toEqual(given.headers)
    expect(named(signed.headers)).toEqual({
      'content-type': 'application/json',
      'x-amz-date': '20261121T120000Z',
      'x-amz-content-sha256': createHash('sha256').update(body).digest('hex'),
      authorization: await official(given),
    })
    expect(named(signed.headers).authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20261121\/us-east-1\/bedrock\/aws4_request, SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date, Signature=[0-9a-f]{64}$/,
    )
  })

  const arn = 'arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fus.anthropic.claude'
  test.each<[string, Partial<UpstreamRequest>, Official]>([
    ['an ARN in its path', { path: `/model/${arn}/converse-stream` }, {}],
    ['no body', { method: 'GET', body: null }, {}],
    [
      'a part of a larger piece of memory as its body',
      { body: Buffer.from('..{"a":1}..').subarray(2, 9) },
      {},
    ],
    [
      'a query',
      { path: '/a?b=1&c=x%20y&b=2&empty=' },
      { path: '/a', query: { b: ['1', '2'], c: 'x y', empty: '' } },
    ],
    ['names in capitals', { headers: ['Content-Type', 'text/plain', 'X-Amzn-Bedrock-Trace', 'ENABLED'] }, {}],
    [
      'a name on two lines',
      { headers: ['x-a', '1', 'x-b', '2', 'X-A', '3'] },
      { headers: { 'x-a': '1,3', 'x-b': '2' } },
    ],
  ])('may have %s', async (_what, more, how) => {
    const given = request(more)
    const signed = await open().sign(given)
    expect(named(signed.headers).authorization).toBe(await official(given, how))
    expect(signed.headers.slice(0, given.headers.length)).toEqual(given.headers)
  })

  test('has its session token signed', async () => {
    const credentials = { ...keys, sessionToken: 'token' }
    const signed = named((await open(credentials).sign(request())).headers)
    expect(signed['x-amz-security-token']).toBe('token')
    expect(signed.authorization).toContain('x-amz-date;x-amz-security-token')
    expect(signed.authorization).toBe(await official(request(), { credentials }))
  })

  test('has an older proof replaced', async () => {
    const old = ['Authorization', 'Bearer x', 'X-Amz-Date', 'long ago', 'x-amz-security-token', 'old']
    const signed = await open().sign(request({ headers: [...request().headers, ...old] }))
    expect(signed).toEqual(await open().sign(request()))
  })

  test('is signed again alike', async () => {
    const signer = open()
    expect(await signer.sign(request())).toEqual(await signer.sign(request()))
  })

  test('is for the host of its origin, its port included', async () => {
    const local = open(keys, 'http://127.0.0.1:8000')
    const signed = named((await local.sign(request())).headers)
    expect(signed.authorization).toBe(await official(request(), { hostname: '127.0.0.1:8000' }))
    expect(signed.authorization).not.toBe(await official(request(), { hostname: '127.0.0.1' }))
  })

  test('is not for another host', async () => {
    const given = request({ headers: ['Host', 'example.com'] })
    const attempt = open().sign(given)
    await expect(attempt).rejects.toThrow(UpstreamFailure)
    await expect(attempt).rejects.toMatchObject({ kind: 'protocol' })
    const same = await open().sign(request({ headers: ['Host', host] }))
    expect(named(same.headers).authorization).toBe(await official(request({ headers: [] })))
  })
})
