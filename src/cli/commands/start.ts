import type { Flags, LoadedConfig } from '../../config/load.ts'
import type { CommandContext } from '../io.ts'
import { pathFrom } from '../path.ts'

interface StartOptions {
  config?: string
  port?: string
  host?: string
  workers?: string
  metricsPort?: string
}

/** Loads the configuration and serves on it; afterwards the process lives until it is told to stop. */
export async function start({ io, verbose }: CommandContext, options: StartOptions): Promise<void> {
  // Both take a while to load, and neither needs the other.
  const [{ ConfigError, loadConfig }, { startGateway }] = await Promise.all([
    import('../../config/load.ts'),
    import('../../main.ts'),
  ])
  const { config, ...rest } = options
  const file = config === undefined ? undefined : pathFrom(io.cwd, config)
  const flags: Flags = { ...rest, ...(verbose > 0 && { logLevel: verbose > 1 ? 'trace' : 'debug' }) }
  const load = (): LoadedConfig => {
    const loaded = loadConfig({ flags, env: io.env, ...(file !== undefined && { file }) })
    if (loaded.problems.length > 0) throw new ConfigError(loaded.problems)
    return loaded
  }
  await startGateway({
    loaded: load(),
    reload: file === undefined ? undefined : load,
    ...(file !== undefined && { configFile: file }),
  })
}
