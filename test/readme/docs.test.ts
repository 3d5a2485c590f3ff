/** What the pages of docs/ say, held against the code that they are about. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { errors, type ErrorCode } from '../../src/errors.ts'
import { endpoints } from '../../src/pipeline/endpoints.ts'
import { mockModels } from '../../src/providers/mock/models.ts'
import { providerFacts } from '../../src/providers/index.ts'
import type { Operation } from '../../src/providers/provider.ts'
import { post, startGateway } from '../support/gateway.ts'
import { startUpstream, type Handler } from '../support/upstream.ts'
import { looksAsShown, readMarkdown } from './markdown.ts'

const read = (page: string) => readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8')
const configuration = read('configuration.md')
const mockProvider = read('mock-provider.md')
const streamsAndErrors = read('streams-and-errors.md')
const providers = read('providers.md')
const dialects = read('dialects.md')
const routes = read('routes.md')

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

describe.each([
  ['configuration.md', configuration],
  ['providers.md', providers],
  ['model-catalogue.md', read('model-catalogue.md')],
])('each configuration in docs/%s', (page, markdown) => {
  test.each(blocks(markdown, 'yaml'))('line $line starts', ({ text }) => {
    const env = Object.fromEntries(
      [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => [name, `a-${name}`]),
    )
    const loaded = loadConfig({ file: 'config.yaml', text, env })
    expect(loaded.problems).toEqual([])
    // Elsewhere credentials come from the environment, which is not what those pages are about.
    if (page === 'providers.md')
      expect(loaded.withoutCredential.filter((name) => name !== 'openai')).toEqual([])
  })
})

/** As GitHub makes them of headings. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-')

const pages = ['../README.md', '../CONTRIBUTING.md', ...readdirSync(new URL('../../docs', import.meta.url))]

test.each(pages.filter((page) => page.endsWith('.md')))('the links of docs/%s lead to headings', (page) => {
  for (const [, file = '', anchor = ''] of read(page).matchAll(/\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)/g)) {
    const target = file === '' ? page : path.join(path.dirname(page), file)
    const headings = [...read(target).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading))
    expect(headings, `${file}#${anchor}`).toContain(anchor)
  }
})

describe('docs/configuration.md', () => {
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

/** Words of the tables for what the code calls otherwise. */
const dialectWords: Record<string, string> = {
  ...{ 'openai-chat': 'OpenAI chat', 'openai-responses': 'Responses', 'openai-completions': 'completions' },
  ...{
    'anthropic-messages': 'Anthropic',
    gemini: 'Gemini',
    'bedrock-converse': 'Converse',
    cohere: 'Cohere',
  },
  ...{ mistral: 'Mistral', ollama: 'Ollama' },
}
const operationWords: Record<Exclude<Operation, 'chat'>, string> = {
  ...{ embedding: 'embeddings', token_count: 'counting', moderation: 'moderation', image: 'images' },
  ...{ speech: 'speech', transcription: 'transcription', rerank: 'reranking' },
}
const words = (cell = '') => cell.split(/[,;] ?/).filter((word) => word !== '')

describe('docs/providers.md', () => {
  const rows = table(providers, 'type', 'chats')

  test('has a row for each type', () => {
    expect(rows.flatMap(([type]) => codes(type)).sort()).toEqual([...providerFacts.keys()].sort())
  })

  test.each(rows)('%s is asked in: %s; besides: %s', (cell, chats = '', besides = '') => {
    const [type = ''] = codes(cell)
    const { serves } = providerFacts.get(type)!
    const names = new Set(serves.chat?.map(({ dialect, relay }) => (relay === false ? type : dialect.name)))
    expect(words(chats.replace(' if set', '')).sort()).toEqual(
      [...names].map((name) => dialectWords[name]).sort(),
    )
    const others = Object.keys(serves).filter((name) => name !== 'chat') as Exclude<Operation, 'chat'>[]
    expect(words(besides).sort()).toEqual(others.map((name) => operationWords[name]).sort())
  })

  test('says "if set" where another API is only asked with `api: responses`', () => {
    for (const [cell, chats = ''] of rows) {
      const [type = ''] = codes(cell)
      const responses = providerFacts
        .get(type)!
        .serves.chat?.find(({ dialect }) => dialect.name === 'openai-responses')
      const isOnlyIfSet = responses?.accepts?.('model', {}) === false
      expect([type, chats.includes('Responses if set')]).toEqual([type, isOnlyIfSet])
    }
  })

  test('names every variable that brings a credential', () => {
    const variables = table(configuration, 'type', 'credential').flatMap(([, cell]) =>
      codes(cell).filter((name) => /^[A-Z_]+$/.test(name)),
    )
    expect(variables.length).toBeGreaterThan(20)
    for (const name of variables) expect(providers).toContain(`\`${name}\``)
  })
})

describe('docs/routes.md', () => {
  const rows = table(routes, 'route', 'in the form of')

  test('has a row for each route that takes work', () => {
    expect(rows.map(([route]) => codes(route)[0])).toEqual(
      expect.arrayContaining(endpoints.map((endpoint) => `POST ${endpoint.path}`)),
    )
    expect(rows).toHaveLength(endpoints.length)
  })

  test.each(rows)('%s reaches the providers that serve it', (route, _form, reached = '') => {
    const [address] = codes(route)
    const { operation } = endpoints.find((endpoint) => `POST ${endpoint.path}` === address)!
    const types = [...providerFacts.values()]
      .filter(({ serves }) => serves[operation])
      .map(({ type }) => type)
    const [all, named] = [reached.startsWith('every'), codes(reached)]
    const said = [...providerFacts.keys()].filter(
      (type) => all || named.includes(type) !== reached.startsWith('all but'),
    )
    expect(said.sort()).toEqual(types.sort())
  })
})

/** Plays OpenAI for what the mock lacks. */
const playSound: Handler = (_request, _response, { path: asked }) =>
  asked.endsWith('/audio/speech')
    ? { body: 'ID3', headers: { 'content-type': 'audio/mpeg' } }
    : { json: { text: 'Hello' } }

describe.each([
  ['routes.md', routes],
  ['dialects.md', dialects],
])('the calls in docs/%s', (_page, markdown) => {
  test('are answered as they are shown', async () => {
    const upstream = await startUpstream(playSound)
    const openai = { base_url: upstream.url, api_key: 'sk-a', models: ['tts-1', 'whisper-1'] }
    const gateway = await startGateway({ config: { providers: { mock: {}, openai } } })
    const folder = mkdtempSync(path.join(tmpdir(), 'llm-gateway-docs-'))
    const all = readMarkdown(markdown).blocks
    for (const [index, { language, line, text }] of all.entries()) {
      if (language !== 'sh') continue
      const shown = all[index + 1]?.language === 'text' ? all[index + 1] : undefined
      const { code, output } = await runShell(
        text.replaceAll('http://127.0.0.1:8080', gateway.url),
        folder,
        !shown,
      )
      expect([line, code, output]).toEqual([line, 0, output])
      if (shown)
        expect([shown.line, output, looksAsShown(output, shown.text)]).toEqual([shown.line, output, true])
    }
    rmSync(folder, { recursive: true })
  }, 30_000)
})

/** @param mayNotFail an HTTP error fails its `curl` */
function runShell(
  script: string,
  cwd: string,
  mayNotFail: boolean,
): Promise<{ code: number | null; output: string }> {
  const curl = `curl() { command curl --silent --show-error ${mayNotFail ? '--fail-with-body' : ''} "$@"; }`
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-ec', `${curl}\n${script}`], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, output }))
  })
}
