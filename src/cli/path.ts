import path from 'node:path'

/** A path from the command line as this process can open it, and as short as it was typed. */
export const pathFrom = (cwd: string, file: string): string =>
  path.resolve(cwd) === process.cwd() ? file : path.resolve(cwd, file)
