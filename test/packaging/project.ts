import { spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'

/** The checkout under test. */
export const root = path.join(import.meta.dirname, '../..')

export interface Project {
  directory: string
  /** Writes files, keyed by path inside the project. */
  write(files: Record<string, string>): Promise<void>
  read(file: string): Promise<string>
}

/**
 * A project in a temporary directory, removed after the test.
 * @param copied paths taken over from the checkout; with `node_modules` linked, not copied
 */
export async function makeProject(copied: string[], files: Record<string, string> = {}): Promise<Project> {
  const project = await createProject(copied, files)
  onTestFinished(() => removeProject(project))
  return project
}

export function removeProject(project: Project): Promise<void> {
  return rm(project.directory, { recursive: true, force: true })
}

/** The same for several tests: the caller removes it. */
export async function createProject(copied: string[], files: Record<string, string> = {}): Promise<Project> {
  const directory = await mkdtemp(path.join(tmpdir(), 'llm-gateway-packaging-'))
  const project: Project = {
    directory,
    async write(more) {
      for (const [file, text] of Object.entries(more)) {
        await mkdir(path.dirname(path.join(directory, file)), { recursive: true })
        await writeFile(path.join(directory, file), text)
      }
    },
    read: (file) => readFile(path.join(directory, file), 'utf8'),
  }
  for (const item of copied) {
    if (item === 'node_modules') await symlink(path.join(root, item), path.join(directory, item))
    else await cp(path.join(root, item), path.join(directory, item), { recursive: true })
  }
  await project.write(files)
  return project
}

export interface Finished {
  code: number | null
  stdout: string
  stderr: string
}

/** Runs a program to its end, without standard input. */
export function run(
  command: string,
  args: string[],
  options: { cwd: string; env?: NodeJS.ProcessEnv; uid?: number; gid?: number },
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      ...options,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const output = { stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, ...output }))
  })
}
