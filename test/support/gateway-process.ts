import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { closeAfterTest } from './after-test.ts'
import { type ConfigObject, makeConfigFile } from './config-file.ts'

export interface SpawnOptions {
  /** Without one the gateway starts without a file, on ports that the system chooses. */
  config?: ConfigObject | string
  /** Variables of the process. */
  env?: Record<string, string>
  /** False adds the variables of the test run; otherwise the process sees PATH, HOME and `env` only. */
  clean?: boolean
  /** More words for the command line. */
  args?: string[]
}

export interface SpawnedGateway {
  /** `http://127.0.0.1:PORT` */
  url: string
  process: ChildProcess
  stdout(): string
  stderr(): string
  /** The lines of both outputs that are JSON objects. */
  logs(): Record<string, unknown>[]
  /** Waits for a log line that the question says yes to, also one that is there already; throws when the process ends. */
  sawLog(matches: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>
  /** SIGTERM, and SIGKILL after so long (10 s). Gives the exit code; `null` where a signal ended it. */
  stop(graceMs?: number): Promise<number | null>
  configFile: string
  writeConfig(config: ConfigObject | string): void
}

const script = fileURLToPath(new URL('../../bin/llm-gateway.js', import.meta.url))
/** The project's own Node, whatever runs the tests. */
const node = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url))
const longestStartMs = 20_000
const usualGraceMs = 10_000
/** A test that is over has no more use for its open streams. */
const graceAfterTestMs = 2000

/**
 * Runs `llm-gateway start` as a user would, in a process and a folder of its own, and waits until it listens.
 * @throws Error with its output where it ends instead.
 */
export async function spawnGateway(options: SpawnOptions = {}): Promise<SpawnedGateway> {
  const { config } = options
  const file = config === undefined ? undefined : makeConfigFile(config)
  const folder = file?.folder ?? mkdtempSync(join(tmpdir(), 'llm-gateway-test-'))
  const removeFolder = () => rmSync(folder, { recursive: true, force: true })
  const started = runCli(['start', ...(file ? ['-c', file.path] : []), ...(options.args ?? [])], folder, {
    ...options,
    env: { ...(file ? {} : { SERVER_PORT: '0', METRICS_PORT: '0' }), ...options.env },
  })
  const stop = async (graceMs?: number) => {
    const code = await started.stop(graceMs)
    removeFolder()
    return code
  }
  closeAfterTest(() => stop(graceAfterTestMs))
  const first = await Promise.race([
    started.sawLog(isListening).catch(() => undefined),
    after(longestStartMs),
  ])
  if (first === undefined) {
    const code = await stop()
    throw new Error(
      `The gateway did not start (exit code ${code}):\n${started.stdout()}\n${started.stderr()}`,
    )
  }
  return {
    ...started,
    url: String(first.address),
    stop,
    configFile: file?.path ?? '',
    writeConfig(next) {
      if (!file) throw new Error('This gateway was started without a file')
      file.write(next)
    },
  }
}

const isListening = (line: Record<string, unknown>): boolean =>
  line.message === 'listening' && typeof line.address === 'string'

export interface CliResult {
  /** `null` where a signal ended it. */
  code: number | null
  stdout: string
  stderr: string
}

/** Runs `llm-gateway WORDS…` to its end. */
export async function runToEnd(
  words: string[],
  options: Omit<SpawnOptions, 'config' | 'args'> = {},
): Promise<CliResult> {
  const folder = mkdtempSync(join(tmpdir(), 'llm-gateway-test-'))
  const started = runCli(words, folder, options)
  closeAfterTest(() => started.stop(0))
  const code = await started.exited
  rmSync(folder, { recursive: true, force: true })
  return { code, stdout: started.stdout(), stderr: started.stderr() }
}

type Started = Omit<SpawnedGateway, 'url' | 'configFile' | 'writeConfig'> & { exited: Promise<number | null> }

function runCli(words: string[], cwd: string, { env, clean = true }: SpawnOptions): Started {
  const { PATH = '', HOME = '' } = process.env
  const inherited = clean ? { PATH, HOME } : process.env
  const child = spawn(node, [script, ...words], {
    cwd,
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  endWithTestRun(child)
  const lines = new LogLines()
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8')
    let rest = ''
    child[name].on('data', (text: string) => {
      output[name] += text
      const parts = (rest + text).split('\n')
      rest = parts.pop()!
      for (const part of parts) lines.add(part)
    })
  }
  const exited = new Promise<number | null>((resolve) => {
    child.once('close', (code) => resolve(code))
    child.once('error', () => resolve(null))
  })
  return {
    process: child,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    logs: () => lines.all,
    sawLog: (matches) => Promise.race([lines.saw(matches), exited.then(endedTooSoon)]),
    stop: (graceMs = usualGraceMs) => stopChild(child, exited, graceMs),
    exited,
  }
}

function endedTooSoon(): never {
  throw new Error('The gateway ended before it logged the line that was waited for')
}

async function stopChild(
  child: ChildProcess,
  exited: Promise<number | null>,
  graceMs: number,
): Promise<number | null> {
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs)
  const code = await exited
  clearTimeout(timer)
  return code
}

const after = (ms: number): Promise<undefined> =>
  new Promise((resolve) => {
    setTimeout(() => resolve(undefined), ms).unref()
  })

/** Log lines as they come, and those who wait for one. */
class LogLines {
  readonly all: Record<string, unknown>[] = []
  #waiting: ((line: Record<string, unknown>) => void)[] = []

  add(text: string): void {
    if (!text.startsWith('{')) return
    try {
      const line = JSON.parse(text) as Record<string, unknown>
      this.all.push(line)
      for (const look of this.#waiting) look(line)
    } catch {
      // A line that only looks like JSON stands in the output as it is.
    }
  }

  saw(matches: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    const found = this.all.find(matches)
    if (found) return Promise.resolve(found)
    return new Promise((resolve) => {
      const look = (line: Record<string, unknown>): void => {
        if (!matches(line)) return
        this.#waiting = this.#waiting.filter((other) => other !== look)
        resolve(line)
      }
      this.#waiting.push(look)
    })
  }
}

const running = new Set<ChildProcess>()

/** However the test run ends, its gateways end with it. */
function endWithTestRun(child: ChildProcess): void {
  if (running.size === 0) watchForEnd()
  running.add(child)
  child.once('exit', () => running.delete(child))
}

let isWatching = false
function watchForEnd(): void {
  if (isWatching) return
  isWatching = true
  const killAll = (): void => {
    for (const child of running) child.kill('SIGKILL')
  }
  process.once('exit', killAll)
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.once(signal, () => {
      killAll()
      // With our listener gone the signal does what it does without one.
      process.kill(process.pid, signal)
    })
  }
}
