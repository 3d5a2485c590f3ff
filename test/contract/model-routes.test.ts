/** Contract 2: `GET /v1/models` and `/v1/models/{id}`. */
import { describe, expect, test } from 'vitest'
import { bearer, ids, playGateway } from './played-gateway.ts'

const anthropic = { 'anthropic-version': '2023-06-01' }
const withModels = (more: Record<string, unknown> = {}) =>
  playGateway(undefined, {
    config: {
      providers: {
        first: entry(['shared', 'org/model-a', 'deep/er/model']),
        second: entry(['shared', 'only-second', 'fast']),
        off: { ...entry(['never']), enabled: false },
        keyless: { type: 'openai', models: ['no-credential'] },
      },
      models: [
        { name: 'fast', targets: [{ provider: 'first', model: 'shared' }] },
        { name: 'team/smart', targets: [{ provider: 'second', model: 'shared' }] },
        { name: 'dead', targets: [{ provider: 'keyless', model: 'no-credential' }] },
      ],
      ...more,
    },
  })
const entry = (models: string[]) => ({
  type: 'openai',
  api_key: 'sk',
  base_url: 'http://127.0.0.1:1',
  models,
})

describe('the list', () => {
  test('has OpenAI’s shape', async () => {
    const { get } = await withModels()
    const { status, headers, json } = await get('/v1/models')
    expect(status).toBe(200)
    expect(headers['content-type']).toMatch(/^application\/json/)
    expect(json.object).toBe('list')
    expect(Object.keys(json)).toEqual(['object', 'data'])
    for (const model of json.data) {
      expect(model).toEqual({
        id: expect.any(String),
        object: 'model',
        created: expect.any(Number),
        owned_by: expect.any(String),
      })
    }
  })

  test('“shows each virtual and bare name once”, and what could not answer is not there', async () => {
    const { get } = await withModels()
    expect(ids((await get('/v1/models')).json)).toEqual([
      ...['fast', 'team/smart'],
      ...['shared', 'org/model-a', 'deep/er/model', 'only-second'],
    ])
  })

  test('every name of it can be asked for, and every one of these answers is the same as in the list', async () => {
    const { get } = await withModels()
    const { json } = await get('/v1/models')
    for (const model of json.data) {
      const one = await get(`/v1/models/${model.id}`)
      expect([model.id, one.status]).toEqual([model.id, 200])
      expect(one.json).toEqual(model)
    }
  })

  test('“filtered by what the key may use”', async () => {
    const { get } = await withModels({
      auth: {
        keys: ['all', 'some', 'none', 'addressed'].map((name) => ({ name, key: name, tenant: name })),
        admin_keys: ['admin'],
      },
      tenants: [
        { id: 'some', allowed_models: ['fa*', 'org/*'] },
        { id: 'none', allowed_models: [] },
      ],
    })
    expect(ids((await get('/v1/models', bearer('some'))).json)).toEqual(['fast', 'org/model-a'])
    expect((await get('/v1/models', bearer('none'))).json).toEqual({ object: 'list', data: [] })
    expect(ids((await get('/v1/models', bearer('all'))).json)).toEqual(
      ids((await get('/v1/models', bearer('admin'))).json),
    )
    const hidden = await get('/v1/models/shared', bearer('some'))
    expect([hidden.status, hidden.json.error.code]).toEqual([404, 'model_not_found'])
  })

  test('a key that may use a model by its address only sees it by that', async () => {
    const { get } = await withModels({
      auth: { keys: [{ name: 'k', key: 'k', tenant: 't' }] },
      tenants: [{ id: 't', allowed_models: ['first/*'] }],
    })
    expect((await get('/v1/models/first%2Fshared', bearer('k'))).status).toBe(200)
    expect((await get('/v1/models/second%2Fshared', bearer('k'))).status).toBe(404)
  })

  test('is also at /models, and with a slash behind', async () => {
    const { get } = await withModels()
    const { json } = await get('/v1/models')
    expect((await get('/models')).json).toEqual(json)
    expect((await get('/v1/models/')).json).toEqual(json)
  })
})

describe('one model: “ids contain /, raw or encoded”', () => {
  test.each([
    ['shared', 'shared', 'first'],
    ['org/model-a', 'org/model-a', 'first'],
    ['org%2Fmodel-a', 'org/model-a', 'first'],
    ['deep/er/model', 'deep/er/model', 'first'],
    ['deep%2Fer%2fmodel', 'deep/er/model', 'first'],
    ['second/shared', 'second/shared', 'second'],
    ['second%2Fshared', 'second/shared', 'second'],
    ['first/org/model-a', 'first/org/model-a', 'first'],
    ['first%2Forg%2Fmodel-a', 'first/org/model-a', 'first'],
    ['team/smart', 'team/smart', 'llm-gateway'],
    ['team%2Fsmart', 'team/smart', 'llm-gateway'],
    ['fast', 'fast', 'llm-gateway'],
    ['fast?verbose=true', 'fast', 'llm-gateway'],
  ])('%s', async (path, id, owner) => {
    const { get } = await withModels()
    for (const prefix of ['/v1', '']) {
      const { status, json } = await get(`${prefix}/models/${path}`)
      expect(status).toBe(200)
      expect(json).toMatchObject({ id, object: 'model', created: expect.any(Number), owned_by: owner })
    }
  })

  test.each([
    'nobody',
    'nobody/shared',
    'first/only-second',
    'first/',
    'no-credential',
    'never',
    'off/never',
    'dead',
    '%20',
    'Shared',
  ])('%s is a 404', async (path) => {
    const { get } = await withModels()
    const { status, headers, json } = await get(`/v1/models/${path}`)
    expect(status).toBe(404)
    expect(headers['x-gateway-error-code']).toBe('model_not_found')
    expect(json.error).toMatchObject({
      type: 'invalid_request_error',
      code: 'model_not_found',
      param: 'model',
    })
  })

  test('an id that is not well encoded is a 400, and one beyond measure no failure of ours', async () => {
    const { get } = await withModels()
    expect((await get('/v1/models/%E0%A4%A')).status).toBe(400)
    expect((await get(`/v1/models/${'x'.repeat(5_000)}`)).status).toBe(404)
  })
})

describe('“with an anthropic-version header the model routes use Anthropic’s shape, errors too”', () => {
  test('the list', async () => {
    const { get } = await withModels()
    const { status, headers, json } = await get('/v1/models', anthropic)
    expect(status).toBe(200)
    expect(json).toMatchObject({ has_more: false, first_id: 'fast', last_id: 'only-second' })
    expect(ids(json)).toEqual(ids((await get('/v1/models')).json))
    for (const model of json.data) {
      expect(model).toEqual({
        type: 'model',
        id: model.id,
        display_name: expect.any(String),
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]+Z$/),
      })
    }
    expect(headers['x-request-id']).toBe(headers['x-gateway-request-id'])
  })

  test('and its request-id, as the Anthropic route has it', async () => {
    const { get } = await withModels()
    for (const path of ['/v1/models', '/v1/models/fast', '/v1/models/nobody']) {
      const { headers } = await get(path, { ...anthropic, 'x-request-id': 'my-id' })
      expect([path, headers['request-id']]).toEqual([path, 'my-id'])
    }
  })

  test('an empty list', async () => {
    const { get } = await withModels({
      auth: { keys: [{ name: 'k', key: 'k', tenant: 't' }] },
      tenants: [{ id: 't', allowed_models: [] }],
    })
    expect((await get('/v1/models', { ...anthropic, ...bearer('k') })).json).toEqual({
      data: [],
      has_more: false,
      first_id: null,
      last_id: null,
    })
  })

  test('one model', async () => {
    const { get } = await withModels()
    const { json } = await get('/v1/models/org%2Fmodel-a', anthropic)
    expect(json).toMatchObject({ type: 'model', id: 'org/model-a', display_name: 'org/model-a' })
  })

  test('a 404 and a 401', async () => {
    const { get } = await withModels()
    const missing = await get('/v1/models/nobody', anthropic)
    expect(missing.status).toBe(404)
    expect(missing.json).toEqual({
      type: 'error',
      error: { type: 'not_found_error', message: expect.stringContaining('"nobody"') },
      request_id: missing.headers['x-request-id'],
    })
    const stranger = await get('/v1/models', { ...anthropic, ...bearer('nobody') })
    expect([stranger.status, stranger.json.error.type]).toEqual([401, 'authentication_error'])
  })
})
