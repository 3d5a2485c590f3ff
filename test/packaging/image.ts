/** Builds the image's stages in directories, without Docker: each stage is a directory that stands for `/`. */
import { existsSync } from 'node:fs'
import { cp, mkdir, readFile, symlink } from 'node:fs/promises'
import path from 'node:path'
import { assignments, parseDockerfile, type Stage, type Step } from './dockerfile.ts'
import { root, run } from './project.ts'

export interface BuiltStage {
  directory: string
  workdir: string
  environment: Record<string, string>
  stage: Stage
}

export interface BuildOptions {
  /** An empty directory. */
  workspace: string
  /** True runs every command; false takes the checkout's node_modules in place of `npm ci`. */
  install: boolean
}

/** What Docker would be sent: files that git knows or would know, and `.dockerignore` lets through. */
export async function buildContext(): Promise<string[]> {
  const { stdout } = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
  })
  const lets = await allowedEntries()
  return stdout
    .split('\0')
    .filter((file) => lets.includes(file.split('/')[0] ?? '') && existsSync(path.join(root, file)))
}

/** `.dockerignore` starts with `*`, then lets single top-level entries through. */
async function allowedEntries(): Promise<string[]> {
  const lines = (await readFile(path.join(root, '.dockerignore'), 'utf8'))
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  if (lines[0] !== '*' || !lines.slice(1).every((line) => /^![^/*]+$/.test(line)))
    throw new Error('.dockerignore has another form than "*" and "!entry" lines')
  return lines.slice(1).map((line) => line.slice(1))
}

/** Runs all stages in order and gives the last one. @throws Error with the output of a command that failed. */
export async function buildImage(options: BuildOptions): Promise<BuiltStage> {
  const context = await buildContext()
  const built = new Map<string, BuiltStage>()
  let last: BuiltStage | undefined
  for (const [index, stage] of parseDockerfile(
    await readFile(path.join(root, 'Dockerfile'), 'utf8'),
  ).entries()) {
    last = await openStage(stage, path.join(options.workspace, `stage-${index}`), built.get(stage.base))
    for (const step of stage.steps) await perform(step, last, { ...options, context, built })
    if (stage.name !== undefined) built.set(stage.name, last)
  }
  if (!last) throw new Error('the Dockerfile has no stage')
  return last
}

async function openStage(stage: Stage, directory: string, base: BuiltStage | undefined): Promise<BuiltStage> {
  await mkdir(directory, { recursive: true })
  if (base) await copyTree(`${base.directory}/.`, directory)
  return { directory, stage, workdir: base?.workdir ?? '/', environment: { ...base?.environment } }
}

interface Surroundings extends BuildOptions {
  context: string[]
  built: Map<string, BuiltStage>
}

async function perform(step: Step, stage: BuiltStage, surroundings: Surroundings): Promise<void> {
  if (step.instruction === 'WORKDIR') {
    stage.workdir = path.posix.resolve(stage.workdir, step.text)
    await mkdir(inside(stage, '.'), { recursive: true })
  } else if (step.instruction === 'ENV') Object.assign(stage.environment, assignments(step.text))
  else if (step.instruction === 'COPY') await copy(step, stage, surroundings)
  else if (step.instruction === 'RUN') await runCommand(step.text, stage, surroundings)
}

async function copy(step: Step, stage: BuiltStage, { context, built }: Surroundings): Promise<void> {
  const words = step.text.split(/\s+/)
  const sources = words.slice(0, -1)
  const target = words.at(-1) ?? ''
  const from = step.flags.from
  for (const source of sources) {
    const into = target.endsWith('/') ? path.posix.join(target, path.posix.basename(source)) : target
    if (from === undefined) await copyFromContext(source, inside(stage, into), context)
    else {
      const other = built.get(from)
      if (!other) throw new Error(`COPY --from=${from}: no such stage before it`)
      await copyTree(path.join(other.directory, source), inside(stage, into))
    }
  }
}

async function copyFromContext(source: string, target: string, context: string[]): Promise<void> {
  const files = context.filter((file) => file === source || file.startsWith(`${source}/`))
  if (files.length === 0) throw new Error(`COPY ${source}: not in the build context`)
  for (const file of files) await cp(path.join(root, file), path.join(target, path.relative(source, file)))
}

async function copyTree(source: string, target: string): Promise<void> {
  await mkdir(path.dirname(target), { recursive: true })
  // Hard links: packages are large, and no step writes into a file that another stage made.
  const { code, stderr } = await run('cp', ['-a', '--link', source, target], { cwd: root })
  if (code !== 0) throw new Error(`COPY ${source}: ${stderr}`)
}

async function runCommand(command: string, stage: BuiltStage, { install }: BuildOptions): Promise<void> {
  const cwd = inside(stage, '.')
  if (!install && command.startsWith('npm ci')) {
    await symlink(path.join(root, 'node_modules'), path.join(cwd, 'node_modules'))
    return
  }
  const env = { ...(await imageEnvironment()), ...stage.environment }
  const { code, stdout, stderr } = await run('/bin/sh', ['-c', command], { cwd, env })
  if (code !== 0) throw new Error(`RUN ${command}: exit ${code}\n${stdout}${stderr}`)
}

/**
 * What a base image has and nothing of this checkout, its Node first; besides, how this machine reaches the network.
 */
async function imageEnvironment(): Promise<NodeJS.ProcessEnv> {
  const system = '/usr/local/bin:/usr/bin:/bin'
  const kept = Object.entries(process.env).filter(([name]) =>
    /^(HOME|NODE_EXTRA_CA_CERTS|.*_proxy)$/i.test(name),
  )
  const env = { ...Object.fromEntries(kept), PATH: system }
  // npm looks for its global settings beside Node; the Node put first below has none.
  const { stdout } = await run('npm', ['config', 'get', 'globalconfig'], { cwd: '/', env })
  return {
    ...env,
    PATH: `${path.dirname(process.execPath)}:${system}`,
    npm_config_globalconfig: stdout.trim(),
  }
}

/** Where a path of the image stands on this machine. */
export function inside(stage: BuiltStage, imagePath: string): string {
  return path.join(stage.directory, path.posix.resolve(stage.workdir, imagePath))
}
