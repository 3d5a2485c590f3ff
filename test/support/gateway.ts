import type { FastifyInstance } from 'fastify'
import { loadConfig } from '../../src/config/load.ts'
import { closeAfterTest } from './after-test.ts'
import { type ConfigObject, makeConfigFile } from './config-file.ts'

export * from './client.ts'
export { runToEnd, spawnGateway, type SpawnedGateway, type SpawnOptions } from './gateway-process.ts'

export interface StartOptions {
  /** What the file would say; ports it does not name are chosen by the system. */
  config: ConfigObject | string
  /** All variables that the configuration sees. */
  env?: Record<string, string>
}

export interface StartedGateway {
  /** `http://127.0.0.1:PORT` */
  url: string
  app: FastifyInstance
  close(): Promise<void>
}

/** The real gateway in this process, from a configuration read as from a file. Closes with the test. */
export async function startGateway({ config, env = {} }: StartOptions): Promise<StartedGateway> {
  // Loaded when it is needed: tests of upstreams and clients alone do not pay for it.
  const { openGateway } = await import('../../src/main.ts')
  const file = makeConfigFile(config)
  try {
    const loaded = loadConfig({ file: file.path, env })
    const gateway = await openGateway({ config: loaded.config })
    closeAfterTest(() => gateway.close())
    return gateway
  } finally {
    file.remove()
  }
}
