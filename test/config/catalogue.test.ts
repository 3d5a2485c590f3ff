import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { watchConfig } from '../../src/config/reload.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { LoadedConfig } from '../../src/config/load.ts'
import { get, startGateway } from '../support/gateway.ts'
import { loadText } from './load-text.ts'

function inFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'catalogue-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return (name: string, content: unknown): string => {
    const file = join(folder, name)
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
    return file
  }
}

const dataOf = (...names: string[]) => ({
  notice: [],
  models: {
    openai: names.map((name) => ({ name, mode: 'chat', contextTokens: 7, price: { input: '0.5' } })),
  },
})
const configOf = (file: string) => `providers: { openai: { api_key: sk } }\ncatalogue: { file: ${file} }\n`

describe('catalogue.file', () => {
  test('takes the place of the built-in data', async () => {
    const file = inFolder()('data.json', dataOf('gpt-99'))
    const { url } = await startGateway({
      config: {
        providers: { openai: { api_key: 'sk', base_url: 'http://127.0.0.1:1' } },
        catalogue: { file },
      },
    })
    const { json } = await get(`${url}/v1/models`)
    expect(json.data).toMatchObject([{ id: 'gpt-99', context_window: 7 }])
    expect(json.data).toHaveLength(1)
  })

  test('holds what it holds, whatever a newer version adds', () => {
    const data = dataOf('gpt-99')
    const [model] = data.models.openai
    const file = inFolder()('data.json', { ...data, more: 1, models: { openai: [{ ...model, more: 1 }] } })
    expect(loadText(configOf(file)).catalogueData).toEqual(data.models)
  })

  test.each<[string, unknown, string]>([
    ['is not JSON', '{', 'which is not JSON'],
    ['is something else', { models: [] }, 'whose models is not as it should be'],
    ['is null', 'null', 'whose content is not as it should be'],
    [
      'has a name that is none',
      { models: { openai: [{ name: 1, mode: 'chat' }] } },
      'whose models.openai[0].name',
    ],
    [
      'has a mode that is none',
      { models: { openai: [{ name: 'a', mode: 'b' }] } },
      'whose models.openai[0].mode',
    ],
    [
      'has a price that is none',
      { models: { openai: [{ name: 'a', mode: 'chat', price: { input: '1e3' } }] } },
      'whose models.openai[0].price.input',
    ],
  ])('that %s keeps the gateway from starting, at its place', (_how, content, found) => {
    const file = inFolder()('data.json', content)
    const { problems } = loadText(configOf(file))
    expect(problems).toMatchObject([
      { path: 'catalogue.file', line: 2, allowed: 'a file made by "llm-gateway catalogue refresh"' },
    ])
    expect(problems[0]?.found).toContain(found)
  })

  test('that is not there does so too', () => {
    const { problems } = loadText(configOf('/no/such/file'))
    expect(problems[0]?.found).toBe('"/no/such/file", which cannot be read (ENOENT)')
  })

  test('is taken over when it changes, and the last good one stays when it breaks', async () => {
    const write = inFolder()
    const data = write('data.json', dataOf('first'))
    const file = write('config.yaml', configOf(data))
    const load = () => loadConfig({ file, env: {} })
    const taken: LoadedConfig[] = []
    const refused: Error[] = []
    const watch = watchConfig({
      ...{ file, load, current: load() },
      onChange: (loaded) => taken.push(loaded),
      onError: (error) => refused.push(error),
    })
    onTestFinished(watch.close)
    write('data.json', dataOf('second', 'third'))
    await expect.poll(() => taken.length, { timeout: 5_000 }).toBe(1)
    expect(taken[0]?.catalogueData?.openai?.map(({ name }) => name)).toEqual(['second', 'third'])
    write('data.json', '{')
    await expect.poll(() => refused.length, { timeout: 5_000 }).toBe(1)
    expect(refused[0]?.message).toContain('which is not JSON')
    write('data.json', dataOf('fourth'))
    await expect.poll(() => taken.length, { timeout: 5_000 }).toBe(2)
    // Nothing else has changed, so nothing else is taken.
    await new Promise((resolve) => setTimeout(resolve, 800))
    expect([taken.length, refused.length]).toEqual([2, 1])
  })
})

describe('catalogue.models', () => {
  const problemsOf = (models: string) => {
    try {
      loadText(`providers: { mine: { type: vllm } }\ncatalogue:\n  models:\n    - ${models}\n`)
      return []
    } catch (error) {
      const { problems } = error as { problems: { path: string; found: string; allowed: string }[] }
      return problems.map(({ path, found, allowed }) => `${path} | ${found} | ${allowed}`)
    }
  }

  test.each([
    ['{ provider: mine, model: a, context_tokens: 5, capabilities: [tools] }', []],
    ['{ provider: other, model: a }', ['catalogue.models[0].provider | "other" | one of mine']],
    ['{ provider: mine }', ['catalogue.models[0].model | nothing | a string of 1 to 4096 characters']],
    [
      '{ provider: mine, model: a, context_tokens: 0 }',
      ['catalogue.models[0].context_tokens | 0 | a whole number of at least 1'],
    ],
    [
      '{ provider: mine, model: a, capabilities: [toools] }',
      [
        'catalogue.models[0].capabilities[0] | "toools" | one of tools, parallel_tools, vision, documents, audio_input, json_schema, thinking, prompt_cache',
      ],
    ],
    [
      '{ provider: mine, model: a }\n    - { provider: mine, model: a }',
      ['catalogue.models[1].model | "a" | each model once'],
    ],
  ])('%s', (models, expected) => {
    expect(problemsOf(models)).toEqual(expected)
  })

  test('a price is read, and warned of while nothing is priced', () => {
    const price = '{ input_usd_per_million: 1, output_usd_per_million: 2 }'
    const { warnings } = loadText(
      `providers: { mine: { type: vllm, base_url: "http://h" } }\ncatalogue: { models: [{ provider: mine, model: a, price: ${price} }] }\n`,
    )
    expect(warnings).toEqual(['catalogue.models[0].price: this version does not have prices yet.'])
  })
})
