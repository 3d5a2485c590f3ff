import type { FastifyError, FastifyInstance } from 'fastify'
import type { WireDialect } from '../dialects/dialect.ts'
import { errorDialects } from '../pipeline/endpoints.ts'
import { asGatewayError, GatewayError } from '../errors.ts'
import { publicError } from '../pipeline/stream-error.ts'
import { baseHeaders } from './answer-headers.ts'
import { shownRequestId, type Reply, type Request } from './context.ts'

export interface ErrorReplyOptions {
  /** An error that is our fault, or an operator's to mend. Never holds a prompt. */
  report: (error: GatewayError, request: Request) => void
}

/** Turns every error into an answer in the caller's dialect. */
export function replyWithErrors(app: FastifyInstance, { report }: ErrorReplyOptions): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const known = fromFastify(error)
    report(known, request)
    writeError(known, request, reply)
  })

  const methods = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ url, method }) => {
    const known = methods.get(url) ?? methods.set(url, new Set()).get(url)
    for (const name of [method].flat()) known?.add(name)
  })
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] as string
    const allowed = methods.get(path)
    if (!allowed) return writeError(new GatewayError('not_found'), request, reply)
    const allow = [...allowed].join(', ')
    const message = `${path} does not take ${request.method}; it takes ${allow}.`
    writeError(new GatewayError('method_not_allowed', { allow, message }), request, reply)
  })
}

/** Writes an error as the whole answer. The head must not have left. */
export function writeError(error: GatewayError, request: Request, reply: Reply): void {
  const { record } = request
  record.errorCode = error.code
  record.firstByteMs ??= performance.now() - record.startedAt
  reply.hijack()
  const dialect = dialectOf(request)
  const body = JSON.stringify(dialect.encodeError(publicError(error, shownRequestId(record))))
  const headers = baseHeaders(request)
  headers.push(
    'content-type',
    'application/json; charset=utf-8',
    'content-length',
    String(Buffer.byteLength(body)),
  )
  headers.push(...errorHeaders(error))
  // A body that was refused unread would be taken for the next request on this connection.
  if (!request.raw.complete && request.server.server.listening) headers.push('connection', 'close')
  reply.raw.writeHead(error.status, headers)
  reply.raw.end(request.method === 'HEAD' ? undefined : body)
}

function errorHeaders({ code, detail }: GatewayError): string[] {
  const headers = ['x-gateway-error-code', code]
  if (detail.retryAfterMs !== undefined)
    headers.push('retry-after', String(Math.max(1, Math.ceil(detail.retryAfterMs / 1_000))))
  if (detail.shouldRetry === false) headers.push('x-should-retry', 'false')
  if (detail.allow !== undefined) headers.push('allow', detail.allow)
  return headers
}

/** The route's dialect; elsewhere Anthropic's for whoever sends its version header, as its clients always do. */
function dialectOf(request: Request): WireDialect {
  const declared = request.routeOptions.config.dialect
  if (declared) return declared
  const path = request.url.split('?', 1)[0] as string
  const speaksAnthropic =
    request.headers['anthropic-version'] !== undefined || /^(\/v1)?\/messages(\/|$)/.test(path)
  return speaksAnthropic ? errorDialects.anthropic : errorDialects.openai
}

function fromFastify(error: FastifyError): GatewayError {
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new GatewayError('request_too_large')
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new GatewayError('unsupported_media_type')
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
    case 'FST_ERR_BAD_URL':
    case 'ECONNRESET':
    case 'ECONNABORTED':
      return new GatewayError('invalid_request', { cause: error })
    default:
      return asGatewayError(error)
  }
}
