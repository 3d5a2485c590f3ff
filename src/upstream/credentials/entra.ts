import { readFile } from 'node:fs/promises'
import type { Dispatcher } from 'undici'
import { failureFrom } from '../failure.ts'
import { UpstreamFailure } from '../transport.ts'
import { bearerSigner } from './bearer.ts'
import type { Signer } from './signer.ts'
import { TokenCache, type Token } from './token-cache.ts'

export interface EntraOptions {
  tenantId: string
  /** The application (client) id. */
  clientId: string
  /** The application's secret, or a file with a token that another identity provider renews. */
  credential: { clientSecret: string } | { federatedTokenFile: string }
  /** Sovereign clouds have their own: `https://login.microsoftonline.us`. */
  authority?: string
  /** What the token is for. */
  scope?: string
}

export const publicAuthority = 'https://login.microsoftonline.com'
export const azureOpenaiScope = 'https://cognitiveservices.azure.com/.default'

const tokenTimeoutMs = 10_000
const mostTokenBytes = 64 * 1024

/**
 * Tokens of Microsoft Entra for an application: the client credentials flow, with a secret or with the token of
 * a federated workload (which the cluster writes into a file, and renews).
 * Source: learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow (checked 2026-11-21).
 */
export const openEntraSigner = (options: EntraOptions): Signer =>
  bearerSigner(new TokenCache(() => fetchToken(options)))

async function fetchToken(options: EntraOptions): Promise<Token> {
  const { tenantId, authority = publicAuthority } = options
  const url = `${authority.replace(/\/+$/, '')}/${encodeURIComponent(tenantId)}/oauth2/v2.0/token`
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: options.clientId,
    scope: options.scope ?? azureOpenaiScope,
    ...(await proofOf(options)),
  })
  const askedAtMs = Date.now()
  const { status, text } = await post(url, body.toString())
  const answer = parse(text)
  if (status !== 200) throw refused(status, answer)
  const { access_token: token, expires_in: expiresIn } = answer
  const lifetimeSeconds = Number(expiresIn)
  if (typeof token !== 'string' || token === '' || !(lifetimeSeconds > 0))
    throw new UpstreamFailure('protocol', 'Microsoft Entra answered without a token.')
  return { text: token, expiresAtMs: askedAtMs + lifetimeSeconds * 1_000 }
}

async function proofOf({ credential }: EntraOptions): Promise<Record<string, string>> {
  if ('clientSecret' in credential) return { client_secret: credential.clientSecret }
  return {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    // Read each time: the file is renewed more often than the process is.
    client_assertion: await readTokenFile(credential.federatedTokenFile),
  }
}

async function readTokenFile(path: string): Promise<string> {
  try {
    const text = (await readFile(path, 'utf8')).trim()
    if (text !== '') return text
  } catch (error) {
    const { code = 'unreadable' } = error as NodeJS.ErrnoException
    throw new UpstreamFailure('protocol', `The federated token file ${path} cannot be read: ${code}.`)
  }
  throw new UpstreamFailure('protocol', `The federated token file ${path} is empty.`)
}

/** No redirect is followed: the secret is for the authority alone. */
async function post(url: string, body: string): Promise<{ status: number; text: string }> {
  const signal = AbortSignal.timeout(tokenTimeoutMs)
  let answered = false
  try {
    // Loaded by those who need it: the whole package is large.
    const { request } = await import('undici')
    const response = await request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body,
      signal,
    })
    answered = true
    return { status: response.statusCode, text: await readShort(response.body) }
  } catch (error) {
    if (signal.aborted) throw new UpstreamFailure('timeout', 'Microsoft Entra took too long to give a token.')
    if (error instanceof UpstreamFailure) throw error
    const { kind, message } = failureFrom(error as Error, answered)
    throw new UpstreamFailure(kind, `Microsoft Entra cannot be reached: ${message}.`)
  }
}

async function readShort(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of body) {
    chunks.push(chunk as Buffer)
    length += (chunk as Buffer).length
    if (length > mostTokenBytes)
      throw new UpstreamFailure('protocol', 'Microsoft Entra answered with more than a token.')
  }
  return Buffer.concat(chunks).toString()
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // A proxy's page, or nothing: the status says what can be said.
  }
  return {}
}

/** Only its words and numbers are repeated: a description could quote what was sent. */
function refused(status: number, { error, error_codes: codes }: Record<string, unknown>): UpstreamFailure {
  const word = typeof error === 'string' && /^[a-z_]{1,64}$/.test(error) ? ` ${error}` : ''
  const numbers = Array.isArray(codes) ? codes.filter((code) => Number.isInteger(code)).slice(0, 5) : []
  const detail = numbers.map((number) => `AADSTS${number}`).join(', ')
  const why = detail === '' ? word : `${word} (${detail})`
  return new UpstreamFailure('protocol', `Microsoft Entra gave no token: ${status}${why}.`)
}
