import { describe, expect, test } from 'vitest'
import { isMap, isScalar, isSeq, parseDocument } from 'yaml'
import type { Node } from 'yaml'
import type { Path } from '../../src/config/path.ts'
import { pathText } from '../../src/config/path.ts'
import { configSchema } from '../../src/config/schema.ts'
import { isSecret } from '../../src/config/schema-walk.ts'
import { runCli } from '../../src/cli/main.ts'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { wholeText, wholeVariables } from './example.ts'

const marker = 'mArKeR'

function leavesOf(node: Node | null, path: Path): Path[] {
  if (isMap(node))
    return node.items.flatMap((pair) =>
      isScalar(pair.key) ? leavesOf(pair.value as Node | null, [...path, String(pair.key.value)]) : [],
    )
  if (isSeq(node)) return node.items.flatMap((item, index) => leavesOf(item as Node, [...path, index]))
  return [path]
}

const secretPaths = [
  ...leavesOf(parseDocument(wholeText).contents, []).filter((path) => isSecret(configSchema, path)),
  ['auth', 'admin_keys', 0],
  ['redis', 'url'],
]

/** Everything that the commands print about a file. */
async function outputsAbout(text: string, env: Record<string, string>): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'secrets-'))
  const written: string[] = []
  const stream = { write: (piece: string) => written.push(piece) }
  const io = { stdout: stream, stderr: stream, env, cwd: directory }
  writeFileSync(join(directory, 'c.yaml'), text)
  for (const command of [
    'validate c.yaml',
    'validate --strict c.yaml',
    'config show -c c.yaml',
    'start -c c.yaml',
  ])
    for (const json of [[], ['--json']]) await runCli([...command.split(' '), ...json], io)
  rmSync(directory, { recursive: true })
  return written.join('')
}

function withValue(path: Path, value: unknown, breakElsewhere = false): string {
  const document = parseDocument(wholeText)
  document.setIn(path, value)
  if (breakElsewhere) document.setIn(['server', 'port'], 'not a port')
  return document.toString({ lineWidth: 0 })
}

test('the schema has secrets to look after', () => {
  const names = new Set(secretPaths.map((path) => path.findLast((step) => typeof step === 'string')))
  for (const name of [
    'key',
    'api_key',
    'api_keys',
    'password',
    'url',
    'encryption_key',
    'OpenAI-Organization',
  ])
    expect(names).toContain(name)
})

describe('a secret is never printed', () => {
  test.each(secretPaths.map((path) => [pathText(path), path] as const))('%s', async (_, path) => {
    const isUrl = path.at(-1) === 'url'
    const scheme = path[0] === 'redis' ? 'redis' : 'postgres'
    const valid = isUrl ? `${scheme}://user:${marker}@host/1` : marker
    const reference = parseDocument(withValue(path, '${MARKED}')).toString()
    const texts = [
      withValue(path, valid),
      withValue(path, valid, true),
      // Not what the field takes, in several ways.
      withValue(path, `nonsense ${marker} \u0000`),
      withValue(path, [marker]),
      withValue(path, { [`x`]: marker }),
      // YAML that cannot be read on the very line.
      withValue(path, valid).replaceAll(marker, `${marker}: *${marker} {[`),
      withValue(path, valid).replaceAll(marker, `"${marker}`),
      reference,
    ]
    for (const text of texts)
      for (const marked of [marker, valid]) {
        const output = await outputsAbout(text, {
          ...wholeVariables,
          MARKED: marked,
          GATEWAY_ADMIN_KEY: marker,
        })
        expect(output).not.toContain(marker)
        expect(output.length).toBeGreaterThan(0)
      }
  })
})

test('a key in a field that is not for keys is not printed either', async () => {
  const key = 'sk-proj-abcdefghij0123456789'
  for (const text of [
    `server: { host: ${key}/ }`,
    `providers: { openai: { type: ${key} } }`,
    `plugins: ${key}`,
  ])
    expect(await outputsAbout(text, {})).not.toContain(key)
  expect(
    await outputsAbout('server: { host: "${OPENAI_API_KEY} x" }', { OPENAI_API_KEY: 'short' }),
  ).not.toContain('short')
})
