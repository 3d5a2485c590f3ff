import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { CatalogueModel } from '../../src/providers/catalogue-shape.ts'
import { json, runHere, serve } from './spawn.ts'

const sample = (name: string) => readFileSync(new URL(`../catalogue-sample/${name}`, import.meta.url), 'utf8')

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'catalogue-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const inFolder = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const refresh = (...args: string[]) =>
  runHere(['catalogue', 'refresh', '-o', join(folder, 'out.json'), ...args])
const made = () =>
  JSON.parse(readFileSync(join(folder, 'out.json'), 'utf8')) as {
    notice: string[]
    models: Record<string, CatalogueModel[]>
  }

describe('catalogue refresh', () => {
  test('makes the data file from two lists, with their notices', async () => {
    const first = inFolder('first.json', sample('model_prices.json'))
    const second = inFolder('second.json', sample('genai_prices.json'))
    const { code, stdout, stderr } = await refresh('--from', first, '--fill-from', second)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(
      /^\d+ models are in .*out\.json\. Name it as catalogue\.file in the configuration\.\n$/,
    )
    const lists = [...sample('expected.generated.js').matchAll(/^(\w+): `([^`]*)`,$/gm)]
    expect(made().models).toEqual(
      Object.fromEntries(lists.map(([, type, text = '']) => [type, JSON.parse(text)])),
    )
    expect(made().notice.join('\n')).toContain('Copyright (c) 2023 Berri AI')
  })

  const one = { 'gpt-99': { litellm_provider: 'openai', mode: 'chat', max_input_tokens: 9 } }

  test('from a URL, and from nowhere else', async () => {
    const { url, seen } = await serve(json(one))
    const { code } = await refresh('--from', `${url}/list.json?token=secret`)
    expect(code).toBe(0)
    expect(made().models.openai).toEqual([{ name: 'gpt-99', mode: 'chat', contextTokens: 9 }])
    expect(seen.map(({ url }) => url)).toEqual(['/list.json?token=secret'])
  })

  test('says what it left out, as text and as JSON, and keeps the rest', async () => {
    const list = inFolder(
      'list.json',
      JSON.stringify({ ...one, odd: { litellm_provider: 'openai', mode: 'telepathy' } }),
    )
    const { code, stderr } = await refresh('--from', list)
    expect([code, stderr]).toEqual([0, 'left out: odd: the mode "telepathy" is not known\n'])
    const asJson = await refresh('--from', list, '--json')
    expect(JSON.parse(asJson.stdout)).toEqual({
      file: join(folder, 'out.json'),
      models: 1,
      left_out: ['odd: the mode "telepathy" is not known'],
    })
  })

  test.each([
    ['no file', () => ['/no/such/file'], 'Cannot read /no/such/file: ENOENT.'],
    ['no JSON', () => [inFolder('bad', '<html>')], 'The list cannot be read: '],
    ['another list', () => [inFolder('bad', '{"a":{"litellm_provider":"novita"}}')], 'names no model'],
    ['a list', () => [inFolder('bad', '[]')], 'names no model'],
    ['null', () => [inFolder('bad', 'null')], 'The list cannot be read: '],
    [
      'no second list',
      () => [inFolder('good', JSON.stringify(one)), '--fill-from', inFolder('bad', '{}')],
      'The list cannot be read: ',
    ],
    ['nobody there', () => ['http://127.0.0.1:1/x'], 'Cannot get http://127.0.0.1:1/x: '],
  ])('with %s it fails with a sentence and writes nothing', async (_what, args, sentence) => {
    inFolder('out.json', 'as it was')
    const { code, stdout, stderr } = await refresh('--from', ...args())
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain(sentence)
    expect(readFileSync(join(folder, 'out.json'), 'utf8')).toBe('as it was')
    expect(readdirSync(folder).filter((name) => name.endsWith('.new'))).toEqual([])
  })

  test.each([404, 302])('an answer of %d is told without what stands behind the ?', async (status) => {
    const { url } = await serve((response) => response.writeHead(status, { location: '/else' }).end())
    const { code, stderr } = await refresh('--from', `${url}/list?token=secret`)
    expect([code, stderr]).toEqual([1, `${url}/list answered ${status}.\n`])
  })

  test('where it cannot write it says so', async () => {
    const list = inFolder('list.json', JSON.stringify(one))
    const { code, stderr } = await runHere(['catalogue', 'refresh', '--from', list, '-o', `${folder}/no/out`])
    expect([code, stderr]).toEqual([1, `Cannot write ${folder}/no/out: ENOENT.\n`])
  })

  test('without a source it is bad usage', async () => {
    expect((await refresh()).code).toBe(2)
  })
})
