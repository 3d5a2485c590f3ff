import type { AuthClient } from 'google-auth-library'
import { failureFrom } from '../failure.ts'
import { UpstreamFailure } from '../transport.ts'
import { bearerSigner } from './bearer.ts'
import { clientOfFile, failure, scopes } from './google-file.ts'
import type { Signer } from './signer.ts'
import { TokenCache, type Token } from './token-cache.ts'

export interface GoogleOptions {
  /** A file of credentials as Google Cloud gives them; without one, the application's default credentials. */
  credentialsFile?: string | undefined
  /** Instead of the process's own, for what asks for tokens. */
  fetch?: typeof fetch
}

/** The library tries several times, and looks for a metadata server where it knows of no other credentials. */
const tokenTimeoutMs = 15_000
/** Google's tokens last an hour; the library knows the end of each whose source says so. */
const usualLifetimeMs = 3_600_000

/**
 * Tokens of Google Cloud. The library is loaded at the first request, because a start should not wait for it.
 * Source: github.com/googleapis/google-auth-library-nodejs, 11.3 (checked 2026-11-21).
 */
export function openGoogleSigner(options: GoogleOptions): Signer {
  let client: AuthClient | undefined
  const tokens = new TokenCache(() =>
    withinTime(async () => {
      // One that could not be made is made anew: the file may have come meanwhile.
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
  if (credentialsFile !== undefined) return clientOfFile(credentialsFile, library, clientOptions)
  return new library.GoogleAuth({ scopes, clientOptions }).getClient()
}

async function fetchToken(client: AuthClient): Promise<Token> {
  const { token } = await client.getAccessToken()
  if (typeof token !== 'string' || token === '') throw failure('the answer has none')
  return { text: token, expiresAtMs: client.credentials.expiry_date ?? Date.now() + usualLifetimeMs }
}

async function withinTime(fetch: () => Promise<Token>): Promise<Token> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(failure('it took too long', 'timeout')), tokenTimeoutMs)
  })
  try {
    return await Promise.race([fetch(), late])
  } catch (error) {
    throw error instanceof UpstreamFailure ? error : failureOf(error as LibraryError)
  } finally {
    clearTimeout(timer)
  }
}

interface LibraryError extends Error {
  status?: unknown
  response?: { data?: { error?: unknown } }
}

/** The library's errors hold what was sent, signed assertion and secret too: only a word is repeated. */
function failureOf(error: LibraryError): UpstreamFailure {
  const { status, response } = error
  const word = response?.data?.error
  const detail = typeof word === 'string' && /^[a-z_]{1,64}$/.test(word) ? ` ${word}` : ''
  if (typeof status === 'number') return failure(`${status}${detail}`)
  const { kind, message: code } = failureFrom(error, false)
  const isCode = /^[A-Z_0-9]{1,64}$/.test(code)
  return failure(isCode ? code : 'no credentials were found, or they are not valid', kind)
}
