import { readFile } from 'node:fs/promises'
import type * as Library from 'google-auth-library'
import { UpstreamFailure } from '../transport.ts'

type AuthClient = Library.AuthClient
type CredentialsFile = Readonly<Record<string, unknown>>

/** What is asked for: everything that the account may do in its projects. */
export const scopes = ['https://www.googleapis.com/auth/cloud-platform']

/** What every client is made with. */
export interface ClientOptions {
  transporterOptions: { fetchImplementation?: typeof fetch }
}

/**
 * A client for a file of credentials, of whichever kind. Each kind has its own client here, as the library advises:
 * the one that takes them all checks nothing.
 */
export async function clientOfFile(
  path: string,
  library: typeof Library,
  options: ClientOptions,
): Promise<AuthClient> {
  return clientOf(await readCredentials(path), path, library, options)
}

async function readCredentials(path: string): Promise<CredentialsFile> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'))
    if (isRecord(value)) return value
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // The parser's own message would quote the file.
    if (code !== undefined) throw failure(`the credentials file ${path} cannot be read: ${code}`)
  }
  throw failure(`the credentials file ${path} holds no JSON object`)
}

function clientOf(
  file: CredentialsFile,
  path: string,
  library: typeof Library,
  options: ClientOptions,
): AuthClient {
  const text = (field: string) => textOf(file, field, path)
  const billed = typeof file.quota_project_id === 'string' ? { quotaProjectId: file.quota_project_id } : {}
  const common = { ...options, ...billed }
  switch (file.type) {
    case 'service_account':
      return new library.JWT({ ...common, email: text('client_email'), key: text('private_key'), scopes })
    case 'authorized_user':
      return new library.UserRefreshClient({
        ...common,
        clientId: text('client_id'),
        clientSecret: text('client_secret'),
        refreshToken: text('refresh_token'),
      })
    case 'external_account':
      return externalClient(file, path, library, options)
    case 'impersonated_service_account': {
      const source = isRecord(file.source_credentials) ? file.source_credentials : {}
      return new library.Impersonated({
        ...common,
        sourceClient: clientOf(source, `${path} (source_credentials)`, library, options),
        targetPrincipal: principalOf(text('service_account_impersonation_url'), path),
        targetScopes: scopes,
        delegates: Array.isArray(file.delegates) ? file.delegates.map(String) : [],
      })
    }
    default:
      throw failure(
        `the credentials file ${path} is of a type that is not taken; allowed are service_account, authorized_user, external_account and impersonated_service_account`,
      )
  }
}

function externalClient(
  file: CredentialsFile,
  path: string,
  { ExternalAccountClient }: typeof Library,
  options: ClientOptions,
): AuthClient {
  const all = { ...file, ...options } as unknown
  const client = ExternalAccountClient.fromJSON(all as Parameters<typeof ExternalAccountClient.fromJSON>[0])
  if (!client) throw failure(`the credentials file ${path} names no source of tokens`)
  return client
}

function textOf(file: CredentialsFile, field: string, path: string): string {
  const value = file[field]
  if (typeof value === 'string' && value !== '') return value
  throw failure(`the credentials file ${path} has no ${field}`)
}

/** `…/serviceAccounts/NAME:generateAccessToken` */
function principalOf(url: string, path: string): string {
  const principal = /([^/]+):generateAccessToken$/.exec(url)?.[1]
  if (principal !== undefined) return principal
  throw failure(`the credentials file ${path} does not say whom to impersonate`)
}

const isRecord = (value: unknown): value is CredentialsFile => typeof value === 'object' && value !== null

export const failure = (why: string, kind: UpstreamFailure['kind'] = 'protocol'): UpstreamFailure =>
  new UpstreamFailure(kind, `Google Cloud gave no token: ${why}.`)
