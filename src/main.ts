import type { LoadedConfig } from './config/load.ts'
import { openGateway, type Gateway } from './gateway.ts'

export interface StartOptions {
  loaded: LoadedConfig
  /** The file to watch, and how to read it anew with the same flags and environment. */
  configFile?: string
  reload: (() => LoadedConfig) | undefined
}

/** The process: listens, takes changed files over, and drains on a signal. Resolves when it listens. */
export async function startGateway({ loaded, configFile, reload }: StartOptions): Promise<void> {
  const gateway = await openGateway({ loaded }).catch((error: unknown) => {
    throw explained(error, loaded)
  })
  const watch =
    configFile !== undefined && reload ? await watchFile(gateway, loaded, configFile, reload) : undefined
  let signals = 0
  const stop = () => {
    watch?.close()
    // A second signal does not wait for anybody.
    const graceMs = ++signals === 1 ? undefined : 0
    if (graceMs === 0) gateway.app.server.closeAllConnections()
    gateway.close(graceMs).then(
      () => process.exit(0),
      () => process.exit(1),
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

/** A taken port is the commonest failure of all; say what to do about it. */
function explained(error: unknown, { config }: LoadedConfig): unknown {
  const { code, port } = error as NodeJS.ErrnoException & { port?: number }
  if (code !== 'EADDRINUSE') return error
  const option =
    port === config.server.metrics_port ? '--metrics-port or METRICS_PORT' : '--port or SERVER_PORT'
  return new Error(
    `${config.server.host}:${port} is taken (EADDRINUSE); choose another port with ${option}`,
    { cause: error },
  )
}

async function watchFile(gateway: Gateway, current: LoadedConfig, file: string, load: () => LoadedConfig) {
  const { watchConfig } = await import('./config/reload.ts')
  return watchConfig({
    file,
    current,
    load,
    onChange: (loaded, restartRequired) => gateway.adopt(loaded, restartRequired),
    onError: (error) => gateway.refuse(error),
  })
}
