import { cp, readFile, readdir, symlink } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { makeProject, root, run, type Project } from './project.ts'

const manifest = (dependencies: string[]): string =>
  JSON.stringify({
    name: 'x',
    version: '7.8.9',
    type: 'module',
    dependencies: Object.fromEntries(dependencies.map((name) => [name, '*'])),
  })

/** A command that serves and one that doesn't. */
const sources = {
  'package.json': manifest(['fastify', 'pino']),
  'src/cli/main.ts': `
    declare const __LLM_GATEWAY_VERSION__: string
    export async function runCli(command: string): Promise<string> {
      if (command === 'version') return __LLM_GATEWAY_VERSION__
      return (await import('../main.ts')).serve()
    }`,
  'src/main.ts': `
    import fastify from 'fastify'
    export const serve = (): string => 'serving ' + typeof fastify`,
}

/** Packages of our own making, each with what it exports. */
const packages = {
  'node_modules/one/package.json': JSON.stringify({ name: 'one', version: '1.0.0', license: 'MIT' }),
  'node_modules/one/index.js': `module.exports = 'one ' + require('two')`,
  'node_modules/one/LICENSE': '\r\nThe licence of one\r\nby A\r\n',
  'node_modules/one/node_modules/two/package.json': JSON.stringify({ name: 'two', version: '2.0.0' }),
  'node_modules/one/node_modules/two/index.js': `module.exports = 'two'`,
  'node_modules/one/node_modules/two/license.md': 'The licence of two',
  'node_modules/one/node_modules/two/NOTICE': 'What two has from others',
}

async function build(project: Project) {
  return run(process.execPath, ['scripts/build.ts'], { cwd: project.directory })
}

/** A project that imports `one`, which imports `two`, in real directories; only esbuild is linked. */
async function makeOwnPackages(files: Record<string, string> = {}): Promise<Project> {
  const project = await makeProject(['scripts'], {
    'package.json': manifest(['one']),
    'src/cli/main.ts': `import one from 'one'\nexport const runCli = () => one`,
    ...packages,
    ...files,
  })
  await symlink(path.join(root, 'node_modules/esbuild'), path.join(project.directory, 'node_modules/esbuild'))
  return project
}

async function listOutput(project: Project): Promise<Record<string, string>> {
  const names = (await readdir(path.join(project.directory, 'dist'))).sort()
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await project.read(`dist/${name}`)] as const)),
  )
}

describe('the build', () => {
  test('gives an entry that exports runCli and knows the version, and loads the server only when asked', async () => {
    const project = await makeProject(['scripts', 'node_modules'], sources)
    expect(await build(project)).toEqual({ code: 0, stdout: '', stderr: '' })

    const script = `const { runCli } = await import('./dist/llm-gateway.js')
      console.log(await runCli('version')); console.log(await runCli('start'))`
    const ran = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: project.directory })
    expect(ran).toEqual({ code: 0, stdout: '7.8.9\nserving function\n', stderr: '' })

    const entry = await project.read('dist/llm-gateway.js')
    expect(entry).toMatch(/import\("\.\/main-\w+\.js"\)/)
    expect(entry).not.toContain('serving')
    expect(entry).toContain('//# sourceMappingURL=llm-gateway.js.map')
  })

  test('gives the same bytes again, and removes what an earlier build left behind', async () => {
    const project = await makeProject(['scripts', 'node_modules'], sources)
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

  test('gives the same bytes in any directory, with packages in place or linked', async () => {
    const inPlace = await makeOwnPackages()
    const { directory } = await makeProject([])
    const deeper = { ...inPlace, directory: path.join(directory, 'a/b') }
    deeper.read = (file) => readFile(path.join(deeper.directory, file), 'utf8')
    for (const entry of ['package.json', 'scripts', 'src'])
      await cp(path.join(inPlace.directory, entry), path.join(deeper.directory, entry), { recursive: true })
    await symlink(path.join(inPlace.directory, 'node_modules'), path.join(deeper.directory, 'node_modules'))
    for (const project of [inPlace, deeper])
      expect(await build(project)).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(await listOutput(deeper)).toEqual(await listOutput(inPlace))
  })

  test.each([
    ['of development', `import { build } from 'esbuild'\nexport const serve = build`, 'esbuild'],
    ['that stays outside', `import { trace } from '@opentelemetry/api'\nexport const serve = trace`],
  ])(
    'refuses a package %s that a production install would not have',
    async (_what, text, name = '@opentelemetry/api') => {
      const project = await makeProject(['scripts', 'node_modules'], { ...sources, 'src/main.ts': text })
      const { code, stderr } = await build(project)
      expect(code).toBe(1)
      expect(stderr).toContain(`"${name}" is not among the dependencies of package.json`)
      expect(stderr).toContain('src/main.ts:1:22')
    },
  )

  test('refuses to leave a package to Node that only a bundled package asks for and nobody declares', async () => {
    const project = await makeProject(['scripts', 'node_modules'], {
      ...sources,
      'package.json': manifest(['fastify']),
    })
    const { code, stderr } = await build(project)
    expect(code).toBe(1)
    expect(stderr).toContain('"pino" is not among the dependencies of package.json')
    expect(stderr).toContain('node_modules/fastify/')
  })

  test('names the file and line of a mistake in the source, and fails', async () => {
    const project = await makeProject(['scripts', 'node_modules'], {
      ...sources,
      'src/main.ts': `import { missing } from './nowhere.ts'\nexport const serve = missing`,
    })
    const { code, stderr } = await build(project)
    expect(code).toBe(1)
    expect(stderr).toContain('Could not resolve "./nowhere.ts"')
    expect(stderr).toContain('src/main.ts:1:24')
  })
})

describe('the licences of what was bundled', () => {
  const sections = (text: string): string[] => text.split(/^=+\n/m).slice(1)

  test('stand by package, version and the texts that each package brings, nested ones too', async () => {
    const project = await makeOwnPackages()
    await build(project)
    expect(sections(await project.read('dist/THIRD_PARTY_LICENSES.txt'))).toEqual([
      'one 1.0.0\nLicence: MIT\n\nThe licence of one\nby A\n\n',
      'two 2.0.0\nLicence: see below\n\nWhat two has from others\n\nThe licence of two\n',
    ])
  })

  test('leave out what is installed and not bundled', async () => {
    const project = await makeOwnPackages({ 'src/cli/main.ts': `export const runCli = () => 'alone'` })
    await build(project)
    expect(sections(await project.read('dist/THIRD_PARTY_LICENSES.txt'))).toEqual([])
  })

  test.each([
    ['MIT', 'A B <a@b.test>', 'Copyright (c) A B <a@b.test>\n\nPermission is hereby granted, free of charge'],
    ['MIT', { name: 'A B' }, 'Copyright (c) A B\n\nPermission is hereby granted, free of charge'],
    ['Apache-2.0', undefined, `Copyright (c) the authors of three\n\n${' '.repeat(33)}Apache License`],
  ])('give the text of %s for a package by %j that only names it', async (license, author, expected) => {
    const project = await makeOwnPackages({
      'src/cli/main.ts': `export { default as runCli } from 'one'\nexport { default as three } from 'one/three'`,
      'node_modules/one/three.js': `module.exports = require('three')`,
      'node_modules/three/package.json': JSON.stringify({ name: 'three', version: '3.0.0', license, author }),
      'node_modules/three/index.js': 'module.exports = 3',
    })
    expect(await build(project)).toEqual({ code: 0, stdout: '', stderr: '' })
    const three = sections(await project.read('dist/THIRD_PARTY_LICENSES.txt'))[1]
    expect(three).toContain(`three 3.0.0\nLicence: ${license}\n\n`)
    expect(three).toContain(expected)
  })

  test('fail the build where they cannot be told, all at once, and leave the old files as they are', async () => {
    const silent = (name: string, license?: string) => ({
      [`node_modules/${name}/package.json`]: JSON.stringify({ name, version: '1.0.0', license }),
      [`node_modules/${name}/index.js`]: `module.exports = '${name}'`,
    })
    const project = await makeOwnPackages({
      'package.json': manifest(['four', '@a/five']),
      'src/cli/main.ts': `import four from 'four'\nimport five from '@a/five'\nexport const runCli = () => four + five`,
      ...silent('four', 'SEE LICENSE IN ../../elsewhere'),
      ...silent('@a/five'),
      'dist/llm-gateway.js': 'old',
    })
    const { code, stderr } = await build(project)
    expect(code).toBe(1)
    expect(stderr).toContain('four 1.0.0: no licence file in node_modules/four')
    expect(stderr).toContain('@a/five 1.0.0: no licence file in node_modules/@a/five')
    expect(await listOutput(project)).toEqual({ 'llm-gateway.js': 'old' })
  })
})

describe('without esbuild, as in a production install', () => {
  test('the build says nothing when dist is there', async () => {
    const project = await makeProject(['scripts'], { ...sources, 'dist/llm-gateway.js': 'built' })
    expect(await build(project)).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(await project.read('dist/llm-gateway.js')).toBe('built')
  })

  test('the build says what to do when dist is missing', async () => {
    const project = await makeProject(['scripts'], sources)
    const { code, stderr } = await build(project)
    expect(code).toBe(1)
    expect(stderr).toContain('There is no dist/llm-gateway.js')
    expect(stderr).toContain('`npm run build`')
  })
})
