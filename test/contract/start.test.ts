/** Contract 1: the commands that start it, where values come from, what is refused. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { runHere } from '../cli/spawn.ts'
import { get, post, runToEnd, spawnGateway, startGateway } from '../support/gateway.ts'
import { makeConfigFile } from '../support/config-file.ts'
import { chatCompletion, startUpstream } from '../support/upstream.ts'
import { bearer, hello, ids, messages, playGateway } from './played-gateway.ts'

const compat = (name: string) => new URL(`../compat/${name}.yaml`, import.meta.url)
const variables = {
  OPENAI_API_KEY: 'sk-openai',
  ANTHROPIC_API_KEY: 'sk-ant',
  SECRETS_ENCRYPTION_KEY: 'encrypt',
  DATABASE_URL: 'postgres://user:pass@localhost/gateway',
}

/** Listens on a port for as long as the test runs; somebody else may hold it already, which is as good. */
async function holdPort(port = 0): Promise<number> {
  const server = createServer()
  server.listen(port, '127.0.0.1')
  // `once` rejects where the server says `error` first.
  const taken = await once(server, 'listening').then(
    () => true,
    () => false,
  )
  onTestFinished(() => void (taken && server.close()))
  return taken ? (server.address() as { port: number }).port : port
}

describe('“serves on 127.0.0.1:8080 with no configuration, no key, no database and no Redis”', () => {
  test('with the built-in mock provider, and says where', async () => {
    const gateway = await spawnGateway()
    expect(gateway.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    const answer = await post(`${gateway.url}/v1/chat/completions`, { model: 'mock-gpt', messages })
    expect(answer.status).toBe(200)
    expect(answer.json.choices[0].message.content).not.toBe('')
    const listed = ids((await get(`${gateway.url}/v1/models`)).json)
    expect(listed.length).toBeGreaterThan(5)
    expect(listed.filter((id) => !id.startsWith('mock-'))).toEqual([])
    expect((await get(`${gateway.url}/ready`)).status).toBe(200)
    expect(await gateway.stop()).toBe(0)
  })

  test('8080 and 9090 on loopback are the defaults', async () => {
    const { code, stdout } = await runHere(['config', 'show'])
    expect(code).toBe(0)
    expect(stdout).toContain('server.host: "127.0.0.1"  # default\n')
    expect(stdout).toContain('server.port: 8080  # default\n')
    expect(stdout).toContain('server.metrics_port: 9090  # default\n')
  })

  test('“without a file: those whose credentials are in the environment, and mock”', async () => {
    const vllm = await startUpstream({ json: chatCompletion('from vLLM') })
    const gateway = await spawnGateway({
      env: {
        OPENAI_API_KEY: 'sk-o',
        ANTHROPIC_API_KEY: 'sk-a',
        AZURE_OPENAI_ENDPOINT: 'https://x.openai.azure.com',
        AZURE_OPENAI_API_KEY: 'az',
        GEMINI_API_KEY: 'gk',
        COHERE_API_KEY: 'ck',
        MISTRAL_API_KEY: 'mk',
        TOGETHER_API_KEY: 'tk',
        AWS_ACCESS_KEY_ID: 'id',
        AWS_SECRET_ACCESS_KEY: 'secret',
        OLLAMA_HOST: '127.0.0.1:1',
        VLLM_BASE_URL: `${vllm.url}/v1`,
      },
    })
    const { json } = await get(`${gateway.url}/health?detailed=true`)
    const names = json.providers.map(({ name }: { name: string }) => name).sort()
    expect(names).toEqual(
      [
        ...['anthropic', 'azure_openai', 'bedrock', 'cohere', 'gemini', 'mistral', 'mock', 'ollama'],
        ...['openai', 'together', 'vllm'],
      ].sort(),
    )
    const answer = await post(`${gateway.url}/v1/chat/completions`, { ...hello, model: 'vllm/any-model' })
    expect(answer.json.choices[0].message.content).toBe('from vLLM')
  })
})

describe('“with a file, exactly the providers that it lists exist”', () => {
  test('the environment only fills in their credentials', async () => {
    const { upstream, gateway, chat } = await playGateway(undefined, {
      openai: { api_key: undefined },
      env: { OPENAI_API_KEY: 'sk-from-environment', MISTRAL_API_KEY: 'mk', OLLAMA_HOST: '127.0.0.1:1' },
    })
    await chat()
    expect(upstream.requests[0]?.headers.authorization).toBe('Bearer sk-from-environment')
    const { json } = await get(`${gateway.url}/health?detailed=true`)
    expect(json.providers.map(({ name }: { name: string }) => name)).toEqual(['openai', 'anthropic'])
  })

  test('a key that the file names is the one that is used', async () => {
    const { upstream, chat } = await playGateway(undefined, { env: { OPENAI_API_KEY: 'sk-other' } })
    await chat()
    expect(upstream.requests[0]?.headers.authorization).toBe('Bearer sk-openai')
  })

  test('“an enabled provider without a credential is a start-up error where its key is named in the file”', async () => {
    const file = makeConfigFile('providers:\n  openai:\n    api_key: "${OPENAI_API_KEY}"\n')
    onTestFinished(() => file.remove())
    const { code, stdout, stderr } = await runHere(['start', '-c', file.path])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(`${file.path}:3:14 providers.openai.api_key: found \${OPENAI_API_KEY}`)
  })

  test('“otherwise a warning, and it is never a candidate”', async () => {
    const { gateway, chat, upstream } = await playGateway(undefined, { openai: { api_key: undefined } })
    const answer = await chat()
    expect(answer.status).toBe(404)
    expect(upstream.requests).toHaveLength(0)
    await gateway.close()
    const warnings = gateway.logs().filter(({ level }) => level === 'warn')
    expect(warnings.map(({ message }) => message)).toContainEqual(
      expect.stringContaining('providers.openai: has no api_key'),
    )
  })
})

describe('“flags > environment > file > default”', () => {
  test('a flag wins over the environment, which wins over the file', async () => {
    const [first, second, third] = await Promise.all([holdPort(), holdPort(), holdPort()])
    // Each of the lesser ones would fail: its port is taken.
    const gateway = await spawnGateway({
      config: stringify({ server: { port: first, metrics_port: third }, providers: { mock: {} } }),
      env: { SERVER_PORT: String(second), METRICS_PORT: String(third) },
      args: ['--port', '0', '--metrics-port', '0'],
    })
    expect((await get(`${gateway.url}/live`)).status).toBe(200)
  })

  test('the environment wins over the file, by its usual and by its long name', async () => {
    const [first, second] = await Promise.all([holdPort(), holdPort()])
    const gateway = await spawnGateway({
      config: stringify({ server: { port: first, metrics_port: second }, providers: { mock: {} } }),
      env: { SERVER_PORT: '0', LLM_GATEWAY_SERVER_METRICS_PORT: '0' },
    })
    expect((await get(`${gateway.url}/live`)).status).toBe(200)
  })

  test('any field is set by its path in capitals, `-` as `_`', async () => {
    const upstream = await startUpstream({ json: chatCompletion() })
    const gateway = await startGateway({
      config: {
        providers: { 'my-vllm': { type: 'vllm', base_url: 'http://127.0.0.1:1', api_key: 'in-file' } },
      },
      env: {
        LLM_GATEWAY_PROVIDERS_MY_VLLM_BASE_URL: upstream.url,
        LLM_GATEWAY_PROVIDERS_MY_VLLM_API_KEY: 'in-environment',
        LLM_GATEWAY_PROVIDERS_MY_VLLM_MODELS: '["one", "two"]',
      },
    })
    expect(ids((await get(`${gateway.url}/v1/models`)).json)).toEqual(['one', 'two'])
    await post(`${gateway.url}/v1/chat/completions`, { ...hello, model: 'two' })
    expect(upstream.requests[0]?.headers.authorization).toBe('Bearer in-environment')
  })

  test('LLM_GATEWAY_LOG_LEVEL and LLM_GATEWAY_PROVIDERS_DEFAULT are aliases', async () => {
    const { gateway, chat, upstream } = await playGateway(undefined, {
      env: { LLM_GATEWAY_LOG_LEVEL: 'error', LLM_GATEWAY_PROVIDERS_DEFAULT: 'openai' },
    })
    expect((await chat({ model: 'nobody-lists-this' })).status).toBe(200)
    expect(upstream.requests).toHaveLength(1)
    await gateway.close()
    expect(gateway.logs()).toEqual([])
  })
})

describe('a port that is taken', () => {
  test('ends the start with 1 and a sentence that names it', async () => {
    const port = await holdPort()
    const { code, stderr } = await runToEnd(['start', '-p', String(port), '--metrics-port', '0'])
    expect(code).toBe(1)
    expect(stderr).toContain(`127.0.0.1:${port}`)
    expect(stderr).toMatch(/already in use|taken/)
    expect(stderr).not.toContain('    at ')
  })

  test('as a metrics port that was asked for, too', async () => {
    const port = await holdPort()
    const { code, stderr } = await runToEnd(['start', '-p', '0', '--metrics-port', String(port)])
    expect(code).toBe(1)
    expect(stderr).toContain(`127.0.0.1:${port}`)
  })

  test('“skipped with a warning where the port is taken and was not asked for”', async () => {
    await holdPort(9090)
    const gateway = await spawnGateway({
      config: stringify({ server: { port: 0 }, providers: { mock: {} } }),
    })
    expect(await gateway.sawLog(({ message }) => String(message).includes('metrics port'))).toMatchObject({
      level: 'warn',
      port: 9090,
    })
    expect((await get(`${gateway.url}/metrics`)).status).toBe(200)
  })
})

describe('the configurations that operators already have', () => {
  test.each(['full', 'small'])('`validate` of %s exits 0 with the variables it names', async (name) => {
    const { code } = await runHere(['validate', compat(name).pathname], variables)
    expect(code).toBe(0)
  })

  test.each(['full', 'small'])('`start` with %s “also needs a key”', async (name) => {
    const { code, stderr } = await runHere(['start', '-c', compat(name).pathname], variables)
    expect(code).toBe(2)
    expect(stderr).toMatch(/server\.host: found "0\.0\.0\.0" and no key.*set GATEWAY_ADMIN_KEY/)
  })

  const protections = {
    full: [
      ...['security.ip_filter', 'security.request_signing', 'security.rate_limit'],
      ...['providers.openai.rate_limit', 'resilience.circuit_breaker', 'resilience.bulkhead'],
    ],
    small: ['providers.openai.rate_limit'],
  }

  test.each(Object.entries(protections))(
    '`start` with %s “refuses any enabled protection that does not work yet, instead of ignoring it”',
    async (name, expected) => {
      const env = { ...variables, GATEWAY_ADMIN_KEY: 'admin-key' }
      const { code, stdout, stderr } = await runHere(['start', '-c', compat(name).pathname], env)
      expect([code, stdout]).toEqual([2, ''])
      const refused = [...stderr.matchAll(/^ +\S+ ([\w.]+): found a protection that is on/gm)].map(
        ([, path]) => path,
      )
      expect(refused.sort()).toEqual([...expected].sort())
    },
  )

  test('each of them alone is refused', async () => {
    for (const [index, path] of protections.full.entries()) {
      const others = protections.full.filter((_other, at) => at !== index)
      const file = makeConfigFile(stringify(withOff(readCompat('full'), others)))
      const env = { ...variables, GATEWAY_ADMIN_KEY: 'admin-key' }
      const { code, stderr } = await runHere(['start', '-c', file.path], env)
      file.remove()
      expect([code, stderr.match(/found a protection/g)?.length]).toEqual([2, 1])
      expect(stderr).toContain(` ${path}: found a protection that is on`)
    }
  })

  test('without them full starts, with a warning for its Jaeger address, and keeps what it says', async () => {
    const gateway = await spawnGateway({
      config: stringify(withOff(readCompat('full'), protections.full)),
      env: { ...variables, GATEWAY_ADMIN_KEY: 'admin-key' },
      args: ['--host', '127.0.0.1', '--port', '0', '--metrics-port', '0'],
    })
    const warning = await gateway.sawLog(({ message }) => String(message).includes('jaeger_endpoint'))
    expect(warning).toMatchObject({
      level: 'warn',
      message: expect.stringContaining('http://jaeger:4318/v1/traces'),
    })
    const host = { host: 'api.example.com' }
    const models = `${gateway.url}/v1/models`
    expect((await get(models, { headers: host })).status).toBe(401)
    expect((await get(models, { headers: { ...host, ...bearer('admin-key') } })).status).toBe(200)
    expect((await get(models, { headers: bearer('admin-key') })).json.error.code).toBe('host_not_allowed')
  })

  test('without them small starts on an address that everyone reaches, for its key alone', async () => {
    const gateway = await spawnGateway({
      config: stringify(withOff(readCompat('small'), protections.small)),
      env: { ...variables, GATEWAY_ADMIN_KEY: 'admin-key' },
      args: ['--port', '0', '--metrics-port', '0'],
    })
    expect(gateway.url).toMatch(/^http:\/\/0\.0\.0\.0:\d+$/)
    expect((await get(`${gateway.url}/v1/models`)).status).toBe(401)
    expect((await get(`${gateway.url}/v1/models`, { headers: bearer('admin-key') })).status).toBe(200)
  })
})

type Section = Record<string, unknown>

const readCompat = (name: string): Section => parse(readFileSync(compat(name), 'utf8')) as Section

/** The same with `enabled: false` in each of the sections. */
function withOff(config: Section, paths: readonly string[]): Section {
  for (const path of paths) {
    let section = config
    for (const step of path.split('.')) section = (section[step] ??= {}) as Section
    section.enabled = false
  }
  return config
}
