import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { routes, targets } from '../../scripts/fidelity-dialects.ts'
import { fidelityFile, fidelityPage } from '../../scripts/make-fidelity.ts'
import type { ChatRequest } from '../../src/canonical/chat.ts'
import { carry } from '../../src/dialects/features.ts'

test('docs/fidelity.md is what the tables say: run node scripts/make-fidelity.ts', async () => {
  expect(readFileSync(fidelityFile, 'utf8')).toBe(await fidelityPage())
})

test('every dialect with a table of features is compared', () => {
  const folders = readdirSync(new URL('../../src/dialects/', import.meta.url), { withFileTypes: true })
  const withFeatures = folders.filter(
    (entry) =>
      entry.isDirectory() && readdirSync(`${entry.parentPath}/${entry.name}`).includes('features.ts'),
  )
  const compared = new Set(targets.map(({ dialect }) => dialect.name as string))
  expect(withFeatures.map(({ name }) => name).filter((name) => !compared.has(name))).toEqual([])
})

test('targets and routes are named once each', () => {
  for (const names of [targets.map(({ title }) => title), routes.map(({ path }) => path)])
    expect(new Set(names).size).toBe(names.length)
})

/** The cells of the page's table under a heading, by the words of the feature. */
async function tableUnder(heading: string): Promise<Map<string, string[]>> {
  const [, after = ''] = (await fidelityPage()).split(`## ${heading}\n`)
  const [section = ''] = after.split('\n## ')
  const rows = section.split('\n').filter((line) => line.startsWith('|'))
  return new Map(
    rows.map((line) => {
      const [, name = '', ...cells] = line.split('|').map((cell) => cell.trim())
      return [name, cells.slice(0, -1)]
    }),
  )
}

test('“no” is what the translation leaves out, by the name in the table of names', async () => {
  const summary = await tableUnder('In short')
  const names = await tableUnder('What callers write')
  const request: ChatRequest = { model: 'm', messages: [], seed: 1 } as unknown as ChatRequest
  const column = routes.findIndex(({ path }) => path === '/v1/chat/completions')
  const route = routes[column]
  expect(names.get('seed')?.[column]).toBe('`seed`')
  for (const [index, { title, dialect }] of targets.entries()) {
    const { lost } = carry(request, route?.dialect.features ?? dialect.features, dialect)
    expect([title, lost]).toEqual([title, summary.get('seed')?.[index] === 'no' ? ['seed'] : []])
  }
})
