import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterEach, describe, expect, test } from 'vitest'
import { anthropicClient } from './callers/anthropic.ts'
import { openaiClient } from './callers/openai.ts'
import { isTried } from './gaps.ts'
import { narrowKey, played, playedNames, providerNames, useWorld, type ProviderName } from './world.ts'

const world = useWorld()
const openai = () => openaiClient(world.address)
const anthropic = () => anthropicClient(world.address)

const modelOf = (provider: ProviderName) => (provider === 'mock' ? 'mock-gpt' : played[provider].model)

afterEach(() => {
  for (const name of playedNames) expect(world.upstreams[name].requests).toEqual([])
})

describe('the openai package', () => {
  test('lists every model once, those of all providers and the virtual ones', async () => {
    const ids: string[] = []
    for await (const model of openai().models.list()) {
      expect(model).toMatchObject({
        object: 'model',
        created: expect.any(Number) as number,
        owned_by: expect.any(String) as string,
      })
      ids.push(model.id)
    }
    expect(ids).toEqual(
      expect.arrayContaining([...providerNames.map(modelOf), 'team/fast', 'text-embedding-3-small']),
    )
    expect(new Set(ids).size).toBe(ids.length)
  })

  test.each(
    providerNames.filter((provider) => isTried({ caller: 'openai', provider, subject: 'listing models' })),
  )('retrieves a model of %s by its bare name and by its address', async (provider) => {
    const model = await openai().models.retrieve(modelOf(provider))
    expect(model).toMatchObject({ id: modelOf(provider), owned_by: provider })
    const address = `${provider}/${modelOf(provider)}`
    expect((await openai().models.retrieve(address)).id).toBe(address)
  })

  test('retrieves a virtual model whose name has a slash', async () => {
    expect(await openai().models.retrieve('team/fast')).toMatchObject({
      id: 'team/fast',
      owned_by: 'llm-gateway',
    })
  })

  test('gets a NotFoundError for a model that is not there', async () => {
    const call = openai().models.retrieve('no/such-model')
    await expect(call).rejects.toBeInstanceOf(OpenAI.NotFoundError)
    await expect(call).rejects.toMatchObject({ code: 'model_not_found', status: 404 })
  })

  test('sees only what its key may use', async () => {
    const { models } = openaiClient({ ...world.address, key: narrowKey })
    const ids = (await Array.fromAsync(models.list())).map(({ id }) => id)
    expect(ids).toContain('mock-gpt')
    expect(ids.filter((id) => !id.startsWith('mock-'))).toEqual([])
    await expect(models.retrieve('gpt-4o-mini')).rejects.toBeInstanceOf(OpenAI.NotFoundError)
  })
})

describe('the Anthropic package', () => {
  test('lists the same models in its own shape, and knows that the page is the last', async () => {
    const page = await anthropic().models.list()
    expect(page.hasNextPage()).toBe(false)
    const ids = (await Array.fromAsync(anthropic().models.list())).map((model) => {
      expect(model).toMatchObject({ type: 'model', display_name: expect.any(String) as string })
      expect(Date.parse(model.created_at)).not.toBeNaN()
      return model.id
    })
    expect(ids).toEqual((await Array.fromAsync(openai().models.list())).map(({ id }) => id))
  })

  test.each(
    providerNames.filter((provider) =>
      isTried({ caller: '@anthropic-ai/sdk', provider, subject: 'listing models' }),
    ),
  )('retrieves a model of %s by its bare name and by its address', async (provider) => {
    expect(await anthropic().models.retrieve(modelOf(provider))).toMatchObject({
      type: 'model',
      id: modelOf(provider),
    })
    const address = `${provider}/${modelOf(provider)}`
    expect((await anthropic().models.retrieve(address)).id).toBe(address)
  })

  test('gets a NotFoundError of its own for a model that is not there', async () => {
    const call = anthropic().models.retrieve('no/such-model')
    await expect(call).rejects.toBeInstanceOf(Anthropic.NotFoundError)
    await expect(call).rejects.toMatchObject({ type: 'not_found_error' })
  })
})
