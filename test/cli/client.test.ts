import { describe, expect, test } from 'vitest'
import { json, run, runHere, serve } from './spawn.ts'

/** Nothing listens there: the port is reserved and never given out. */
const nowhere = 'http://127.0.0.1:1'

describe('nobody answers: 3 and a sentence', () => {
  test.each([['health'], ['models'], ['chat', 'hi'], ['chat', 'hi', '--stream']])(
    '%s %s',
    async (...args) => {
      const { code, stdout, stderr } = await runHere([...args.filter(Boolean), '-u', nowhere])
      expect([code, stdout]).toEqual([3, ''])
      expect(stderr).toMatch(/^Cannot reach the gateway at http:\/\/127\.0\.0\.1:1: .+\n$/)
    },
  )

  test('in a process of its own, as JSON', async () => {
    const { code, stderr } = await run(['--json', '-u', nowhere, 'health'])
    expect(code).toBe(3)
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'unreachable' } })
  })

  test('a server that is silent is given up after --timeout', async () => {
    const { url } = await serve(() => {})
    const { code, stderr } = await runHere(['health', '--timeout', '0.1', '-u', url])
    expect(code).toBe(3)
    expect(stderr).toContain('no answer within 0.1 s')
  })

  test('the password in an address is not printed', async () => {
    const { stderr } = await runHere(['health', '-u', 'http://user:pass@127.0.0.1:1'])
    expect(stderr).not.toContain('pass')
  })
})

describe('where and with what key', () => {
  test('options win over the environment, and may stand after the command', async () => {
    const { url, seen } = await serve(json({ data: [] }))
    const env = { LLM_GATEWAY_URL: nowhere, LLM_GATEWAY_API_KEY: 'other' }
    expect((await runHere(['models', '--url', `${url}/`, '--key', 'mine'], env)).code).toBe(0)
    expect(seen[0]).toMatchObject({
      method: 'GET',
      url: '/v1/models',
      headers: { authorization: 'Bearer mine' },
    })
  })

  test('the environment says it otherwise', async () => {
    const { url, seen } = await serve(json({ data: [] }))
    await runHere(['models'], { LLM_GATEWAY_URL: url, LLM_GATEWAY_API_KEY: 'key' })
    expect(seen[0]?.headers.authorization).toBe('Bearer key')
  })

  test('a redirect is not followed', async () => {
    const other = await serve(json({}))
    const { url } = await serve((response) => response.writeHead(302, { location: other.url }).end())
    expect((await runHere(['models', '-u', url, '-k', 'key'])).code).toBe(1)
    expect(other.seen).toEqual([])
  })
})

describe('health', () => {
  test('healthy is 0', async () => {
    const { url, seen } = await serve(json({ status: 'healthy', version: '1.2.3', uptime_seconds: 61.4 }))
    expect(await runHere(['health', '-u', url])).toEqual({
      code: 0,
      stdout: 'healthy, version 1.2.3, up 61 s\n',
      stderr: '',
    })
    expect(seen[0]?.url).toBe('/health')
  })

  test('unhealthy is 1, and still shown', async () => {
    const { url } = await serve(json({ status: 'unhealthy', version: '1' }, 503))
    expect(await runHere(['health', '-u', url])).toMatchObject({ code: 1, stdout: 'unhealthy, version 1\n' })
  })

  test('--detailed shows providers and dependencies', async () => {
    const { url, seen } = await serve(
      json({
        status: 'degraded',
        providers: [{ name: 'openai', healthy: false, latency_ms: 12.3, breaker: 'open', in_flight: 2 }],
        dependencies: { redis: 'down', ledger_pending: 3 },
        config: { last_error: null },
      }),
    )
    const { stdout } = await runHere(['health', '--detailed', '-u', url])
    expect(seen[0]?.url).toBe('/health?detailed=true')
    expect(stdout.split('\n')).toEqual([
      'degraded',
      'openai: unhealthy, 12 ms, breaker open, 2 in flight',
      'redis: down',
      'ledger_pending: 3',
      'last_error: null',
      '',
    ])
  })
})

describe('models', () => {
  const list = json({
    data: [
      {
        id: 'gpt-4o',
        owned_by: 'openai',
        capabilities: { tools: true, vision: false, context_window: 128_000 },
      },
      { id: 'mock/mock-gpt', owned_by: 'mock' },
    ],
  })

  test('are listed with their owners', async () => {
    const { url } = await serve(list)
    const { code, stdout } = await runHere(['models', '-u', url])
    expect(code).toBe(0)
    expect(stdout).toMatch(/gpt-4o +openai\n.*mock\/mock-gpt +mock\n/s)
  })

  test('of one provider only, with capabilities', async () => {
    const { url } = await serve(list)
    const { stdout } = await runHere(['models', '-p', 'openai', '--capabilities', '-u', url])
    expect(stdout).toContain('tools, context_window 128000')
    expect(stdout).not.toContain('mock')
    expect((await runHere(['models', '-p', 'none', '-u', url])).stdout).toBe('No models of none.\n')
  })

  test('as JSON', async () => {
    const { url } = await serve(list)
    const { stdout } = await runHere(['models', '--json', '-p', 'mock', '-u', url])
    expect(JSON.parse(stdout)).toEqual([{ id: 'mock/mock-gpt', owned_by: 'mock' }])
  })

  test.each([
    ['not JSON', (url: string) => url, 'is not JSON'],
    ['null', (url: string) => url, 'is not a list of models'],
  ])('an answer that is %s is 1 and a sentence', async (body, at, sentence) => {
    const { url } = await serve((response) => response.end(body))
    const { code, stderr } = await runHere(['models', '-u', at(url)])
    expect(code).toBe(1)
    expect(stderr).toContain(sentence)
  })

  test("the gateway's own error is passed on", async () => {
    const error = { message: 'The API key is missing or not valid.', code: 'invalid_api_key' }
    const { url } = await serve(json({ error }, 401))
    const { code, stderr } = await runHere(['models', '-u', url])
    expect(code).toBe(1)
    expect(stderr).toBe('The gateway answered 401 invalid_api_key: The API key is missing or not valid.\n')
  })
})

describe('chat', () => {
  const answer = json({ choices: [{ message: { role: 'assistant', content: 'Hello there.' } }] })

  test('sends what was asked and prints the answer', async () => {
    const { url, seen } = await serve(answer)
    const args = [
      'chat',
      'Hi',
      '-m',
      'm',
      '-s',
      'Be kind',
      '--temperature',
      '0',
      '--max-tokens',
      '5',
      '-u',
      url,
    ]
    expect(await runHere(args)).toEqual({ code: 0, stdout: 'Hello there.\n', stderr: '' })
    expect(seen[0]?.url).toBe('/v1/chat/completions')
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({
      model: 'm',
      messages: [
        { role: 'system', content: 'Be kind' },
        { role: 'user', content: 'Hi' },
      ],
      temperature: 0,
      max_tokens: 5,
    })
  })

  test('asks gpt-4o at 0.7 unless told otherwise', async () => {
    const { url, seen } = await serve(answer)
    await runHere(['chat', 'Hi', '-u', url])
    expect(JSON.parse(seen[0]?.body ?? '')).toMatchObject({ model: 'gpt-4o', temperature: 0.7 })
  })

  const event = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`
  const delta = (content: string, finish_reason: string | null = null) =>
    event({ choices: [{ delta: { content }, finish_reason }] })

  /** One byte at a time, so that nothing comes in one piece by luck. */
  const streaming = (text: string) =>
    serve((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const bytes = [...Buffer.from(text)]
      const next = () => {
        const byte = bytes.shift()
        if (byte === undefined) response.end()
        else response.write(Buffer.of(byte), () => setImmediate(next))
      }
      next()
    })

  test('--stream prints what arrives, cut anywhere', async () => {
    const { url } = await streaming(
      delta('Grüß') + ': ping\n\n' + delta(' Gott') + delta('', 'stop') + 'data: [DONE]\n\n',
    )
    expect(await runHere(['chat', 'Hi', '--stream', '-u', url])).toEqual({
      code: 0,
      stdout: 'Grüß Gott\n',
      stderr: '',
    })
  })

  test('--stream --json prints one event per line', async () => {
    const { url } = await streaming(delta('a') + delta('', 'stop') + 'data: [DONE]\n\n')
    const { stdout } = await runHere(['chat', 'Hi', '--stream', '--json', '-u', url])
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { choices: unknown[] }).choices.length),
    ).toEqual([1, 1])
  })

  test.each([
    ['is cut off', delta('a'), 'cut off before its end'],
    [
      'breaks off with an error',
      delta('a') + event({ error: { message: 'Too slow.', code: 'upstream_timeout' } }),
      'broke off, upstream_timeout: Too slow.',
    ],
    ['holds nonsense', 'data: {nonsense\n\n', 'an event that is not JSON'],
  ])('a stream that %s is 1 and a sentence', async (_, text, sentence) => {
    const { url } = await streaming(text)
    const { code, stderr } = await runHere(['chat', 'Hi', '--stream', '-u', url])
    expect(code).toBe(1)
    expect(stderr).toContain(sentence)
  })

  test('a connection that is cut in the middle is 1 and a sentence', async () => {
    const { url } = await serve((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(delta('a'), () => response.destroy())
    })
    const { code, stdout, stderr } = await runHere(['chat', 'Hi', '--stream', '-u', url])
    expect([code, stdout]).toEqual([1, 'a\n'])
    expect(stderr).toContain('The connection was cut')
  })
})
