import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { makeProject, root, run } from './project.ts'

interface LintedFile {
  filePath: string
  messages: { ruleId: string | null; line: number; message: string }[]
}

const copied = ['eslint.config.js', 'scripts/package-owners.json', 'tsconfig.json', 'node_modules']

/** Files, each with the rule that must fire on it; `undefined` where nothing may. */
const cases: [file: string, text: string, rule: string | undefined][] = [
  ['src/http/environment.ts', 'export const port = process.env.PORT', 'no-restricted-properties'],
  ['src/http/destructured.ts', 'export const { env } = process', 'no-restricted-properties'],
  [
    'src/http/imported.ts',
    `import { env } from 'node:process'\nexport const port = env.PORT`,
    'no-restricted-imports',
  ],
  ['src/config/load.ts', 'export const port = process.env.PORT', undefined],
  ['test/environment.ts', 'export const port = process.env.PORT', undefined],
  ['src/pipeline/noise.ts', `console.log('x')`, 'no-console'],
  ['src/cli/speech.ts', `console.log('x')`, undefined],
  [
    'src/pipeline/server.ts',
    `import type { FastifyInstance } from 'fastify'\nexport type F = FastifyInstance`,
    'no-restricted-imports',
  ],
  ['src/main.ts', `import fastify from 'fastify'\nexport const app = fastify()`, 'no-restricted-imports'],
  ['src/app.ts', `import fastify from 'fastify'\nexport const app = fastify()`, undefined],
  [
    'src/http/route.ts',
    `import type { FastifyInstance } from 'fastify'\nexport type F = FastifyInstance`,
    undefined,
  ],
  ['src/http/send.ts', `export { request } from 'undici'`, 'no-restricted-imports'],
  ['src/upstream/send.ts', `export { request } from 'undici'`, undefined],
  ['src/upstream/query.ts', `export { Pool } from 'pg'`, 'no-restricted-imports'],
  ['src/cli/table.ts', `export { sql } from 'drizzle-orm/sql'`, 'no-restricted-imports'],
  ['src/pipeline/lock.ts', `export { Redis } from 'ioredis'`, 'no-restricted-imports'],
  ['src/stores/all.ts', `export { Pool } from 'pg'\nexport { Redis } from 'ioredis'`, undefined],
  ['src/guard/own.ts', `export * from './pg/undici.ts'`, undefined],
  ['src/guard/pg/undici.ts', 'export const fine = 1', undefined],
  [
    'src/guard/floating.ts',
    'const go = async (): Promise<void> => {}\ngo()',
    '@typescript-eslint/no-floating-promises',
  ],
  [
    'src/guard/misused.ts',
    'export const go = async () => 1\nif (go()) go().catch(() => 1)',
    '@typescript-eslint/no-misused-promises',
  ],
  ['src/guard/equal.ts', `export const same = (a: unknown) => a == 'x'`, 'eqeqeq'],
  ['src/guard/null.ts', 'export const none = (a: unknown) => a == null', undefined],
  [
    'src/guard/type.ts',
    `import { Socket } from 'node:net'\nexport type S = Socket`,
    '@typescript-eslint/consistent-type-imports',
  ],
  ['src/guard/any.ts', 'export const anything: any = 1', '@typescript-eslint/no-explicit-any'],
  // The comment is ignored and is a finding itself; what it would hide is reported too.
  [
    'src/guard/silenced.ts',
    '// eslint-disable-next-line eqeqeq\nexport const same = (a: unknown) => a == 1',
    'eqeqeq',
  ],
]

describe('the lint rules', () => {
  test('fire on what is forbidden, and on nothing else', async () => {
    const project = await makeProject(
      copied,
      Object.fromEntries(cases.map(([file, text]) => [file, `${text}\n`])),
    )
    const eslint = path.join(root, 'node_modules/eslint/bin/eslint.js')
    const { stdout, stderr } = await run(process.execPath, [eslint, '--format', 'json', 'src', 'test'], {
      cwd: project.directory,
    })
    expect(stderr).toBe('')
    const files = JSON.parse(stdout) as LintedFile[]
    const found = new Map(
      files.map((file) => [path.relative(project.directory, file.filePath), file.messages]),
    )
    for (const [file, , rule] of cases) {
      const rules = new Set(
        found
          .get(file)
          ?.map(({ ruleId }) => ruleId)
          .filter((id) => id !== null),
      )
      expect([...rules], file).toEqual(rule === undefined ? [] : [rule])
    }
    expect(found.get('src/guard/silenced.ts')).toHaveLength(2)
  })
})
