/** What is wrong with a configuration, where it stands, and what would be right. Never holds a secret. */

export interface Problem {
  /** The file, where the value stands in one. */
  file?: string
  /** Both count from 1. */
  line?: number
  column?: number
  /** The environment variable that brought the value. */
  variable?: string
  /** The command-line option that brought the value: `--port`. */
  flag?: string
  /** The path as it was written: `models[0].targets[1].provider`; empty for the file as a whole. */
  path: string
  found: string
  allowed: string
  /** A sentence, where found and allowed do not say it all. */
  message: string
}

/** A configuration that cannot be used. Holds every problem at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(`The configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:
${problems.map((problem) => `  ${formatProblem(problem)}`).join('\n')}`)
    this.problems = problems
  }
}

/** `config.yaml:3:9 server.port: found 99999, allowed a whole number from 0 to 65535 (reason)` */
export function formatProblem(problem: Problem): string {
  const place = [whereIs(problem), problem.path].filter((part) => part !== '').join(' ')
  const reason = problem.message === '' ? '' : ` (${problem.message})`
  return `${place}: found ${problem.found}, allowed ${problem.allowed}${reason}`
}

function whereIs({ file, line, column, variable, flag }: Problem): string {
  if (variable !== undefined) return variable
  if (flag !== undefined) return flag
  if (file === undefined) return ''
  return line === undefined ? file : `${file}:${line}:${column ?? 1}`
}
