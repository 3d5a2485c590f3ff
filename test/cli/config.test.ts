import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { run, runHere } from './spawn.ts'

const providerKeys = { OPENAI_API_KEY: 'sk-openai', ANTHROPIC_API_KEY: 'sk-anthropic' }
const variables = {
  ...providerKeys,
  SECRETS_ENCRYPTION_KEY: 'to-encrypt-with',
  DATABASE_URL: 'postgres://user:pass@localhost/gateway',
}

function fileWith(text: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'cli-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'config.yaml')
  writeFileSync(file, text)
  return file
}

describe('validate', () => {
  test.each([
    ['test/compat/full.yaml', variables],
    ['test/compat/small.yaml', {}],
  ])('%s is valid, and what start would refuse is a warning', async (file, env) => {
    const { code, stdout, stderr } = await run(['validate', file], env)
    expect([code, stdout]).toEqual([0, `${file} is valid.\n`])
    expect(stderr).toContain(`warning: start would refuse: ${file}:`)
  })

  test('prints every problem at once with its place and ends with 2', async () => {
    const file = fileWith('server:\n  port: x\n  nope: 1\nstrict: ${NO}\n')
    const { code, stdout, stderr } = await run(['validate', file])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain('The configuration has 3 problems:')
    expect(stderr).toContain(`${file}:2:9 server.port: found "x", allowed a whole number from 0 to 65535`)
    expect(stderr).toContain(`${file}:3:3 server.nope: found a key that is not known`)
    expect(stderr).toContain(`${file}:4:9 strict: found \${NO}`)
  })

  test('names a file that is not there', async () => {
    const { code, stderr } = await runHere(['validate', 'none.yaml'])
    expect(code).toBe(2)
    expect(stderr).toContain('none.yaml: found no such file')
  })

  test('--strict fails on warnings', async () => {
    const file = fileWith('providers: { openai: {} }\n')
    expect((await runHere(['validate', file])).code).toBe(0)
    const { code, stderr } = await runHere(['validate', file, '--strict'])
    expect(code).toBe(2)
    expect(stderr).toContain('providers.openai: has no api_key')
    expect((await runHere(['config', 'validate', '--strict', '-c', file])).code).toBe(2)
    expect((await runHere(['config', 'validate', '--strict', file], providerKeys)).code).toBe(0)
  })

  test('speaks JSON', async () => {
    const valid = await runHere(['validate', '--json', 'test/compat/small.yaml'], variables)
    expect(JSON.parse(valid.stdout)).toMatchObject({ valid: true })
    const { stderr } = await runHere(['validate', '--json', fileWith('strict: 1\n')])
    const { error } = JSON.parse(stderr) as { error: { problems: object[] } }
    expect(error.problems).toMatchObject([
      { line: 1, column: 9, path: 'strict', found: '1', allowed: 'true or false' },
    ])
  })

  test('config validate without a file checks the environment', async () => {
    expect(await runHere(['config', 'validate'])).toMatchObject({
      code: 0,
      stdout: 'The environment is valid.\n',
    })
    expect((await runHere(['config', 'validate'], { LOG_LEVEL: 'x' })).code).toBe(2)
  })
})

describe('config show', () => {
  test('shows each value with its source, and no secret', async () => {
    const { code, stdout } = await runHere(['config', 'show', '-c', 'test/compat/full.yaml'], {
      ...variables,
      SERVER_PORT: '81',
    })
    expect(code).toBe(0)
    expect(stdout).toContain('server.port: 81  # env:SERVER_PORT\n')
    expect(stdout).toContain('server.host: "0.0.0.0"  # file:3\n')
    expect(stdout).toContain('server.workers: 1  # default\n')
    expect(stdout).toContain('providers.openai.api_key: "[redacted]"  # file:12\n')
    expect(stdout).toContain('database.url: "[redacted]"  # env:DATABASE_URL\n')
    for (const secret of Object.values(variables)) expect(stdout).not.toContain(secret)
  })

  test('as JSON too', async () => {
    const { stdout } = await runHere(['config', 'show', '--json'], { OPENAI_API_KEY: 'sk-openai' })
    const { config, sources } = JSON.parse(stdout) as Record<string, Record<string, unknown>>
    expect(config?.providers).toMatchObject({ openai: { api_key: '[redacted]' }, mock: { type: 'mock' } })
    expect(sources?.['providers.openai.api_key']).toBe('env:OPENAI_API_KEY')
    expect(stdout).not.toContain('sk-openai')
  })
})

test('config generate prints a file that validate accepts', async () => {
  const { code, stdout } = await runHere(['config', 'generate'])
  expect(code).toBe(0)
  expect(await runHere(['validate', '--strict', fileWith(stdout)], providerKeys)).toMatchObject({ code: 0 })
})

describe('start refuses', () => {
  test('every protection of the full file that does not work yet, all at once', async () => {
    const env = { ...variables, GATEWAY_ADMIN_KEY: 'admin' }
    const { code, stdout, stderr } = await run(['start', '-c', 'test/compat/full.yaml'], env)
    expect([code, stdout]).toEqual([2, ''])
    for (const path of [
      ...[
        'security.ip_filter',
        'security.request_signing',
        'security.rate_limit',
        'providers.openai.rate_limit',
      ],
      ...['resilience.circuit_breaker', 'resilience.bulkhead'],
    ])
      expect(stderr).toContain(` ${path}: found a protection that is on`)
  })

  test('an open address without a key', async () => {
    const { code, stderr } = await run(['start', '--host', '0.0.0.0'])
    expect(code).toBe(2)
    expect(stderr).toContain('--host server.host: found "0.0.0.0" and no key')
  })

  test('a bad option by its name', async () => {
    const { code, stderr } = await run(['start', '--port', 'x', '--workers', '-1'])
    expect(code).toBe(2)
    expect(stderr).toContain('--port server.port: found "x"')
    expect(stderr).toContain('--workers server.workers: found -1')
  })
})
