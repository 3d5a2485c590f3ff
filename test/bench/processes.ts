/** Child processes of the bench: pinned to a core, measured through /proc, and ended by their own id. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { availableParallelism } from 'node:os'

/** The server under test has a core of its own; load, upstream and the bench itself share the other. */
export const serverCore = 0
export const loadCore = 1
const listenDeadlineMs = 20_000
const killAfterMs = 4_000

export const pinned = availableParallelism() > 1 && spawnSync('taskset', ['--version']).error === undefined

/** Moves the bench itself (all its threads) to the load's core. */
export function pinSelf(): void {
  if (pinned) spawnSync('taskset', ['-a', '-p', '-c', String(loadCore), String(process.pid)])
}

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

export type SpawnOptions = {
  core: number
  /** Standard output goes to this file; without it, it is a pipe. */
  outputFile?: string
  environment?: NodeJS.ProcessEnv
  /** Working directory. */
  folder?: string
}

/** Starts `node ...parameters` on one core. Standard error goes to ours. */
export function spawnNode(parameters: string[], options: SpawnOptions): ChildProcess {
  const command = [process.execPath, ...parameters]
  const [program, ...rest] = pinned ? ['taskset', '-c', String(options.core), ...command] : command
  const output = options.outputFile === undefined ? 'pipe' : openSync(options.outputFile, 'a')
  const child = spawn(program!, rest, {
    stdio: ['ignore', output, 'inherit'],
    env: options.environment ?? process.env,
    cwd: options.folder,
  })
  if (typeof output === 'number') closeSync(output)
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}

/** Waits until a server that prints `listening PORT` has done so. */
export async function listeningPort(child: ChildProcess): Promise<number> {
  const lines = createInterface({ input: child.stdout! })
  const late = setTimeout(() => child.kill('SIGKILL'), listenDeadlineMs)
  try {
    for await (const line of lines) {
      const port = /^listening (\d+)$/.exec(line)?.[1]
      if (port !== undefined) return Number(port)
    }
  } finally {
    clearTimeout(late)
  }
  throw new Error(`the server ${child.spawnargs.slice(-2).join(' ')} ended before it listened`)
}

export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  const late = setTimeout(() => child.kill('SIGKILL'), killAfterMs)
  child.kill('SIGTERM')
  await gone
  clearTimeout(late)
}

/** The process and all its descendants. */
function family(pid: number): number[] {
  const children = tasks(pid).flatMap((task) =>
    (readProc(`${pid}/task/${task}/children`) ?? '').split(' ').filter((id) => id !== ''),
  )
  return [pid, ...children.flatMap((child) => family(Number(child)))]
}

function tasks(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'utf8')
  } catch {
    return undefined
  }
}

const clockTickUs = 10_000
const hasSchedstat = existsSync('/proc/self/schedstat')

/** CPU time (user + system, all threads, all descendants) in microseconds. */
export function cpuUs(child: ChildProcess): number {
  let sum = 0
  for (const pid of family(child.pid!)) {
    if (hasSchedstat) {
      for (const task of tasks(pid))
        sum += Number(readProc(`${pid}/task/${task}/schedstat`)?.split(' ')[0] ?? 0) / 1000
    } else {
      const fields = readProc(`${pid}/stat`)
        ?.replace(/^.*\) /, '')
        .split(' ')
      sum += (Number(fields?.[11] ?? 0) + Number(fields?.[12] ?? 0)) * clockTickUs
    }
  }
  return sum
}

/** Resident memory of the process and its descendants in KiB. */
export function rssKb(child: ChildProcess): number {
  let sum = 0
  for (const pid of family(child.pid!))
    sum += Number(/VmRSS:\s*(\d+)/.exec(readProc(`${pid}/status`) ?? '')?.[1] ?? 0)
  return sum
}
