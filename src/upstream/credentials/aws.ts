import type { SignatureV4 } from '@smithy/signature-v4'
import { UpstreamFailure, type UpstreamRequest } from '../transport.ts'
import { awsChain, type AwsKeys } from './aws-credentials.ts'
import { Sha256 } from './aws-sha256.ts'
import type { Signer } from './signer.ts'

export interface AwsSignerOptions {
  /** Where the requests go: `https://bedrock-runtime.us-east-1.amazonaws.com`. */
  origin: string
  region: string
  /** As AWS calls the service in signatures. */
  service: 'bedrock'
  /** Keys, or `chain`: wherever AWS's own tools would find some. */
  credentials: AwsKeys | 'chain'
  /** Of the shared configuration files; for the chain. */
  profile?: string
  /** Milliseconds that the chain may take. */
  credentialsWithinMs?: number
  /** The clock of the signatures, which AWS takes for five minutes. */
  now?: () => Date
}

/**
 * AWS Signature Version 4. Paths come encoded once, as they go over the wire; the signature is over what these
 * become when encoded once more, which model ids with `:` and `/` need.
 *
 * Signs for the host of its origin alone: a request that names another is refused.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function openAwsSigner(options: AwsSignerOptions): Signer {
  const { protocol, host, hostname } = new URL(options.origin)
  const now = options.now ?? (() => new Date())
  let signature: Promise<SignatureV4> | undefined

  async function sign(request: UpstreamRequest): Promise<UpstreamRequest> {
    const kept = withoutProof(request.headers)
    const headers = joined(kept)
    if ((headers.host ?? host) !== host)
      throw new UpstreamFailure('protocol', `a request for another host than ${host} is not signed`)
    signature ??= openSignature(options)
    const { path, query } = splitQuery(request.path)
    const signed = await (
      await signature
    ).sign(
      {
        method: request.method,
        protocol,
        hostname,
        path,
        query,
        headers: { ...headers, host },
        body: request.body ?? undefined,
      },
      { signingDate: now() },
    )
    return { ...request, headers: [...kept, ...proofOf(signed.headers)] }
  }
  return { sign }
}

/** Loads the package with the first request that needs a signature. */
async function openSignature(options: AwsSignerOptions): Promise<SignatureV4> {
  const { region, service, credentials, profile, credentialsWithinMs = 10_000 } = options
  const { SignatureV4: Signature } = await import('@smithy/signature-v4')
  return new Signature({
    region,
    service,
    sha256: Sha256,
    credentials:
      credentials === 'chain'
        ? awsChain({ region, withinMs: credentialsWithinMs, ...(profile !== undefined && { profile }) })
        : () => Promise.resolve(credentials),
  })
}

/** What a signature consists of on the wire. */
const proofHeaders = ['x-amz-date', 'x-amz-security-token', 'x-amz-content-sha256', 'authorization']

/** Headers without an older proof. */
function withoutProof(headers: readonly string[]): string[] {
  const kept: string[] = []
  for (let i = 0; i < headers.length; i += 2)
    if (!proofHeaders.includes(headers[i]!.toLowerCase())) kept.push(headers[i]!, headers[i + 1]!)
  return kept
}

/** By name in lower case; lines of one name count as one with a comma between, as HTTP has it. */
function joined(headers: readonly string[]): Record<string, string> {
  const byName: Record<string, string> = {}
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]!.toLowerCase()
    byName[name] = byName[name] === undefined ? headers[i + 1]! : `${byName[name]},${headers[i + 1]!}`
  }
  return byName
}

const proofOf = (headers: Readonly<Record<string, string>>): string[] =>
  proofHeaders.flatMap((name) => (headers[name] === undefined ? [] : [name, headers[name]]))

function splitQuery(target: string): { path: string; query: Record<string, string | string[]> } {
  const mark = target.indexOf('?')
  if (mark < 0) return { path: target, query: {} }
  const query: Record<string, string[]> = {}
  for (const [name, value] of new URLSearchParams(target.slice(mark + 1))) (query[name] ??= []).push(value)
  return { path: target.slice(0, mark), query }
}
