import type { FastifyInstance } from 'fastify'
import type { CallRecord } from '../pipeline/call.ts'
import { callerDialect } from './caller-dialect.ts'
import { shownRequestId, type Request } from './context.ts'

/** A flat header list that begins every answer: whose it is, and what protects it. */
export function baseHeaders(request: Request): string[] {
  const { record, runtime } = request
  const shown = shownRequestId(record)
  const headers = [
    'x-request-id',
    shown,
    'x-gateway-request-id',
    record.requestId,
    ...runtime.securityHeaders,
  ]
  // While draining, nobody should send another request on this connection.
  if (!request.server.server.listening) headers.push('connection', 'close')
  if (callerDialect(request).name.startsWith('anthropic-')) headers.push('request-id', shown)
  return headers
}

/** Puts them on the answers that Fastify writes: health, metrics and models. The others write their own heads. */
export function stampAnswers(app: FastifyInstance): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    const headers = baseHeaders(request)
    for (let i = 0; i < headers.length; i += 2) reply.header(headers[i] as string, headers[i + 1])
    done(null, payload)
  })
}

/** What an answer says of the way it took. */
export function pushRouteHeaders(headers: string[], record: CallRecord): void {
  headers.push('x-gateway-provider', headerText(record.provider ?? ''))
  headers.push('x-gateway-model', headerText(record.model ?? ''))
  headers.push('x-gateway-attempts', String(record.attempts), 'x-gateway-cache', 'bypass')
  if (record.upstreamRequestId !== undefined) {
    headers.push('x-gateway-upstream-request-id', headerText(record.upstreamRequestId))
  }
  if (record.dropped.length > 0) headers.push('x-gateway-dropped', droppedText(record.dropped))
}

/** Names may be the caller's own and as many as fit into a body; a header has room for some. */
const mostDroppedShown = 50
const longestNameShown = 100

function droppedText(names: readonly string[]): string {
  const shown = names
    .slice(0, mostDroppedShown)
    .map((name) => headerText(name.slice(0, longestNameShown)).replaceAll(',', '?'))
  if (names.length > shown.length) shown.push(`and-${names.length - shown.length}-more`)
  return shown.join(',')
}

/** Header values are visible ASCII; a model's name or a field's may be anything. */
function headerText(text: string): string {
  return /^[\x21-\x7e][\x20-\x7e]*$/.test(text) ? text : text.replace(/[^\x21-\x7e]/g, '?')
}
