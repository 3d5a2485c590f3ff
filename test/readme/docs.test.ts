/** What the pages of docs/ say, held against the code that they are about. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { errors, type ErrorCode } from '../../src/errors.ts'
import { mockModels } from '../../src/providers/mock/models.ts'
import { providerFacts } from '../../src/providers/index.ts'
import { post, startGateway } from '../support/gateway.ts'
import { readMarkdown } from './markdown.ts'

const read = (page: string) => readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8')
const configuration = read('configuration.md')
const mockProvider = read('mock-provider.md')
const streamsAndErrors = read('streams-and-errors.md')

const blocks = (page: string, language: string) =>
  readMarkdown(page).blocks.filter((block) => block.language === language)

/** The cells of the table under these column names, row by row. */
function table(page: string, ...columns: string[]): string[][] {
  const lines = page.split('\n')
  const cells = (line = '') =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim())
  const head = lines.findIndex((line) => columns.every((name, index) => cells(line)[index]?.startsWith(name)))
  const end = lines.findIndex((line, index) => index > head && !line.startsWith('|'))
  expect(head).toBeGreaterThan(-1)
  return lines.slice(head + 2, end).map(cells)
}

const codes = (cell = ''): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)

describe('docs/configuration.md', () => {
  test.each(blocks(configuration, 'yaml'))('line $line is a configuration that starts', ({ text }) => {
    const env = Object.fromEntries(
      [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => [name, `a-${name}`]),
    )
    expect(loadConfig({ file: 'config.yaml', text, env }).problems).toEqual([])
  })

  test('shows a mistake as it is told', () => {
    const [shown = ''] = /^ {4}config\.yaml:.*$/m.exec(configuration) ?? []
    expect(() => loadConfig({ file: 'config.yaml', text: 'server: { port: 99999 }\n', env: {} })).toThrow(
      shown.trim(),
    )
  })

  test('says of each type whether it is served', () => {
    const rows = table(configuration, 'type', 'credential')
    for (const [types, , served = ''] of rows)
      for (const type of codes(types))
        expect([type, providerFacts.has(type)]).toEqual([type, served.startsWith('yes')])
    expect(rows.flatMap(([types]) => codes(types))).toHaveLength(19)
  })

  test('names variables that set what they are said to set', () => {
    const names = table(configuration, 'variable', 'sets').flatMap(([cell]) => codes(cell))
    expect(names).toContain('SERVER_PORT')
    const env = {
      ...{ SERVER_HOST: '127.0.0.2', SERVER_PORT: '1', METRICS_PORT: '2', LOG_LEVEL: 'warn' },
      ...{ LLM_GATEWAY_SERVER_PORT: '3', LLM_GATEWAY_AUTH_ADMIN_KEYS: '["a"]', GATEWAY_ADMIN_KEY: 'b' },
      ...{ LLM_GATEWAY_PROVIDERS_MY_VLLM_BASE_URL: 'http://h:1', LLM_GATEWAY_PROVIDERS_DEFAULT: 'my-vllm' },
      ...{ LLM_GATEWAY_URL: 'http://elsewhere', LLM_GATEWAY_API_KEY: 'client' },
    }
    const text = 'providers: { my-vllm: { type: vllm } }\n'
    const { config } = loadConfig({ file: 'config.yaml', text, env })
    expect(config).toMatchObject({
      server: { host: '127.0.0.2', port: 3, metrics_port: 2 },
      telemetry: { logging: { level: 'warn' } },
      auth: { admin_keys: ['a', 'b'] },
      routing: { default_provider: 'my-vllm' },
      providers: { 'my-vllm': { base_url: 'http://h:1' } },
    })
  })
})

describe('docs/mock-provider.md', () => {
  test('has a row for each model of the mock', () => {
    const named = table(mockProvider, 'model', 'what').flatMap(([cell]) => codes(cell))
    const listed = mockModels.map((name) => name.replace(/^mock-error-\d+$/, 'mock-error-STATUS'))
    expect(named.filter((name) => name !== 'mock-…').sort()).toEqual([...new Set(listed)].sort())
  })

  test('names the fields and bounds of the mock object', async () => {
    const gateway = await startGateway({ config: { providers: { mock: {} } } })
    const ask = (mock: unknown) =>
      post(`${gateway.url}/v1/embeddings`, { model: 'mock-embedding', input: 'x', dimensions: 1, mock })
    const rows = table(mockProvider, 'field', 'allowed')
    const refused = (await ask({ no_such_field: 1 })).json.error.message as string
    expect(refused).toContain(rows.flatMap(([cell]) => codes(cell)).join(', '))
    for (const [cell, allowed = ''] of rows) {
      const [field = ''] = codes(cell)
      const bounds = [...allowed.matchAll(/[\d.]+/g)].map(Number)
      const answer = await ask({ [field]: Math.max(...bounds) + 1 })
      expect([field, answer.status]).toEqual([field, 400])
      if (field !== 'status') expect(answer.json.error.message).toContain(`${bounds[0]} to ${bounds[1]}`)
    }
  })

  test('shows a request that is answered', async () => {
    const gateway = await startGateway({ config: { providers: { mock: {} } } })
    const [{ text } = { text: '' }] = blocks(mockProvider, 'json')
    const answer = await post(`${gateway.url}/v1/chat/completions`, {
      ...JSON.parse(text),
      mock: { tokens: 5 },
    })
    expect(answer.status).toBe(200)
    expect(answer.text).toContain('data: [DONE]')
  })
})

describe('docs/streams-and-errors.md', () => {
  test('says the status and the types that each code has', () => {
    let types: string[] = []
    let rows = 0
    for (const [status, names, words] of table(streamsAndErrors, 'status', 'code')) {
      types = words === 'the same' ? types : codes(words)
      for (const name of codes(names)) {
        const entry = errors[name as ErrorCode]
        expect([name, entry.status, entry.openaiType, entry.anthropicType]).toEqual([
          name,
          Number(status),
          ...types,
        ])
        rows++
      }
    }
    expect(rows).toBeGreaterThan(15)
  })

  test('says the deadlines that are in force by default', () => {
    const { timeout } = loadConfig({ env: {} }).config.resilience
    for (const [names, seconds = ''] of table(streamsAndErrors, 'setting', 'default')) {
      const [name = ''] = codes(names)
      const value = timeout[name as keyof typeof timeout] ?? 120
      expect([name, value]).toEqual([name, Number(seconds.split(' ')[0])])
    }
  })
})
