import type { Socket } from 'node:net'
import { errors, GatewayError, type ErrorCode } from '../errors.ts'
import { replyUnderWay } from './open-record.ts'
import { lingerMs, writeError } from './reply-with-error.ts'
import { errorDialects } from '../pipeline/endpoints.ts'

/**
 * What is no HTTP, has headers beyond measure, or does not arrive in time never becomes a request: it is answered on
 * the bare socket, which is then closed.
 */
export function answerBrokenHttp(error: Error & { code?: string }, socket: Socket): void {
  // What still comes after the answer is no HTTP either.
  if (socket.writableEnded) return
  // A caller who left, in the middle of its request too, is nobody to answer.
  if (gone.has(error.code) || !socket.writable) {
    socket.destroy()
    return
  }
  const { code, status, reason, message } = meaning(error.code)
  const reply = replyUnderWay(socket)
  if (reply) {
    // Its head is read, so it is answered as others are; but what is half written must not be written into.
    if (reply.raw.headersSent) socket.destroy()
    else writeError(new GatewayError(code, { message }), reply.request, reply)
    return
  }
  const body = JSON.stringify(errorDialects.openai.encodeError({ code, message, requestId: '' }))
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nx-gateway-error-code: ${code}\r\nconnection: close\r\n\r\n${body}`,
  )
  // To close on a caller who still sends would reset the connection, and take this answer away before it is read.
  setTimeout(() => socket.destroy(), lingerMs).unref()
}

const gone = new Set<string | undefined>(['ECONNRESET', 'HPE_INVALID_EOF_STATE'])

function meaning(code: string | undefined): {
  code: ErrorCode
  status: number
  reason: string
  message: string
} {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return {
        code: 'request_timeout',
        status: 408,
        reason: 'Request Timeout',
        message: errors.request_timeout.message,
      }
    case 'HPE_HEADER_OVERFLOW':
      return {
        code: 'request_too_large',
        status: 431,
        reason: 'Request Header Fields Too Large',
        message: 'The headers of the request are too large.',
      }
    default:
      return {
        code: 'invalid_request',
        status: 400,
        reason: 'Bad Request',
        message: 'This is not a valid HTTP request.',
      }
  }
}
