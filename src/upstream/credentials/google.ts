import { readFile } from 'node:fs/promises'
import type * as Library from 'google-auth-library'
import { failureFrom } from '../failure.ts'
import { UpstreamFailure } from '../transport.ts'
import { bearerSigner } from './bearer.ts'
import type { Signer } from './signer.ts'
import { TokenCache, type Token } from './token-cache.ts'

export interface GoogleOptions {
  /** A file of credentials as Google Cloud gives them; without one, the application's default credentials. */
  credentialsFile?: string
  /** Instead of the process's own, for what asks for tokens. */
  fetch?: typeof fetch
}

type AuthClient = Library.AuthClient
type CredentialsFile = Readonly<Record<string, unknown>>

const scopes = ['https://www.googleapis.com/auth/cloud-platform']
/** The library tries several times, and looks for a metadata server where it knows of no other credentials. */
const tokenTimeoutMs = 15_000

/**
 * Tokens of Google Cloud. The library is loaded at the first request, because a start should not wait for it.
 * A file's kind decides which client is made of it, as the library advises: it validates nothing by itself.
 * Source: github.com/googleapis/google-auth-library-nodejs, 11.3 (checked 2026-11-21).
 */
export function openGoogleSigner(options: GoogleOptions): Signer {
  let client: AuthClient | undefined
  const tokens = new TokenCache(() =>
    withinTime(async () => {
      // A client that could not be made is made anew: the file may have come meanwhile.
      client ??= await openClient(options)
      return fetchToken(client)
    }),
  )
  return bearerSigner(tokens, () =>
    client?.quotaProjectId === undefined ? [] : ['x-goog-user-project', client.quotaProjectId],
  )
}

async function openClient({ credentialsFile, fetch }: GoogleOptions): Promise<AuthClient> {
  const library = await import('google-auth-library')
  const transporterOptions = fetch === undefined ? {} : { fetchImplementation: fetch }
  const clientOptions = { transporterOptions }
  if (credentialsFile !== undefined)
    return clientOf(library, credentialsFile, await readCredentials(credentialsFile), clientOptions)
  return new library.GoogleAuth({ scopes, clientOptions }).getClient()
}

async function readCredentials(path: string): Promise<CredentialsFile> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'))
    if (typeof value === 'object' && value !== null) return value as CredentialsFile
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // The parser's own message would quote the file.
    if (code !== undefined) throw failure(`the credentials file ${path} cannot be read: ${code}`)
  }
  throw failure(`the credentials file ${path} holds no JSON object`)
}

function clientOf(
  { JWT, UserRefreshClient, ExternalAccountClient, GoogleAuth }: typeof Library,
  path: string,
  file: CredentialsFile,
  clientOptions: { transporterOptions: object },
): AuthClient {
  const text = (field: string): string => {
    const value = file[field]
    if (typeof value === 'string' && value !== '') return value
    throw failure(`the credentials file ${path} has no ${field}`)
  }
  const quotaProjectId = typeof file.quota_project_id === 'string' ? file.quota_project_id : undefined
  switch (file.type) {
    case 'service_account':
      return new JWT({
        ...clientOptions,
        email: text('client_email'),
        key: text('private_key'),
        keyId: text('private_key_id'),
        scopes,
        quotaProjectId,
      })
    case 'authorized_user':
      return new UserRefreshClient({
        ...clientOptions,
        clientId: text('client_id'),
        clientSecret: text('client_secret'),
        refreshToken: text('refresh_token'),
        quotaProjectId,
      })
    case 'external_account': {
      const options = { ...file, ...clientOptions } as Parameters<typeof ExternalAccountClient.fromJSON>[0]
      const client = ExternalAccountClient.fromJSON(options)
      if (!client) throw failure(`the credentials file ${path} names no source of tokens`)
      client.scopes = scopes
      return client
    }
    case 'impersonated_service_account':
      return new GoogleAuth({ scopes, clientOptions }).fromImpersonatedJSON(file)
    default:
      throw failure(
        `the credentials file ${path} is of a type that is not taken; allowed are service_account, authorized_user, external_account and impersonated_service_account`,
      )
  }
}

async function fetchToken(client: AuthClient): Promise<Token> {
  const { token } = await client.getAccessToken()
  if (typeof token !== 'string' || token === '') throw failure('the answer has none')
  return { text: token, expiresAtMs: client.credentials.expiry_date ?? Date.now() + usualLifetimeMs }
}

/** Google's tokens last an hour; the library knows the end of each whose source says so. */
const usualLifetimeMs = 3_600_000

async function withinTime(fetch: () => Promise<Token>): Promise<Token> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const give = () => reject(new UpstreamFailure('timeout', 'Google Cloud gave no token: it took too long.'))
    timer = setTimeout(give, tokenTimeoutMs)
  })
  try {
    return await Promise.race([fetch(), late])
  } catch (error) {
    throw error instanceof UpstreamFailure ? error : failureOf(error as Error)
  } finally {
    clearTimeout(timer)
  }
}

/** The library's errors hold what was sent, the signed assertion and the secret too: only a word is repeated. */
function failureOf(error: Error & { status?: unknown; response?: ErrorAnswer }): UpstreamFailure {
  const { status, response } = error
  const word = response?.data?.error
  const detail = typeof word === 'string' && /^[a-z_]{1,64}$/.test(word) ? ` ${word}` : ''
  if (typeof status === 'number') return failure(`${status}${detail}`)
  const { kind, message: code } = failureFrom(error, false)
  return failure(
    /^[A-Z_0-9]{1,64}$/.test(code) ? code : 'no credentials were found, or they are not valid',
    kind,
  )
}

interface ErrorAnswer {
  data?: { error?: unknown }
}

const failure = (why: string, kind: UpstreamFailure['kind'] = 'protocol'): UpstreamFailure =>
  new UpstreamFailure(kind, `Google Cloud gave no token: ${why}.`)
