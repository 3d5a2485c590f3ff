import type { FastifyInstance } from 'fastify'
import type { IncomingMessage } from 'node:http'
import { GatewayError } from '../errors.ts'
import type { Request } from './context.ts'

const json = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i

/** Refuses, before a byte of the body is read, what does not call itself JSON or says that it is too large. */
export function demandJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addHook('onRequest', (request, _reply, done) => {
    if (!request.routeOptions.config.takesJson) return done()
    const { maxBodyBytes } = request.runtime
    if (Number(request.headers['content-length']) > maxBodyBytes) return done(tooLarge(maxBodyBytes))
    done(wrongType(request))
  })
}

function wrongType(request: Request): GatewayError | undefined {
  const type = request.headers['content-type']
  if (type !== undefined && json.test(type)) return undefined
  const found =
    type === undefined ? 'no content-type' : `the content-type ${JSON.stringify(type.slice(0, 100))}`
  return new GatewayError('unsupported_media_type', {
    message: `The request has ${found}; send JSON as application/json.`,
  })
}

export const tooLarge = (maxBodyBytes: number) =>
  new GatewayError('request_too_large', {
    message: `The request body is too large; at most ${maxBodyBytes} bytes are allowed.`,
  })

/** Reads the whole body. Calls back once; never when the caller leaves before it is whole. */
export function readBody(
  message: IncomingMessage,
  maxBodyBytes: number,
  done: (error: GatewayError | undefined, body: Buffer) => void,
): void {
  const chunks: Buffer[] = []
  let length = 0
  message.on('data', (chunk: Buffer) => {
    const wasAllowed = length <= maxBodyBytes
    length += chunk.length
    if (length <= maxBodyBytes) chunks.push(chunk)
    else if (wasAllowed) {
      chunks.length = 0
      message.pause()
      done(tooLarge(maxBodyBytes), empty)
    }
  })
  message.on('end', () => {
    // A copy even of a single chunk: it is a view of the socket's 64 KiB, which a stream would keep for its whole life.
    if (length > maxBodyBytes) return
    const body = Buffer.concat(chunks, length)
    // These listeners live as long as the answer, a stream's for minutes.
    chunks.length = 0
    done(undefined, body)
  })
  // The caller left, or what came was no HTTP: the connection is gone, and `close` of the response tells the rest.
  message.on('error', ignore)
}

const empty = Buffer.alloc(0)
function ignore(): void {}
