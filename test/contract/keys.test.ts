/** Contract 2 and 3: keys, whose they are, and what they may use. */
import { describe, expect, test } from 'vitest'
import { get, post } from '../support/gateway.ts'
import { chatCompletion, startUpstream } from '../support/upstream.ts'
import { bearer, hello, helloClaude, ids, playGateway, type PlayedOptions } from './played-gateway.ts'

const routes = ['/v1/chat/completions', '/v1/embeddings', '/v1/messages'] as const

describe('“Authorization: Bearer KEY (or x-api-key: KEY)”', () => {
  test.each<[string, Record<string, string>]>([
    ['Bearer', bearer('app-key')],
    ['bearer in small letters', { authorization: 'bearer app-key' }],
    ['x-api-key', { 'x-api-key': 'app-key' }],
  ])('%s lets a caller in, on every route', async (_name, headers) => {
    const { gateway } = await playGateway()
    expect((await post(`${gateway.url}/v1/chat/completions`, hello, { headers })).status).toBe(200)
    expect(
      (await post(`${gateway.url}/v1/messages`, { ...helloClaude, model: 'gpt-4o' }, { headers })).status,
    ).toBe(200)
    expect((await get(`${gateway.url}/v1/models`, { headers })).status).toBe(200)
  })

  const wrong: [string, Record<string, string>][] = [
    ['none', {}],
    ['an unknown key', bearer('nobody')],
    ['an empty key', { authorization: 'Bearer ' }],
    ['a key in another scheme', { authorization: `Basic ${Buffer.from('app-key:').toString('base64')}` }],
    ['a key without a scheme', { authorization: 'app-key' }],
    ['half a key', bearer('app-ke')],
    ['a key and more', bearer('app-key2')],
    ['an unknown x-api-key', { 'x-api-key': 'nobody' }],
    [
      'a bearer that is wrong beside an x-api-key that is right',
      { ...bearer('nobody'), 'x-api-key': 'app-key' },
    ],
  ]

  test.each(wrong)('401 for %s: “one message for every cause”, in both dialects', async (_name, headers) => {
    const { gateway, upstream } = await playGateway()
    for (const path of routes) {
      const answer = await post(gateway.url + path, hello, { headers })
      expect(answer.status).toBe(401)
      expect(answer.headers['x-gateway-error-code']).toBe('invalid_api_key')
      expect(answer.headers['x-should-retry']).toBe('false')
      const message = 'The API key is missing or not valid.'
      if (path === '/v1/messages') {
        expect(answer.json).toEqual({
          type: 'error',
          error: { type: 'authentication_error', message },
          request_id: answer.headers['request-id'],
        })
      } else {
        expect(answer.json).toEqual({
          error: { message, type: 'invalid_request_error', param: null, code: 'invalid_api_key' },
        })
      }
    }
    expect((await get(`${gateway.url}/v1/models`, { headers })).json.error.code).toBe('invalid_api_key')
    const anthropic = { ...headers, 'anthropic-version': '2023-06-01' }
    expect((await get(`${gateway.url}/v1/models`, { headers: anthropic })).json.error.type).toBe(
      'authentication_error',
    )
    expect(upstream.requests).toHaveLength(0)
  })

  test('the key comes before the body: a body that is wrong is 401 without a key', async () => {
    const { gateway } = await playGateway()
    expect((await post(`${gateway.url}/v1/chat/completions`, '{"oops')).status).toBe(401)
    expect(
      (await post(`${gateway.url}/v1/chat/completions`, 'x', { headers: { 'content-type': 'text/plain' } }))
        .status,
    ).toBe(401)
  })

  test('a key never reaches a provider', async () => {
    const { upstream, chat, claude } = await playGateway()
    await chat({}, { 'x-api-key': 'app-key' })
    await claude({}, { 'x-api-key': 'app-key' })
    expect(upstream.requests).toHaveLength(2)
    for (const { rawHeaders } of upstream.requests) expect(rawHeaders.join(' ')).not.toContain('app-key')
  })
})

describe('scopes', () => {
  test('an admin key may do everything', async () => {
    const { gateway } = await playGateway()
    const headers = { ...bearer('admin-key'), 'x-forwarded-for': '192.0.2.9' }
    expect((await post(`${gateway.url}/v1/chat/completions`, hello, { headers })).status).toBe(200)
    expect((await get(`${gateway.url}/v1/models`, { headers })).status).toBe(200)
    expect((await get(`${gateway.url}/metrics`, { headers })).status).toBe(200)
    expect((await get(`${gateway.url}/health?detailed=true`, { headers })).json).toHaveProperty('providers')
  })

  test('a tenant’s key may not see metrics or detailed health from elsewhere', async () => {
    const { gateway } = await playGateway()
    const headers = { ...bearer('app-key'), 'x-forwarded-for': '192.0.2.9' }
    const metrics = await get(`${gateway.url}/metrics`, { headers })
    expect([metrics.status, metrics.json.error.code, metrics.json.error.type]).toEqual([
      403,
      'insufficient_scope',
      'permission_error',
    ])
    expect((await get(`${gateway.url}/health?detailed=true`, { headers })).json).not.toHaveProperty(
      'providers',
    )
  })
})

/** One key for each list of allowed models. */
function withAllowed(allowed: Record<string, string[]>, more: PlayedOptions['config'] = {}): PlayedOptions {
  const keys = Object.keys(allowed).map((name) => ({ name, key: name, tenant: name }))
  const tenants = Object.entries(allowed).map(([id, allowed_models]) => ({ id, allowed_models }))
  return { config: { auth: { keys }, tenants, ...more } }
}

describe('a tenant’s allowed_models', () => {
  const rules = {
    gpt: ['gpt-*'],
    exact: ['gpt-4o'],
    addressed: ['openai/gpt-*'],
    everything: ['*'],
    nothing: [],
    middle: ['claude-*-5'],
    slashed: ['meta-llama/*'],
  }
  test.each<[keyof typeof rules, string, 200 | 403]>([
    ['gpt', 'gpt-4o', 200],
    ['gpt', 'gpt-', 200],
    ['gpt', 'openai/gpt-4o', 200],
    ['gpt', 'claude-sonnet-4-5', 403],
    ['gpt', 'openai/claude-sonnet-4-5', 403],
    ['gpt', 'GPT-4o', 403],
    ['gpt', 'my-gpt-4o', 403],
    ['gpt', 'nobody/gpt-4o', 403],
    ['exact', 'gpt-4o', 200],
    ['exact', 'gpt-4o-mini', 403],
    ['addressed', 'openai/gpt-4o', 200],
    ['addressed', 'anthropic/gpt-4o', 403],
    ['addressed', 'gpt-4o', 403],
    ['everything', 'o3', 200],
    ['nothing', 'gpt-4o', 403],
    ['middle', 'claude-haiku-4-5', 200],
    ['middle', 'claude-5', 403],
    ['slashed', 'meta-llama/llama-3', 200],
    ['slashed', 'openai/meta-llama/llama-3', 200],
  ])('%s asking for %s is %i', async (key, model, status) => {
    const { chat, upstream } = await playGateway(
      undefined,
      withAllowed(rules, { routing: { default_provider: 'openai' } }),
    )
    const answer = await chat({ model }, bearer(key))
    expect(answer.status).toBe(status)
    expect(upstream.requests).toHaveLength(status === 200 ? 1 : 0)
    if (status === 403) {
      expect(answer.headers['x-gateway-error-code']).toBe('model_not_allowed')
      expect(answer.json.error).toMatchObject({
        type: 'permission_error',
        code: 'model_not_allowed',
        param: 'model',
      })
      expect(answer.json.error.message).toContain(JSON.stringify(model))
    }
  })

  test('is 403 in the Anthropic dialect and for embeddings too, before anything is sent', async () => {
    const { claude, post, upstream } = await playGateway(undefined, withAllowed(rules))
    const answer = await claude({}, bearer('gpt'))
    expect([answer.status, answer.json.error.type]).toEqual([403, 'permission_error'])
    const embeddings = await post(
      '/v1/embeddings',
      { model: 'text-embedding-3-small', input: 'a' },
      bearer('gpt'),
    )
    expect([embeddings.status, embeddings.json.error.code]).toEqual([403, 'model_not_allowed'])
    expect(upstream.requests).toHaveLength(0)
  })

  test('x-gateway-provider does not widen what a key may use', async () => {
    const { chat, upstream } = await playGateway(undefined, withAllowed(rules))
    expect(
      (await chat({ model: 'claude-sonnet-4-5' }, { ...bearer('gpt'), 'x-gateway-provider': 'openai' }))
        .status,
    ).toBe(403)
    expect((await chat({}, { ...bearer('addressed'), 'x-gateway-provider': 'anthropic' })).status).toBe(403)
    expect(upstream.requests).toHaveLength(0)
  })

  test('a key’s own list narrows its tenant’s', async () => {
    const { chat } = await playGateway(undefined, {
      config: {
        auth: { keys: [{ name: 'k', key: 'k', tenant: 't', allowed_models: ['*-mini'] }] },
        tenants: [{ id: 't', allowed_models: ['gpt-*'] }],
      },
    })
    expect((await chat({ model: 'gpt-4o-mini' }, bearer('k'))).status).toBe(200)
    expect((await chat({ model: 'gpt-4o' }, bearer('k'))).status).toBe(403)
    expect((await chat({ model: 'o4-mini' }, bearer('k'))).status).toBe(403)
  })

  test('a virtual name is allowed by its own name, whatever stands behind it', async () => {
    const { chat } = await playGateway(
      undefined,
      withAllowed(
        { fast: ['fast'], gpt: ['gpt-*'] },
        { models: [{ name: 'fast', targets: [{ provider: 'openai', model: 'gpt-4o' }] }] },
      ),
    )
    expect((await chat({ model: 'fast' }, bearer('fast'))).status).toBe(200)
    expect((await chat({ model: 'fast' }, bearer('gpt'))).status).toBe(403)
  })
})

describe('a tenant’s allowed_regions', () => {
  async function regions() {
    const [eu, us] = await Promise.all([
      startUpstream({ json: chatCompletion('from eu') }),
      startUpstream({ json: chatCompletion('from us') }),
    ])
    const entry = (base_url: string, region?: string) => ({
      type: 'openai',
      api_key: 'sk',
      base_url,
      ...(region && { region }),
    })
    const played = await playGateway(undefined, {
      config: {
        auth: { keys: ['eu', 'mars', 'nowhere'].map((name) => ({ name, key: name, tenant: name })) },
        tenants: [
          { id: 'eu', allowed_regions: ['eu'] },
          { id: 'mars', allowed_regions: ['mars'] },
          { id: 'nowhere', allowed_regions: [] },
        ],
        providers: {
          us: { ...entry(us.url, 'us'), models: ['gpt-4o', 'us-only'] },
          eu: { ...entry(eu.url, 'eu'), models: ['gpt-4o'] },
          unlabelled: { ...entry(us.url), models: ['unlabelled-only'] },
        },
      },
    })
    return { ...played, eu, us }
  }

  test('only providers of these regions are candidates', async () => {
    const { chat, us } = await regions()
    const answer = await chat({}, bearer('eu'))
    expect(answer.json.choices[0].message.content).toBe('from eu')
    expect(us.requests).toHaveLength(0)
  })

  test.each([
    ['eu', 'us-only'],
    ['eu', 'us/gpt-4o'],
    ['eu', 'unlabelled-only'],
    ['mars', 'gpt-4o'],
    ['nowhere', 'gpt-4o'],
  ])('%s asking for %s is 403 region_not_allowed', async (key, model) => {
    const { chat, eu, us } = await regions()
    const answer = await chat({ model }, bearer(key))
    expect(answer.status).toBe(403)
    expect(answer.json.error).toMatchObject({ type: 'permission_error', code: 'region_not_allowed' })
    expect(eu.requests.length + us.requests.length).toBe(0)
  })

  test('“lists … filtered by what the key may use”: a model of other regions is not among them', async () => {
    const { get } = await regions()
    expect(ids((await get('/v1/models', bearer('eu'))).json)).toEqual(['gpt-4o'])
    expect((await get('/v1/models/us-only', bearer('eu'))).status).toBe(404)
    expect(ids((await get('/v1/models', bearer('mars'))).json)).toEqual([])
  })
})
