import type { IncomingMessage } from 'node:http'
import type { FastifyError, FastifyInstance } from 'fastify'
import { asGatewayError, GatewayError } from '../errors.ts'
import { publicError } from '../pipeline/stream-error.ts'
import { baseHeaders, pushRouteHeaders } from './answer-headers.ts'
import { callerDialect } from './caller-dialect.ts'
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
    const allowed = allowedAt(path, methods)
    if (!allowed) return writeError(new GatewayError('not_found'), request, reply)
    const allow = [...allowed].join(', ')
    const message = `${path} does not take ${request.method}; it takes ${allow}.`
    writeError(new GatewayError('method_not_allowed', { allow, message }), request, reply)
  })
}

/** The methods of the route that a path leads to, whatever its ending; `undefined` where it leads to none. */
function allowedAt(path: string, methods: ReadonlyMap<string, ReadonlySet<string>>) {
  const exact = methods.get(path) ?? methods.get(path.replace(/(?<=.)\/$/, ''))
  if (exact) return exact
  for (const [pattern, names] of methods)
    if (pattern.endsWith('/*') && path.startsWith(pattern.slice(0, -1))) return names
  return undefined
}

/** Writes an error as the whole answer. The head must not have left. */
export function writeError(error: GatewayError, request: Request, reply: Reply): void {
  const { record } = request
  record.errorCode = error.code
  record.firstByteMs ??= performance.now() - record.startedAt
  reply.hijack()
  const dialect = callerDialect(request)
  const body = JSON.stringify(dialect.encodeError(publicError(error, shownRequestId(record))))
  const headers = baseHeaders(request)
  headers.push(
    'content-type',
    'application/json; charset=utf-8',
    'content-length',
    String(Buffer.byteLength(body)),
  )
  headers.push(...errorHeaders(error))
  // Somebody was asked: whom to ask about it stands in the answer.
  if (record.attempts > 0) pushRouteHeaders(headers, record)
  // A body that was refused unread would be taken for the next request on this connection.
  if (!request.raw.complete && request.server.server.listening) headers.push('connection', 'close')
  reply.raw.writeHead(error.status, headers)
  if (!request.raw.complete) lingerOnClose(request.raw)
  reply.raw.end(request.method === 'HEAD' ? undefined : body)
}

/** How long a caller who was refused may go on sending, milliseconds. */
export const lingerMs = 1_000

/**
 * To close on a caller who still sends resets the connection, and takes the answer away before it is read. So the
 * gateway says that it is done, and throws away for a moment what still comes.
 */
function lingerOnClose(message: IncomingMessage): void {
  const { socket } = message
  socket.destroySoon = () => {
    socket.end()
    setTimeout(() => socket.destroy(), lingerMs).unref()
  }
  message.resume()
}

function errorHeaders({ code, detail }: GatewayError): string[] {
  const headers = ['x-gateway-error-code', code]
  if (detail.retryAfterMs !== undefined)
    headers.push('retry-after', String(Math.max(1, Math.ceil(detail.retryAfterMs / 1_000))))
  if (detail.shouldRetry === false) headers.push('x-should-retry', 'false')
  if (detail.allow !== undefined) headers.push('allow', detail.allow)
  return headers
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
