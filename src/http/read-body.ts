import type { FastifyInstance } from 'fastify'
import { GatewayError } from '../errors.ts'

const json = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i

/** Bodies are kept as the bytes that came; who needs JSON parses it once. The type is looked at before the body. */
export function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.addHook('onRequest', (request, _reply, done) => {
    if (!request.routeOptions.config.takesJson) return done()
    const type = request.headers['content-type']
    if (type !== undefined && json.test(type)) return done()
    const found = type === undefined ? 'no content-type' : `the content-type ${JSON.stringify(type.slice(0, 100))}`
    done(
      new GatewayError('unsupported_media_type', { message: `The request has ${found}; send JSON as application/json.` }),
    )
  })
}
