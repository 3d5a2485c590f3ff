/** Contract 8: the command line against a gateway that runs. */
import { stringify } from 'yaml'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { runHere } from '../cli/spawn.ts'
import { makeConfigFile } from '../support/config-file.ts'
import { runToEnd, startGateway, type StartedGateway } from '../support/gateway.ts'
import { bearer } from './played-gateway.ts'
import { get } from '../support/client.ts'

let gateway: StartedGateway
beforeAll(async () => {
  gateway = await startGateway({
    config: {
      auth: { keys: [{ name: 'cli', key: 'cli-key' }], admin_keys: ['admin-key'] },
      providers: { mock: {} },
      models: [{ name: 'mine', targets: [{ provider: 'mock', model: 'mock-echo' }] }],
    },
  })
})
afterAll(() => gateway.close())

const cli = (...args: string[]) => runHere([...args, '-u', gateway.url, '-k', 'cli-key'])

describe('health', () => {
  test('0, and what the gateway says', async () => {
    expect(await cli('health')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^healthy, version \S+, up \d+ s\n$/),
    })
  })

  test('--detailed', async () => {
    const { code, stdout } = await cli('health', '--detailed')
    expect(code).toBe(0)
    expect(stdout).toContain('mock: healthy')
    expect(stdout).toMatch(/redis: disabled/)
    expect(stdout).toContain('restart_required: []')
  })

  test('--json is the gateway’s own answer', async () => {
    const { stdout } = await cli('--json', 'health', '--detailed')
    const { json } = await get(`${gateway.url}/health?detailed=true`)
    const shown = JSON.parse(stdout) as Record<string, unknown>
    expect(Object.keys(shown)).toEqual(Object.keys(json))
    expect(shown.config).toEqual(json.config)
  })

  test('1 where it is unhealthy', async () => {
    const sick = await startGateway({ config: {} })
    const { code, stdout, stderr } = await runHere(['health', '-u', sick.url])
    expect(code).toBe(1)
    expect(stdout + stderr).toContain('unhealthy')
  })

  test('3 where nobody answers, in a process of its own', async () => {
    const gone = await startGateway({ config: { providers: { mock: {} } } })
    await gone.close()
    const { code, stdout, stderr } = await runToEnd(['-u', gone.url, 'health'])
    expect([code, stdout]).toEqual([3, ''])
    expect(stderr).toContain(`Cannot reach the gateway at ${gone.url}`)
  })
})

describe('models', () => {
  test('lists them with their owners', async () => {
    const { code, stdout } = await cli('models')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^ *mine +llm-gateway$/m)
    expect(stdout).toMatch(/^ *mock-gpt +mock$/m)
  })

  test('-p, and --json', async () => {
    const { stdout } = await cli('--json', 'models', '-p', 'mock')
    const shown = JSON.parse(stdout) as { id: string; owned_by: string }[]
    expect(shown.length).toBeGreaterThan(3)
    expect(new Set(shown.map(({ owned_by: owner }) => owner))).toEqual(new Set(['mock']))
  })

  test('--capabilities says what is known of them', async () => {
    const catalogued = await startGateway({ config: { providers: { openai: { api_key: 'sk' } } } })
    const { code, stdout } = await runHere(['models', '--capabilities', '-u', catalogued.url])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^ *gpt-4o +openai +.*tools/m)
  })

  test('1 and the gateway’s sentence with a key that is wrong', async () => {
    const { code, stdout, stderr } = await runHere(['models', '-u', gateway.url, '-k', 'wrong-key'])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toBe('The gateway answered 401 invalid_api_key: The API key is missing or not valid.\n')
    const asJson = await runHere(['--json', 'models', '-u', gateway.url, '-k', 'wrong-key'])
    expect(JSON.parse(asJson.stderr)).toMatchObject({ error: { status: 401, code: 'invalid_api_key' } })
  })
})

describe('chat', () => {
  test('prints the answer', async () => {
    const { code, stdout } = await cli('chat', 'say this back', '-m', 'mine')
    expect(code).toBe(0)
    expect(stdout).toContain('say this back')
  })

  test('--stream prints the same as it arrives', async () => {
    const whole = await cli('chat', 'say this back', '-m', 'mine')
    expect(await cli('chat', 'say this back', '-m', 'mine', '--stream')).toEqual(whole)
  })

  test('--stream in a process of its own, with the address and the key from the environment', async () => {
    const { code, stdout, stderr } = await runToEnd(
      ['chat', 'hello there', '-m', 'mine', '--stream', '-s', 'Be kind', '--max-tokens', '50'],
      {
        env: { LLM_GATEWAY_URL: gateway.url, LLM_GATEWAY_API_KEY: 'cli-key' },
      },
    )
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain('hello there')
  })

  test('--json is the whole answer; with --stream one event per line', async () => {
    const { stdout } = await cli('--json', 'chat', 'hi', '-m', 'mine')
    expect(JSON.parse(stdout)).toMatchObject({
      object: 'chat.completion',
      choices: [{ finish_reason: 'stop' }],
    })
    const streamed = await cli('--json', 'chat', 'hi', '-m', 'mine', '--stream')
    const events = streamed.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { object: string })
    expect(new Set(events.map(({ object }) => object))).toEqual(new Set(['chat.completion.chunk']))
  })

  test.each([
    ['a model that is not there', 'nobody', /404 model_not_found/],
    ['the default, which this gateway does not have', undefined, /404 model_not_found.*gpt-4o/],
    ['an error of the provider', 'mock-error-503', /503 overloaded/],
  ])('1 and a sentence for %s', async (_name, model, expected) => {
    for (const stream of [[], ['--stream']]) {
      const { code, stdout, stderr } = await cli('chat', 'hi', ...(model ? ['-m', model] : []), ...stream)
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toMatch(expected)
    }
  })

  test.each(['mock-cut', 'mock-error-mid-stream'])('1 where the stream breaks off: %s', async (model) => {
    const { code, stderr } = await cli('chat', 'hi', '-m', model, '--stream')
    expect(code).toBe(1)
    expect(stderr).toMatch(/broke off/)
  })
})

describe('2 for bad usage', () => {
  test.each([
    ['no command', []],
    ['an unknown command', ['nothing']],
    ['an unknown option', ['health', '--nothing']],
    ['a missing argument', ['chat']],
    ['a bad number', ['chat', 'hi', '--temperature', 'hot']],
    ['a bad address', ['health', '-u', 'localhost']],
    ['an unknown shell', ['completions', 'tcsh']],
    ['a file that is not there', ['validate', '/nowhere/config.yaml']],
    ['a bad port', ['start', '--port', '99999']],
  ])('%s', async (_name, args) => {
    const { code, stdout, stderr } = await runHere(args)
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).not.toBe('')
    expect(stderr).not.toContain('    at ')
  })
})

describe('config show', () => {
  test('“never prints a secret”, as text and as JSON, from the file and from the environment', async () => {
    const secrets = [
      'sk-in-file',
      'sk-rotated-1',
      'sk-rotated-2',
      'admin-secret',
      'tenant-secret',
      'header-secret',
      'sk-in-environment',
      'db-secret',
      'redis-secret',
      'enc-secret',
    ]
    const file = makeConfigFile(
      stringify({
        auth: { admin_keys: ['admin-secret'], keys: [{ name: 'k', key: 'tenant-secret' }] },
        providers: {
          openai: { api_key: 'sk-in-file', headers: { 'x-extra': 'header-secret' } },
          together: { api_keys: ['sk-rotated-1', 'sk-rotated-2'] },
          anthropic: {},
        },
        redis: { url: 'redis://:redis-secret@127.0.0.1:6379' },
        security: { secrets: { encryption_key: 'enc-secret' } },
      }),
    )
    onTestFinished(() => file.remove())
    const env = { ANTHROPIC_API_KEY: 'sk-in-environment', DATABASE_URL: 'postgres://u:db-secret@127.0.0.1/x' }
    for (const args of [
      ['config', 'show'],
      ['--json', 'config', 'show'],
    ]) {
      const { code, stdout, stderr } = await runToEnd([...args, '-c', file.path], { env })
      expect(code).toBe(0)
      expect(stdout).toContain('[redacted]')
      expect(secrets.filter((secret) => (stdout + stderr).includes(secret))).toEqual([])
    }
    const { stderr } = await runHere(['validate', file.path], {
      ...env,
      LLM_GATEWAY_SERVER_PORT: 'sk-in-environment-too',
    })
    expect(secrets.filter((secret) => stderr.includes(secret) && secret !== 'sk-in-environment')).toEqual([])
  })
})

test('-k is sent as a bearer, to the gateway alone', async () => {
  const { headers } = await get(`${gateway.url}/v1/models`, { headers: bearer('cli-key') })
  expect(headers['x-gateway-request-id']).toBeDefined()
  expect((await runHere(['models', '-u', gateway.url], { LLM_GATEWAY_API_KEY: 'cli-key' })).code).toBe(0)
  expect((await runHere(['models', '-u', gateway.url])).code).toBe(1)
})
