import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { makeProject, run, type Project } from './project.ts'

const manifest = JSON.stringify({
  name: 'x',
  version: '7.8.9',
  type: 'module',
  dependencies: { fastify: '*' },
})
const sources = {
  'package.json': manifest,
  'src/cli/main.ts': `
    declare const __LLM_GATEWAY_VERSION__: string
    export async function runCli(command: string): Promise<string> {
      if (command === 'version') return __LLM_GATEWAY_VERSION__
      return (await import('../main.ts')).serve()
    }`,
  'src/main.ts': `
    import fastify from 'fastify'
    import { sql } from 'drizzle-orm'
    export const serve = (): string => 'serving ' + typeof fastify + ' ' + typeof sql`,
}

async function build(project: Project) {
  return run(process.execPath, ['scripts/build.ts'], { cwd: project.directory })
}

async function listOutput(project: Project): Promise<Record<string, string>> {
  const names = (await readdir(path.join(project.directory, 'dist'))).sort()
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await project.read(`dist/${name}`)] as const)),
  )
}

describe('the build', () => {
  test('gives an entry that exports runCli and knows the version, and loads the server only when asked', async () => {
    const project = await makeProject(['scripts/build.ts', 'node_modules'], sources)
    expect(await build(project)).toEqual({ code: 0, stdout: '', stderr: '' })

    const script = `const { runCli } = await import('./dist/llm-gateway.js')
      console.log(await runCli('version')); console.log(await runCli('start'))`
    const ran = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: project.directory })
    expect(ran).toEqual({ code: 0, stdout: '7.8.9\nserving function function\n', stderr: '' })

    const entry = await project.read('dist/llm-gateway.js')
    expect(entry).toMatch(/import\("\.\/main-\w+\.js"\)/)
    expect(entry).not.toContain('serving')
    expect(entry).toContain('//# sourceMappingURL=llm-gateway.js.map')
  })

  test('leaves packages to Node, except drizzle-orm', async () => {
    const project = await makeProject(['scripts/build.ts', 'node_modules'], sources)
    await build(project)
    const code = Object.entries(await listOutput(project))
      .filter(([name]) => name.endsWith('.js'))
      .map(([, text]) => text)
      .join('\n')
    expect(code).toMatch(/from "fastify"/)
    expect(code).not.toMatch(/from "drizzle-orm/)
  })

  test('gives the same bytes again, and removes what an earlier build left behind', async () => {
    const project = await makeProject(['scripts/build.ts', 'node_modules'], sources)
    await build(project)
    const first = await listOutput(project)
    await project.write({
      'dist/main-OLDCHUNK.js': 'old',
      'dist/main-OLDCHUNK.js.map': 'old',
      'dist/page.html': '',
    })
    await build(project)
    const { 'page.html': page, ...second } = await listOutput(project)
    expect(second).toEqual(first)
    expect(page).toBe('')
  })

  test('refuses a package that a production install would not have', async () => {
    const project = await makeProject(['scripts/build.ts', 'node_modules'], {
      ...sources,
      'src/main.ts': `import { build } from 'esbuild'\nexport const serve = build`,
    })
    const { code, stderr } = await build(project)
    expect(code).toBe(1)
    expect(stderr).toContain('"esbuild" is not among the dependencies of package.json')
    expect(stderr).toContain('src/main.ts:1:22')
  })

  test('names the file and line of a mistake in the source, and fails', async () => {
    const project = await makeProject(['scripts/build.ts', 'node_modules'], {
      ...sources,
      'src/main.ts': `import { missing } from './nowhere.ts'\nexport const serve = missing`,
    })
    const { code, stderr } = await build(project)
    expect(code).toBe(1)
    expect(stderr).toContain('Could not resolve "./nowhere.ts"')
    expect(stderr).toContain('src/main.ts:1:24')
  })
})

describe('without esbuild, as in a production install', () => {
  test('the build says nothing when dist is there', async () => {
    const project = await makeProject(['scripts/build.ts'], { ...sources, 'dist/llm-gateway.js': 'built' })
    expect(await build(project)).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(await project.read('dist/llm-gateway.js')).toBe('built')
  })

  test('the build says what to do when dist is missing', async () => {
    const project = await makeProject(['scripts/build.ts'], sources)
    const { code, stderr } = await build(project)
    expect(code).toBe(1)
    expect(stderr).toContain('There is no dist/llm-gateway.js')
    expect(stderr).toContain('`npm run build`')
  })
})
