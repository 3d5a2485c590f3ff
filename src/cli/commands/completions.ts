import type { Command } from 'commander'
import { completionScript, shells } from '../completions.ts'
import type { Shell } from '../completions.ts'
import { CliError, exitCodes } from '../io.ts'
import type { CommandContext } from '../io.ts'

export function completions({ io }: CommandContext, program: Command, shell: string): void {
  if (!shells.includes(shell as Shell))
    throw new CliError(
      exitCodes.badUsage,
      `There are completions for ${shells.join(', ')}, not for ${shell}.`,
    )
  io.stdout.write(completionScript(program, shell as Shell))
}
