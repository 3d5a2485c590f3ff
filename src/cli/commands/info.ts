import os from 'node:os'
import { print } from '../io.ts'
import type { CommandContext } from '../io.ts'
import { version } from '../../version.ts'

export function info(context: CommandContext, { detailed }: { detailed?: boolean }): void {
  const facts = {
    version,
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    ...(detailed && {
      os: `${os.type()} ${os.release()}`,
      cores: os.availableParallelism(),
      memory_mb: Math.round(os.totalmem() / 1_048_576),
      v8: process.versions.v8,
      openssl: process.versions.openssl,
      program: process.argv[1] ?? null,
    }),
  }
  const lines = Object.entries(facts).map(([name, value]) => `${name}: ${value ?? 'none'}`)
  print(context, facts, lines.join('\n'))
}
