/** What the sources of this checkout become, built apart from it. */
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { createProject, run, type Project } from './project.ts'

export interface PackageManifest {
  name: string
  version: string
  license: string
  dependencies: Record<string, string>
}

export interface Bundle extends Project {
  /** Absolute. */
  dist: string
  /** Names in `dist/`. */
  scripts: string[]
  /** What a script was made from, relative to `dist/`, by its source map. */
  sourcesOf(script: string): Promise<string[]>
}

/** @param files besides, keyed by path. The caller removes the project. */
export async function buildBundle(files: Record<string, string> = {}): Promise<Bundle> {
  const project = await createProject(['package.json', 'bin', 'scripts', 'src', 'node_modules'], files)
  const { code, stderr } = await run(process.execPath, ['scripts/build.ts'], { cwd: project.directory })
  if (code !== 0) throw new Error(`the build ended with ${code}:\n${stderr}`)
  const dist = path.join(project.directory, 'dist')
  return {
    ...project,
    dist,
    scripts: (await readdir(dist)).filter((name) => name.endsWith('.js')),
    async sourcesOf(script) {
      return (JSON.parse(await project.read(`dist/${script}.map`)) as { sources: string[] }).sources
    },
  }
}

/** `../node_modules/a/node_modules/b/c.js` → `a/node_modules/b`; undefined for code of ours. */
export function packageOf(source: string): string | undefined {
  return /^\.\.\/node_modules\/((?:.*node_modules\/)?(?:@[^/]+\/[^/]+|[^/]+))/.exec(source)?.[1]
}

export async function readManifest(directory: string): Promise<PackageManifest> {
  return JSON.parse(await readFile(path.join(directory, 'package.json'), 'utf8')) as PackageManifest
}
