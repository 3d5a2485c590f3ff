/** Contract 2: which target a model's name stands for. */
import { describe, expect, test } from 'vitest'
import { startGateway, post } from '../support/gateway.ts'
import { chatCompletion, startUpstream, type Upstream } from '../support/upstream.ts'
import { hello } from './played-gateway.ts'

type Entries = Record<string, Record<string, unknown>>

/** Providers that answer with their own names, and a way to ask which of them got a name, as what. */
async function startProviders(
  entries: Entries,
  more: Record<string, unknown> = {},
  env: Record<string, string> = {},
) {
  const upstreams: Record<string, Upstream> = {}
  const providers: Entries = {}
  for (const [name, entry] of Object.entries(entries)) {
    const upstream = (upstreams[name] = await startUpstream({ json: chatCompletion(name) }))
    providers[name] = { type: 'openai_compatible', api_key: 'sk', base_url: upstream.url, ...entry }
    if (providers[name].api_key === null) delete providers[name].api_key
  }
  const gateway = await startGateway({ config: { providers, ...more }, env })
  const chat = (model: string, headers: Record<string, string> = {}) =>
    post(`${gateway.url}/v1/chat/completions`, { ...hello, model }, { headers })
  return {
    upstreams,
    gateway,
    chat,
    /** `provider: model`, or the error's code. */
    async goesTo(model: string, headers: Record<string, string> = {}): Promise<string> {
      const answer = await chat(model, headers)
      if (answer.status !== 200) return answer.json.error.code
      const provider: string = answer.json.choices[0].message.content
      return `${provider}: ${String(upstreams[provider]!.requests.at(-1)?.json?.model)}`
    },
  }
}

const failing = { json: { error: { message: 'no', type: 'server_error' } }, status: 500 }

describe('“provider/model addresses one provider”', () => {
  test('by the name of its entry, and the provider hears its own word', async () => {
    const { goesTo } = await startProviders({ one: { models: ['m'] }, two: { models: ['m'] } })
    expect(await goesTo('two/m')).toBe('two: m')
    expect(await goesTo('one/m')).toBe('one: m')
  })

  test('also for a model that it does not list, and one with a slash in its own name', async () => {
    const { goesTo } = await startProviders({ one: { models: ['m'] }, two: { models: [] } })
    expect(await goesTo('two/new-model')).toBe('two: new-model')
    expect(await goesTo('two/meta-llama/llama-3')).toBe('two: meta-llama/llama-3')
    expect(await goesTo('two/one/m')).toBe('two: one/m')
  })

  test('“an explicit provider/model stays on that provider”, though others list the model', async () => {
    const { chat, upstreams } = await startProviders({ one: { models: ['m'] }, two: { models: ['m'] } })
    upstreams.two!.on(failing)
    expect((await chat('two/m')).status).toBe(502)
    expect(upstreams.one!.requests).toHaveLength(0)
  })

  test('also against x-gateway-provider, which names another: that is a contradiction', async () => {
    const { chat, upstreams } = await startProviders({ one: { models: ['m'] }, two: { models: ['m'] } })
    const answer = await chat('two/m', { 'x-gateway-provider': 'one' })
    expect(answer.status).toBe(400)
    expect(answer.json.error).toMatchObject({ code: 'invalid_request', param: 'x-gateway-provider' })
    expect(upstreams.one!.requests.length + upstreams.two!.requests.length).toBe(0)
  })

  test('an address without a model is refused before anything is sent', async () => {
    const { chat, upstreams } = await startProviders({ one: { models: ['m'] } })
    const answer = await chat('one/')
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(500)
    expect(upstreams.one!.requests).toHaveLength(0)
  })

  test('“an unknown word before / is part of the name (meta-llama/…)”', async () => {
    const { goesTo } = await startProviders({
      one: { models: ['m'] },
      two: { models: ['meta-llama/llama-3'] },
    })
    expect(await goesTo('meta-llama/llama-3')).toBe('two: meta-llama/llama-3')
    expect(await goesTo('two/meta-llama/llama-3')).toBe('two: meta-llama/llama-3')
    expect(await goesTo('meta-llama/other')).toBe('model_not_found')
  })

  test('a disabled provider is such an unknown word', async () => {
    const { goesTo } = await startProviders({
      off: { enabled: false, models: ['m'] },
      two: { models: ['m', 'off/m'] },
    })
    expect(await goesTo('m')).toBe('two: m')
    expect(await goesTo('off/m')).toBe('two: off/m')
  })
})

describe('“a bare name goes by models:, then …”', () => {
  const virtual = (name: string, targets: [string, string][], fallbacks: string[] = []) => ({
    name,
    targets: targets.map(([provider, model]) => ({ provider, model })),
    fallbacks,
  })

  test('first by models:, also where a provider lists the same name', async () => {
    const { goesTo } = await startProviders(
      { one: { models: ['fast'] }, two: { models: [] } },
      { models: [virtual('fast', [['two', 'small-model']])] },
    )
    expect(await goesTo('fast')).toBe('two: small-model')
    expect(await goesTo('one/fast')).toBe('one: fast')
  })

  test('its targets in their order, then its fallbacks and their fallbacks, each a name of its own', async () => {
    const { goesTo, upstreams } = await startProviders(
      {
        one: { models: ['listed'] },
        two: { models: [] },
        three: { models: ['listed'] },
        four: { models: [] },
      },
      {
        resilience: { retry: { max_attempts: 1 } },
        models: [
          virtual(
            'fast',
            [
              ['two', 'a'],
              ['three', 'b'],
            ],
            ['smart'],
          ),
          virtual('smart', [['two', 'c']], ['listed', 'four/last']),
        ],
      },
    )
    const order: string[] = []
    for (const [name, upstream] of Object.entries(upstreams)) {
      upstream.on((_request, _response, { json }) => {
        order.push(`${name}: ${String(json?.model)}`)
        return failing
      })
    }
    expect(await goesTo('fast')).toBe('upstream_error')
    expect(order).toEqual(['two: a', 'three: b', 'two: c', 'one: listed', 'three: listed', 'four: last'])
  })

  test('a target on a disabled provider is left out', async () => {
    const { goesTo } = await startProviders(
      { off: { enabled: false }, two: { models: [] } },
      {
        models: [
          virtual('fast', [
            ['off', 'a'],
            ['two', 'b'],
          ]),
        ],
      },
    )
    expect(await goesTo('fast')).toBe('two: b')
  })

  test('then by “what the providers list”: “all enabled providers that list it, in file order under priority”', async () => {
    const { goesTo, upstreams } = await startProviders({
      zeta: { models: ['m'] },
      alpha: { models: ['m', 'n'] },
      off: { models: ['n'], enabled: false },
    })
    expect(await goesTo('m')).toBe('zeta: m')
    upstreams.zeta!.on(failing)
    expect(await goesTo('m')).toBe('alpha: m')
    expect(await goesTo('n')).toBe('alpha: n')
  })

  test('“(configuration, else catalogue; never a network call)”', async () => {
    const { goesTo, upstreams } = await startProviders({
      mini: { type: 'openai', models: ['gpt-4o-mini'] },
      whole: { type: 'openai' },
    })
    expect(await goesTo('gpt-4o')).toBe('whole: gpt-4o')
    expect(await goesTo('gpt-4o-mini')).toBe('mini: gpt-4o-mini')
    const paths = Object.values(upstreams).flatMap(({ requests }) =>
      requests.map(({ method, path }) => `${method} ${path}`),
    )
    expect(new Set(paths)).toEqual(new Set(['POST /v1/chat/completions']))
  })

  test.each([
    ['gpt-99-unheard-of', 'openai'],
    ['o99-unheard-of', 'openai'],
    ['text-embedding-unheard-of', 'openai'],
    ['mistral-unheard-of', 'mistral'],
    ['neither-of-them', 'default'],
  ])(
    'then by “the built-in prefixes”, then by “routing.default_provider”: %s → %s',
    async (model, provider) => {
      const { goesTo } = await startProviders(
        { default: { models: ['m'] }, mistral: { type: 'mistral' }, openai: { type: 'openai' } },
        { routing: { default_provider: 'default' } },
      )
      expect(await goesTo(model)).toBe(`${provider}: ${model}`)
    },
  )

  test('claude-* → anthropic', async () => {
    const { chat, upstreams } = await startProviders({ default: {}, mine: { type: 'anthropic' } })
    await chat('claude-unheard-of')
    expect(upstreams.mine!.requests[0]).toMatchObject({
      path: '/v1/messages',
      json: { model: 'claude-unheard-of' },
    })
  })

  test.each([
    ['gemini-unheard-of', 'gemini', '/v1beta/models/gemini-unheard-of:generateContent'],
    ['command-unheard-of', 'cohere', '/v2/chat'],
  ])('%s belongs to %s, and does not go to the default provider instead', async (model, type, path) => {
    const { chat, upstreams } = await startProviders(
      { default: {}, [type]: { type } },
      { routing: { default_provider: 'default' } },
    )
    await chat(model)
    expect(upstreams[type]!.requests[0]!.path).toBe(path)
    expect(upstreams.default!.requests).toHaveLength(0)
  })

  test('what a provider lists comes before the prefixes', async () => {
    const { goesTo } = await startProviders({
      openai: { type: 'openai' },
      mine: { models: ['gpt-oss-of-mine'] },
    })
    expect(await goesTo('gpt-oss-of-mine')).toBe('mine: gpt-oss-of-mine')
  })

  test('several entries of one type are all candidates by prefix, in file order', async () => {
    const { goesTo, upstreams } = await startProviders({ us: { type: 'openai' }, eu: { type: 'openai' } })
    upstreams.us!.on(failing)
    expect(await goesTo('gpt-99')).toBe('eu: gpt-99')
  })

  test('a name that nobody knows is a 404 that says where to look', async () => {
    const { chat } = await startProviders({ one: { models: ['m'] } })
    const answer = await chat('nobody-knows')
    expect(answer.status).toBe(404)
    expect(answer.json.error).toMatchObject({
      code: 'model_not_found',
      type: 'invalid_request_error',
      param: 'model',
    })
    expect(answer.json.error.message).toContain('/v1/models')
  })
})

describe('“a known model whose providers lack a credential is a 404 that says so”', () => {
  const says = async (model: string, entries: Entries, expected: RegExp) => {
    const { chat } = await startProviders(entries)
    const answer = await chat(model)
    expect([answer.status, answer.json.error.code]).toEqual([404, 'model_not_found'])
    expect(answer.json.error.message).toMatch(expected)
  }
  const noKey = { api_key: null, models: undefined }

  test('where its provider is there without one', () =>
    says('gpt-4o', { openai: { type: 'openai', ...noKey } }, /openai: it has no credential/))

  test('where the provider is addressed', () =>
    says('openai/gpt-4o', { openai: { type: 'openai', ...noKey } }, /openai: it has no credential/))

  test.each([
    ['gpt-4o', /OPENAI_API_KEY/],
    ['claude-sonnet-4-5', /ANTHROPIC_API_KEY/],
    ['gemini-2.5-pro', /GEMINI_API_KEY/],
    ['command-r', /COHERE_API_KEY/],
    ['mistral-large-latest', /MISTRAL_API_KEY/],
  ])('where it is not: %s', (model, expected) =>
    says(model, { mock: { type: 'mock', api_key: null } }, expected),
  )

  test.each([
    ['codestral-latest', /MISTRAL_API_KEY/],
    ['open-mistral-nemo', /MISTRAL_API_KEY/],
    ['Qwen/Qwen2.5-7B-Instruct-Turbo', /TOGETHER_API_KEY/],
  ])('where only the catalogue knows whose it is: %s', (model, expected) =>
    says(model, { mock: { type: 'mock', api_key: null } }, expected),
  )

  test.each([
    ['anthropic/claude-sonnet-4-5', /ANTHROPIC_API_KEY/],
    ['mistral/codestral-latest', /MISTRAL_API_KEY/],
  ])('where a provider is addressed that is not there: %s', (model, expected) =>
    says(model, { mock: { type: 'mock', api_key: null } }, expected),
  )

  test('one that lacks it is passed over for one that has it', async () => {
    const { goesTo } = await startProviders({
      openai: { type: 'openai', ...noKey },
      spare: { models: ['gpt-4o'] },
    })
    expect(await goesTo('gpt-4o')).toBe('spare: gpt-4o')
  })
})

describe('x-gateway-provider', () => {
  test('chooses one of those that serve the name', async () => {
    const { goesTo } = await startProviders({ one: { models: ['m'] }, two: { models: ['m'] } })
    expect(await goesTo('m', { 'x-gateway-provider': 'two' })).toBe('two: m')
  })

  test('keeps the call there when it fails', async () => {
    const { goesTo, upstreams } = await startProviders({ one: { models: ['m'] }, two: { models: ['m'] } })
    upstreams.two!.on(failing)
    expect(await goesTo('m', { 'x-gateway-provider': 'two' })).toBe('upstream_error')
    expect(upstreams.one!.requests).toHaveLength(0)
  })

  test('chooses among the targets of a virtual name', async () => {
    const targets = [
      { provider: 'one', model: 'a' },
      { provider: 'two', model: 'b' },
    ]
    const { goesTo } = await startProviders(
      { one: {}, two: {}, three: {} },
      { models: [{ name: 'fast', targets }] },
    )
    expect(await goesTo('fast', { 'x-gateway-provider': 'two' })).toBe('two: b')
    // The name is the gateway's own: to a provider that is none of its targets it means nothing.
    expect(await goesTo('fast', { 'x-gateway-provider': 'three' })).toBe('invalid_request')
  })

  test('one that is not there is a 400 that names those that are', async () => {
    const { chat } = await startProviders({ one: { models: ['m'] }, two: {} })
    const answer = await chat('m', { 'x-gateway-provider': 'nobody' })
    expect(answer.status).toBe(400)
    expect(answer.json.error).toMatchObject({ code: 'invalid_request', param: 'x-gateway-provider' })
    expect(answer.json.error.message).toMatch(/"nobody".*one, two/)
  })
})

test('“the model in an answer is the provider’s own word, relayed or translated”', async () => {
  const { gateway } = await startProviders(
    { one: {} },
    { models: [{ name: 'fast', targets: [{ provider: 'one', model: 'small-model' }] }] },
  )
  const relayed = await post(`${gateway.url}/v1/chat/completions`, { ...hello, model: 'fast' })
  expect(relayed.json.model).toBe('gpt-4o-mini-2024-07-18')
  const translated = await post(`${gateway.url}/v1/messages`, { ...hello, max_tokens: 9, model: 'fast' })
  expect(translated.json.model).toBe('gpt-4o-mini-2024-07-18')
})
