import { createRequire } from 'node:module'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { makeProject, root, run } from './project.ts'

interface Rules {
  forbidden: { name: string }[]
}

interface Cruise {
  summary: { violations: { from: string; to: string; rule: { name: string } }[] }
}

const copied = ['.dependency-cruiser.cjs', 'scripts/package-owners.json', 'tsconfig.json', 'node_modules']

const manifest = JSON.stringify({
  name: 'x',
  type: 'module',
  dependencies: { fastify: '*', undici: '*', pg: '*', 'drizzle-orm': '*', ioredis: '*', pino: '*' },
  devDependencies: { openai: '*' },
})

/** Every arrow of the design once, each the way it may be used. */
const allowed = {
  'package.json': manifest,
  'src/errors.ts': 'export const errors = 1; export type Code = string',
  'src/version.ts': 'export const version = 1',
  'src/canonical/chat.ts': `import '../errors.ts'; export const chat = 1; export type Chat = 1`,
  'src/framing/frame.ts': 'export const frame = 1; export type Frame = 1',
  'src/framing/sse.ts': `import './frame.ts'; import '../errors.ts'`,
  'src/upstream/transport.ts': 'export const transport = 1; export type Transport = 1',
  'src/upstream/undici-transport.ts': `import 'undici'; import './transport.ts'; import '../errors.ts'`,
  'src/upstream/credentials/bearer.ts': `import '../../errors.ts'`,
  'src/dialects/shared.ts': `import '../canonical/chat.ts'; import type { Frame } from '../framing/frame.ts'; export type F = Frame`,
  'src/dialects/one/index.ts': `import '../shared.ts'; import '../../errors.ts'`,
  'src/dialects/two/index.ts': `import './request.ts'`,
  'src/dialects/two/request.ts': `import '../shared.ts'`,
  'src/guard/input.ts': `import '../errors.ts'; import type { Config } from '../config/schema.ts'; export type C = Config`,
  'src/config/schema.ts': `import '../errors.ts'; export type Config = 1`,
  'src/stores/keys/contract.ts': `import '../../errors.ts'; export type Keys = 1`,
  'src/stores/keys/redis.ts': `import 'ioredis'; import './contract.ts'`,
  'src/stores/keys/postgres.ts': `import 'pg'; import 'drizzle-orm'; import './contract.ts'`,
  'src/providers/provider.ts': `import '../dialects/shared.ts'`,
  'src/providers/open-shape.ts': `import './provider.ts'; import '../upstream/credentials/bearer.ts'`,
  'src/providers/acme.ts': `import './open-shape.ts'; import '../dialects/one/index.ts'; import '../framing/sse.ts'`,
  'src/providers/mock/facts.ts': `import './transport.ts'; import '../provider.ts'; import '../../dialects/two/index.ts'`,
  'src/providers/mock/transport.ts': `import { transport } from '../../upstream/transport.ts'; export const t = transport`,
  'src/providers/index.ts': `import './acme.ts'; import './mock/facts.ts'`,
  'src/pipeline/pipeline.ts': `
    import '../providers/index.ts'; import '../dialects/one/index.ts'; import '../guard/input.ts'
    import '../upstream/transport.ts'; import '../stores/keys/contract.ts'; import '../framing/sse.ts'
    import type { Log } from '../observability/log.ts'; export type P = Log`,
  'src/observability/log.ts': `import 'pino'; import '../errors.ts'; export type Log = 1`,
  'src/http/authenticate.ts': `
    import 'fastify'; import '../pipeline/pipeline.ts'
    import type { Keys } from '../stores/keys/contract.ts'; export type A = Keys`,
  'src/app.ts': `import 'fastify'; import './http/authenticate.ts'; import type { Config } from './config/schema.ts'; export type A = Config`,
  'src/runtime.ts': `import './providers/index.ts'; import './http/authenticate.ts'; import './version.ts'`,
  'src/main.ts': `
    import './runtime.ts'; import './app.ts'; import './config/schema.ts'; import './stores/keys/redis.ts'
    import './stores/keys/postgres.ts'; import './upstream/undici-transport.ts'; import './observability/log.ts'`,
  'src/cli/main.ts': `export const runCli = () => import('../main.ts')`,
  'src/sdk/index.ts': `import './client.ts'; import type { OpenAI } from 'openai'; export type O = OpenAI`,
  'src/sdk/client.ts': 'export const client = 1',
}

/** One file for each way to break a rule: what it holds, the rule, and the module at the wrong end. */
const broken: [file: string, text: string, rule: string, to: string][] = [
  ['src/main.ts', `import './cli/other.ts'`, 'layer-main', 'src/cli/other.ts'],
  ['src/cli/a.ts', `import '../sdk/index.ts'`, 'layer-cli', 'src/sdk/index.ts'],
  ['src/app.ts', `import './stores/keys/redis.ts'`, 'layer-app', 'src/stores/keys/redis.ts'],
  ['src/app.ts', `import './config/schema.ts'`, 'layer-app-types', 'src/config/schema.ts'],
  ['src/http/a.ts', `import '../stores/keys/redis.ts'`, 'layer-http', 'src/stores/keys/redis.ts'],
  ['src/http/b.ts', `import '../upstream/transport.ts'`, 'layer-http-types', 'src/upstream/transport.ts'],
  ['src/http/c.ts', `import { x } from '../app.ts'`, 'layer-http', 'src/app.ts'],
  ['src/pipeline/a.ts', `import '../http/authenticate.ts'`, 'layer-pipeline', 'src/http/authenticate.ts'],
  [
    'src/pipeline/b.ts',
    `await import('../stores/keys/redis.ts')`,
    'layer-pipeline',
    'src/stores/keys/redis.ts',
  ],
  [
    'src/pipeline/c.ts',
    `import '../observability/log.ts'`,
    'layer-pipeline-types',
    'src/observability/log.ts',
  ],
  [
    'src/providers/a.ts',
    `export * from '../pipeline/pipeline.ts'`,
    'layer-providers',
    'src/pipeline/pipeline.ts',
  ],
  [
    'src/providers/b.ts',
    `import { config } from '../config/schema.ts'`,
    'layer-providers-types',
    'src/config/schema.ts',
  ],
  [
    'src/providers/c.ts',
    `import type { U } from '../upstream/undici-transport.ts'; export type V = U`,
    'layer-providers',
    'src/upstream/undici-transport.ts',
  ],
  ['src/dialects/a.ts', `import '../providers/provider.ts'`, 'layer-dialects', 'src/providers/provider.ts'],
  ['src/dialects/b.ts', `import '../framing/frame.ts'`, 'layer-dialects-types', 'src/framing/frame.ts'],
  ['src/guard/a.ts', `import '../pipeline/pipeline.ts'`, 'layer-guard', 'src/pipeline/pipeline.ts'],
  ['src/guard/b.ts', `import '../config/schema.ts'`, 'layer-guard-types', 'src/config/schema.ts'],
  ['src/stores/a.ts', `import '../upstream/transport.ts'`, 'layer-stores', 'src/upstream/transport.ts'],
  ['src/stores/b.ts', `import '../config/schema.ts'`, 'layer-stores-types', 'src/config/schema.ts'],
  [
    'src/observability/a.ts',
    `import '../http/authenticate.ts'`,
    'layer-observability',
    'src/http/authenticate.ts',
  ],
  [
    'src/observability/b.ts',
    `import '../config/schema.ts'`,
    'layer-observability-types',
    'src/config/schema.ts',
  ],
  ['src/config/a.ts', `import '../main.ts'`, 'layer-config', 'src/main.ts'],
  ['src/upstream/a.ts', `import '../canonical/chat.ts'`, 'layer-upstream', 'src/canonical/chat.ts'],
  [
    'src/framing/a.ts',
    `import type { Chat } from '../canonical/chat.ts'; export type C = Chat`,
    'layer-framing',
    'src/canonical/chat.ts',
  ],
  ['src/canonical/a.ts', `import '../dialects/shared.ts'`, 'layer-canonical', 'src/dialects/shared.ts'],
  ['src/errors.ts', `import './config/schema.ts'`, 'layer-errors', 'src/config/schema.ts'],
  ['src/version.ts', `import './errors.ts'`, 'layer-version', 'src/errors.ts'],
  ['src/sdk/a.ts', `import '../errors.ts'`, 'layer-sdk', 'src/errors.ts'],
  ['src/pipeline/d.ts', `import type { FastifyRequest } from 'fastify'`, 'package-fastify', 'fastify'],
  ['src/http/d.ts', `import { request } from 'undici'`, 'package-undici', 'undici'],
  ['src/cli/b.ts', `await import('pg')`, 'package-drizzle-orm', 'pg'],
  ['src/cli/c.ts', `import 'drizzle-orm/node-postgres'`, 'package-drizzle-orm', 'drizzle-orm'],
  ['src/cli/d.ts', `import 'ioredis'`, 'package-drizzle-orm', 'ioredis'],
  ['src/helpers/a.ts', `import '../errors.ts'`, 'unknown-place', 'src/errors.ts'],
  [
    'src/dialects/one/a.ts',
    `import '../two/request.ts'`,
    'dialects-stay-apart',
    'src/dialects/two/request.ts',
  ],
  ['src/providers/d.ts', `import './acme.ts'`, 'providers-stay-apart', 'src/providers/acme.ts'],
  ['src/providers/mock/a.ts', `import '../acme.ts'`, 'providers-stay-apart', 'src/providers/acme.ts'],
  ['src/providers/e.ts', `import './mock/facts.ts'`, 'providers-stay-apart', 'src/providers/mock/facts.ts'],
  ['src/guard/c.ts', `import './d.ts'`, 'no-circle', 'src/guard/d.ts'],
  ['src/guard/e.ts', 'export const alone = 1', 'no-orphan', 'src/guard/e.ts'],
  ['src/http/e.ts', `import OpenAI from 'openai'`, 'no-development-package', 'openai'],
  ['src/http/f.ts', `import 'yaml'`, 'no-undeclared-package', 'yaml'],
  ['src/http/g.ts', `import '../../test/server.ts'`, 'nothing-outside-src', 'test/server.ts'],
  ['src/http/h.ts', `import './nowhere.ts'`, 'not-found', './nowhere.ts'],
]

/** What the broken files need to exist. */
const onlyImported = { 'src/cli/other.ts': '', 'src/guard/d.ts': `import './c.ts'`, 'test/server.ts': '' }

async function violations(
  files: Record<string, string>,
): Promise<[file: string, rule: string, to: string][]> {
  const project = await makeProject(copied, files)
  const depcruise = path.join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs')
  const args = [depcruise, 'src', '--config', '.dependency-cruiser.cjs', '--output-type', 'json']
  const { stdout, stderr } = await run(process.execPath, args, { cwd: project.directory })
  expect(stderr).toBe('')
  const { summary } = JSON.parse(stdout) as Cruise
  return summary.violations.map(({ from, to, rule }) => [
    from,
    rule.name,
    to.replace(/^.*node_modules\//, ''),
  ])
}

describe('the import directions', () => {
  test('allow every arrow of the design', async () => {
    expect(await violations(allowed)).toEqual([])
  })

  test('report each way to break one', async () => {
    const files: Record<string, string> = { ...allowed, ...onlyImported }
    for (const [file, text] of broken) files[file] = `${files[file] ?? ''};${text}\n`
    const found = await violations(files)
    for (const [file, , rule, to] of broken) {
      const match = found
        .filter(([from, name]) => from === file && name === rule)
        .map(([, , target]) => target)
      expect(match, `${file}: ${rule}`).toContainEqual(
        expect.stringMatching(new RegExp(`^${RegExp.escape(to)}`)),
      )
    }
  })

  test('report a module that no entry point leads to', async () => {
    const found = await violations({ ...allowed, 'src/pipeline/unused.ts': `import './pipeline.ts'` })
    expect(found.map(([, rule, to]) => [rule, to])).toContainEqual(['not-reached', 'src/pipeline/unused.ts'])
    expect(found.every(([, rule]) => rule === 'not-reached')).toBe(true)
  })

  test('have no rule that these tests do not break', () => {
    const rules = createRequire(import.meta.url)(path.join(root, '.dependency-cruiser.cjs')) as Rules
    const names = rules.forbidden.map(({ name }) => name)
    expect(new Set(['not-reached', ...broken.map(([, , rule]) => rule)])).toEqual(new Set(names))
  })
})
