import type { FastifyInstance } from 'fastify'
import { GatewayError } from '../errors.ts'
import { isFromLoopback, isLoopbackName } from './loopback.ts'
import type { Request } from './context.ts'

/**
 * Refuses hosts that the operator did not allow. Where no key protects the gateway, only this machine may call it, by
 * a name of this machine and from no foreign web page: otherwise any page in a browser here could (DNS rebinding).
 */
export function filterHost(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.runtime.keyless && !isLocalCall(request)) return done(new GatewayError('host_not_allowed'))
    const { allowedHosts } = request.runtime
    // Probes of an orchestrator come by address, and learn nothing that needs protection.
    if (
      allowedHosts &&
      request.routeOptions.config.caller !== 'public' &&
      !isAllowed(request, allowedHosts)
    ) {
      return done(new GatewayError('host_not_allowed'))
    }
    done()
  })
}

function isLocalCall(request: Request): boolean {
  const { origin } = request.headers
  return (
    isFromLoopback(request) && isLoopbackName(nameOf(hostOf(request))) && (!origin || isLocalOrigin(origin))
  )
}

function isLocalOrigin(origin: string): boolean {
  const url = URL.parse(origin)
  return url !== null && isLoopbackName(url.hostname)
}

function isAllowed(request: Request, hosts: ReadonlySet<string>): boolean {
  const host = hostOf(request)
  return hosts.has(host) || hosts.has(nameOf(host))
}

const hostOf = (request: Request): string => (request.headers.host ?? '').toLowerCase()

/** Without the port: `localhost:8080` is `localhost`, `[::1]:8080` is `[::1]`. */
const nameOf = (host: string): string => host.replace(/:\d+$/, '')
