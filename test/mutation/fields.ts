/**
 * Deletes mapped fields of the dialects one by one, and runs the dialect's tests each time: a field that nobody misses
 * is tested by nobody. Works in copies of the tree, one for each process.
 *
 *     node test/mutation/fields.ts [--only gemini,cohere] [--share 0.2] [--seconds 600]
 *
 * `--share` takes every so many, evenly. Prints what survived, and the score; exits 1 below 85 %.
 */
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import ts from 'typescript'

const root = join(import.meta.dirname, '../..')
const dialects = join(root, 'src/dialects')
const least = 0.85
const runLimitMs = 60_000

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    share: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '36000' },
  },
})

/** One field, by where its text stands. */
interface Field {
  /** From the root of the tree. */
  file: string
  folder: string
  from: number
  to: number
  line: number
  text: string
}

function fieldsOf(folder: string): Field[] {
  const directory = join(dialects, folder)
  return readdirSync(directory)
    .filter((name) => name.endsWith('.ts') && name !== 'features.ts' && name !== 'index.ts')
    .flatMap((name) => fieldsIn(join(directory, name), folder))
}

/** Members of object literals inside of functions, and assignments to members. Tables of words are no mapping. */
function fieldsIn(path: string, folder: string): Field[] {
  const text = readFileSync(path, 'utf8')
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const fields: Field[] = []
  const add = (node: ts.Node, to = node.end) =>
    fields.push({
      file: relative(root, path),
      folder,
      from: node.getStart(),
      to,
      line: source.getLineAndCharacterOfPosition(node.getStart()).line + 1,
      text: node.getText().replaceAll(/\s+/g, ' ').slice(0, 80),
    })
  const visit = (node: ts.Node, isInFunction: boolean): void => {
    const inside = isInFunction || ts.isFunctionLike(node)
    if (inside && ts.isObjectLiteralExpression(node))
      for (const member of node.properties) add(member, endWithComma(text, member.end))
    if (inside && ts.isExpressionStatement(node) && isMemberAssignment(node.expression)) add(node)
    ts.forEachChild(node, (child) => visit(child, inside))
  }
  visit(source, false)
  return fields
}

const endWithComma = (text: string, end: number): number =>
  end + (/^\s*,/.exec(text.slice(end))?.[0].length ?? 0)

const isMemberAssignment = (expression: ts.Expression): boolean =>
  ts.isBinaryExpression(expression) &&
  expression.operatorToken.kind === ts.SyntaxKind.EqualsToken &&
  ts.isPropertyAccessExpression(expression.left) &&
  !ts.isPrivateIdentifier(expression.left.name)

/** A tree to break things in. */
function copyTree(): string {
  const folder = mkdtempSync(join(tmpdir(), 'llm-gateway-fields-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  for (const part of ['src', 'test', 'scripts', 'docs', 'package.json', 'tsconfig.json', 'vitest.config.ts'])
    cpSync(join(root, part), join(folder, part), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

/** Whether the tests of the field's dialect miss it. */
async function isMissed(field: Field, tree: string): Promise<boolean> {
  const path = join(tree, field.file)
  const text = readFileSync(path, 'utf8')
  writeFileSync(path, text.slice(0, field.from) + text.slice(field.to))
  try {
    return !(await passes(field.folder, tree))
  } finally {
    writeFileSync(path, text)
  }
}

function passes(folder: string, tree: string): Promise<boolean> {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const parameters = [
    vitest,
    'run',
    '--bail',
    '1',
    '--reporter',
    'dot',
    '--maxWorkers',
    '1',
    `test/dialects/${folder}`,
  ]
  return new Promise((resolve) => {
    const child = spawn(process.execPath, parameters, { cwd: tree, stdio: 'ignore', timeout: runLimitMs })
    child.once('exit', (code) => resolve(code === 0))
  })
}

function chosen(): Field[] {
  const only = values.only?.split(',')
  const folders = readdirSync(dialects, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && (only?.includes(entry.name) ?? true))
    .map(({ name }) => name)
    .filter((name) => hasTests(name))
  const all = folders.flatMap(fieldsOf)
  const step = 1 / Number(values.share)
  return all.filter((_field, index) => Math.floor(index / step) !== Math.floor((index - 1) / step))
}

const hasTests = (folder: string): boolean =>
  readdirSync(join(root, 'test/dialects')).some((name) => name.startsWith(folder))

/** Spread over the list, so that an early end has seen of everything. */
const shuffled = (fields: Field[]): Field[] =>
  fields.toSorted((a, b) => ((a.from * 7919) % 997) - ((b.from * 7919) % 997))

async function main(): Promise<number> {
  const fields = shuffled(chosen())
  const endsAt = performance.now() + Number(values.seconds) * 1_000
  const survivors: Field[] = []
  const seen = new Map<string, { tried: number; missed: number }>()
  let next = 0
  const work = async (): Promise<void> => {
    const tree = copyTree()
    while (next < fields.length && performance.now() < endsAt) {
      const field = fields[next++]!
      const missed = await isMissed(field, tree)
      const count = seen.get(field.folder) ?? { tried: 0, missed: 0 }
      seen.set(field.folder, { tried: count.tried + 1, missed: count.missed + (missed ? 1 : 0) })
      if (!missed) survivors.push(field)
    }
  }
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work))
  for (const { file, line, text } of survivors) console.log(`${file}:${line} nobody misses: ${text}`)
  let tried = 0
  let missed = 0
  for (const [folder, count] of seen) {
    console.log(`${folder}: ${count.missed} of ${count.tried}`)
    tried += count.tried
    missed += count.missed
  }
  console.log(
    `${missed} of ${tried} deleted fields were missed (${((100 * missed) / tried).toFixed(1)} %), of ${fields.length} chosen`,
  )
  return missed / tried >= least ? 0 : 1
}

process.exitCode = await main()
