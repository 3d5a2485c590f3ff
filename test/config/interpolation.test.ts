import { describe, expect, test } from 'vitest'
import { loadText, problemsOf } from './load-text.ts'

describe('what stands in a variable becomes what its field takes', () => {
  test.each([
    ['server: { port: "${P}" }', { P: '81' }, 'server.port', 81],
    ['server:\n  port: ${P}', { P: '81' }, 'server.port', 81],
    ['server:\n  port: ${P:-82}', {}, 'server.port', 82],
    ['server:\n  port: ${P:-82}', { P: '' }, 'server.port', 82],
    ['server: { port: "8${P}" }', { P: '3' }, 'server.port', 83],
    ['strict: ${S}', { S: 'true' }, 'strict', true],
    ['plugins: ${L}', { L: '["a","b"]' }, 'plugins', ['a', 'b']],
    ['providers: { openai: { api_key: "${K}" } }', { K: '0012' }, 'providers.openai.api_key', '0012'],
    ['providers: { openai: { api_key: "${K}" } }', { K: '${P}' }, 'providers.openai.api_key', '${P}'],
    ['providers: { openai: { api_key: "a${K}b${K}" } }', { K: '-' }, 'providers.openai.api_key', 'a-b-'],
    ['providers: { openai: { api_key: "$${K}" } }', {}, 'providers.openai.api_key', '${K}'],
    ['providers: { openai: { api_key: "a$b{c}" } }', {}, 'providers.openai.api_key', 'a$b{c}'],
    ['providers: { openai: { api_key: "${K:-a:-b}" } }', {}, 'providers.openai.api_key', 'a:-b'],
    ['providers: { openai: { region: "${R:-}x" } }', {}, 'providers.openai.region', 'x'],
  ])('%s with %o', (text, env, path, expected) => {
    const { config } = loadText(text, env)
    const steps = path.split('.')
    expect(steps.reduce<unknown>((at, step) => (at as Record<string, unknown>)[step], config)).toEqual(
      expected,
    )
  })
})

test('a missing variable is a problem with its place, and the only one about that field', () => {
  const problems = problemsOf(() => loadText('server:\n  port: "${P}"\n  host: ${H}\n'))
  expect(problems.map(({ path, line, column }) => ({ path, line, column }))).toEqual([
    { path: 'server.port', line: 2, column: 9 },
    { path: 'server.host', line: 3, column: 9 },
  ])
  expect(problems[0]?.found).toBe('${P}, and P is not set in the environment')
})

test('a value that does not fit is refused where the reference stands', () => {
  expect(problemsOf(() => loadText('server:\n  port: ${P}\n', { P: 'x' }))).toMatchObject([
    { line: 2, column: 9, path: 'server.port', found: '"x"' },
  ])
})

test.each(['${', '${1A}', '${A', '${A:?no}', '${A:-${B}}', '${}'])(
  'the malformed reference %s is refused',
  (value) => {
    const [problem] = problemsOf(() => loadText(`plugins:\n  - '${value}'\n`, { A: '1', B: '2' }))
    expect(problem).toMatchObject({ path: 'plugins[0]', line: 2, column: 5 })
  },
)

describe('a missing variable in a section that is off is ignored', () => {
  test.each([
    'providers: { openai: { enabled: false, api_key: "${NO}" } }',
    'database: { enabled: false, url: "${NO}" }',
    'security: { enabled: false, secrets: { encryption_key: "${NO}" } }',
    'cache: { semantic_cache: { embedding: { provider: "${NO}", model: m } } }',
    'providers: { openai: { enabled: "${OFF}", api_key: "${NO}" } }',
    'providers: { openai: { enabled: "${NO:-false}", api_keys: ["${NO}", b] } }',
    'providers: { openai: { enabled: false, api_keys: ["${NO}"], headers: { x-a: "${NO}" } } }',
    'auth: { enabled: false, keys: [{ name: a, key: "${NO}" }, { name: b, key: k }] }',
  ])('%s', (text) => {
    expect(() => loadText(text, { OFF: 'false' })).not.toThrow()
  })

  test('and the entry of a list goes as a whole, not as an entry without its key', () => {
    const { config } = loadText(
      'auth: { enabled: false, keys: [{ name: a, key: "${NO}" }, { name: b, key: k }] }',
    )
    expect(config.auth.keys.map(({ name }) => name)).toEqual(['b'])
  })

  test('also where the environment turned it off', () => {
    const text = 'providers: { openai: { enabled: true, api_key: "${NO}" } }'
    expect(() => loadText(text, { LLM_GATEWAY_PROVIDERS_OPENAI_ENABLED: 'false' })).not.toThrow()
  })

  test('but not where the environment turned it on', () => {
    const text = 'providers: { openai: { enabled: false, api_key: "${NO}" } }'
    const env = { LLM_GATEWAY_PROVIDERS_OPENAI_ENABLED: 'true' }
    expect(problemsOf(() => loadText(text, env))).toMatchObject([{ path: 'providers.openai.api_key' }])
  })
})

test('a field that the environment sets needs no variable in the file', () => {
  const { config } = loadText('database: { url: "${NO}" }', { DATABASE_URL: 'postgres://h/d' })
  expect(config.database.url).toBe('postgres://h/d')
})
