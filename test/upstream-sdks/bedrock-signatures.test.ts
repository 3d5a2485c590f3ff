import { Sha256 } from '@aws-crypto/sha256-js'
import { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { SignatureV4 } from '@smithy/signature-v4'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { openAwsSigner } from '../../src/upstream/credentials/aws.ts'
import { post, startGateway } from '../support/gateway.ts'
import { startUpstream, type RecordedRequest, type Upstream } from '../support/upstream.ts'

const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'a-secret-key', sessionToken: 'a-session-token' }
const region = 'eu-central-1'
const plain = 'eu.anthropic.claude-sonnet-4-20250514-v1:0'
const arn = 'arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-v1:0'
const models = [plain, arn]

const answer = {
  json: {
    output: { message: { role: 'assistant', content: [{ text: 'Hi' }] } },
    stopReason: 'end_turn',
    usage: { inputTokens: 1, outputTokens: 1 },
  },
}

afterEach(() => vi.unstubAllEnvs())

const openGateway = (upstream: Upstream, provider: object) =>
  startGateway({
    config: {
      auth: { enabled: false },
      resilience: { retry: { max_attempts: 1 }, circuit_breaker: { enabled: false } },
      providers: { bedrock: { base_url: upstream.url, aws_region: region, models, ...provider } },
    },
  })
const withKeys = {
  aws_access_key_id: keys.accessKeyId,
  aws_secret_access_key: keys.secretAccessKey,
  aws_session_token: keys.sessionToken,
}
const askFor = (model: string, stream = false) => ({
  model,
  messages: [{ role: 'user', content: 'Hello' }],
  stream,
})

/** The names that a request's signature says it covers. */
const signedNames = ({ headers }: RecordedRequest): string[] =>
  /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '')![1]!.split(';')

const clockOf = ({ headers }: RecordedRequest): Date => {
  const written = headers['x-amz-date'] as string
  const digits = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(written)!.slice(1)
  const [year, month, day, hour, minute, second] = digits
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
}

/** What the official code signs for a request as it arrived, at its own time. */
async function recomputed(request: RecordedRequest): Promise<string | undefined> {
  const headers = Object.fromEntries(
    signedNames(request)
      .filter((name) => !name.startsWith('x-amz-date') && !name.startsWith('x-amz-security'))
      .map((name) => [name, request.headers[name] as string]),
  )
  const signature = new SignatureV4({ service: 'bedrock', region, sha256: Sha256, credentials: keys })
  const signed = await signature.sign(
    {
      method: request.method,
      protocol: 'http:',
      hostname: '127.0.0.1',
      path: request.path,
      headers,
      body: request.body,
    },
    { signingDate: clockOf(request) },
  )
  return signed.headers.authorization
}

describe('a request of the gateway', () => {
  test.each([
    ['a model', plain, false],
    ['an ARN', arn, false],
    ['a stream', arn, true],
  ])('to %s is signed as the official code signs it', async (_what, model, stream) => {
    const upstream = await startUpstream(answer)
    const gateway = await openGateway(upstream, withKeys)
    await post(`${gateway.url}/v1/chat/completions`, askFor(model, stream))
    const [request] = upstream.requests
    expect(request!.headers.authorization).toBe(await recomputed(request!))
    expect(request!.headers.authorization).toContain(`/${region}/bedrock/aws4_request`)
    expect(request!.headers['x-amz-security-token']).toBe(keys.sessionToken)
    expect(signedNames(request!)).toEqual(
      expect.arrayContaining(['content-type', 'host', 'x-amz-date', 'x-amz-security-token']),
    )
    expect(Math.abs(Date.now() - clockOf(request!).getTime())).toBeLessThan(60_000)
    expect(request!.path).toBe(`/model/${encodeURIComponent(model)}/converse${stream ? '-stream' : ''}`)
  })

  test('is not signed where there is a key for Bedrock', async () => {
    const upstream = await startUpstream(answer)
    const gateway = await openGateway(upstream, { api_key: 'bedrock-key' })
    const answered = await post(`${gateway.url}/v1/chat/completions`, askFor(plain))
    expect(answered.status).toBe(200)
    const { headers } = upstream.requests[0]!
    expect(headers.authorization).toBe('Bearer bedrock-key')
    expect(Object.keys(headers).filter((name) => name.startsWith('x-amz'))).toEqual([])
  })

  test('is not sent where there are no keys, and says so to the operator alone', async () => {
    for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined)
    vi.stubEnv('HOME', '/nowhere')
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
    const upstream = await startUpstream(answer)
    const gateway = await openGateway(upstream, {})
    const answered = await post(`${gateway.url}/v1/chat/completions`, askFor(plain))
    expect(answered.status).toBe(502)
    expect(answered.text).not.toContain('AWS')
    expect(upstream.requests).toEqual([])
  })
})

describe('a request of the SDK', () => {
  test.each([
    ['a model', plain, ConverseCommand],
    ['an ARN', arn, ConverseCommand],
    ['a stream', arn, ConverseStreamCommand],
  ] as const)('to %s is signed by the gateway as by the SDK', async (_what, modelId, Command) => {
    const upstream = await startUpstream(answer)
    const client = new BedrockRuntimeClient({
      region,
      endpoint: upstream.url,
      credentials: keys,
      maxAttempts: 1,
      requestHandler: new NodeHttpHandler(),
    })
    const input = { modelId, messages: [{ role: 'user' as const, content: [{ text: 'Hello' }] }] }
    await (Command === ConverseCommand
      ? client.send(new ConverseCommand(input))
      : client.send(new ConverseStreamCommand(input)).catch(() => undefined))
    const [theirs] = upstream.requests
    const signer = openAwsSigner({
      origin: upstream.url,
      region,
      service: 'bedrock',
      credentials: keys,
      now: () => clockOf(theirs!),
    })
    const ours = await signer.sign({
      method: 'POST',
      path: theirs!.path,
      headers: signedNames(theirs!).flatMap((name) => [name, theirs!.headers[name] as string]),
      body: theirs!.body,
    })
    expect(ours.headers.at(-1)).toBe(theirs!.headers.authorization)
  })
})
