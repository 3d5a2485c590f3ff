import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Answer, StreamAnswer, StreamSink } from '../pipeline/call.ts'
import { baseHeaders, pushRouteHeaders } from './answer-headers.ts'
import type { Reply, Request } from './context.ts'

const onePieceBytes = 16 * 1024

/** Writes an answer of the pipeline, JSON or stream, straight to the socket. */
export function writeAnswer(answer: Answer, request: Request, reply: Reply): void {
  const { record } = request
  const response = reply.raw
  record.firstByteMs = performance.now() - record.startedAt
  const headers = baseHeaders(request)
  pushRouteHeaders(headers, record)
  if (answer.kind === 'json') {
    const body = typeof answer.body === 'string' ? Buffer.from(answer.body) : answer.body
    headers.push('content-type', 'application/json; charset=utf-8', 'content-length', String(body.length))
    response.writeHead(200, headers)
    // A string of one character a byte leaves in one piece with the head; a Buffer would be a second one.
    if (body.length <= onePieceBytes) response.end(answer.bytes ?? body.toString('latin1'), 'latin1')
    else response.end(body)
    endUnread(response)
    return
  }
  headers.push('content-type', answer.contentType, 'cache-control', 'no-cache', 'x-accel-buffering', 'no')
  if (answer.contentLength !== undefined) headers.push('content-length', answer.contentLength)
  response.writeHead(200, headers)
  answer.start(new ResponseSink(response, answer))
}

/**
 * Writes a stream's pieces as chunks of HTTP (RFC 9112, 7.1). Node's own `write` hands each chunk to the socket as four
 * pieces; here it is one, which saves a paced event a tenth of its whole way. Pieces of one turn leave together.
 */
class ResponseSink implements StreamSink {
  readonly #response: ServerResponse
  /** `undefined` where Node must write: HTTP/1.0 has no chunks, and a pipelined answer waits for its turn. */
  readonly #socket: Socket | undefined
  readonly #onDrain: () => void

  constructor(response: ServerResponse, answer: StreamAnswer) {
    this.#response = response
    this.#socket = response.chunkedEncoding ? (response.socket ?? undefined) : undefined
    this.#onDrain = () => answer.drained()
    response.flushHeaders()
    ;(this.#socket ?? response).on('drain', this.#onDrain)
  }

  write(bytes: Buffer | string): boolean {
    const socket = this.#socket
    // A chunk of nothing would be the end of the body.
    if (bytes.length === 0) return true
    if (!socket || bytes.length > onePieceBytes) return this.#response.write(bytes)
    if (socket.writableCorked === 0) {
      socket.cork()
      process.nextTick(uncork, socket)
    }
    if (typeof bytes === 'string') return socket.write(chunk(Buffer.byteLength(bytes), bytes), 'utf8')
    return socket.write(chunk(bytes.length, bytes.toString('latin1')), 'latin1')
  }

  end(): void {
    // The connection outlives the answer.
    this.#socket?.off('drain', this.#onDrain)
    this.#response.end()
    endUnread(this.#response)
  }

  abort(): void {
    this.#response.destroy()
  }
}

function uncork(socket: Socket): void {
  socket.uncork()
}

const chunk = (length: number, text: string): string => `${length.toString(16)}\r\n${text}\r\n`

/**
 * A caller who does not read would keep its connection, and all that waits in it, for ever. So it may take nothing
 * for as long as it may take to send a request, and not longer. Node sets a time of its own when all is read.
 */
function endUnread({ socket }: ServerResponse): void {
  if (socket && socket.writableLength > 0)
    socket.setTimeout((socket as Socket & { server: Server }).server.requestTimeout)
}
