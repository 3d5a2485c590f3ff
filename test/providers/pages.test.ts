import { describe, expect, test } from 'vitest'
import { providerFacts } from '../../src/providers/index.ts'
import type { ProviderFacts } from '../../src/providers/provider.ts'
import { loadFixture } from '../support/fixtures.ts'
import { openStream, post, startGateway, type AnyJson } from '../support/gateway.ts'
import {
  chatChunk,
  chatCompletion,
  chatStream,
  chatUsage,
  openaiError,
  sse,
  startUpstream,
  type Script,
} from '../support/upstream.ts'

const chatRoute = '/v1/chat/completions'
const messagesRoute = '/v1/messages'
const hello = { max_tokens: 16, messages: [{ role: 'user', content: 'Hello' }] }

async function start(type: string, script: Script) {
  const upstream = await startUpstream(script)
  const gateway = await startGateway({
    config: {
      resilience: { retry: { max_attempts: 1, initial_delay_ms: 1 } },
      providers: { p: { type, api_key: 'page-key', base_url: upstream.url } },
    },
  })
  const call = (model: string, body: object = {}, path = chatRoute) =>
    post(gateway.url + path, { ...hello, model: `p/${model}`, ...body })
  const stream = (model: string, body: object = {}, path = chatRoute) =>
    openStream(gateway.url + path, { ...hello, model: `p/${model}`, stream: true, ...body })
  return { upstream, gateway, call, stream }
}

describe('where it is', () => {
  const addressOf = ({ baseUrl, usualPath, serves }: ProviderFacts, operation: 'chat' | 'embedding') => {
    const serving = serves[operation]?.[0]
    return serving && `${baseUrl as string}${usualPath as string}${serving.path as string}`
  }

  test.each([
    ['deepseek', 'https://api.deepseek.com/chat/completions', undefined],
    ['groq', 'https://api.groq.com/openai/v1/chat/completions', undefined],
    [
      'openrouter',
      'https://openrouter.ai/api/v1/chat/completions',
      'https://openrouter.ai/api/v1/embeddings',
    ],
    [
      'fireworks',
      'https://api.fireworks.ai/inference/v1/chat/completions',
      'https://api.fireworks.ai/inference/v1/embeddings',
    ],
    ['xai', 'https://api.x.ai/v1/chat/completions', undefined],
    ['perplexity', 'https://api.perplexity.ai/chat/completions', undefined],
  ])('%s is at %s', (type, chat, embedding) => {
    const facts = providerFacts.get(type)!
    expect(addressOf(facts, 'chat')).toBe(chat)
    expect(addressOf(facts, 'embedding')).toBe(embedding)
  })

  test.each([
    ['groq', '/v1/audio/speech', { input: 'Hi', voice: 'a' }, '/openai/v1/audio/speech'],
    ['xai', '/v1/images/generations', { prompt: 'Hi' }, '/v1/images/generations'],
    ['fireworks', '/v1/completions', { prompt: 'Hi' }, '/inference/v1/completions'],
    ['openrouter', '/v1/completions', { prompt: 'Hi' }, '/api/v1/completions'],
  ])('%s serves %s %j at %s', async (type, route, body, path) => {
    const { gateway, upstream } = await start(type, { json: {} })
    await post(gateway.url + route, { model: 'p/m', ...body })
    expect(upstream.requests[0]).toMatchObject({ path, json: { model: 'm', ...body } })
  })

  test.each([
    ['deepseek', '/chat/completions', 'x-ds-trace-id'],
    ['groq', '/openai/v1/chat/completions', 'x-request-id'],
    ['openrouter', '/api/v1/chat/completions', 'x-generation-id'],
    ['fireworks', '/inference/v1/chat/completions', 'x-request-id'],
    ['xai', '/v1/chat/completions', 'x-request-id'],
    ['perplexity', '/chat/completions', 'x-request-id'],
  ])(
    '%s is called at %s of another origin, with its key, and its own id comes back',
    async (type, path, id) => {
      const { call, upstream } = await start(type, { json: chatCompletion(), headers: { [id]: 'theirs-1' } })
      const { status, headers } = await call('m/with/slashes')
      expect(status).toBe(200)
      expect(headers['x-gateway-upstream-request-id']).toBe('theirs-1')
      expect(upstream.requests[0]).toMatchObject({
        path,
        headers: { authorization: 'Bearer page-key' },
        json: { model: 'm/with/slashes' },
      })
    },
  )
})

describe('what a provider refuses is taken out and named', () => {
  const named = [{ role: 'user', content: 'Hello', name: 'Ann' }]
  const schema = {
    response_format: { type: 'json_schema', json_schema: { name: 'a', schema: { type: 'object' } } },
  }
  const tool = { type: 'function', function: { name: 'now', parameters: { type: 'object' } } }
  const tools = { tools: [tool], tool_choice: 'auto', parallel_tool_calls: true }
  const history = [
    { role: 'user', content: 'Hello' },
    { role: 'assistant', content: 'Hi', reasoning_content: 'Greet', thinking_blocks: [] },
    { role: 'user', content: 'And?' },
  ]

  /** Each: what is asked, the words that a provider of the type refuses, and what the caller is told. */
  test.each<[string, string, object, RegExp, string | undefined]>([
    ['groq', 'llama', { logprobs: true, top_logprobs: 2 }, /logprobs/, 'logprobs,top_logprobs'],
    ['groq', 'llama', { logprobs: null }, /logprobs/, undefined],
    ['groq', 'llama', { logit_bias: { 1: 2 } }, /logit_bias/, 'logit_bias'],
    ['groq', 'llama', { n: 2 }, /"n":/, 'n'],
    ['groq', 'llama', { n: 1 }, /"n":2/, undefined],
    ['groq', 'llama', { messages: named }, /"name"/, 'messages[].name'],
    ['groq', 'llama', { messages: [{ ...hello.messages[0], name: null }] }, /"name"/, undefined],
    [
      'groq',
      'gpt-oss',
      { messages: history },
      /reasoning|thinking/,
      'messages[].reasoning_content,messages[].thinking_blocks',
    ],
    ['deepseek', 'deepseek-chat', { max_tokens: undefined, max_completion_tokens: 9 }, /max_c/, undefined],
    ['deepseek', 'deepseek-chat', schema, /json_schema/, 'response_format'],
    [
      'deepseek',
      'deepseek-chat',
      { messages: [{ role: 'developer', content: 'Be brief' }, ...hello.messages] },
      /developer/,
      undefined,
    ],
    ['deepseek', 'deepseek-reasoner', { logprobs: true }, /logprobs/, 'logprobs'],
    ['xai', 'grok-4.3', { presence_penalty: 0 }, /penalty/, 'presence_penalty'],
    ['xai', 'grok-4.20-0309-non-reasoning', { frequency_penalty: 1 }, /penalty/, 'frequency_penalty'],
    ['xai', 'grok-4.3', { stop: ['a'] }, /"stop"/, 'stop'],
    ['xai', 'grok-4-0709', { stop: 'a', reasoning_effort: 'low' }, /"stop"|effort/, 'stop,reasoning_effort'],
    ['xai', 'grok-code-fast-1', { reasoning_effort: 'low' }, /effort/, 'reasoning_effort'],
    ['xai', 'grok-build-0.1', { reasoning_effort: 'low' }, /effort/, 'reasoning_effort'],
    ['xai', 'grok-4.20-0309-reasoning', { reasoning_effort: 'low' }, /effort/, 'reasoning_effort'],
    ['xai', 'grok-3', { reasoning_effort: 'low' }, /effort/, 'reasoning_effort'],
    ['perplexity', 'sonar', tools, /tool/, 'tools,tool_choice,parallel_tool_calls'],
    [
      'perplexity',
      'sonar',
      { messages: [{ role: 'developer', content: 'Be brief' }, ...hello.messages] },
      /developer/,
      undefined,
    ],
  ])('%s %s: %j', async (type, model, body, refused, dropped) => {
    const { call, upstream } = await start(type, (_request, _response, { body: sent }) =>
      refused.test(sent.toString())
        ? { status: 400, json: openaiError('unsupported') }
        : { json: chatCompletion() },
    )
    const { status, headers } = await call(model, body)
    expect(upstream.requests.map((request) => request.body.toString())).toHaveLength(1)
    expect([status, headers['x-gateway-dropped']]).toEqual([200, dropped])
    const direct = JSON.stringify({ ...hello, model, ...body })
    expect(refused.test(direct)).toBe(!('n' in body && body.n === 1))
  })

  test.each<[string, string, object]>([
    ['xai', 'grok-3', { stop: ['a'] }],
    ['xai', 'grok-4-fast-non-reasoning', { stop: ['a'] }],
    ['xai', 'grok-4.3', { reasoning_effort: 'low' }],
    ['xai', 'grok-3-mini', { reasoning_effort: 'low' }],
    ['deepseek', 'deepseek-v4', { logprobs: true, thinking: { type: 'disabled' } }],
    ['deepseek', 'deepseek-v4', { response_format: { type: 'json_object' } }],
    ['groq', 'gpt-oss', { reasoning_format: 'parsed', service_tier: 'flex' }],
    ['openrouter', 'a/b', { reasoning: { max_tokens: 9 }, provider: { order: ['x'] }, n: 2, logprobs: true }],
    ['fireworks', 'accounts/fireworks/models/x', { max_completion_tokens: 3, top_k: 4 }],
    ['perplexity', 'sonar', { search_domain_filter: ['a.com'], response_format: { type: 'text' } }],
  ])('%s %s takes %j as it is', async (type, model, body) => {
    const { call, upstream } = await start(type, { json: chatCompletion() })
    const { headers } = await call(model, body)
    expect(headers['x-gateway-dropped']).toBeUndefined()
    expect(upstream.requests[0]!.json).toEqual({ ...hello, model, ...body })
  })

  test('what is kept of messages is what the caller wrote', async () => {
    const { call, upstream } = await start('groq', { json: chatCompletion() })
    const messages = [
      { role: 'system', content: 'Be brief', x: 1 },
      { role: 'user', content: [{ type: 'text', text: 'Hello' }], name: 'Ann' },
    ]
    await call('llama', { messages })
    const [system, user] = messages
    expect(upstream.requests[0]!.json!.messages).toEqual([system, { role: 'user', content: user!.content }])
  })

  test('a strict call is refused instead', async () => {
    const { gateway, upstream } = await start('groq', { json: chatCompletion() })
    const body = { ...hello, model: 'p/llama', logprobs: true }
    const answer = await post(gateway.url + chatRoute, body, { headers: { 'x-gateway-strict': 'true' } })
    expect([answer.status, answer.headers['x-gateway-error-code']]).toEqual([400, 'unsupported_parameter'])
    expect(upstream.requests).toHaveLength(0)
  })

  describe('from callers of another dialect, by their names', () => {
    const thought = [
      { role: 'user', content: 'Hello' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Greet', signature: '' },
          { type: 'text', text: 'Hi' },
        ],
      },
      { role: 'user', content: 'And?' },
    ]
    test.each<[string, string, object, RegExp, string]>([
      ['xai', 'grok-4.3', { stop_sequences: ['a'] }, /"stop"/, 'stop_sequences'],
      ['groq', 'llama', { messages: thought }, /reasoning_content/, 'thinking'],
      [
        'perplexity',
        'sonar',
        { tools: [{ name: 'now', input_schema: { type: 'object' } }], tool_choice: { type: 'auto' } },
        /tool/,
        'tools,tool_choice',
      ],
    ])('%s %s: %j', async (type, model, body, refused, dropped) => {
      const { call, upstream } = await start(type, { json: chatCompletion() })
      const { status, headers } = await call(model, body, messagesRoute)
      expect(upstream.requests[0]!.body.toString()).not.toMatch(refused)
      expect([status, headers['x-gateway-dropped']]).toEqual([200, dropped])
    })
  })
})

describe('reasoning', () => {
  test.each([
    ['groq', 'reasoning'],
    ['openrouter', 'reasoning'],
    ['deepseek', 'reasoning_content'],
    ['xai', 'reasoning_content'],
    ['fireworks', 'reasoning_content'],
  ])('of %s is in `%s`, and in `reasoning_content` for callers', async (type, field) => {
    const message = { content: 'Hi', [field]: 'Greet', reasoning_details: [{ type: 'reasoning.text' }] }
    const { call, stream, upstream } = await start(type, { json: chatCompletion(message) })
    const { json } = await call('m')
    expect(json.choices[0].message).toMatchObject({ content: 'Hi', reasoning_content: 'Greet' })
    expect(json.choices[0].message).not.toHaveProperty('reasoning')
    expect(json.choices[0].message.reasoning_details).toEqual(message.reasoning_details)
    const translated = await call('m', {}, messagesRoute)
    expect(translated.json.content[0]).toMatchObject({ type: 'thinking', thinking: 'Greet' })

    const script = {
      sse: sse(
        chatChunk({ role: 'assistant', [field]: 'Gr' }),
        chatChunk({ [field]: 'eet' }),
        chatChunk('Hi'),
        chatChunk({}, 'stop'),
        '[DONE]',
      ),
    }
    upstream.on(script)
    const text = await (await stream('m')).text()
    expect(text.match(/"reasoning_content":"[^"]*"/g)).toEqual([
      '"reasoning_content":"Gr"',
      '"reasoning_content":"eet"',
    ])
    expect(text).not.toContain('"reasoning":')
  })

  test('of DeepSeek goes back to it as it came', async () => {
    const { call, upstream } = await start('deepseek', { json: chatCompletion() })
    const messages = [...hello.messages, { role: 'assistant', content: 'Hi', reasoning_content: 'Greet' }]
    await call('deepseek-v4', { messages })
    expect(upstream.requests[0]!.json!.messages).toEqual(messages)
  })
})

describe('streams', () => {
  const data = (text: string): AnyJson[] =>
    text
      .split('\n')
      .filter((line) => line.startsWith('data: {'))
      .map((line) => JSON.parse(line.slice(6)))

  test('Groq ends one with `event: error`, which is an error for the caller', async () => {
    const error = { error: { message: 'Failed to call a function', code: 'tool_use_failed' } }
    const script = { sse: [...sse(chatChunk('Hi')), `event: error\ndata: ${JSON.stringify(error)}\n\n`] }
    for (const path of [chatRoute, messagesRoute]) {
      const { stream } = await start('groq', script)
      const text = await (await stream('llama', {}, path)).text()
      expect(data(text).at(-1)).toHaveProperty('error')
      expect(text).not.toMatch(/\[DONE\]|message_stop/)
    }
  })

  test('Groq’s recorded one is passed on but for the name of its reasoning', async () => {
    const fixture = loadFixture('groq/chat-tool-use-failed-error-streaming-step2')
    const { stream } = await start('groq', { fixture, chunkBytes: 11 })
    const text = await (await stream('m', { stream_options: { include_usage: true } })).text()
    const renamed = data(fixture.response.bodyText!).map((chunk) => {
      for (const { delta } of chunk.choices) {
        if ('reasoning' in delta) {
          delta.reasoning_content = delta.reasoning
          delete delta.reasoning
        }
      }
      return chunk
    })
    expect(data(text)).toEqual(renamed)
  })

  test('OpenRouter keeps one alive by comments, and fails one by a chunk whose choice finishes with `error`', async () => {
    const failure = chatChunk({ content: '' }, 'error', {
      error: { code: 502, message: 'Provider disconnected' },
    })
    const comment = ': OPENROUTER PROCESSING\n\n'
    for (const path of [chatRoute, messagesRoute]) {
      const { stream } = await start('openrouter', {
        sse: [comment, ...sse(chatChunk('Hi')), comment, ...sse(failure)],
      })
      const text = await (await stream('a/b', {}, path)).text()
      expect(text).toContain('Hi')
      expect(data(text).at(-1)).toHaveProperty('error')
      expect(text).not.toMatch(/disconnected|\[DONE\]|message_stop/)
    }
  })

  test('Perplexity counts in every chunk without being asked, and its citations pass', async () => {
    const more = { citations: ['https://a.com'], search_results: [{ title: 'A', url: 'https://a.com' }] }
    const script = {
      sse: sse(
        chatChunk('Hi', null, { usage: chatUsage(9, 1), ...more }),
        chatChunk({}, 'stop', { usage: chatUsage(9, 2), ...more }),
        '[DONE]',
      ),
    }
    const { stream, call, upstream, gateway } = await start('perplexity', script)
    expect(await (await stream('sonar')).text()).toBe(script.sse.join(''))
    expect(upstream.requests[0]!.json).not.toHaveProperty('stream_options')
    const text = await (await stream('sonar', {}, messagesRoute)).text()
    expect(data(text).find(({ type }) => type === 'message_delta')?.usage).toMatchObject({ output_tokens: 2 })
    upstream.on({ json: chatCompletion('Hi', more) })
    expect((await call('sonar')).json).toMatchObject(more)
    await gateway.close()
    const usage = gateway.logs().find(({ stream, model }) => stream === true && model !== undefined)
    expect(JSON.stringify(usage)).toMatch(/"output[a-z_]*":2/)
  })

  test.each(['deepseek', 'groq', 'openrouter', 'fireworks', 'xai'])('%s is asked for usage', async (type) => {
    const { stream, upstream } = await start(type, { sse: chatStream('Hi') })
    await (await stream('m')).text()
    expect(upstream.requests[0]!.json!.stream_options).toEqual({ include_usage: true })
  })
})

describe('errors', () => {
  test.each<[string, number, unknown, number, RegExp]>([
    ['openrouter', 402, { error: { code: 402, message: 'Insufficient credits' } }, 429, /no quota left/],
    ['openrouter', 400, { error: { code: 400, message: 'a/b is not a valid model ID' } }, 400, /valid model/],
    [
      'xai',
      400,
      { code: 'Client specified an invalid argument', error: 'Argument not supported on this model: stop' },
      400,
      /Argument not supported/,
    ],
    [
      'groq',
      400,
      { error: { message: "property 'x' is unsupported", type: 'invalid_request_error' } },
      400,
      /'x'/,
    ],
    ['deepseek', 402, { error: { message: 'Insufficient Balance', type: 'unknown_error' } }, 429, /no quota/],
    [
      'perplexity',
      400,
      { error: { message: 'Invalid model', type: 'invalid_model', code: 400 } },
      400,
      /Invalid/,
    ],
  ])('%s %i %j', async (type, status, json, expected, says) => {
    const { call } = await start(type, { status, json })
    const answer = await call('m')
    expect(answer.status).toBe(expected)
    expect(answer.json.error.message).toMatch(says)
  })
})
