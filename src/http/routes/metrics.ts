import type { FastifyInstance } from 'fastify'

export type RenderMetrics = () => Promise<{ contentType: string; body: string }>

/** `GET /metrics` on the main port. */
export function metricsRoute(app: FastifyInstance, render: RenderMetrics): void {
  app.get('/metrics', { config: { caller: 'admin-or-loopback' } }, async (_request, reply) => {
    const { contentType, body } = await render()
    return reply.header('content-type', contentType).send(body)
  })
}
