import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../../src/config/load.ts'
import type { Gateway } from '../../src/gateway.ts'
import { closeAfterTest } from './after-test.ts'
import type { AnyJson } from './client.ts'
import { type ConfigObject, makeConfigFile } from './config-file.ts'

export * from './client.ts'
export { runToEnd, spawnGateway, type SpawnedGateway, type SpawnOptions } from './gateway-process.ts'

export interface StartOptions {
  /** What the file would say; ports it does not name are chosen by the system. */
  config: ConfigObject | string
  /** All variables that the configuration sees. */
  env?: Record<string, string>
}

export interface StartedGateway extends Gateway {
  /** The log so far; all of it once the gateway is closed. */
  logs(): AnyJson[]
}

/** The real gateway in this process, from a configuration read as from a file. Closes with the test. */
export async function startGateway({ config, env = {} }: StartOptions): Promise<StartedGateway> {
  // Loaded when it is needed: tests of upstreams and clients alone do not pay for it.
  const { openGateway } = await import('../../src/gateway.ts')
  const file = makeConfigFile(config)
  const folder = mkdtempSync(join(tmpdir(), 'gateway-log-'))
  const logTo = join(folder, 'log')
  try {
    const gateway = await openGateway({ loaded: loadConfig({ file: file.path, env }), logTo })
    closeAfterTest(async () => {
      await gateway.close(0)
      rmSync(folder, { recursive: true, force: true })
    })
    return {
      ...gateway,
      close: (graceMs = 0) => gateway.close(graceMs),
      logs: () => readLines(readFileSync(logTo, 'utf8')),
    }
  } finally {
    file.remove()
  }
}

const readLines = (text: string): AnyJson[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
