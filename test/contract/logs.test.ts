/** Contract 7: one line per request, and nothing secret in any output. */
import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { get, openStream, post, rawRequest, spawnGateway } from '../support/gateway.ts'
import {
  anthropicMessage,
  anthropicStream,
  chatCompletion,
  chatStream,
  openaiError,
  startUpstream,
  type RecordedRequest,
  type ScriptedAnswer,
} from '../support/upstream.ts'
import { bearer, playGateway, until } from './played-gateway.ts'

type Line = Record<string, unknown>
const requestLines = (lines: Line[]) => lines.filter(({ request_id: id }) => id !== undefined)

describe('“one JSON line per request”', () => {
  test('with exactly these names', async () => {
    const { gateway, chat } = await playGateway({
      json: chatCompletion(),
      headers: { 'x-request-id': 'req_up' },
    })
    const { headers } = await chat({}, { 'x-request-id': 'my-id' })
    await gateway.close()
    const lines = requestLines(gateway.logs())
    expect(lines).toHaveLength(1)
    expect(lines[0]).toEqual({
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      level: 'info',
      message: 'POST /v1/chat/completions 200',
      request_id: headers['x-gateway-request-id'],
      client_request_id: 'my-id',
      upstream_request_id: 'req_up',
      tenant: 'acme',
      key_name: 'app',
      provider: 'openai',
      model: expect.stringMatching(/^gpt-4o/),
      latency_ms: expect.any(Number),
      tokens: { input: 9, output: 3, cached: 0 },
      status: 200,
      cache: 'bypass',
      attempts: 1,
      route: '/v1/chat/completions',
      decision: expect.stringContaining('openai/gpt-4o'),
    })
  })

  test('ttft_ms stands with a stream, between 0 and latency_ms', async () => {
    const { gateway, stream } = await playGateway({ sse: chatStream('Hi') })
    await (await stream()).text()
    await gateway.close()
    const [line] = requestLines(gateway.logs())
    expect(line).toMatchObject({ stream: true, tokens: { input: 9, output: 1, cached: 0 } })
    expect(line!.ttft_ms).toBeGreaterThanOrEqual(0)
    expect(line!.ttft_ms).toBeLessThanOrEqual(Number(line!.latency_ms))
  })

  test('for every request, whatever became of it', async () => {
    const { gateway, chat, claude, get: fetch } = await playGateway({ status: 500, json: openaiError('no') })
    const answers = [
      await chat(),
      await chat({ model: 'nobody' }),
      await claude({ max_tokens: 'oops' }),
      await fetch('/v1/models'),
      await fetch('/nothing/here'),
      await post(`${gateway.url}/v1/chat/completions`, {}),
    ]
    await get(`${gateway.url}/live`)
    await gateway.close()
    const lines = requestLines(gateway.logs())
    expect(lines).toHaveLength(answers.length + 1)
    const expected = [
      [502, 'error', 'POST /v1/chat/completions 502'],
      [404, 'warn', 'POST /v1/chat/completions 404'],
      [400, 'warn', 'POST /v1/messages 400'],
      [200, 'info', 'GET /v1/models 200'],
      [404, 'warn', 'GET other 404'],
      [401, 'warn', 'POST /v1/chat/completions 401'],
    ]
    for (const [index, answer] of answers.entries()) {
      const line = lines.find(({ request_id: id }) => id === answer.headers['x-gateway-request-id'])
      expect([line!.status, line!.level, line!.message]).toEqual(expected[index])
    }
    expect(lines.find(({ status }) => status === 502)).toMatchObject({
      error_code: 'upstream_error',
      attempts: 3,
    })
  })

  test('499 where the caller hung up, in a stream and before an answer', async () => {
    const { gateway, stream, upstream } = await playGateway({
      sse: chatStream('Hi').slice(0, 3),
      thenHangs: true,
    })
    const open = await stream()
    await open.firstChunk()
    open.hangUp()
    await upstream.sawDisconnect()
    upstream.on({ hangs: true })
    const body = '{"model":"gpt-4o","messages":[{"role":"user","content":"a"}]}'
    const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer app-key\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`
    await rawRequest(Number(new URL(gateway.url).port), head + body, { hangUpAfterMs: 100 })
    await upstream.sawDisconnect(2)
    const lines = await until(
      () => requestLines(gateway.logs()),
      (now) => now.length === 2,
    )
    for (const line of lines)
      expect(line).toMatchObject({
        status: 499,
        level: 'warn',
        tenant: 'acme',
        provider: 'openai',
        attempts: 1,
      })
  })

  test('tokens.cached and tokens.input are disjoint, as in the metrics', async () => {
    const usage = {
      input_tokens: 9,
      cache_creation_input_tokens: 5,
      cache_read_input_tokens: 7,
      output_tokens: 3,
    }
    const { gateway, claude } = await playGateway({ json: anthropicMessage('Hi', { usage }) })
    await claude()
    await gateway.close()
    expect(requestLines(gateway.logs())[0]!.tokens).toEqual({ input: 14, output: 3, cached: 7 })
  })

  test('“format: pretty for people”, and telemetry.logging.output says where', async () => {
    const gateway = await spawnGateway({
      config: { providers: { mock: {} }, telemetry: { logging: { output: 'stderr' } } },
    })
    await post(`${gateway.url}/v1/chat/completions`, {
      model: 'mock-gpt',
      messages: [{ role: 'user', content: 'a' }],
    })
    await gateway.sawLog(({ message }) => message === 'POST /v1/chat/completions 200')
    await gateway.stop()
    expect(gateway.stdout()).toBe('')
    for (const line of gateway.stderr().trim().split('\n'))
      expect(() => JSON.parse(line) as unknown).not.toThrow()
  })
})

describe('“prompts and answers are not logged; keys never are”', () => {
  const marker = 'Xylophone7'
  const text = (what: string) => `${marker}-${what}`
  const secrets = [
    'app-key-9f3e',
    'admin-key-7b21',
    'provider-key-55aa',
    'provider-key-66bb',
    'header-secret-77cc',
    'wrong-key-88dd',
  ]

  /** Says the marker in every place where a provider can say something. */
  const providers = (
    request: IncomingMessage,
    _response: unknown,
    { json }: RecordedRequest,
  ): ScriptedAnswer => {
    const how = String(request.headers['openai-beta'] ?? request.headers['anthropic-beta'] ?? 'good')
    const isClaude = request.url!.startsWith('/v1/messages')
    if (how === 'reset') return { resets: true }
    if (how === 'garbage')
      return { body: `{"${text('garbage')}`, headers: { 'content-type': 'application/json' } }
    if (/^\d+$/.test(how))
      return { status: Number(how), json: openaiError(`${text('error')} ${secrets[2]}`, 'server_error') }
    if (how === 'broken')
      return { sse: [...chatStream(text('answer')).slice(0, 2), `data: {"${text('oops')}\n\n`] }
    if (json?.stream === true)
      return { sse: isClaude ? anthropicStream(text('answer')) : chatStream(text('answer')) }
    if (isClaude) return { json: anthropicMessage(text('answer')) }
    return {
      json: chatCompletion(text('answer')),
      headers: { 'x-request-id': 'req_1', 'set-cookie': text('cookie') },
    }
  }

  test('after a mixed workload no output, metric or error of ours holds any of them', async () => {
    const upstream = await startUpstream(providers)
    const gateway = await spawnGateway({
      config: {
        auth: { keys: [{ name: 'app', key: secrets[0] }], admin_keys: [secrets[1]] },
        resilience: { retry: { max_attempts: 2, initial_delay_ms: 1 } },
        telemetry: { logging: { level: 'trace' } },
        providers: {
          openai: {
            api_keys: [secrets[2], secrets[3]],
            base_url: upstream.url,
            headers: { 'X-Extra': secrets[4] },
          },
          anthropic: { api_key: secrets[3], base_url: upstream.url },
          mock: {},
        },
      },
    })
    const key = bearer(secrets[0]!)
    const errors: string[] = []
    const send = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
      const answer = await post(gateway.url + path, body, { headers: { ...key, ...headers } })
      if (answer.status >= 400) errors.push(`${path} ${answer.text}`)
      return answer
    }
    const chat = (body: object, headers: Record<string, string> = {}) =>
      send(
        '/v1/chat/completions',
        { model: 'gpt-4o', messages: [{ role: 'user', content: text('prompt') }], ...body },
        headers,
      )
    const claude = (body: object, headers: Record<string, string> = {}) =>
      send(
        '/v1/messages',
        {
          model: 'claude-sonnet-4-5',
          max_tokens: 9,
          system: text('system'),
          messages: [{ role: 'user', content: text('prompt') }],
          ...body,
        },
        headers,
      )
    const tools = [
      {
        type: 'function',
        function: {
          name: 'f',
          description: text('tool'),
          parameters: { type: 'object', title: text('schema') },
        },
      },
    ]
    for (const stream of [false, true]) {
      expect(
        (await chat({ stream, tools, user: text('user'), metadata: { note: text('metadata') } })).text,
      ).toContain(text('answer'))
      expect((await claude({ stream })).text).toContain(text('answer'))
      expect((await chat({ stream, model: 'claude-sonnet-4-5', seed: 1 })).text).toContain(text('answer'))
      expect((await claude({ stream, model: 'gpt-4o' })).text).toContain(text('answer'))
      await chat({ stream, model: 'mock-echo' })
      await chat({ stream, model: 'mock-error-503' })
      await chat({ stream, model: 'mock-cut' }).catch(() => undefined)
      for (const how of ['reset', 'garbage', 'broken', '401', '403', '429', '500', '503', '529']) {
        await chat({ stream }, { 'openai-beta': how }).catch(() => undefined)
      }
    }
    // What is wrong about a request is said without repeating what it says.
    await chat({ messages: [{ role: text('role'), content: text('prompt') }] })
    await chat({ messages: text('messages') })
    await chat({
      messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: text('url') } }] }],
      model: 'claude-sonnet-4-5',
    })
    await chat({
      messages: [{ role: 'user', content: { deep: text('object') } }],
      model: 'claude-sonnet-4-5',
    })
    await chat({ temperature: text('temperature'), model: 'claude-sonnet-4-5' })
    await claude({
      messages: [
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'x', content: text('result') }] },
      ],
      model: 'gpt-4o',
    })
    await send(
      '/v1/chat/completions',
      `{"model":"gpt-4o","messages":[{"role":"user","content":"${text('broken')}"`,
    )
    await send('/v1/embeddings', { model: 'text-embedding-3-small', input: { deep: text('input') } })
    await chat({}, bearer(secrets[5]!))
    await chat({}, { authorization: `Basic ${secrets[5]}` })
    await chat({}, { 'x-api-key': secrets[5]!, authorization: '' })
    await chat({}, { cookie: text('cookie'), 'x-other': text('header') })
    const open = await openStream(
      `${gateway.url}/v1/chat/completions`,
      { model: 'mock-long', stream: true, messages: [{ role: 'user', content: text('prompt') }] },
      { headers: key },
    )
    await open.firstChunk()
    open.hangUp()
    await gateway.sawLog(({ status }) => status === 499)
    const metrics = await get(`${gateway.url}/metrics`)
    const health = await get(`${gateway.url}/health?detailed=true`)
    await gateway.stop()
    expect(requestLines(gateway.logs()).length).toBeGreaterThan(40)
    const outputs = {
      stdout: gateway.stdout(),
      stderr: gateway.stderr(),
      metrics: metrics.text,
      health: health.text,
      errors: errors.join('\n'),
    }
    for (const [name, output] of Object.entries(outputs)) {
      const found = output
        .split('\n')
        .filter((line) => [marker, ...secrets].some((word) => line.includes(word)))
      expect([name, found]).toEqual([name, []])
    }
  })
})
