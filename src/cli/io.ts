/** What a command may touch, and how it ends other than well. */

export interface CliIo {
  stdout: { write(text: string): unknown }
  stderr: { write(text: string): unknown }
  env: Readonly<Record<string, string | undefined>>
  /** Paths on the command line are relative to it. */
  cwd: string
}

/** Options that stand before or after any command. */
export interface GlobalOptions {
  verbose: number
  json?: boolean
  url?: string
  key?: string
}

/** What every command is given. */
export interface CommandContext extends GlobalOptions {
  io: CliIo
}

export const exitCodes = { done: 0, failed: 1, badUsage: 2, unreachable: 3 } as const
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** An end that is no bug: a sentence for people, fields for programs. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly exitCode: ExitCode
  readonly fields: Readonly<Record<string, unknown>>

  constructor(exitCode: ExitCode, message: string, fields: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.exitCode = exitCode
    this.fields = fields
  }
}

/** JSON where it was asked for, else the text. Both end with one line break. */
export function print({ io, json }: CommandContext, value: unknown, text: string): void {
  io.stdout.write(json ? `${JSON.stringify(value, undefined, 2)}\n` : `${text}\n`)
}
