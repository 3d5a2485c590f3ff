import type { FastifyInstance } from 'fastify'

/** Stops the start when a route does not say who may call it: forgetting must not mean open. */
export function demandCallers(app: FastifyInstance): void {
  app.addHook('onRoute', ({ url, method, config }) => {
    if (config?.caller === undefined)
      throw new Error(`The route ${method} ${url} does not say who may call it.`)
  })
}
