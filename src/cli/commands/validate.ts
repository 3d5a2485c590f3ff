import { formatProblem, loadConfig } from '../../config/load.ts'
import { CliError, exitCodes, print } from '../io.ts'
import type { CommandContext } from '../io.ts'
import { pathFrom } from '../path.ts'

interface ValidateOptions {
  strict?: boolean
}

/** Prints that the file is good and what to know about it, or every problem at once. */
export function validate(
  context: CommandContext,
  file: string | undefined,
  { strict }: ValidateOptions,
): void {
  const { io } = context
  const name = file ?? 'The environment'
  const { warnings, problems } = loadConfig({
    env: io.env,
    ...(file !== undefined && { file: pathFrom(io.cwd, file) }),
  })
  const all = [...problems.map((problem) => `start would refuse: ${formatProblem(problem)}`), ...warnings]
  if (strict && all.length > 0)
    throw new CliError(
      exitCodes.badUsage,
      `${name} is valid, but not with --strict:\n${all.map((warning) => `  ${warning}`).join('\n')}`,
      { warnings: all },
    )
  if (!context.json) for (const warning of all) io.stderr.write(`warning: ${warning}\n`)
  print(context, { valid: true, warnings: all }, `${name} is valid.`)
}
