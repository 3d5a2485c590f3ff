import fastify, { type FastifyInstance } from 'fastify'
import { stampAnswers } from './http/answer-headers.ts'
import { authenticate } from './http/authenticate.ts'
import type { Runtime } from './http/context.ts'
import { demandCallers } from './http/demand-callers.ts'
import { filterHost } from './http/filter-host.ts'
import { openRecords, type RecordOptions } from './http/open-record.ts'
import { demandJson } from './http/read-body.ts'
import { replyWithErrors, type ErrorReplyOptions } from './http/reply-with-error.ts'
import { answerBrokenHttp } from './http/broken-http.ts'
import { healthRoutes, type Health } from './http/routes/health.ts'
import { inferenceRoutes } from './http/routes/inference.ts'
import { metricsRoute, type RenderMetrics } from './http/routes/metrics.ts'
import { modelRoutes } from './http/routes/models.ts'
import type { PipelineObserver } from './pipeline/pipeline.ts'

export interface AppOptions {
  /** Longest time a caller may take to send a request, milliseconds. */
  requestTimeoutMs: number
  maxConnections: number
}

export interface AppDependencies {
  /** The configuration in force. */
  runtime: () => Runtime
  records: Pick<RecordOptions, 'opened' | 'closed'>
  observer: PipelineObserver
  report: ErrorReplyOptions['report']
  health: Health
  /** `undefined` serves no metrics. */
  renderMetrics: RenderMetrics | undefined
}

/** Every hook and route, in the order in which a request meets them. */
export function buildApp(options: AppOptions, dependencies: AppDependencies): FastifyInstance {
  const { runtime, records, observer, report, health, renderMetrics } = dependencies
  const app = fastify({
    requestTimeout: options.requestTimeoutMs,
    // Longer than the idle time of usual load balancers, so that they close first and no request meets a closing door.
    keepAliveTimeout: 75_000,
    http: {
      // Node takes the longer of the two as the time for the whole request.
      headersTimeout: Math.min(60_000, options.requestTimeoutMs),
      // How often Node looks for requests that take too long; its own 30 s would make every shorter time a lie.
      connectionsCheckingInterval: Math.min(1_000, Math.ceil(options.requestTimeoutMs / 4)),
    },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    genReqId: () => '',
    clientErrorHandler: answerBrokenHttp,
    // No route has a schema for Fastify: without these it would load two compilers, 90 files, for nothing.
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    routerOptions: { maxParamLength: 512, ignoreTrailingSlash: true },
  })
  app.server.maxConnections = options.maxConnections

  demandCallers(app)
  replyWithErrors(app, { report })

  openRecords(app, { runtime, ...records })
  filterHost(app)
  authenticate(app)
  stampAnswers(app)
  demandJson(app)

  healthRoutes(app, health)
  if (renderMetrics) metricsRoute(app, renderMetrics)
  modelRoutes(app)
  inferenceRoutes(app, { observer, report })
  return app
}

const noSchemas = () => () => {
  throw new Error('routes have no schemas')
}
