import { ConfigError, loadConfig } from '../../src/config/load.ts'
import type { Flags, LoadedConfig, Problem } from '../../src/config/load.ts'

type Env = Record<string, string>

/** A configuration from YAML as if it stood in `config.yaml`. */
export const loadText = (text: string, env: Env = {}, flags: Flags = {}): LoadedConfig =>
  loadConfig({ file: 'config.yaml', text, env, flags })

export const loadEnvironment = (env: Env, flags: Flags = {}): LoadedConfig => loadConfig({ env, flags })

/** The problems of what cannot be loaded; fails where it can. */
export function problemsOf(load: () => LoadedConfig): readonly Problem[] {
  try {
    load()
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  throw new Error('The configuration was accepted.')
}
