import { describe, expect, test } from 'vitest'
import { gemini } from '../../src/providers/gemini.ts'
import { providerFacts } from '../../src/providers/index.ts'
import {
  pathOf,
  servingOf,
  type PathContext,
  type ProviderFacts,
  type ProviderSettings,
  type Serves,
} from '../../src/providers/provider.ts'
import { vertex } from '../../src/providers/vertex.ts'

function pathFor(facts: ProviderFacts, operation: 'chat' | 'embedding', more: Partial<PathContext>) {
  const call: PathContext = { basePath: '/b', model: 'm-1', stream: false, settings: {}, ...more }
  const serving = servingOf<Serves>(facts.serves[operation], 'openai-chat', call.model, call.settings)
  return pathOf(serving!, call)
}

const ofSettings = <Value>(
  value: Value | ((settings: ProviderSettings) => Value),
  settings: ProviderSettings,
) => (value instanceof Function ? value(settings) : value)

describe('the page of Gemini', () => {
  test('is known by its name, and has its key in a header', () => {
    expect(providerFacts.get('gemini')).toBe(gemini)
    expect(gemini).toMatchObject({
      baseUrl: 'https://generativelanguage.googleapis.com',
      usualPath: '/v1beta',
      credential: { header: 'x-goog-api-key' },
    })
  })

  test.each<['chat' | 'embedding', Partial<PathContext>, string]>([
    ['chat', {}, '/b/models/m-1:generateContent'],
    ['chat', { stream: true }, '/b/models/m-1:streamGenerateContent?alt=sse'],
    ['chat', { model: 'models/m-1' }, '/b/models/m-1:generateContent'],
    ['chat', { model: 'tunedModels/m-1' }, '/b/tunedModels/m-1:generateContent'],
    ['chat', { model: 'a/../b?c#d' }, '/b/models/a%2F..%2Fb%3Fc%23d:generateContent'],
    ['embedding', {}, '/b/models/m-1:batchEmbedContents'],
  ])('asks for %s at the right place: %o', (operation, context, path) => {
    expect(pathFor(gemini, operation, context)).toBe(path)
  })
})

describe('the page of Vertex AI', () => {
  test('is known by its name', () => {
    expect(providerFacts.get('vertex')).toBe(vertex)
    expect(vertex.credential).toEqual({ header: 'x-goog-api-key' })
  })

  test.each([
    [undefined, 'https://aiplatform.googleapis.com', 'global'],
    ['global', 'https://aiplatform.googleapis.com', 'global'],
    ['eu', 'https://aiplatform.eu.rep.googleapis.com', 'eu'],
    ['us', 'https://aiplatform.us.rep.googleapis.com', 'us'],
    ['europe-west4', 'https://europe-west4-aiplatform.googleapis.com', 'europe-west4'],
  ])('of the location %s is at %s', (location, origin, written) => {
    const settings: ProviderSettings = { project: 'p-1', ...(location !== undefined && { location }) }
    expect(ofSettings(vertex.baseUrl, settings)).toBe(origin)
    expect(ofSettings(vertex.usualPath, settings)).toBe(`/v1/projects/p-1/locations/${written}`)
  })

  test.each<['chat' | 'embedding', Partial<PathContext>, string]>([
    ['chat', {}, '/b/publishers/google/models/m-1:generateContent'],
    ['chat', { stream: true }, '/b/publishers/google/models/m-1:streamGenerateContent?alt=sse'],
    ['chat', { model: 'models/m-1' }, '/b/publishers/google/models/m-1:generateContent'],
    ['chat', { model: 'a/b?c' }, '/b/publishers/google/models/a%2Fb%3Fc:generateContent'],
    ['embedding', {}, '/b/publishers/google/models/m-1:predict'],
    [
      'embedding',
      { model: 'gemini-embedding-001' },
      '/b/publishers/google/models/gemini-embedding-001:predict',
    ],
    [
      'embedding',
      { model: 'gemini-embedding-2' },
      '/b/publishers/google/models/gemini-embedding-2:embedContent',
    ],
    ['embedding', { model: 'e5-maas' }, '/b/publishers/google/models/e5-maas:embedContent'],
  ])('asks for %s at the right place: %o', (operation, context, path) => {
    expect(pathFor(vertex, operation, context)).toBe(path)
  })

  test('is asked with tokens, unless the operator gave a key', () => {
    const options = { origin: 'https://aiplatform.googleapis.com', settings: {} }
    expect(vertex.openSigner?.({ ...options, keys: [] })).toHaveProperty('sign')
    expect(vertex.openSigner?.({ ...options, keys: ['k'] })).toBeUndefined()
  })
})
