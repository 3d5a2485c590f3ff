import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { full } from '../support/full.ts'
import { assignments, execForm, parseDockerfile, type Step } from './dockerfile.ts'
import { buildContext, buildImage, inside, type BuiltStage } from './image.ts'
import { root, run } from './project.ts'

const stages = parseDockerfile(await readFile(path.join(root, 'Dockerfile'), 'utf8'))
const final = stages.at(-1)

function only(instruction: string): Step {
  const [step, ...more] = final?.steps.filter((candidate) => candidate.instruction === instruction) ?? []
  if (!step || more.length > 0) throw new Error(`the last stage needs one ${instruction}`)
  return step
}

describe('the Dockerfile', () => {
  test('ends in a distroless image without a shell, as a numeric user who is not root', () => {
    expect(final?.base).toMatch(/\/distroless\/nodejs24-debian\d+:nonroot$/)
    expect(final?.steps.filter(({ instruction }) => instruction === 'RUN')).toEqual([])
    expect(only('USER').text).toBe('65532:65532')
  })

  test('starts and checks its health without a shell', () => {
    expect(execForm(only('ENTRYPOINT').text)).toEqual([
      '/nodejs/bin/node',
      '--max-semi-space-size=64',
      '/app/bin/llm-gateway.js',
    ])
    expect(execForm(only('CMD').text)).toEqual(['start'])
    expect(healthCommand().slice(0, 3)).toEqual(['/nodejs/bin/node', '/app/bin/llm-gateway.js', 'health'])
  })

  test('listens beyond loopback and writes to /data alone', () => {
    expect(only('EXPOSE').text).toBe('8080 9090')
    expect(assignments(only('ENV').text)).toMatchObject({ SERVER_HOST: '0.0.0.0', NODE_ENV: 'production' })
    expect(only('VOLUME').text).toBe('/data')
    const owned = final?.steps.filter(({ flags }) => flags.chown !== undefined)
    expect(owned?.map(({ text }) => text.split(' ').at(-1))).toEqual(['/data'])
  })

  test('takes no secret, test or document into the build', async () => {
    const context = await buildContext()
    const entries = new Set(context.map((file) => file.split('/')[0]))
    for (const entry of ['.git', '.env', 'node_modules', 'data', 'dist', 'docs', 'test'])
      expect(entries).not.toContain(entry)
    expect(entries).toContain('src')
  })

  test('installs before the sources are copied, so that a change of code keeps the installed layer', () => {
    for (const { steps } of stages) {
      const install = steps.findIndex(({ text }) => text.startsWith('npm ci'))
      const sources = steps.findIndex(
        ({ instruction, text }) => instruction === 'COPY' && text.startsWith('src'),
      )
      if (install >= 0 && sources >= 0) expect(install).toBeLessThan(sources)
    }
  })
})

describe('the image, built and started without Docker', () => {
  test(
    full ? 'answers with its production packages alone' : 'answers (with the packages of this checkout)',
    { timeout: full ? 600_000 : 60_000 },
    async () => {
      const image = await openImage({ install: full })
      const port = await freePort()
      const gateway = await startImage(image, {
        GATEWAY_ADMIN_KEY: 'for-this-test-alone',
        SERVER_PORT: String(port),
      })
      const url = `http://127.0.0.1:${port}`
      await gateway.answers(`${url}/live`)

      const [, ...health] = healthCommand()
      const env = { LLM_GATEWAY_URL: url }
      const healthy = await run(
        process.execPath,
        health.map((word) => place(image, word)),
        { cwd: image.directory, env },
      )
      expect(healthy, healthy.stderr).toMatchObject({ code: 0 })

      gateway.child.kill('SIGTERM')
      expect(await gateway.exit, gateway.output()).toBe(0)
    },
  )

  test('refuses to serve without a key, and says so', { timeout: full ? 600_000 : 60_000 }, async () => {
    const image = await openImage({ install: false })
    const gateway = await startImage(image, { SERVER_PORT: String(await freePort()) })
    expect(await gateway.exit, gateway.output()).toBe(2)
    expect(gateway.output()).toMatch(/key/)
  })
})

function healthCommand(): string[] {
  return execForm(only('HEALTHCHECK').text.replace(/^(--\S+\s+)*CMD\s+/, '')) ?? []
}

async function openImage(options: { install: boolean }): Promise<BuiltStage> {
  const workspace = await mkdtemp(path.join(tmpdir(), 'llm-gateway-image-'))
  onTestFinished(() => rm(workspace, { recursive: true, force: true }))
  await chmod(workspace, 0o755)
  return buildImage({ ...options, workspace })
}

/** A word of an exec form, on this machine. */
function place(image: BuiltStage, word: string): string {
  return word.startsWith('/app/') ? inside(image, word) : word
}

/**
 * Starts the image's entry point in its directory, as the user of the image where that is possible: the files
 * belong to us, so that this user can write to `/data` alone.
 */
async function startImage(image: BuiltStage, environment: Record<string, string>) {
  const [uid = 0, gid = 0] = only('USER').text.split(':').map(Number)
  const user = (await canBecome({ uid, gid }, image)) ? { uid, gid } : {}
  if (user.uid !== undefined) await chown(inside(image, '/data'), uid, gid)
  const [, ...command] = [...(execForm(only('ENTRYPOINT').text) ?? []), ...(execForm(only('CMD').text) ?? [])]
  const child = spawn(
    process.execPath,
    command.map((word) => place(image, word)),
    {
      cwd: inside(image, '.'),
      env: { ...image.environment, METRICS_PORT: String(await freePort()), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...user,
    },
  )
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text))
  const exit = once(child, 'close').then(([code]) => code as number | null)
  return {
    child,
    exit,
    output: () => output,
    answers: (url: string) => untilItAnswers(url, exit, () => output),
  }
}

/** Only root may change users, and the other user must reach Node and the packages through our directories. */
async function canBecome(user: { uid: number; gid: number }, image: BuiltStage): Promise<boolean> {
  if (process.getuid?.() !== 0) return false
  const script = `require('fs').readdirSync(process.argv[1])`
  const probe = run(process.execPath, ['-e', script, inside(image, '/app/node_modules')], {
    cwd: '/',
    ...user,
  })
  return probe.then(
    ({ code }) => code === 0,
    () => false,
  )
}

/** @throws Error with the output, when the process ends first. */
async function untilItAnswers(url: string, exit: Promise<unknown>, output: () => string): Promise<void> {
  let ended = false
  const end = () => (ended = true)
  exit.then(end, end)
  while (!ended) {
    const status = await fetch(url).then(
      (response) => response.status,
      () => undefined,
    )
    if (status === 200) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`it ended before it answered:\n${output()}`)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
