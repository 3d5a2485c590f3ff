import type { FastifyInstance } from 'fastify'
import { principalOf } from '../authenticate.ts'
import type { Request } from '../context.ts'
import { isFromLoopback } from '../loopback.ts'

export type Dependency = 'up' | 'down' | 'disabled'

/** What the process knows about itself. */
export interface Health {
  version: string
  uptimeSeconds: () => number
  /** Why no request is taken now; `undefined` when they are. */
  unready: () => 'starting' | 'draining' | undefined
  providers: () => { name: string; healthy: boolean; inFlight: number }[]
  config: () => {
    version: number
    loadedAt: Date
    lastError: string | undefined
    restartRequired: readonly string[]
  }
  diskSpaceGb: () => Promise<number | undefined>
}

/** `/live`, `/ready` and `/health`: for orchestrators and people, without a key. Detail is for operators. */
export function healthRoutes(app: FastifyInstance, health: Health): void {
  const config = { caller: 'public' } as const
  app.get('/live', { config }, (_request, reply) => reply.send({ status: 'alive' }))

  app.get('/ready', { config }, (_request, reply) => {
    const reason = health.unready() ?? (usable(health) ? undefined : 'no usable provider')
    if (reason === undefined) return reply.send({ status: 'ready' })
    return reply.code(503).header('retry-after', '1').send({ status: 'not ready', reason })
  })

  app.get('/health', { config }, async (request, reply) => {
    const status = overall(health)
    reply.code(status === 'unhealthy' ? 503 : 200)
    const summary = { status, version: health.version, uptime_seconds: Math.floor(health.uptimeSeconds()) }
    return wantsDetail(request) && mayKnow(request) ? { ...summary, ...(await detail(health)) } : summary
  })
}

const usable = (health: Health) => health.providers().some(({ healthy }) => healthy)

function overall(health: Health): 'healthy' | 'degraded' | 'unhealthy' {
  const providers = health.providers()
  if (!providers.some(({ healthy }) => healthy)) return 'unhealthy'
  return providers.every(({ healthy }) => healthy) && health.config().lastError === undefined
    ? 'healthy'
    : 'degraded'
}

async function detail(health: Health) {
  const { version, loadedAt, lastError, restartRequired } = health.config()
  return {
    providers: health.providers().map(({ name, healthy, inFlight }) => ({
      name,
      healthy,
      // Not measured by this version: there are neither health checks nor breakers yet.
      latency_ms: null,
      breaker: null,
      in_flight: inFlight,
    })),
    dependencies: {
      redis: 'disabled' satisfies Dependency,
      database: 'disabled' satisfies Dependency,
      ledger_pending: 0,
      disk_space_gb: await health.diskSpaceGb(),
    },
    config: {
      version,
      loaded_at: loadedAt.toISOString(),
      last_error: lastError ?? null,
      restart_required: restartRequired,
    },
  }
}

const wantsDetail = (request: Request) => (request.query as Record<string, unknown>).detailed === 'true'

const mayKnow = (request: Request) =>
  isFromLoopback(request) || (principalOf(request)?.scopes.has('admin') ?? false)
