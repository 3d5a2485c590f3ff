import type { FastifyInstance } from 'fastify'
import { GatewayError } from '../errors.ts'
import type { Principal } from '../pipeline/call.ts'
import type { Caller, Request } from './context.ts'
import { isFromLoopback } from './loopback.ts'

/** Says who calls, before the body is read. One message for every cause, so that nobody learns which part was wrong. */
export function authenticate(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const caller = request.routeOptions.config.caller
    // An address without a route is answered 404 or 405, which needs no key.
    if (caller === undefined || caller === 'public') return done()
    const principal = principalOf(request)
    if (!principal) {
      if (caller === 'admin-or-loopback' && isFromLoopback(request)) return done()
      return done(new GatewayError('invalid_api_key', { shouldRetry: false }))
    }
    if (!mayCall(principal, caller, request)) return done(new GatewayError('insufficient_scope'))
    request.principal = principal
    request.record.tenant = principal.tenant
    request.record.keyName = principal.keyName
    done()
  })
}

/** The caller's principal, also where the route would not need one; `undefined` without a valid key. */
export function principalOf(request: Request): Principal | undefined {
  const { keys } = request.runtime
  if (keys.anyone) return keys.anyone
  const { authorization, 'x-api-key': apiKey } = request.headers
  const presented = authorization ?? apiKey
  if (typeof presented !== 'string') return undefined
  const known = keys.known.get(presented)
  if (known) return known
  const key = authorization === undefined ? presented : bearerToken(authorization)
  const principal = key === undefined ? undefined : keys.find(key)
  // Only valid keys get in; the bound is for whoever writes one valid key in a thousand ways.
  if (principal && keys.known.size < mostKnown) keys.known.set(presented, principal)
  return principal
}

const mostKnown = 10_000

function mayCall(principal: Principal, caller: Caller, request: Request): boolean {
  if (caller === 'tenant') return principal.scopes.has('inference')
  if (principal.scopes.has('admin')) return true
  return caller === 'admin-or-loopback' && isFromLoopback(request)
}

const bearerToken = (authorization: string): string | undefined =>
  authorization.slice(0, 7).toLowerCase() === 'bearer ' ? authorization.slice(7).trim() : undefined
