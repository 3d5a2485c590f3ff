import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildBundle, packageOf, readManifest, type Bundle } from './bundle.ts'
import { removeProject, root } from './project.ts'

let built: Bundle

beforeAll(async () => {
  built = await buildBundle()
})

afterAll(() => removeProject(built))

async function allSources(): Promise<string[]> {
  return (await Promise.all(built.scripts.map((name) => built.sourcesOf(name)))).flat()
}

/** Every module that the code asks for by a fixed name. */
function specifiers(code: string): string[] {
  const found: string[] = []
  const add = (node: ts.Node | undefined) => {
    if (node && ts.isStringLiteralLike(node)) found.push(node.text)
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier)
    else if (ts.isCallExpression(node)) {
      const { expression } = node
      const asks = ts.isIdentifier(expression) && /^(__)?require$/.test(expression.text)
      if (asks || expression.kind === ts.SyntaxKind.ImportKeyword) add(node.arguments[0])
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile('x.js', code, ts.ScriptTarget.Latest, false, ts.ScriptKind.JS))
  return found
}

const isBuiltin = (name: string): boolean => process.getBuiltinModule(name) !== undefined

describe('dist/', () => {
  test('asks Node for pino and OpenTelemetry alone, and these are declared', async () => {
    const code = await Promise.all(built.scripts.map((name) => built.read(`dist/${name}`)))
    const asked = new Set(code.flatMap(specifiers).filter((name) => !name.startsWith('.')))
    const outside = [...asked].filter((name) => !isBuiltin(name)).sort()
    expect(outside).toEqual([
      '@opentelemetry/api',
      '@opentelemetry/exporter-trace-otlp-http',
      '@opentelemetry/sdk-node',
      'pino',
    ])
    const { dependencies } = await readManifest(built.directory)
    expect(Object.keys(dependencies)).toEqual(expect.arrayContaining(outside))
  })

  test('holds no path of the machine that built it', async () => {
    for (const name of await readdir(built.dist)) {
      const text = await built.read(`dist/${name}`)
      for (const directory of [built.directory, root, path.basename(built.directory)])
        expect(text.includes(directory), `${name}: ${directory}`).toBe(false)
    }
    for (const source of await allSources()) expect(source).toMatch(/^\.\.\/(src|node_modules)\//)
  })

  test('brings the licence of every package in it, none of which forbids that', async () => {
    const text = await built.read('dist/THIRD_PARTY_LICENSES.txt')
    const packages = (await allSources()).map(packageOf)
    const names = [...new Set(packages)].filter((name) => name !== undefined)
    expect(names).toEqual(expect.arrayContaining(['fastify', 'undici', 'zod', 'prom-client', 'yaml']))
    for (const name of names) {
      const directory = path.join(root, 'node_modules', name)
      const manifest = await readManifest(directory)
      expect(text).toContain(`\n${manifest.name} ${manifest.version}\nLicence: ${manifest.license}\n`)
      expect(['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'Apache-2.0']).toContain(manifest.license)
      const own = (await readdir(directory)).find((file) => /^licen[cs]e/i.test(file))
      if (own === undefined) continue
      const licence = (await readFile(path.join(directory, own), 'utf8')).replaceAll('\r\n', '\n').trim()
      expect(text.includes(licence), name).toBe(true)
    }
  })
})
