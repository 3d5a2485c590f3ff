import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'

/** A configuration as the YAML file would have it. */
export type ConfigObject = Record<string, unknown>

export interface ConfigFile {
  folder: string
  path: string
  /** Replaces the file by renaming a new one over it, as editors and Kubernetes do. */
  write(config: ConfigObject | string): void
  remove(): void
}

/** A configuration in a folder of its own. A text is written as it is, an object on free ports. */
export function makeConfigFile(config: ConfigObject | string): ConfigFile {
  const folder = mkdtempSync(join(tmpdir(), 'llm-gateway-test-'))
  const path = join(folder, 'config.yaml')
  const file: ConfigFile = {
    folder,
    path,
    write(next) {
      writeFileSync(`${path}.new`, typeof next === 'string' ? next : stringify(onFreePorts(next)))
      renameSync(`${path}.new`, path)
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
  file.write(config)
  return file
}

/** The same on ports that the system chooses, where it names none. */
export function onFreePorts(config: ConfigObject): ConfigObject {
  return { ...config, server: { port: 0, metrics_port: 0, ...(config.server as ConfigObject | undefined) } }
}
