import { randomBytes } from 'node:crypto'
import { readdirSync, readlinkSync, statSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import OpenAI, { toFile } from 'openai'
import { describe, expect, onTestFinished, test } from 'vitest'
import { full } from '../support/full.ts'
import { openStream, post } from '../support/gateway.ts'
import { openaiError, type Handler, type ScriptedAnswer } from '../support/upstream.ts'
import { RawCaller } from '../streams/raw-caller.ts'
import { headers, logLine, narrowHeaders, startRelaying } from './relayed-routes-gateway.ts'
import { boundary, field, file, form, formType } from './transcription-form.ts'

const route = '/v1/audio/transcriptions'
const asForm = { ...headers, 'content-type': formType }
const transcript = {
  text: 'Hello there.',
  usage: {
    type: 'tokens',
    input_tokens: 14,
    output_tokens: 5,
    total_tokens: 19,
    input_token_details: { audio_tokens: 12 },
  },
}
const small = randomBytes(10_000)
/** Larger than what is kept in memory. */
const large = randomBytes(3 * 1024 * 1024 + 17)

const uploads = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('llm-gateway-upload-'))
const before = new Set(uploads())

/** What the gateway keeps of uploads has no name as soon as it is open. */
const keptFiles = (): string[] => uploads().filter((name) => !before.has(name))

/** Rights of the nameless files that are open in this process, which the gateway is part of. */
function keptModes(): number[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    const path = `/proc/self/fd/${descriptor}`
    try {
      return /\/llm-gateway-upload-[^/]* \(deleted\)$/.test(readlinkSync(path))
        ? [statSync(path).mode & 0o777]
        : []
    } catch {
      // Closed meanwhile, as the one of this very list.
      return []
    }
  })
}

/** The bodies are large; what differs is told in one word. */
function expectBytes(found: Buffer | undefined, wanted: Buffer): void {
  expect(found?.length).toBe(wanted.length)
  expect(found?.equals(wanted)).toBe(true)
}

describe('by the SDK', () => {
  test.each([
    ['small', small],
    ['large', large],
  ])('a %s file', async (_name, bytes) => {
    const { openai, upstream } = await startRelaying({ json: transcript })
    const answer = await openai.audio.transcriptions.create({
      file: await toFile(bytes, 'a.mp3', { type: 'audio/mpeg' }),
      model: 'openai/gpt-4o-transcribe',
    })
    expect(answer).toEqual(transcript)
    const [request] = upstream.requests
    const sent = await new Response(request?.body, {
      headers: { 'content-type': request?.headers['content-type'] as string },
    }).formData()
    expect([...sent.keys()]).toEqual(['file', 'model'])
    expect(sent.get('model')).toBe('gpt-4o-transcribe')
    const received = sent.get('file') as File
    expect([received.name, received.type]).toEqual(['a.mp3', 'audio/mpeg'])
    expectBytes(Buffer.from(await received.arrayBuffer()), bytes)
    expect(request?.headers.authorization).toBe('Bearer sk-openai')
    expect(request?.headers['content-length']).toBe(String(request?.body.length))
    expect(keptFiles()).toEqual([])
  })

  test.each(['text', 'srt', 'vtt'] as const)('as %s', async (format) => {
    const { openai } = await startRelaying({
      body: '1\n00:00 --> 00:01\nHellø\n',
      headers: { 'content-type': 'text/plain' },
    })
    const answer = await openai.audio.transcriptions.create({
      file: await toFile(small, 'a.mp3'),
      model: 'whisper-1',
      response_format: format,
    })
    expect(answer).toBe('1\n00:00 --> 00:01\nHellø\n')
  })

  test('as a stream', async () => {
    const { openai } = await startRelaying({ sse: events })
    const stream = await openai.audio.transcriptions.create({
      file: await toFile(small, 'a.mp3'),
      model: 'gpt-4o-transcribe',
      stream: true,
    })
    const types = (await Array.fromAsync(stream)).map(({ type }) => type)
    expect(types).toEqual(['transcript.text.delta', 'transcript.text.delta', 'transcript.text.done'])
  })

  test('an error as its own class', async () => {
    const { openai } = await startRelaying({ status: 400, json: openaiError('Audio too short') })
    const call = openai.audio.transcriptions.create({
      file: await toFile(small, 'a.mp3'),
      model: 'whisper-1',
    })
    await expect(call).rejects.toBeInstanceOf(OpenAI.BadRequestError)
    await expect(call).rejects.toThrow(/Audio too short/)
  })
})

const events = [
  'data: {"type":"transcript.text.delta","delta":"Hello"}\n\n',
  'data: {"type":"transcript.text.delta","delta":" there."}\n\n',
  `data: ${JSON.stringify({ type: 'transcript.text.done', ...transcript })}\n\n`,
]

describe.each([
  [
    'before the file',
    (model: string, bytes: Buffer) => form(field('model', model), file(bytes), field('language', 'en')),
  ],
  [
    'after the file',
    (model: string, bytes: Buffer) => form(file(bytes), field('language', 'en'), field('model', model)),
  ],
])('a model %s', (_name, written) => {
  test.each([
    ['small', small],
    ['large', large],
  ])('is left as it is where the provider calls it so, in a %s form', async (_size, bytes) => {
    const { at, upstream } = await startRelaying({ json: transcript })
    const body = written('whisper-local', bytes)
    const response = await post(`${at(route)}?a=b`, body, { headers: asForm })
    expect(response.json).toEqual(transcript)
    expectBytes(upstream.requests[0]?.body, body)
    expect(upstream.requests[0]?.path).toBe(`${route}?a=b`)
    expect(upstream.requests[0]?.headers['content-type']).toBe(formType)
  })

  test.each([
    ['vllm/whisper-local', 'whisper-local'],
    ['ears', 'voxtral-mini-latest'],
    ['ähre', 'voxtral-mini-latest'],
  ])('%s is sent on as %s, and nothing else is touched', async (name, model) => {
    const targets = [{ provider: 'mistral', model: 'voxtral-mini-latest' }]
    const { at, upstream } = await startRelaying(
      { json: transcript },
      {
        more: {
          models: [
            { name: 'ears', targets },
            { name: 'ähre', targets },
          ],
        },
      },
    )
    const response = await post(at('/audio/transcriptions'), written(name, large), { headers: asForm })
    expect(response.status).toBe(200)
    expectBytes(upstream.requests[0]?.body, written(model, large))
  })
})

describe('answers', () => {
  const body = form(file(small), field('model', 'whisper-1'))

  test.each([
    ['text/plain; charset=utf-8', 'Hello there.\n'],
    ['text/vtt', 'WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n'],
    ['application/x-subrip', '1\r\n00:00:00,000 --> 00:00:01,000\r\nHello\r\n'],
    ['text/plain', ''],
  ])('of the type %s come as they are', async (type, text) => {
    const { at } = await startRelaying({ body: text, headers: { 'content-type': type } })
    const response = await post(at(route), body, { headers: asForm })
    expect(response.status).toBe(200)
    expect(response.headers['content-type']).toBe(type)
    expect(response.text).toBe(text)
  })

  test.each([
    ['tokens', transcript.usage, { input: 14, output: 5, cached: 0 }],
    ['seconds', { type: 'duration', seconds: 3 }, undefined],
    [
      'the form of Mistral',
      { prompt_tokens: 4, completion_tokens: 3, total_tokens: 7, prompt_audio_seconds: 3 },
      { input: 4, output: 3, cached: 0 },
    ],
    ['nonsense', { input_tokens: 'many', output_tokens: 1 }, undefined],
  ])('tell their usage in %s', async (_name, usage, tokens) => {
    const relaying = await startRelaying({ json: { ...transcript, usage, model: 'its-own-name' } })
    await post(relaying.at(route), body, { headers: asForm })
    const line = await logLine(relaying, route)
    expect(line).toMatchObject({ status: 200, provider: 'openai', model: 'its-own-name' })
    expect(line.tokens).toEqual(tokens)
  })

  test.each([
    ['OpenAI', events],
    [
      'Mistral',
      [
        'event: transcription.language\ndata: {"type":"transcription.language","audio_language":"en"}\n\n',
        'event: transcription.text.delta\ndata: {"type":"transcription.text.delta","text":"Hello"}\n\n',
        'event: transcription.done\ndata: {"type":"transcription.done","text":"Hello","usage":{"prompt_tokens":14,"completion_tokens":5}}\n\n',
      ],
    ],
    [
      'vLLM',
      [
        'data: {"object":"transcription.chunk","choices":[{"delta":{"content":"Hello"}}]}\n\n',
        'data: {"object":"transcription.chunk","choices":[{"delta":{"content":""},"finish_reason":"stop"}]}\n\n',
        'data: {"object":"transcription.chunk","choices":[],"usage":{"prompt_tokens":14,"completion_tokens":5}}\n\n',
        'data: [DONE]\n\n',
      ],
    ],
  ])('come as events in the form of %s', async (_name, sse) => {
    const relaying = await startRelaying({ sse })
    const streamed = form(file(small), field('model', 'whisper-1'), field('stream', 'true'))
    const response = await post(relaying.at(route), streamed, { headers: asForm })
    expect(response.text).toBe(sse.join(''))
    expect(await logLine(relaying, route)).toMatchObject({ stream: true, tokens: { input: 14, output: 5 } })

    const cut = await startRelaying({ sse: sse.slice(0, 2) })
    const told = await Array.fromAsync(
      (await openStream(cut.at(route), streamed, { headers: asForm })).events(),
    )
    if (_name === 'vLLM') expect(told.at(-1)?.json.error).toBeUndefined()
    else expect(told.at(-1)?.json.error.code).toBe('upstream_error')
    const early = await startRelaying({ sse: sse.slice(0, 1), thenResets: true })
    const last = await Array.fromAsync(
      (await openStream(early.at(route), streamed, { headers: asForm })).events(),
    )
    expect(last.at(-1)?.json.error.code).toBe('upstream_error')
  })

  test('of vLLM that stop before their finish are cut off', async () => {
    const { at } = await startRelaying({
      sse: ['data: {"object":"transcription.chunk","choices":[{"delta":{"content":"Hello"}}]}\n\n'],
    })
    const told = await Array.fromAsync((await openStream(at(route), body, { headers: asForm })).events())
    expect(told.at(-1)?.json.error.code).toBe('upstream_error')
  })

  test.each<[string, ScriptedAnswer, number, string]>([
    ['a bad request', { status: 400, json: openaiError('Bad audio') }, 400, 'invalid_request'],
    [
      'too large for the provider',
      { status: 413, json: openaiError('Maximum content size limit') },
      400,
      'invalid_request',
    ],
    [
      'no such model',
      { status: 404, json: openaiError('No such model', 'x', 'model_not_found') },
      404,
      'model_not_found',
    ],
    ['a limit', { status: 429, json: openaiError('Slow') }, 429, 'rate_limit_exceeded'],
    ['a failure', { status: 500, body: 'Oops' }, 502, 'upstream_error'],
    ['a reset', { resets: true }, 502, 'upstream_error'],
    ['an error under 200', { json: openaiError('Oops') }, 502, 'upstream_error'],
    ['no object', { json: 'Hello' }, 502, 'upstream_error'],
  ])('%s is told with its status', async (_name, script, status, code) => {
    const { at } = await startRelaying(script)
    const response = await post(at(route), form(file(large), field('model', 'whisper-1')), {
      headers: asForm,
    })
    expect(response.status).toBe(status)
    expect(response.json.error.code).toBe(code)
  })
})

describe('failover and retry send the whole form again', () => {
  const written = (model: string) => form(file(large), field('model', model), field('prompt', 'x'))

  test.each<[string, ScriptedAnswer | Handler]>([
    ['fails', { status: 500, json: openaiError('Oops') }],
    ['is busy', { status: 503, json: openaiError('Busy') }],
    ['resets the connection', { resets: true }],
    ['refuses before it has read all', (_request, response) => void response.writeHead(503).end('{}')],
  ])('where the first provider %s', async (_name, script) => {
    const { at, upstream, backup } = await startRelaying(script, { backup: { json: transcript } })
    const response = await post(at(route), written('sure'), { headers: asForm })
    expect(response.json).toEqual(transcript)
    expect(response.headers).toMatchObject({ 'x-gateway-provider': 'backup', 'x-gateway-attempts': '2' })
    expectBytes(upstream.requests[0]?.body, written('any-1'))
    expectBytes(backup?.requests[0]?.body, written('backup-1'))
    expect(keptFiles()).toEqual([])
  })

  test('where the only one fails once', async () => {
    const { at, upstream } = await startRelaying([{ status: 500, json: {} }, { json: transcript }], {
      more: {
        resilience: { retry: { max_attempts: 2, initial_delay_ms: 1 }, circuit_breaker: { enabled: false } },
      },
    })
    const response = await post(at(route), written('whisper-1'), { headers: asForm })
    expect(response.json).toEqual(transcript)
    for (const { body } of upstream.requests) expectBytes(body, written('whisper-1'))
    expect(upstream.requests).toHaveLength(2)
  })
})

describe('what is refused before any cost', () => {
  const good = form(file(small), field('model', 'whisper-1'))
  const untyped = { ...headers }

  test.each<[string, Buffer, Record<string, string>, number, string, string | null, RegExp]>([
    ['no model', form(file(small)), asForm, 400, 'invalid_request', 'model', /"model" is required/],
    [
      'an empty model',
      form(field('model', '')),
      asForm,
      400,
      'invalid_request',
      'model',
      /found an empty string/,
    ],
    [
      'a long model',
      form(field('model', 'm'.repeat(600))),
      asForm,
      400,
      'invalid_request',
      'model',
      /1 to 512/,
    ],
    [
      'two models',
      form(field('model', 'a'), file(small), field('model', 'a')),
      asForm,
      400,
      'invalid_request',
      'model',
      /stands twice/,
    ],
    ['a model as a file', form(file(small, 'model')), asForm, 400, 'invalid_request', 'model', /plain text/],
    [
      'half a form',
      good.subarray(0, -30),
      asForm,
      400,
      'invalid_request',
      null,
      /ends before its closing boundary/,
    ],
    [
      'an empty body',
      Buffer.alloc(0),
      asForm,
      400,
      'invalid_request',
      null,
      /ends before its closing boundary/,
    ],
    [
      'JSON',
      Buffer.from('{"model":"whisper-1"}'),
      { ...headers, 'content-type': 'application/json' },
      415,
      'unsupported_media_type',
      null,
      /multipart\/form-data/,
    ],
    ['no type', good, untyped, 415, 'unsupported_media_type', null, /multipart\/form-data/],
    [
      'another multipart',
      good,
      { ...headers, 'content-type': `multipart/mixed; boundary=${boundary}` },
      415,
      'unsupported_media_type',
      null,
      /multipart\/form-data/,
    ],
    [
      'no boundary',
      good,
      { ...headers, 'content-type': 'multipart/form-data' },
      400,
      'invalid_request',
      null,
      /names no valid boundary/,
    ],
    [
      'two boundaries',
      good,
      { ...headers, 'content-type': `${formType}; boundary=b` },
      400,
      'invalid_request',
      null,
      /names no valid boundary/,
    ],
    [
      'an empty boundary',
      good,
      { ...headers, 'content-type': 'multipart/form-data; boundary=""' },
      400,
      'invalid_request',
      null,
      /names no valid boundary/,
    ],
    [
      'a long boundary',
      good,
      { ...headers, 'content-type': `multipart/form-data; boundary=${'b'.repeat(71)}` },
      400,
      'invalid_request',
      null,
      /names no valid boundary/,
    ],
    [
      'another boundary',
      good,
      { ...headers, 'content-type': 'multipart/form-data; boundary=other' },
      400,
      'invalid_request',
      null,
      /closing boundary/,
    ],
    [
      'a key that may not',
      good,
      { ...narrowHeaders, 'content-type': formType },
      403,
      'model_not_allowed',
      'model',
      /may not use/,
    ],
    ['no key', good, { 'content-type': formType }, 401, 'invalid_api_key', null, /API key/],
    [
      'a provider without ears',
      form(file(small), field('model', 'claude-haiku-4-5')),
      asForm,
      404,
      'model_not_found',
      'model',
      /does not serve transcription/,
    ],
    [
      'an unknown model',
      form(file(small), field('model', 'nobody')),
      asForm,
      404,
      'model_not_found',
      'model',
      /does not exist here/,
    ],
  ])('%s', async (_name, body, sent, status, code, param, message) => {
    const { gateway, upstream } = await startRelaying({ json: transcript })
    const response = await fetchRaw(gateway.url + route, body, sent)
    expect(response.status).toBe(status)
    expect(response.json.error).toMatchObject({ code, param })
    expect(response.json.error.message).toMatch(message)
    expect(upstream.requests).toEqual([])
    expect(keptFiles()).toEqual([])
  })

  test.each([
    `multipart/form-data; boundary="${boundary}"`,
    `Multipart/Form-Data;charset=utf-8;BOUNDARY=${boundary}`,
    `multipart/form-data ; boundary="${boundary}"; charset=utf-8`,
  ])('but not %s', async (type) => {
    const { at, upstream } = await startRelaying({ json: transcript })
    const response = await post(at(route), good, { headers: { ...headers, 'content-type': type } })
    expect(response.status).toBe(200)
    expect(upstream.requests[0]?.headers['content-type']).toBe(formType)
  })

  test('nor a boundary that must be quoted', async () => {
    const odd = "a 'b' (c)+_,-./:=?"
    const { at, upstream } = await startRelaying({ json: transcript })
    const body = Buffer.from(good.toString('latin1').replaceAll(boundary, odd), 'latin1')
    const type = `multipart/form-data; boundary="${odd}"`
    const response = await post(at(route), body, { headers: { ...headers, 'content-type': type } })
    expect(response.status).toBe(200)
    expect(upstream.requests[0]?.headers['content-type']).toBe(type)
    expectBytes(upstream.requests[0]?.body, body)
  })

  test.each([
    ['by its length', { 'content-length': '3000000' }],
    ['by what comes', { 'transfer-encoding': 'chunked' }],
  ])('more than is allowed, told %s', async (_name, framing) => {
    const { gateway, upstream } = await startRelaying(
      { json: transcript },
      { more: { security: { validation: { max_request_size_bytes: 2_000_000 } } } },
    )
    const response = await fetchRaw(
      gateway.url + route,
      form(file(Buffer.alloc(2_900_000)), field('model', 'whisper-1')),
      {
        ...asForm,
        ...framing,
      },
    )
    expect(response.status).toBe(413)
    expect(response.json.error).toMatchObject({ code: 'request_too_large', type: 'invalid_request_error' })
    expect(response.json.error.message).toContain('2000000')
    expect(upstream.requests).toEqual([])
    expect(keptFiles()).toEqual([])
  })
})

describe('callers who leave', () => {
  const text = form(file(Buffer.alloc(3_000_000, 'a')), field('model', 'whisper-1')).toString('latin1')
  const head = (length: number) =>
    `POST ${route} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: ${headers.authorization}\r\n` +
    `content-type: ${formType}\r\ncontent-length: ${length}\r\n\r\n`
  const body = form(file(large), field('model', 'whisper-1'))

  test('in the middle of an upload cost nothing and leave nothing', async () => {
    const relaying = await startRelaying({ json: transcript })
    const caller = await RawCaller.connect(Number(new URL(relaying.gateway.url).port))
    caller.write(head(text.length))
    caller.write(text.slice(0, 2_500_000))
    await expect.poll(() => keptModes()).toEqual([0o600])
    expect(keptFiles()).toEqual([])
    caller.hangUp()
    await expect.poll(() => keptModes()).toEqual([])
    expect(await logLine(relaying, route)).toMatchObject({ status: 499 })
    expect(relaying.upstream.requests).toEqual([])
    expect(keptFiles()).toEqual([])
  })

  test('while the provider works cancel its work', async () => {
    const relaying = await startRelaying({ hangs: true })
    const stream = uploading(relaying.gateway.url + route, body)
    await relaying.upstream.sawRequests()
    stream.destroy()
    await relaying.upstream.sawDisconnect()
    expect(await logLine(relaying, route)).toMatchObject({ status: 499, attempts: 1 })
  })

  test('while a provider does not read cancel the sending', async () => {
    const deaf = await startDeafServer()
    const relaying = await startRelaying(
      { json: transcript },
      {
        more: {
          models: [],
          providers: { deaf: { type: 'openai_compatible', base_url: deaf.url, models: ['whisper-1'] } },
        },
      },
    )
    const stream = uploading(
      relaying.gateway.url + route,
      form(file(Buffer.alloc(20_000_000)), field('model', 'whisper-1')),
    )
    await deaf.connected
    await delay(200)
    stream.destroy()
    await deaf.left
    expect(await logLine(relaying, route)).toMatchObject({ status: 499 })
  })

  test('in the middle of events cancel them', async () => {
    const { at, upstream } = await startRelaying({ sse: events.slice(0, 1), thenHangs: true })
    const stream = await openStream(at(route), body, { headers: asForm })
    await stream.firstChunk()
    stream.hangUp()
    await upstream.sawDisconnect()
  })

  test('are told when they take too long to send', async () => {
    const { gateway, upstream } = await startRelaying(
      { json: transcript },
      { more: { server: { timeout_seconds: 1 } } },
    )
    const caller = await RawCaller.connect(Number(new URL(gateway.url).port))
    caller.write(head(text.length))
    caller.write(text.slice(0, 2_500_000))
    await caller.saw(/^HTTP\/1\.1 408 /)
    expect(upstream.requests).toEqual([])
    await expect.poll(() => keptModes()).toEqual([])
  })
})

test('without a place for large forms, small ones still pass', async () => {
  const relaying = await startRelaying({ json: transcript })
  const before = process.env.TMPDIR
  process.env.TMPDIR = '/nowhere'
  onTestFinished(() => {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
  })
  const refused = await post(relaying.at(route), form(file(large), field('model', 'whisper-1')), {
    headers: asForm,
  })
  expect(refused.status).toBe(500)
  expect(refused.json.error.code).toBe('internal_error')
  expect(refused.text).not.toContain('nowhere')
  const taken = await post(relaying.at(route), form(file(small), field('model', 'whisper-1')), {
    headers: asForm,
  })
  expect(taken.status).toBe(200)
  const failures = () =>
    relaying.gateway.logs().filter(({ message }) => message === 'the gateway failed to handle a request')
  await expect.poll(() => JSON.stringify(failures())).toContain('ENOENT')
})

test(`${full ? 200 : 20} forms at once, each with its own bytes`, async () => {
  const { at, upstream } = await startRelaying(async (_request, _response, recorded) => {
    await delay(Math.random() * 20)
    const model = /name="model"\r\n\r\n([^\r]+)/.exec(recorded.body.toString('latin1'))?.[1]
    return { json: { text: `${model} ${recorded.body.length}` } }
  })
  const answers = Array.from({ length: full ? 200 : 20 }, async (_, i) => {
    const body = form(
      field('prompt', `p-${i}`),
      file(large.subarray(0, 500_000 + i * 20_000)),
      field('model', 'whisper-1'),
    )
    const { json } = await post(at(route), body, { headers: asForm })
    return json.text === `whisper-1 ${body.length}`
  })
  expect(await Promise.all(answers)).not.toContain(false)
  expect(upstream.requests).toHaveLength(answers.length)
  expect(keptFiles()).toEqual([])
})

/** With exactly these headers, and for chunks no length. */
async function fetchRaw(url: string, body: Buffer, sent: Record<string, string>) {
  const stream = await new Promise<IncomingMessage>((resolve, reject) => {
    const length = 'transfer-encoding' in sent ? {} : { 'content-length': String(body.length) }
    const request = httpRequest(
      url,
      { method: 'POST', agent: false, headers: { ...length, ...sent } },
      resolve,
    )
    request.on('error', reject)
    request.end(body)
  })
  const text = Buffer.concat(await Array.fromAsync(stream as AsyncIterable<Buffer>)).toString()
  return {
    status: stream.statusCode,
    json: JSON.parse(text) as { error: Record<string, unknown> & { message: string } },
  }
}

/** A call that nobody waits for. */
function uploading(url: string, body: Buffer) {
  const request = httpRequest(url, {
    method: 'POST',
    agent: false,
    headers: { ...asForm, 'content-length': body.length },
  })
  request.on('error', () => {})
  request.end(body)
  return request
}

/** Takes connections and never reads. */
async function startDeafServer() {
  const connected = Promise.withResolvers<void>()
  const left = Promise.withResolvers<void>()
  const server = createServer((socket) => {
    connected.resolve()
    socket.on('error', () => {})
    // It must read to see that somebody left; what it reads by then is what was on its way.
    setTimeout(() => socket.resume(), 400)
    socket.on('close', () => left.resolve())
    socket.pause()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, connected: connected.promise, left: left.promise }
}
