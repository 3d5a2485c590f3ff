import { statfs } from 'node:fs/promises'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buildApp } from './app.ts'
import type { LoadedConfig } from './config/load.ts'
import type { Runtime } from './http/context.ts'
import { serveMetrics } from './http/metrics-server.ts'
import type { Health } from './http/routes/health.ts'
import { openAccessLog } from './observability/access-log.ts'
import { openLog, type OpenLog } from './observability/log.ts'
import { openMetrics, type Metrics } from './observability/metrics.ts'
import { openTracing, type Tracer } from './observability/tracing.ts'
import { openObserver, type Observer } from './observer.ts'
import { buildRuntime, TransportPool } from './runtime.ts'
import { version } from './version.ts'

export interface GatewayOptions {
  loaded: LoadedConfig
  /** Where log lines go instead of where the configuration says: a path, or a file descriptor. */
  logTo?: number | string
}

/** A gateway that listens. */
export interface Gateway {
  /** `http://127.0.0.1:8080` */
  readonly url: string
  /** Where metrics are served alone, or `undefined`. */
  readonly metricsUrl: string | undefined
  readonly app: ReturnType<typeof buildApp>
  readonly log: OpenLog['log']
  /** Takes a new configuration over; requests under way finish on theirs. */
  adopt(loaded: LoadedConfig, restartRequired: readonly string[]): void
  /** Keeps the last good configuration, and says why in the log and in the detailed health. */
  refuse(error: Error): void
  /** Stops accepting, lets requests finish for at most `graceMs`, flushes. Twice is once. */
  close(graceMs?: number): Promise<void>
}

/** How often a draining gateway looks for connections that have become idle. */
const idleSweepMs = 100

/**
 * Opens everything and listens.
 * @throws Error `EADDRINUSE` and the like, when it can't listen
 */
export async function openGateway({ loaded, logTo }: GatewayOptions): Promise<Gateway> {
  const { config } = loaded
  const { logging, metrics: metricsConfig } = config.telemetry
  const log = openLog({
    level: logging.level,
    format: logging.format,
    destination: logTo ?? (logging.output === 'stderr' ? 2 : 1),
  })
  const metrics = openMetrics({ legacyNames: metricsConfig.legacy_names })
  const tracer = await openTracer(config, log)
  const observer = openObserver({ log: log.log, accessLog: openAccessLog(log), metrics, tracer })
  const state = new GatewayState(loaded)
  const render = metricsConfig.enabled ? () => metrics.render() : undefined
  const app = buildApp(
    {
      requestTimeoutMs: config.server.timeout_seconds * 1_000,
      maxConnections: config.server.max_connections,
    },
    {
      runtime: () => state.runtime,
      records: observer.records,
      observer: observer.pipeline,
      report: observer.report,
      health: healthOf(state, observer),
      renderMetrics: render,
    },
  )
  await app.listen({ host: config.server.host, port: config.server.port, listenTextResolver: () => '' })
  state.phase = 'serving'
  const url = addressOf(app.server)
  log.log.info(
    { address: url, version, providers: usableProviders(state), keyless: state.runtime.keyless },
    'listening',
  )
  for (const warning of loaded.warnings) log.log.warn(warning)
  const metricsServer = render && (await openMetricsPort(loaded, render, log))

  let closing: Promise<void> | undefined
  return {
    url,
    metricsUrl: metricsServer && addressOf(metricsServer),
    app,
    log: log.log,
    adopt(next, restartRequired) {
      state.adopt(next, restartRequired)
      app.server.maxConnections = next.config.server.max_connections
      app.server.requestTimeout = next.config.server.timeout_seconds * 1_000
      log.log.level = next.config.telemetry.logging.level
      for (const warning of next.warnings) log.log.warn(warning)
      log.log.info({ restart_required: restartRequired }, 'the new configuration is in force')
    },
    refuse(error) {
      state.lastError = error.message
      log.log.error(
        { problem: error.message },
        'the new configuration is not valid; the last good one stays in force',
      )
    },
    close: (graceMs = state.shutdownGraceSeconds * 1_000) => (closing ??= close(graceMs)),
  }

  async function close(graceMs: number): Promise<void> {
    state.phase = 'draining'
    log.log.info('draining')
    const cut = setTimeout(() => app.server.closeAllConnections(), graceMs)
    // Callers keep connections whose head has left without `connection: close`; nobody may wait for them.
    const sweep = setInterval(() => app.server.closeIdleConnections(), idleSweepMs)
    await app.close()
    clearInterval(sweep)
    clearTimeout(cut)
    metricsServer?.close()
    metricsServer?.closeAllConnections()
    await state.transports.close()
    await tracer.close()
    log.log.info('stopped')
    await log.close()
  }
}

function openTracer({ telemetry: { tracing } }: LoadedConfig['config'], { log }: OpenLog): Promise<Tracer> {
  return openTracing({
    enabled: tracing.enabled && tracing.otlp_endpoint !== undefined,
    otlpEndpoint: tracing.otlp_endpoint,
    sampleRate: tracing.sample_rate,
    serviceName: 'llm-gateway',
    serviceVersion: version,
    warn: (message) => log.warn(message),
  })
}

/** What changes while the gateway runs. */
class GatewayState {
  readonly transports = new TransportPool()
  readonly startedAt = performance.now()
  phase: 'starting' | 'serving' | 'draining' = 'starting'
  runtime: Runtime
  shutdownGraceSeconds: number
  lastError: string | undefined
  #version = 1
  #loadedAt = new Date()
  #restartRequired: readonly string[] = []

  constructor(loaded: LoadedConfig) {
    this.shutdownGraceSeconds = loaded.config.server.shutdown_grace_seconds
    this.runtime = buildRuntime(loaded, this.transports)
  }

  adopt(loaded: LoadedConfig, restartRequired: readonly string[]): void {
    this.runtime = buildRuntime(loaded, this.transports)
    this.shutdownGraceSeconds = loaded.config.server.shutdown_grace_seconds
    this.lastError = undefined
    this.#version++
    this.#loadedAt = new Date()
    this.#restartRequired = restartRequired
  }

  get config() {
    return {
      version: this.#version,
      loadedAt: this.#loadedAt,
      lastError: this.lastError,
      restartRequired: this.#restartRequired,
    }
  }
}

function healthOf(state: GatewayState, observer: Observer): Health {
  return {
    version,
    uptimeSeconds: () => (performance.now() - state.startedAt) / 1_000,
    unready: () => (state.phase === 'serving' ? undefined : state.phase),
    providers: () =>
      [...state.runtime.pipeline.routing.providers.values()].map(({ name, unusable }) => ({
        name,
        healthy: unusable === undefined,
        inFlight: observer.inFlight(name),
      })),
    config: () => state.config,
    async diskSpaceGb() {
      const { bavail, bsize } = await statfs('.')
      return Math.round((bavail * bsize) / 1e8) / 10
    },
  }
}

const usableProviders = ({ runtime }: GatewayState): string[] =>
  [...runtime.pipeline.routing.providers.values()]
    .filter(({ unusable }) => unusable === undefined)
    .map(({ name }) => name)

/** A metrics port that nobody asked for must not keep the gateway from starting. */
async function openMetricsPort(
  { config, sources }: LoadedConfig,
  render: () => ReturnType<Metrics['render']>,
  { log }: OpenLog,
): Promise<Server | undefined> {
  const { host, metrics_port: port } = config.server
  try {
    return await serveMetrics(host, port, render)
  } catch (error) {
    if (sources.get('server.metrics_port') !== 'default') throw error
    log.warn({ port }, 'the metrics port is taken, so metrics are only at /metrics of the main port')
    return undefined
  }
}

function addressOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}
