import { randomUUIDv7 } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { HangUp, type CallRecord } from '../pipeline/call.ts'
import type { Reply, Request, Runtime } from './context.ts'

export interface RecordOptions {
  /** The configuration in force. */
  runtime: () => Runtime
  /** A request has arrived; `traceparent` is the caller's header of that name. */
  opened: (record: CallRecord, traceparent: string | undefined) => void
  /**
   * A request has ended, however it did; once for each.
   * `status`: what the caller got, 499 where the caller hung up.
   */
  closed: (record: CallRecord, status: number, durationMs: number) => void
}

const wellFormedId = /^[A-Za-z0-9._:-]{1,128}$/
const theRequest = Symbol('the request of this response')
const theReply = Symbol('the last reply of this connection')
type MarkedResponse = ServerResponse & { [theRequest]?: Request }
type MarkedSocket = Socket & { [theReply]?: Reply }

/** The reply to the request that is under way on a connection; `undefined` between requests. */
export function replyUnderWay(socket: MarkedSocket): Reply | undefined {
  const reply = socket[theReply]
  return reply?.raw.writableFinished === false ? reply : undefined
}

/** Opens a record for each request, and closes it when its connection is done with it. First of all hooks. */
export function openRecords(app: FastifyInstance, { runtime, opened, closed }: RecordOptions): void {
  app.decorateRequest('record')
  app.decorateRequest('runtime')
  app.decorateRequest('principal')
  app.decorateRequest('hangUp')

  // `close` comes after every response, finished or not; Fastify's `onResponse` misses callers who leave mid-stream.
  function onClose(this: MarkedResponse): void {
    const request = this[theRequest] as Request
    const { record, hangUp } = request
    const complete = this.writableFinished
    if (!complete) hangUp.signal()
    // Broken off by the gateway because its provider did: no caller's hang-up.
    const brokeOff = !complete && this.headersSent && record.errorCode !== undefined
    record.outcome = complete
      ? record.errorCode === undefined
        ? 'ok'
        : 'error'
      : brokeOff
        ? 'partial'
        : 'cancelled'
    closed(record, complete || brokeOff ? this.statusCode : 499, performance.now() - record.startedAt)
  }

  app.addHook('onRequest', (request, reply, done) => {
    const { url, config } = request.routeOptions
    request.record = openRecord(
      request.method,
      config.caller === undefined ? 'other' : (url ?? 'other'),
      request,
    )
    request.runtime = runtime()
    request.hangUp = new HangUp()
    const response = reply.raw as MarkedResponse
    response[theRequest] = request
    ;(request.raw.socket as MarkedSocket)[theReply] = reply
    // It comes once by itself; `once` would wrap the listener for nothing.
    response.on('close', onClose)
    const { traceparent } = request.headers
    opened(request.record, typeof traceparent === 'string' ? traceparent : undefined)
    done()
  })
}

function openRecord(method: string, route: string, { headers }: Request): CallRecord {
  const clientId = headers['x-request-id']
  return {
    requestId: randomUUIDv7(),
    clientRequestId: typeof clientId === 'string' && wellFormedId.test(clientId) ? clientId : undefined,
    method,
    route,
    startedAt: performance.now(),
    tenant: undefined,
    keyName: undefined,
    modelRequested: undefined,
    provider: undefined,
    model: undefined,
    target: undefined,
    attempts: 0,
    stream: false,
    usage: undefined,
    upstreamRequestId: undefined,
    upstreamMs: 0,
    firstByteMs: undefined,
    dropped: [],
    errorCode: undefined,
    decision: undefined,
    outcome: undefined,
  }
}
