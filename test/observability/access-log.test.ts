import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { noUsage } from '../../src/canonical/usage.ts'
import type { AccessRecord } from '../../src/observability/access-log.ts'
import { openLogFile } from './log-file.ts'

const least: AccessRecord = {
  requestId: '0198c7e2-7b1c',
  method: 'GET',
  route: '/live',
  status: 200,
  latencyMs: 1,
}

const whole: AccessRecord = {
  requestId: '0198c7e2-7b1c-7cc3-98a1-0123456789ab',
  clientRequestId: 'mine-1',
  upstreamRequestId: 'req_1',
  method: 'POST',
  route: '/v1/chat/completions',
  status: 200,
  tenant: 'acme',
  keyName: 'dev',
  provider: 'openai',
  model: 'gpt-4o',
  latencyMs: 1234.56,
  ttftMs: 80,
  tokens: { ...noUsage, input: 10, cached: 20, cacheWrite5m: 3, cacheWrite1h: 4, output: 50, reasoning: 30 },
  costUsd: '0.00012',
  cache: 'miss',
  attempts: 2,
  stream: false,
  dropped: ['logprobs', 'metadata'],
  errorCode: 'upstream_error',
  decision: 'priority: openai/gpt-4o',
}

describe('a request', () => {
  test('is one line with exactly the fields of the interface', async () => {
    const { access, records } = await openLogFile()
    access.write(whole)
    expect(await records()).toEqual([
      {
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
        level: 'info',
        message: 'POST /v1/chat/completions 200',
        request_id: whole.requestId,
        client_request_id: 'mine-1',
        upstream_request_id: 'req_1',
        route: '/v1/chat/completions',
        status: 200,
        tenant: 'acme',
        key_name: 'dev',
        provider: 'openai',
        model: 'gpt-4o',
        latency_ms: 1234.6,
        ttft_ms: 80,
        tokens: { input: 17, output: 50, cached: 20 },
        cost_usd: '0.00012',
        cache: 'miss',
        attempts: 2,
        stream: false,
        dropped: ['logprobs', 'metadata'],
        error_code: 'upstream_error',
        decision: 'priority: openai/gpt-4o',
      },
    ])
  })

  test('leaves out what is not known', async () => {
    const { access, text } = await openLogFile()
    access.write({ ...least, dropped: [] })
    expect(Object.keys(JSON.parse(await text()) as object)).toEqual([
      'timestamp',
      'level',
      'message',
      'route',
      'status',
      'request_id',
      'latency_ms',
    ])
  })

  test('has the level of its status', async () => {
    const { access, records } = await openLogFile()
    for (const status of [200, 302, 400, 499, 500, 504]) access.write({ ...least, status })
    expect((await records()).map(({ level }) => level)).toEqual([
      'info',
      'info',
      'warn',
      'warn',
      'error',
      'error',
    ])
  })

  test('is written only at its level or below, also when that changes', async () => {
    const { access, log, records } = await openLogFile({ level: 'warn' })
    for (const status of [200, 404, 500]) access.write({ ...least, status })
    log.level = 'info'
    access.write({ ...least, status: 201 })
    log.level = 'error'
    for (const status of [202, 403, 503]) access.write({ ...least, status })
    log.level = 'silent'
    access.write({ ...least, status: 502 })
    expect((await records()).map(({ status }) => status)).toEqual([404, 500, 201, 503])
  })

  test('below the level is not even looked at', async () => {
    const { access } = await openLogFile({ level: 'warn' })
    const untouchable = {
      status: 200,
      get requestId(): string {
        throw new Error('was read')
      },
    }
    access.write(untouchable as AccessRecord)
  })
})

describe("the caller's words", () => {
  const anyText = fc.string({ unit: 'binary', maxLength: 300 })
  const cut = (text: string) => {
    const part = text.slice(0, 200)
    return text.length > 200 && /[\ud800-\udbff]$/.test(part) ? part.slice(0, -1) : part
  }

  test('read back as they were, cut at 200 characters, on one line', async () => {
    const { access, text } = await openLogFile()
    const samples = fc.sample(fc.tuple(anyText, anyText), 500)
    samples.push(
      ['"},{"level":"fatal', '\n{"message":"forged"}\n'],
      ['\\', '"'],
      ['\u2028\u009b', `${'x'.repeat(199)}🙂`],
    )
    for (const [model, clientRequestId] of samples) access.write({ ...least, model, clientRequestId })
    const lines = (await text()).split('\n').slice(0, -1)
    expect(lines).toHaveLength(samples.length)
    for (const [index, line] of lines.entries()) {
      const [model, clientRequestId] = samples[index]!
      const read = JSON.parse(line) as Record<string, unknown>
      expect(read).toMatchObject({
        model: cut(model).toWellFormed(),
        client_request_id: cut(clientRequestId).toWellFormed(),
      })
      expect(line).not.toMatch(/[\p{Cc}\u2028\u2029]/u)
    }
  })

  test('a key sent as the model is not written', async () => {
    const { access, text } = await openLogFile()
    access.write({ ...least, model: 'sk-proj-0123456789abcdef' })
    expect(await text()).not.toContain('0123456789abcdef')
  })

  test('that never come back do not fill the memory that lines are made from', async () => {
    const { access, records } = await openLogFile()
    for (let n = 0; n < 5_000; n++) access.write({ ...least, model: `unknown-${n}` })
    access.write({ ...least, model: 'unknown-0' })
    const models = (await records()).map(({ model }) => model)
    expect(models).toEqual([...Array.from({ length: 5_000 }, (_, n) => `unknown-${n}`), 'unknown-0'])
  })

  test('name at most 32 dropped fields, and say how many more there were', async () => {
    const { access, records } = await openLogFile()
    access.write({ ...least, dropped: Array.from({ length: 40 }, (_, n) => `f"${n}`) })
    const [{ dropped }] = (await records()) as [{ dropped: string[] }]
    expect(dropped).toHaveLength(33)
    expect(dropped[0]).toBe('f"0')
    expect(dropped[32]).toBe('and 8 more')
  })
})

test('milliseconds are written to a tenth', async () => {
  const { access, records } = await openLogFile()
  const times = [0, 0.04, 0.05, 0.99, 9.95, 12, 1e9, 1234.56]
  for (const latencyMs of times) access.write({ ...least, latencyMs })
  expect((await records()).map(({ latency_ms }) => latency_ms)).toEqual([0, 0, 0.1, 1, 10, 12, 1e9, 1234.6])
})

test('a record that carries more than it should (a prompt, a header, a body) leaves none of it in the line', async () => {
  const { access, text } = await openLogFile()
  const mark = 'unmistakable-prompt-text'
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.constantFrom(mark, [mark], { content: mark })), (extra) => {
      access.write({
        ...extra,
        messages: [{ role: 'user', content: mark }],
        body: mark,
        ...whole,
      } as AccessRecord)
    }),
  )
  expect(await text()).not.toContain(mark)
})
