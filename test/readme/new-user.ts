import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { full } from '../support/full.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const longestStartMs = 60_000

export interface Finished {
  code: number | null
  stdout: string
  stderr: string
}

export interface Running {
  /** Both outputs so far. */
  output(): string
  /** SIGTERM to the whole process group, as Ctrl-C in a terminal; resolves when it has ended. */
  stop(): Promise<Finished>
  /** SIGTERM to the process alone. */
  terminate(): Promise<Finished>
}

export interface RunOptions {
  env?: Record<string, string>
  /** More folders to look for programs in, before the others. */
  path?: string
}

/**
 * Somebody with a fresh checkout and two terminals: in one the gateway runs, in the other everything else.
 * Sees none of the test run's variables, and the machine's own Node, however old.
 */
export class NewUser {
  /** What a clone of the checkout would hold, with files that are not committed yet. */
  readonly folder: string
  #ports = { api: 8080, metrics: 9090 }
  #gateway: Running | undefined
  readonly #open = new Set<ChildProcess>()

  constructor() {
    const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: root,
      maxBuffer: 2 ** 24,
    })
    this.folder = mkdtempSync(path.join(tmpdir(), 'llm-gateway-readme-'))
    for (const file of listed.toString().split('\0')) {
      if (file === '' || !existsSync(path.join(root, file))) continue
      mkdirSync(path.dirname(path.join(this.folder, file)), { recursive: true })
      cpSync(path.join(root, file), path.join(this.folder, file))
    }
    // `npm ci` empties node_modules first, so where it is really run there must be no link to ours.
    if (!full) symlinkSync(path.join(root, 'node_modules'), path.join(this.folder, 'node_modules'))
    process.once('exit', this.#killAll)
  }

  write(file: string, text: string): void {
    writeFileSync(path.join(this.folder, file), text)
  }

  /** The same with the ports that are in use here instead of 8080 and 9090. */
  onOwnPorts(text: string): string {
    const { api, metrics } = this.#ports
    return text.replaceAll('8080', String(api)).replaceAll('9090', String(metrics))
  }

  /** Runs a shell script to its end. An HTTP error fails its `curl`. */
  run(script: string, options: RunOptions = {}): Promise<Finished> {
    const strict = `curl() { command curl --silent --show-error --fail-with-body "$@"; }\n${script}`
    return this.#spawn('sh', ['-ec', this.onOwnPorts(strict)], options).finished
  }

  /**
   * Ends the gateway that runs, and starts another one by a shell script that does not end.
   * @throws Error with its output where it does not listen
   */
  async startGateway(script: string, options: RunOptions = {}): Promise<Running> {
    await this.#gateway?.stop()
    if (!(await areFree(Object.values(this.#ports)))) await this.#takeFreePorts()
    const begun = this.#begin('sh', ['-ec', script], options)
    if (await begun.listens) return (this.#gateway = begun)
    const { stdout, stderr } = await begun.stop()
    // Somebody else on this machine was quicker.
    if (stderr.includes('EADDRINUSE') && this.#ports.api === 8080) {
      await this.#takeFreePorts()
      return this.startGateway(script, options)
    }
    throw new Error(`The gateway did not start:\n${stdout}\n${stderr}`)
  }

  /** A gateway from a program of its own, without a shell and npm around it. */
  async startProgram(program: string, args: string[], options: RunOptions): Promise<Running> {
    await this.#gateway?.stop()
    if (!(await areFree(Object.values(this.#ports)))) await this.#takeFreePorts()
    const begun = this.#begin(program, args, options)
    if (!(await begun.listens)) throw new Error(`The gateway did not start:\n${begun.output()}`)
    return (this.#gateway = begun)
  }

  async leave(): Promise<void> {
    await this.#gateway?.stop()
    this.#killAll()
    process.off('exit', this.#killAll)
    rmSync(this.folder, { recursive: true, force: true })
  }

  readonly #killAll = (): void => {
    for (const child of this.#open) signalGroup(child, 'SIGKILL')
  }

  async #takeFreePorts(): Promise<void> {
    this.#ports = { api: await freePort(), metrics: await freePort() }
  }

  #begin(program: string, args: string[], options: RunOptions) {
    const { child, finished, output } = this.#spawn(program, args, options)
    const end = (send: () => unknown) => () => {
      send()
      return finished
    }
    const listens = new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), longestStartMs)
      const settle = (answer: boolean) => {
        clearTimeout(timer)
        resolve(answer)
      }
      child.stdout?.on('data', () => void (output().includes('"message":"listening"') && settle(true)))
      void finished.then(() => settle(false))
    })
    return {
      output,
      listens,
      stop: end(() => signalGroup(child, 'SIGTERM')),
      terminate: end(() => child.kill('SIGTERM')),
    }
  }

  #spawn(program: string, args: string[], { env = {}, path: first }: RunOptions) {
    const variables = { ...this.#variables(), ...env }
    const PATH = first === undefined ? variables.PATH : `${first}${path.delimiter}${variables.PATH}`
    const child = spawn(program, args, {
      cwd: this.folder,
      env: { ...variables, PATH },
      // A group of its own, so that npm and what it started end together.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#open.add(child)
    const written = { stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => (written.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (written.stderr += text))
    const finished = new Promise<Finished>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code) => {
        this.#open.delete(child)
        resolve({ code, ...written })
      })
    })
    return { child, finished, output: () => written.stdout + written.stderr }
  }

  #variables(): Record<string, string> {
    const { api, metrics } = this.#ports
    const moved = {
      SERVER_PORT: String(api),
      METRICS_PORT: String(metrics),
      LLM_GATEWAY_URL: `http://127.0.0.1:${api}`,
    }
    return { ...inherited(), ...(api === 8080 ? {} : moved) }
  }
}

/** What a machine needs to reach its package registry, and nothing that a test run or a developer has set. */
const passedOn =
  /^(PATH|HOME|TMPDIR|LANG|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|(HTTPS?|NO)_PROXY|npm_config_(registry|cache|userconfig))$/i

function inherited(): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) => passedOn.test(name)) as [string, string][]
  // Under npm the project's own Node stands first in the path, which a new user does not have yet.
  const outside = (folder: string) => !folder.includes(`node_modules${path.sep}`)
  const programs = (process.env.PATH ?? '').split(path.delimiter).filter(outside).join(path.delimiter)
  return { ...Object.fromEntries(kept), PATH: programs }
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal)
  } catch {
    // It has ended already.
  }
}

async function areFree(ports: readonly number[]): Promise<boolean> {
  for (const port of ports) if ((await listenOn(port)) === undefined) return false
  return true
}

const freePort = async (): Promise<number> => (await listenOn(0)) as number

/** The port, which is free again; `undefined` where it is taken. */
function listenOn(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen(port, '127.0.0.1', () => {
      const taken = (server.address() as AddressInfo).port
      server.close(() => resolve(taken))
    })
  })
}
