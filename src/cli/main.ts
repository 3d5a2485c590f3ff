/** The command line: arguments to an exit code. Each command is a file of its own that is loaded when it is used. */
import { CliError, exitCodes } from './io.ts'
import type { CliIo, ExitCode } from './io.ts'

/**
 * `argv`: the arguments after the program's name. The code is 0 done, 1 failed, 2 bad usage or bad
 * configuration, 3 cannot reach the gateway. After `start` the promise resolves while the process serves.
 */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  const { buildProgram } = await import('./program.ts')
  const usage: string[] = []
  try {
    await buildProgram(io, (text) => usage.push(text)).parseAsync(argv, { from: 'user' })
    return exitCodes.done
  } catch (error) {
    return report(error, usage.join(''), argv.includes('--json'), io)
  }
}

interface Failure {
  exitCode: ExitCode
  message: string
  fields?: Readonly<Record<string, unknown>>
}

function report(error: unknown, usage: string, json: boolean, io: CliIo): number {
  const failure = failureOf(error, usage)
  if (failure.message === '') return failure.exitCode
  const { message, fields } = failure
  io.stderr.write(json ? `${JSON.stringify({ error: { message, ...fields } })}\n` : `${message}\n`)
  return failure.exitCode
}

function failureOf(error: unknown, usage: string): Failure {
  if (error instanceof CliError) return error
  const { name, code, exitCode, message, problems } = error as Partial<Record<string, unknown>>
  // Told by their names: their modules are loaded only by the commands that use them.
  if (name === 'ConfigError')
    return { exitCode: exitCodes.badUsage, message: String(message), fields: { problems } }
  if (typeof code === 'string' && code.startsWith('commander.')) {
    if (exitCode === 0) return { exitCode: exitCodes.done, message: '' }
    return { exitCode: exitCodes.badUsage, message: usage.trim() || String(message) }
  }
  return { exitCode: exitCodes.failed, message: `llm-gateway failed: ${String(message ?? error)}` }
}
