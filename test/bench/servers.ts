/** The servers that are measured, and the upstream behind them. */
import { execFileSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as delay } from 'node:timers/promises'
import { models } from './payloads.ts'
import { end, listeningPort, loadCore, serverCore, spawnNode } from './processes.ts'

export const root = fileURLToPath(new URL('../../', import.meta.url))
const here = fileURLToPath(new URL('./', import.meta.url))
const gatewayCommand = join(root, 'bin/llm-gateway.js')
const readyDeadlineMs = 20_000
const pollMs = 3
const buildLimitMs = 120_000

export const gatewayExists = (): boolean => existsSync(gatewayCommand)

/** Users run the built program, so that is what is measured. */
export function buildGateway(): void {
  const script = join(root, 'scripts/build.ts')
  if (existsSync(script)) {
    execFileSync(process.execPath, [script], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: buildLimitMs,
    })
  }
}

export type Server = {
  name: 'bare' | 'gateway'
  child: ChildProcess
  port: number
  /** Bytes logged since it was last asked. Forgets them, since a run would leave gigabytes. */
  takeLog(): number
  stop(): Promise<void>
}

/** The caller's key, in the gateway's configuration and in every request. */
const key = 'bench-caller-key-3f9d5a17c2'

/** A whole HTTP/1.1 request as an SDK would send it. */
export function httpRequest(port: number, path: string, body: Buffer): Buffer {
  const head = [
    `POST ${path} HTTP/1.1`,
    `host: 127.0.0.1:${port}`,
    `authorization: Bearer ${key}`,
    'content-type: application/json',
    'accept: application/json',
    'user-agent: llm-gateway-bench/1.0',
    ...(path === '/v1/messages' ? ['anthropic-version: 2023-06-01'] : []),
    `content-length: ${body.length}`,
  ]
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body])
}

export async function startUpstream(): Promise<{ port: number; stop(): Promise<void> }> {
  const child = spawnNode([join(here, 'upstream.ts')], { core: loadCore })
  return { port: await listeningPort(child), stop: () => end(child) }
}

/** @param flags for `node` itself, such as `--cpu-prof` */
export async function startBare(upstreamPort: number, flags: string[] = []): Promise<Server> {
  const child = spawnNode([...flags, join(here, 'bare.ts'), String(upstreamPort)], { core: serverCore })
  return { name: 'bare', child, port: await listeningPort(child), takeLog: () => 0, stop: () => end(child) }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** What an operator would run with: authentication, a tenant, metrics and the access log on. */
function configuration(upstreamPort: number, port: number, metricsPort: number): object {
  const price = { input_usd_per_million: 0.15, output_usd_per_million: 0.6 }
  return {
    server: { host: '127.0.0.1', port, metrics_port: metricsPort },
    auth: { enabled: true, keys: [{ name: 'bench', key, tenant: 'bench' }] },
    tenants: [{ id: 'bench' }],
    providers: {
      openai: {
        type: 'openai',
        base_url: `http://127.0.0.1:${upstreamPort}/v1`,
        api_key: 'x',
        models: models.openai,
        price,
      },
      anthropic: {
        type: 'anthropic',
        base_url: `http://127.0.0.1:${upstreamPort}`,
        api_key: 'x',
        models: models.anthropic,
        price,
      },
      mock: { type: 'mock' },
    },
    database: { enabled: false },
    cache: { enabled: false },
    telemetry: {
      logging: { level: 'info', format: 'json' },
      metrics: { enabled: true },
      tracing: { enabled: false },
    },
  }
}

/** The gateway's own environment: no provider key and no setting of the person who runs the bench. */
const environment: NodeJS.ProcessEnv = {
  PATH: process.env['PATH'],
  HOME: process.env['HOME'],
  NODE_ENV: 'production',
}

export type GatewayStart = Server & { listeningMs: number; firstAnswerMs: number }

/**
 * Starts the gateway as a user does, and waits for its first answer (from the built-in mock provider).
 * `listeningMs` and `firstAnswerMs` count from the spawn.
 * @param flags for `node` itself, such as `--cpu-prof`
 */
export async function startGateway(upstreamPort: number, flags: string[] = []): Promise<GatewayStart> {
  const folder = mkdtempSync(join(tmpdir(), 'llm-gateway-bench-'))
  const [port, metricsPort] = [await freePort(), await freePort()]
  const configFile = join(folder, 'config.yaml')
  const outputFile = join(folder, 'access.log')
  // JSON is YAML.
  writeFileSync(configFile, JSON.stringify(configuration(upstreamPort, port, metricsPort)))
  const began = performance.now()
  // As `npm start` and the image run it: docs/decisions/0009.
  const child = spawnNode(['--max-semi-space-size=64', ...flags, gatewayCommand, 'start', '-c', configFile], {
    core: serverCore,
    outputFile,
    environment,
    folder,
  })
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true })
  process.once('exit', removeFolder)
  const stop = async (): Promise<void> => {
    await end(child)
    removeFolder()
    process.off('exit', removeFolder)
  }
  try {
    const listeningMs = await until(child, began, () => accepts(port))
    const firstAnswerMs = await until(child, began, () => answersChat(port))
    const takeLog = (): number => {
      const { size } = statSync(outputFile)
      truncateSync(outputFile, 0)
      return size
    }
    return { name: 'gateway', child, port, takeLog, stop, listeningMs, firstAnswerMs }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Milliseconds since `began` until `isTrue`. */
async function until(child: ChildProcess, began: number, isTrue: () => Promise<boolean>): Promise<number> {
  while (performance.now() - began < readyDeadlineMs) {
    if (await isTrue()) return performance.now() - began
    if (child.exitCode !== null)
      throw new Error(`the gateway ended with code ${child.exitCode} before it served`)
    await delay(pollMs)
  }
  throw new Error(`the gateway did not serve within ${readyDeadlineMs} ms`)
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

async function answersChat(port: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'mock-gpt', messages: [{ role: 'user', content: 'Hello' }] }),
  }).catch(() => undefined)
  await response?.arrayBuffer()
  return response?.status === 200
}
