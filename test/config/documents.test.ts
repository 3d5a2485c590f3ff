import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { configJsonSchema, schemaFile, schemaText } from '../../scripts/make-config-schema.ts'
import { generateConfig } from '../../src/cli/commands/config-generate.ts'
import { configSchema } from '../../src/config/schema.ts'
import { elementOf, fieldsOf } from '../../src/config/schema-walk.ts'
import type { AnySchema } from '../../src/config/schema-walk.ts'
import { exampleText, wholeText, wholeVariables } from './example.ts'
import { loadEnvironment, loadText } from './load-text.ts'

test('config.schema.json is what the schema says: run node scripts/make-config-schema.ts', () => {
  expect(readFileSync(schemaFile, 'utf8')).toBe(schemaText())
})

const validate = new Ajv2020({ strictTypes: false }).compile(configJsonSchema())

test.each(['test/compat/full.yaml', 'test/compat/small.yaml', 'config.example.yaml'])(
  'an editor finds nothing wrong with %s',
  (file) => {
    expect([validate(parse(readFileSync(file, 'utf8'))), validate.errors]).toEqual([true, null])
  },
)

test('an editor finds nothing wrong with the whole example, and something with a mistake', () => {
  expect([validate(parse(wholeText)), validate.errors]).toEqual([true, null])
  expect(validate({ server: { prot: 1 } })).toBe(false)
  expect(validate({ server: { port: 99_999 } })).toBe(false)
  expect(validate({ server: { port: '${PORT}' } })).toBe(true)
})

/** Every field's path; a list or record is stepped over. */
function* fieldPaths(schema: AnySchema, path: string[] = []): Generator<string[]> {
  const element = elementOf(schema)
  if (element) yield* fieldPaths(element, path)
  for (const [name, field] of Object.entries(fieldsOf(schema))) {
    yield [...path, name]
    yield* fieldPaths(field, [...path, name])
  }
}

test('the example begins with what editors look for', () => {
  expect(exampleText.split('\n')[0]).toBe('# yaml-language-server: $schema=./config.schema.json')
})

test('the example loads, starts and warns of nothing with an empty environment', () => {
  const { problems, warnings } = loadText(exampleText)
  expect([problems, warnings]).toEqual([[], []])
})

test('what the example says in force are the defaults', () => {
  const { providers: _, ...config } = loadText(exampleText).config
  const { providers: _mock, ...defaults } = loadEnvironment({}).config
  expect(config).toEqual(defaults)
})

test('the example is valid with everything in force', () => {
  expect(() => loadText(wholeText, wholeVariables)).not.toThrow()
})

test('the example shows every field, each with a line of its own or beside others', () => {
  // Written in comments, because only one way to Redis and to traces can be in force.
  const whole = wholeText.replaceAll(/^( *)# (sentinels|cluster|jaeger_endpoint):/gm, '$1$2:')
  for (const path of fieldPaths(configSchema))
    expect(whole, path.join('.')).toMatch(new RegExp(`[\\s{,]${path.at(-1)}:`))
})

test('config generate prints a file that loads as it is', () => {
  const written: string[] = []
  const stream = { write: (text: string) => written.push(text) }
  generateConfig({ verbose: 0, io: { stdout: stream, stderr: stream, env: {}, cwd: '/' } })
  const { config, problems } = loadText(written.join(''))
  expect(Object.keys(config.providers)).toEqual(['openai', 'anthropic', 'mock'])
  expect(problems).toEqual([])
})
