import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { root, run } from './project.ts'

const { scripts, files } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>
  files: string[]
}
const { stdout } = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
})
/** What a clone would have, so empty directories and ignored files do not count. */
const repository = stdout.split('\0').filter((file) => file !== '' && existsSync(path.join(root, file)))
const documents = repository.filter((file) => file.endsWith('.md') && !file.startsWith('test/fixtures/'))

describe.each(documents)('%s', (document) => {
  test('links to files that exist', async () => {
    const text = await readFile(path.join(root, document), 'utf8')
    const targets = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, target = '']) => target)
    for (const target of targets.filter((link) => !/^[a-z]+:/.test(link)))
      expect(existsSync(path.join(root, path.dirname(document), target)), target).toBe(true)
  })

  test('names npm scripts that exist', async () => {
    const text = await readFile(path.join(root, document), 'utf8')
    const named = [...text.matchAll(/npm run (?:--silent )?([a-z:]+)/g)].map(([, name = '']) => name)
    for (const name of named) expect(scripts, name).toHaveProperty([name])
  })
})

test('the index of decisions lists each record by its number', async () => {
  const directory = path.join(root, 'docs/decisions')
  const records = (await readdir(directory)).filter((name) => /^\d{4}-.+\.md$/.test(name)).sort()
  const index = await readFile(path.join(directory, 'README.md'), 'utf8')
  expect([...index.matchAll(/\]\((\d{4}-[^)]+)\)/g)].map(([, name]) => name)).toEqual(records)
  for (const [position, record] of records.entries()) {
    expect(record.slice(0, 4)).toBe(String(position + 1).padStart(4, '0'))
    const text = await readFile(path.join(directory, record), 'utf8')
    expect(text).toMatch(new RegExp(`^# ${record.slice(0, 4)} .+\n\nDate: \\d{4}-\\d\\d-\\d\\d\n`))
  }
})

test('the package takes along only files that exist or are built', () => {
  for (const file of files.filter((name) => name !== 'dist'))
    expect(
      repository.some((known) => known === file || known.startsWith(`${file}/`)),
      file,
    ).toBe(true)
})
