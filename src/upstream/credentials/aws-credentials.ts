import { setTimeout as delay } from 'node:timers/promises'
import { UpstreamFailure } from '../transport.ts'

/** A pair of keys; a session token beside them makes it one that expires. */
export interface AwsKeys {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string
}

export interface AwsChainOptions {
  /** Where the chain asks for a role's keys. */
  region: string
  /** Of the shared configuration files, instead of `AWS_PROFILE`. */
  profile?: string
  /** Longest wait for keys. A program that a profile names may never answer. */
  withinMs: number
}

/**
 * Keys from where the AWS tools look for them: environment, profile (with roles, SSO, a program), web identity,
 * container, instance. The chain keeps what it found, asks again five minutes before it expires, and meanwhile
 * gives what is still valid. Its packages are loaded with the first call.
 *
 * Rejects with UpstreamFailure.
 */
export function awsChain(options: AwsChainOptions): () => Promise<AwsKeys> {
  let chain: Promise<() => Promise<AwsKeys>> | undefined
  return async () => {
    chain ??= openChain(options)
    const giveUp = new AbortController()
    try {
      const found = chain.then((load) => load())
      return await Promise.race([found, lateness(options.withinMs, giveUp.signal)])
    } catch (error) {
      throw error instanceof UpstreamFailure ? error : notFound(error)
    } finally {
      giveUp.abort()
    }
  }
}

async function openChain({ region, profile }: AwsChainOptions): Promise<() => Promise<AwsKeys>> {
  const { fromNodeProviderChain } = await import('@aws-sdk/credential-providers')
  return fromNodeProviderChain({
    clientConfig: { region },
    // Files are otherwise read once in a process, and keys that an operator puts there later never found.
    ignoreCache: true,
    ...(profile !== undefined && { profile }),
  })
}

async function lateness(withinMs: number, signal: AbortSignal): Promise<never> {
  await delay(withinMs, undefined, { signal, ref: false })
  throw new UpstreamFailure('timeout', `AWS credentials did not come within ${withinMs} ms`)
}

/** The name alone: messages repeat commands and their output, which may hold keys. */
function notFound(error: unknown): UpstreamFailure {
  const name = error instanceof Error ? error.name : 'unknown'
  return new UpstreamFailure(
    'connect',
    `no AWS credentials in environment, profile, web identity, container or instance (${name})`,
  )
}
