import { UpstreamFailure } from './transport.ts'

type Kind = UpstreamFailure['kind']

const dnsCodes = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'ENODATA', 'ESERVFAIL'])
const connectCodes = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'ECONNABORTED',
  'ENETDOWN',
  'EMFILE',
  'UND_ERR_CONNECT_TIMEOUT',
])
const tlsCodes =
  /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO|INVALID_CA|INVALID_PURPOSE)/
const brokenConnection = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'UND_ERR_SOCKET'])

/**
 * What a socket's or undici's error means. `answered`: the answer's head had arrived, so a broken connection is a
 * truncated answer (`protocol`) and not a failure to reach the provider (`connect`).
 */
export function failureFrom(error: Error, answered: boolean): UpstreamFailure {
  const code = codeOf(error)
  return new UpstreamFailure(kindOf(code, answered), `${code ?? error.name}`, error)
}

/** The connection was there and broke, as one does that the other side has closed meanwhile. */
export const isBrokenConnection = (error: Error): boolean => brokenConnection.has(codeOf(error) ?? '')

function kindOf(code: string | undefined, answered: boolean): Kind {
  if (code === undefined) return 'protocol'
  if (dnsCodes.has(code)) return 'dns'
  if (tlsCodes.test(code)) return 'tls'
  if (connectCodes.has(code)) return 'connect'
  if (brokenConnection.has(code)) return answered ? 'protocol' : 'connect'
  return 'protocol'
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { code } = error as { code?: unknown }
  if (typeof code === 'string') return code
  // Several addresses tried, all in vain: the first says why.
  if (error instanceof AggregateError) return codeOf(error.errors[0])
  return codeOf(error.cause)
}
