/** What the model routes say of models, and how they merge what providers list themselves. */
import { describe, expect, test } from 'vitest'
import { type AnyJson, get, startGateway } from '../support/gateway.ts'
import { startUpstream, type Script } from '../support/upstream.ts'

const anthropic = { 'anthropic-version': '2023-06-01' }
const modelAt = async (url: string, id: string, headers = {}): Promise<AnyJson> =>
  (await get(`${url}/v1/models/${id}`, { headers })).json

describe('what is known of a model', () => {
  const known = () =>
    startGateway({
      config: {
        providers: {
          openai: { api_key: 'sk', base_url: 'http://127.0.0.1:1', models: ['gpt-4o', 'o1-pro', 'x'] },
        },
        catalogue: {
          models: [
            {
              ...{ provider: 'openai', model: 'x', mode: 'embedding', context_tokens: 5 },
              ...{ max_output_tokens: 6, capabilities: ['vision'] },
            },
          ],
        },
      },
    })

  test('stands in fields beside OpenAI’s', async () => {
    const { url } = await known()
    const list = (await get(`${url}/v1/models`)).json
    const [gpt, o1, x] = list.data as AnyJson[]
    expect(gpt).toEqual({
      ...{ id: 'gpt-4o', object: 'model', created: 0, owned_by: 'openai', mode: 'chat' },
      capabilities: expect.arrayContaining(['tools', 'vision', 'json_schema', 'streaming']) as string[],
      ...{ context_window: 128_000, max_output_tokens: 16_384 },
    })
    expect(o1).toMatchObject({ mode: 'responses' })
    expect(o1?.capabilities).not.toContain('streaming')
    expect(x).toMatchObject({
      ...{ mode: 'embedding', capabilities: ['vision'], context_window: 5, max_output_tokens: 6 },
    })
    expect(await modelAt(url, 'gpt-4o')).toEqual(gpt)
  })

  test('and beside Anthropic’s, whose own `capabilities` have another shape', async () => {
    const { url } = await known()
    const model = await modelAt(url, 'gpt-4o', anthropic)
    expect(model).toEqual({
      ...{ type: 'model', id: 'gpt-4o', display_name: 'gpt-4o', created_at: expect.any(String) as string },
      ...{ max_input_tokens: 128_000, max_tokens: 16_384 },
      gateway_capabilities: expect.arrayContaining(['tools', 'streaming']) as string[],
    })
    expect((await get(`${url}/v1/models`, { headers: anthropic })).json.data[0]).toEqual(model)
  })
})

async function playListing(script: Script, config: Record<string, unknown> = {}) {
  const upstream = await startUpstream(script)
  const vllm = { type: 'vllm', base_url: `${upstream.url}/v1` }
  const gateway = await startGateway({
    config: { providers: { 'my-vllm': vllm, mock: { models: ['mock-a'] } }, ...config },
  })
  return {
    upstream,
    url: gateway.url,
    gateway,
    ids: async (headers: Record<string, string> = {}) =>
      ((await get(`${gateway.url}/v1/models`, { headers })).json.data as AnyJson[]).map(
        ({ id }) => id as string,
      ),
  }
}
const listOf = (...names: string[]) => ({ json: { data: names.map((id) => ({ id })) } })

describe('what a provider lists itself', () => {
  test('is shown by the name that leads to it, and each name can be asked for', async () => {
    const { ids, url, upstream } = await playListing(listOf('llama', 'mock-a', 'org/llama'))
    expect(await ids()).toEqual(['my-vllm/llama', 'my-vllm/mock-a', 'my-vllm/org/llama', 'mock-a'])
    for (const id of await ids()) expect((await modelAt(url, id)).id).toBe(id)
    expect(upstream.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /v1/models'])
  })

  test('is bare where the bare name leads there', async () => {
    const { ids } = await playListing(listOf('llama', 'mock-a'), {
      routing: { default_provider: 'my-vllm' },
      models: [{ name: 'virtual', targets: [{ provider: 'mock', model: 'mock-a' }] }],
    })
    expect(await ids()).toEqual(['virtual', 'llama', 'my-vllm/mock-a', 'mock-a'])
  })

  test('is known for one model without the list having been asked for', async () => {
    const { url } = await playListing(listOf('llama'))
    expect((await get(`${url}/v1/models/my-vllm/llama`)).status).toBe(200)
    expect((await get(`${url}/v1/models/my-vllm/other`)).status).toBe(404)
  })

  test('changes nothing about where calls go', async () => {
    const { ids, url, upstream } = await playListing(listOf('llama'))
    await ids()
    const { status } = await get(`${url}/v1/models/llama`)
    expect(status).toBe(404)
    expect(upstream.requests).toHaveLength(1)
  })

  test('is filtered by what the key may use', async () => {
    const { ids } = await playListing(listOf('llama', 'other'), {
      auth: { keys: [{ name: 'k', key: 'k', tenant: 't', allowed_models: ['llama*'] }] },
    })
    expect(await ids({ authorization: 'Bearer k' })).toEqual(['my-vllm/llama'])
  })

  test('is not asked for where the operator says what it serves', async () => {
    const upstream = await startUpstream(listOf('llama'))
    const gateway = await startGateway({
      config: { providers: { 'my-vllm': { type: 'vllm', base_url: upstream.url, models: ['mine'] } } },
    })
    const { json } = await get(`${gateway.url}/v1/models`)
    expect((json.data as AnyJson[]).map(({ id }) => id as string)).toEqual(['mine'])
    expect(upstream.requests).toEqual([])
  })

  test.each<[string, Script]>([
    ['hangs', { hangs: true }],
    ['fails', { status: 500, body: 'secret of the provider' }],
    ['is gone', { resets: true }],
  ])('never fails ours: one that %s', async (_how, script) => {
    const { url, ids, gateway } = await playListing(script)
    const began = performance.now()
    const { status, text } = await get(`${url}/v1/models`)
    expect(performance.now() - began).toBeLessThan(1_500)
    expect(status).toBe(200)
    expect(text).not.toContain('secret of the provider')
    expect(await ids()).toEqual(['mock-a'])
    await gateway.close()
    expect(JSON.stringify(gateway.logs())).not.toContain('secret of the provider')
  })
})
