import { loadConfig } from '../../config/load.ts'
import { redact } from '../../config/redact.ts'
import { configSchema } from '../../config/schema.ts'
import { print } from '../io.ts'
import type { CommandContext } from '../io.ts'
import { pathFrom } from '../path.ts'
import { pathText } from '../../config/path.ts'
import type { Path } from '../../config/path.ts'

/** Every value that is in force and who set it. Secrets are `[redacted]`. */
export function showConfig(context: CommandContext, options: { config?: string }): void {
  const { io } = context
  const { config, sources, warnings } = loadConfig({
    env: io.env,
    ...(options.config !== undefined && { file: pathFrom(io.cwd, options.config) }),
  })
  const shown = redact(config, configSchema)
  if (!context.json) for (const warning of warnings) io.stderr.write(`warning: ${warning}\n`)
  const lines = [...leaves(shown, [])].map(
    ([path, value]) => `${path}: ${JSON.stringify(value)}  # ${sources.get(path) ?? 'default'}`,
  )
  print(context, { config: shown, sources: Object.fromEntries(sources), warnings }, lines.join('\n'))
}

function* leaves(value: unknown, path: Path): Generator<[string, unknown]> {
  const isHolder = typeof value === 'object' && value !== null && Object.keys(value).length > 0
  if (!isHolder) {
    if (value !== undefined) yield [pathText(path), value]
    return
  }
  for (const [key, inner] of Object.entries(value))
    yield* leaves(inner, [...path, Array.isArray(value) ? Number(key) : key])
}
