import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  get,
  post,
  rawRequest,
  startGateway,
  type StartedGateway,
  type WholeAnswer,
} from '../support/gateway.ts'
import { chatCompletion, startUpstream, type Upstream } from '../support/upstream.ts'

const hello = { model: 'gpt-4o', max_tokens: 16, messages: [{ role: 'user', content: 'Hello' }] }

let upstream: Upstream
let gateway: StartedGateway

beforeAll(async () => {
  upstream = await startUpstream({ json: chatCompletion() })
  gateway = await startGateway({
    config: {
      auth: { keys: [{ name: 'app', key: 'app-key' }] },
      providers: { openai: { api_key: 'sk', base_url: upstream.url } },
      security: { validation: { max_request_size_bytes: 8_388_608, max_message_length: 100_000 } },
    },
  })
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

const routes = [
  {
    name: 'OpenAI',
    path: '/v1/chat/completions',
    type: (answer: WholeAnswer) => answer.json.error.type as string,
  },
  {
    name: 'Anthropic',
    path: '/v1/messages',
    type: (answer: WholeAnswer) => answer.json.error.type as string,
  },
] as const

const call = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  post(gateway.url + path, body, { headers: { authorization: 'Bearer app-key', ...headers } })

const deep = (levels: number) =>
  `{"model":"gpt-4o","max_tokens":1,"messages":[{"role":"user","content":"a"}],"x":${'['.repeat(levels)}${']'.repeat(levels)}}`
const withMessages = (messages: unknown) => ({ ...hello, messages })

/** What is sent, the status that comes back, and words that the message must hold. */
const cases: {
  name: string
  body: unknown
  status: number
  says: RegExp
  headers?: Record<string, string>
}[] = [
  { name: 'malformed JSON', body: '{"model": "gpt-4o", ', status: 400, says: /not valid JSON/ },
  { name: 'an empty body', body: '', status: 400, says: /empty/ },
  { name: 'a body of white space', body: '  \n', status: 400, says: /not valid JSON/ },
  { name: 'a list', body: '[]', status: 400, says: /object, found an empty array/ },
  { name: 'a text', body: '"hi"', status: 400, says: /found a string/ },
  { name: 'null', body: 'null', status: 400, says: /found null/ },
  { name: 'bytes that are no UTF-8', body: Buffer.from([0x7b, 0xff, 0x7d]), status: 400, says: /UTF-8/ },
  { name: 'a million levels', body: deep(1_000_000), status: 400, says: /deeper than 512/ },
  { name: '513 levels', body: deep(512), status: 400, says: /deeper than 512/ },
  {
    name: 'a __proto__ key',
    body: '{"model":"gpt-4o","max_tokens":1,"messages":[{"role":"user","content":"a","__proto__":{"x":1}}]}',
    status: 400,
    says: /__proto__/,
  },
  {
    name: 'a __proto__ key in disguise',
    body: '{"model":"gpt-4o","max_tokens":1,"messages":[{"role":"user","content":"a"}],"\\u005f_proto__":{}}',
    status: 400,
    says: /__proto__/,
  },
  {
    name: 'a key that stands twice',
    body: '{"model":"gpt-4o","max_tokens":1,"messages":[{"role":"user","content":"a"}],"model":"other"}',
    status: 400,
    says: /"model" stands twice/,
  },
  {
    name: 'no model',
    body: { messages: hello.messages, max_tokens: 1 },
    status: 400,
    says: /"model" is required/,
  },
  {
    name: 'a model that is a number',
    body: { ...hello, model: 4 },
    status: 400,
    says: /"model" is not valid: found 4, allowed is a string/,
  },
  { name: 'an empty model', body: { ...hello, model: '' }, status: 400, says: /"model"/ },
  {
    name: 'an unknown model',
    body: { ...hello, model: 'nobody-has-this' },
    status: 404,
    says: /"nobody-has-this" does not exist/,
  },
  {
    name: 'no messages',
    body: { model: 'gpt-4o', max_tokens: 1 },
    status: 400,
    says: /"messages" is required/,
  },
  {
    name: 'messages that are a text',
    body: withMessages('Hello'),
    status: 400,
    says: /"messages" is not valid: found a string, allowed is an array/,
  },
  { name: 'an empty list of messages', body: withMessages([]), status: 400, says: /"messages"/ },
  { name: 'a message that is null', body: withMessages([null]), status: 400, says: /"messages\[0\]"/ },
  {
    name: 'a message without a role',
    body: withMessages([{ content: 'a' }]),
    status: 400,
    says: /"messages\[0\]\.role" is required/,
  },
  {
    name: 'content that is a number',
    body: withMessages([{ role: 'user', content: 5 }]),
    status: 400,
    says: /"messages\[0\]\.content"/,
  },
  {
    name: 'a content part without a type',
    body: withMessages([{ role: 'user', content: [{ text: 'a' }] }]),
    status: 400,
    says: /"messages\[0\]\.content\[0\]\.type"/,
  },
  {
    name: 'a stream flag that is a text',
    body: { ...hello, stream: 'yes' },
    status: 400,
    says: /"stream" is not valid: found a string, allowed is a boolean/,
  },
  {
    name: 'a temperature that is a text',
    body: { ...hello, temperature: 'hot' },
    status: 400,
    says: /"temperature"/,
  },
  {
    name: 'max_tokens below nothing',
    body: { ...hello, max_tokens: -1 },
    status: 400,
    says: /"max_tokens" is not valid: found -1, allowed is a whole number of at least [01]/,
  },
  {
    name: 'max_tokens that is a fraction',
    body: { ...hello, max_tokens: 1.5 },
    status: 400,
    says: /"max_tokens"/,
  },
  {
    name: 'a message that is too long',
    body: withMessages([{ role: 'user', content: 'a'.repeat(100_001) }]),
    status: 400,
    says: /100001 characters long; at most 100000/,
  },
  {
    name: 'a body that is too large',
    body: JSON.stringify(withMessages([{ role: 'user', content: 'a'.repeat(9_000_000) }])),
    status: 413,
    says: /too large/,
  },
  {
    name: 'a form',
    body: 'model=gpt-4o',
    status: 415,
    says: /application\/x-www-form-urlencoded/,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  },
  {
    name: 'JSON without a name',
    body: JSON.stringify(hello),
    status: 415,
    says: /application\/json/,
    headers: { 'content-type': 'text/plain' },
  },
  {
    name: 'a strict flag that is neither',
    body: hello,
    status: 400,
    says: /x-gateway-strict/,
    headers: { 'x-gateway-strict': 'maybe' },
  },
  {
    name: 'a time limit that is none',
    body: hello,
    status: 400,
    says: /x-gateway-timeout-ms/,
    headers: { 'x-gateway-timeout-ms': '-5' },
  },
  {
    name: 'a provider that is not there',
    body: hello,
    status: 400,
    says: /no provider "nobody" here/,
    headers: { 'x-gateway-provider': 'nobody' },
  },
]

describe.each(routes)('on the $name route', ({ name, path, type }) => {
  const expected: Record<number, string> =
    name === 'OpenAI'
      ? {
          400: 'invalid_request_error',
          404: 'invalid_request_error',
          413: 'invalid_request_error',
          415: 'invalid_request_error',
        }
      : {
          400: 'invalid_request_error',
          404: 'not_found_error',
          413: 'request_too_large',
          415: 'invalid_request_error',
        }

  test.each(cases)(
    '$name is answered $status in its dialect, and reaches no provider',
    async ({ body, status, says, headers }) => {
      const answer = await call(path, body, headers)
      expect(answer.json?.error?.message).toMatch(says)
      expect(answer.status).toBe(status)
      expect(type(answer)).toBe(expected[status])
      expect(answer.headers['x-gateway-error-code']).toBeDefined()
      if (name === 'Anthropic')
        expect(answer.json).toMatchObject({ type: 'error', request_id: answer.headers['request-id'] })
      expect(upstream.requests).toHaveLength(0)
    },
  )

  test('a thousand messages are a request like any other', async () => {
    const messages = Array.from({ length: 1_000 }, (_, i) => ({
      role: i % 2 ? 'assistant' : 'user',
      content: `message ${i}`,
    }))
    messages.push({ role: 'user', content: 'and?' })
    const answer = await call(path, withMessages(messages))
    expect(answer.status).toBe(200)
    expect(upstream.requests.splice(0)).toHaveLength(1)
  })

  test('no error repeats what the caller wrote as a prompt', async () => {
    const secret = 'my deepest secret'
    for (const body of [
      withMessages(secret),
      withMessages([{ role: 'user', content: secret }, secret]),
      `{"messages":"${secret}" oops`,
    ]) {
      const answer = await call(path, body)
      expect(answer.status).toBe(400)
      expect(answer.text).not.toContain(secret)
    }
  })

  test('words that are only talked about pass', async () => {
    const answer = await call(
      path,
      withMessages([{ role: 'user', content: 'what is __proto__? and \\u005f_proto__, constructor?' }]),
    )
    expect(answer.status).toBe(200)
    expect((await call(path, { ...hello, constructor: { prototype: 1 } })).status).toBe(200)
    expect(upstream.requests.splice(0)).toHaveLength(2)
  })
})

test('max_tokens is required on the Anthropic route, as at Anthropic', async () => {
  const { max_tokens: _, ...body } = hello
  const answer = await call('/v1/messages', body)
  expect(answer.status).toBe(400)
  expect(answer.json.error.message).toMatch(/"max_tokens" is required/)
})

test('a stream of embeddings is nothing that the gateway knows: the provider decides', async () => {
  upstream.on({
    json: { object: 'list', data: [{ object: 'embedding', index: 0, embedding: [1] }], model: 'e' },
  })
  const answer = await call('/v1/embeddings', { model: 'text-embedding-3-small', input: 'a', stream: true })
  expect(answer.status).toBe(200)
  upstream.on({ json: chatCompletion() })
  upstream.requests.splice(0)
})

test('embeddings say what an input may be', async () => {
  const answer = await call('/v1/embeddings', { model: 'text-embedding-3-small', input: { text: 'a' } })
  expect(answer.status).toBe(400)
  expect(answer.json.error.param).toBe('input')
})

describe('other doors', () => {
  test('an unknown address is a 404 in the dialect of its caller', async () => {
    expect((await get(`${gateway.url}/v2/chat`)).json.error.code).toBe('not_found')
    const anthropic = await get(`${gateway.url}/v2/chat`, { headers: { 'anthropic-version': '2023-06-01' } })
    expect(anthropic.json).toMatchObject({ type: 'error', error: { type: 'not_found_error' } })
  })

  test('a wrong method is a 405 that says which is right', async () => {
    const answer = await get(`${gateway.url}/v1/chat/completions`)
    expect(answer.status).toBe(405)
    expect(answer.headers.allow).toBe('POST')
    expect(answer.json.error.code).toBe('method_not_allowed')
  })

  test.each([
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['a bad header', 'GET / HTTP/1.1\r\nhost: x\r\nbad header: x\r\n\r\n', 400],
    [
      'two lengths',
      'POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n{}',
      400,
    ],
    ['headers without end', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(100_000)}\r\n\r\n`, 431],
  ])('%s is answered and the connection closed', async (_name, bytes, status) => {
    const answer = await rawRequest(Number(new URL(gateway.url).port), bytes)
    expect(answer.status).toBe(status)
    expect(answer.text).toMatch(/connection: close/i)
  })

  test('a body in pieces of one byte is read whole', async () => {
    const body = JSON.stringify(hello)
    const chunks = [...body].map((char) => `1\r\n${char}\r\n`).join('')
    const head =
      'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer app-key\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n'
    expect((await rawRequest(Number(new URL(gateway.url).port), `${head}${chunks}0\r\n\r\n`)).status).toBe(
      200,
    )
    expect(upstream.requests.splice(0)[0]?.body.toString()).toBe(body)
  })
})

test('after all of this the gateway still answers', async () => {
  expect((await call('/v1/chat/completions', hello)).status).toBe(200)
  expect(upstream.requests.splice(0)).toHaveLength(1)
})
