import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, symlink } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { buildBundle, readManifest } from './bundle.ts'
import { makeProject, removeProject, root, type Project } from './project.ts'

interface Locked {
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
}

type Lock = Record<string, Locked>

const manifest = await readManifest(root)
const outside = Object.keys(manifest.dependencies).filter((name) => /^(pino|@opentelemetry\/.+)$/.test(name))

/** Links are taken as they stand, so that a package cannot see the checkout that it really lies in. */
const environment = {
  NODE_OPTIONS: '--preserve-symlinks --preserve-symlinks-main',
  SERVER_PORT: '0',
  METRICS_PORT: '0',
  PATH: process.env.PATH,
}

/** The directories of the named packages and of all that they depend on, as `package-lock.json` has them. */
function closure(names: readonly string[], lock: Lock): Set<string> {
  const found = new Set<string>()
  const open = names.map((name) => place(name, '', lock))
  for (let directory = open.pop(); directory !== undefined; directory = open.pop()) {
    if (found.has(directory)) continue
    found.add(directory)
    const { dependencies, optionalDependencies } = lock[directory] ?? {}
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies }))
      open.push(place(name, directory, lock))
  }
  return found
}

/** Where Node finds a package: below the one that asks, then upwards. */
function place(name: string, from: string, lock: Lock): string {
  const candidate = path.posix.join(from, 'node_modules', name)
  if (candidate in lock) return candidate
  if (from === '') throw new Error(`${name} is not in package-lock.json`)
  return place(name, from.slice(0, Math.max(from.lastIndexOf('/node_modules/'), 0)), lock)
}

async function install(): Promise<Project> {
  const built = await buildBundle()
  onTestFinished(() => removeProject(built))
  const project = await makeProject(['package.json', 'bin'])
  await symlink(built.dist, path.join(project.directory, 'dist'))
  const text = await readFile(path.join(root, 'package-lock.json'), 'utf8')
  for (const directory of closure(outside, (JSON.parse(text) as { packages: Lock }).packages)) {
    if (directory.lastIndexOf('node_modules/') > 0) continue // comes with the package around it
    const target = path.join(project.directory, directory)
    await mkdir(path.dirname(target), { recursive: true })
    await symlink(path.join(root, directory), target)
  }
  return project
}

/** Starts the gateway; resolves when it listens. @throws Error with the output, when it ends before that. */
async function start(project: Project, more: Record<string, string>) {
  const child = spawn(process.execPath, ['bin/llm-gateway.js', 'start'], {
    cwd: project.directory,
    env: { ...environment, ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  const url = await new Promise<string>((resolve, reject) => {
    const collect = (text: string) => {
      output += text
      const address = /"address":"(http:[^"]+)"/.exec(output)?.[1]
      if (address !== undefined) resolve(address)
    }
    child.stdout.setEncoding('utf8').on('data', collect)
    child.stderr.setEncoding('utf8').on('data', collect)
    child.on('close', () => reject(new Error(`it ended before it listened:\n${output}`)))
  })
  return { child, url, output: () => output }
}

/** Takes whatever is sent to it, and remembers where to. */
async function startCollector() {
  const paths: string[] = []
  const server = createServer((request, response) => {
    paths.push(request.url ?? '')
    request.resume().on('end', () => response.end())
  })
  onTestFinished(() => void server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { paths, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

test('dist/ serves and sends traces beside a node_modules that holds nothing but what stays outside', async () => {
  const project = await install()
  expect(await readdir(path.join(project.directory, 'node_modules'))).not.toContain('fastify')
  const collector = await startCollector()
  const { child, url, output } = await start(project, {
    LLM_GATEWAY_TELEMETRY_TRACING_ENABLED: 'true',
    LLM_GATEWAY_TELEMETRY_TRACING_SAMPLE_RATE: '1',
    LLM_GATEWAY_TELEMETRY_TRACING_OTLP_ENDPOINT: collector.url,
  })
  const answer = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'mock-gpt', messages: [{ role: 'user', content: 'hello' }] }),
  })
  expect(answer.status, output()).toBe(200)
  expect((await fetch(`${url}/metrics`)).status).toBe(200)
  child.kill('SIGTERM')
  expect((await once(child, 'close'))[0], output()).toBe(0)
  expect(collector.paths).toContain('/v1/traces')
})
