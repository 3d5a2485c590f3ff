import { describe, expect, test } from 'vitest'
import { catalogueTexts } from '../../src/providers/catalogue.generated.js'
import { providerTypes } from '../../src/providers/catalogue-making/names.ts'
import { capabilities, modes } from '../../src/config/schema/catalogue.ts'
import { catalogueCapabilities, catalogueModes } from '../../src/providers/catalogue-shape.ts'
import type { CatalogueModel } from '../../src/providers/catalogue-shape.ts'
import { catalogue, catalogueWith, modelsOf } from '../../src/providers/catalogue.ts'

const types = Object.keys(providerTypes)
const all = types.flatMap((type) =>
  catalogue.models(type).map((name) => ({ type, name, model: catalogue.find(type, name) as CatalogueModel })),
)

describe('what is known', () => {
  test.each<[string, string, Partial<CatalogueModel>]>([
    ['openai', 'gpt-4o', { mode: 'chat', contextTokens: 128_000, maxOutputTokens: 16_384 }],
    ['openai', 'text-embedding-3-small', { mode: 'embedding', contextTokens: 8191 }],
    ['openai', 'o1-pro', { mode: 'responses', streaming: false }],
    ['openai', 'whisper-1', { mode: 'audio_transcription' }],
    ['openai', 'tts-1', { mode: 'audio_speech', price: { units: { inputCharacter: 15_000 } } }],
    ['openai', 'omni-moderation-latest', { mode: 'moderation', contextTokens: 32_768 }],
    ['openai', 'gpt-image-1', { mode: 'image' }],
    ['openai', 'gpt-3.5-turbo-instruct', { mode: 'completion' }],
    ['anthropic', 'claude-sonnet-4-5', { mode: 'chat', contextTokens: 200_000, maxOutputTokens: 64_000 }],
    ['anthropic', 'claude-opus-4-1-20250805', { deprecated: '2026-08-05' }],
    ['azure_openai', 'gpt-4o', { mode: 'chat', maxOutputTokens: 16_384 }],
    ['gemini', 'gemini-2.5-flash', { mode: 'chat', contextTokens: 1_048_576 }],
    ['vertex', 'claude-sonnet-4-5@20250929', { mode: 'chat', maxOutputTokens: 64_000 }],
    ['bedrock', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0', { mode: 'chat', maxOutputTokens: 64_000 }],
    ['cohere', 'rerank-v3.5', { mode: 'rerank' }],
    ['mistral', 'mistral-large-latest', { mode: 'chat', contextTokens: 262_144 }],
    ['together', 'meta-llama/Llama-3.3-70B-Instruct-Turbo', { mode: 'chat' }],
    ['deepseek', 'deepseek-reasoner', { mode: 'chat', maxOutputTokens: 65_536 }],
    ['deepseek', 'deepseek-coder', { price: { input: 140, output: 280, cacheRead: 14 } }],
    ['groq', 'openai/gpt-oss-120b', { mode: 'chat', contextTokens: 131_072 }],
    ['groq', 'whisper-large-v3', { mode: 'audio_transcription' }],
    ['openrouter', 'anthropic/claude-sonnet-4.5', { mode: 'chat' }],
    ['fireworks', 'accounts/fireworks/models/deepseek-v3p2', { mode: 'chat' }],
    ['xai', 'grok-4-fast-reasoning', { mode: 'chat', contextTokens: 2_000_000 }],
    ['perplexity', 'sonar-pro', { mode: 'chat', contextTokens: 200_000 }],
  ])('%s has %s with its own numbers', (type, name, facts) => {
    expect(catalogue.models(type)).toContain(name)
    expect(catalogue.find(type, name)).toMatchObject(facts)
  })

  test('prices are nano-dollars for one token', () => {
    expect(catalogue.find('openai', 'gpt-4o')?.price).toMatchObject({
      input: 2500,
      output: 10_000,
      cacheRead: 1250,
    })
    expect(catalogue.find('anthropic', 'claude-sonnet-4-5')?.price).toMatchObject({
      input: 3000,
      output: 15_000,
      cacheRead: 300,
      cacheWrite5m: 3750,
      cacheWrite1h: 6000,
      above: [{ tokens: 200_000, input: 6000, output: 22_500 }],
    })
    expect(catalogue.find('openai', 'gpt-5-nano')?.price?.flex?.cacheRead).toBe('2.5')
  })

  test('abilities are those that the source affirms', () => {
    const able = catalogue.find('openai', 'gpt-4o')?.capabilities
    expect(able).toEqual(expect.arrayContaining(['tools', 'vision', 'json_schema']))
    expect(able).not.toContain('thinking')
  })
})

describe('every model', () => {
  test('has a known mode, sensible limits and well-formed prices', () => {
    const numberOr = (valid: RegExp) => (value: unknown) => valid.test(String(value))
    const whole = numberOr(/^[1-9]\d*$/)
    for (const { name, model } of all) {
      expect(catalogueModes, name).toContain(model.mode)
      expect(
        [model.contextTokens, model.maxOutputTokens].filter((limit) => limit !== undefined && !whole(limit)),
        name,
      ).toEqual([])
      if (model.deprecated !== undefined) expect(model.deprecated, name).toMatch(/^\d{4}-\d{2}-\d{2}$/)
      for (const amount of amounts(model.price))
        expect(
          typeof amount === 'number'
            ? Number.isSafeInteger(amount) && amount >= 0
            : /^\d+\.\d*[1-9]$/.test(amount),
          `${name}: ${amount}`,
        ).toBe(true)
    }
    expect(all.length).toBeGreaterThan(500)
  })

  test("is named once in its list, by a name without another program's prefix, in order", () => {
    for (const type of types) {
      const names = catalogue.models(type)
      expect(names.length, type).toBeGreaterThan(7)
      expect(names).toEqual([...new Set(names)].toSorted((a, b) => (a < b ? -1 : 1)))
      expect(
        names.filter((name) =>
          /^(azure|azure_ai|gemini|vertex_ai|bedrock|together_ai|mistral|cohere|ft:)[/:]/.test(name),
        ),
      ).toEqual([])
    }
  })

  test('stands on a line of its own, in texts that are small and can be parsed one by one', () => {
    expect(Object.keys(catalogueTexts)).toEqual(types)
    const texts = Object.values(catalogueTexts)
    expect(texts.join('').length).toBeLessThan(300_000)
    const lines = texts.flatMap((text) => text.split('\n').filter((line) => line.startsWith('{"name"')))
    expect(lines.map((line) => line.replace(/,$/, ''))).toEqual(all.map(({ model }) => JSON.stringify(model)))
  })
})

describe('find', () => {
  test.each([
    ['openai', 'gpt-4o-2099-01-01', 'gpt-4o'],
    ['openai', 'gpt-4o-20990101', 'gpt-4o'],
    ['openai', 'gpt-4o-latest', 'gpt-4o'],
    ['anthropic', 'claude-sonnet-4-5-20991231', 'claude-sonnet-4-5'],
    ['vertex', 'claude-sonnet-4-5@20991231', 'claude-sonnet-4-5'],
  ])('takes %s %s for %s', (type, asked, found) => {
    expect(catalogue.models(type)).not.toContain(asked)
    expect(catalogue.find(type, asked)).toBe(catalogue.find(type, found))
    expect(catalogue.find(type, asked)?.name).toBe(found)
  })

  test.each(['gpt-4o-2024-08-06', 'gpt-5.1-chat-latest'])('prefers the exact name %s', (name) => {
    expect(catalogue.find('openai', name)?.name).toBe(name)
  })

  test.each([
    ['openai', 'gpt-4o-2024'],
    ['openai', 'gpt-4o-preview'],
    ['openai', 'GPT-4O'],
    ['openai', ' gpt-4o'],
    ['openai', 'no-such-model-2025-01-01'],
    ['openai', '-latest'],
    ['openai', ''],
    ['openai', 'claude-sonnet-4-5'],
    ['openai', 'toString'],
    ['constructor', 'name'],
    ['__proto__', 'toString'],
    ['vllm', 'gpt-4o'],
  ])('does not guess at %s %s', (type, name) => {
    expect(catalogue.find(type, name)).toBeUndefined()
  })

  test('a type without a list has no models', () => {
    for (const type of ['vllm', 'ollama', 'openai_compatible', 'mock', 'no-such-type', '__proto__'])
      expect(catalogue.models(type)).toEqual([])
  })
})

describe('a file in the place of the built-in data', () => {
  const own = catalogueWith({
    openai: [
      { name: 'gpt-99', mode: 'chat', contextTokens: 7 },
      { name: 'a-model', mode: 'embedding' },
    ],
    groq: [],
  })

  test('has the types that it names, and the built-in ones of the others', () => {
    expect(own.models('openai')).toEqual(['gpt-99', 'a-model'])
    expect(own.find('openai', 'gpt-4o')).toBeUndefined()
    expect(own.models('groq')).toEqual([])
    expect(own.models('anthropic')).toEqual(catalogue.models('anthropic'))
    expect(own.find('anthropic', 'claude-sonnet-4-5')).toBe(catalogue.find('anthropic', 'claude-sonnet-4-5'))
    expect(own.models('vllm')).toEqual([])
  })

  test('finds a name by its version too', () => {
    expect(own.find('openai', 'gpt-99-latest')?.contextTokens).toBe(7)
  })
})

describe('what the operator says of models', () => {
  const said = (...facts: Partial<Parameters<typeof modelsOf>[2][number]>[]) =>
    modelsOf(
      catalogue,
      'openai',
      facts.map((fact) => ({ provider: 'openai', model: 'gpt-4o', ...fact })),
    )
  const known = catalogue.find('openai', 'gpt-4o')

  test('nothing: the catalogue’s names and facts', () => {
    expect(said().names).toEqual(catalogue.models('openai'))
    expect(said().find('gpt-4o')).toBe(known)
    expect(said().find('nobody')).toBeUndefined()
  })

  test.each([
    [{ context_tokens: 5 }, { contextTokens: 5 }],
    [{ max_output_tokens: 6 }, { maxOutputTokens: 6 }],
    [{ mode: 'responses' }, { mode: 'responses' }],
    [{ capabilities: ['vision'] }, { capabilities: ['vision'] }],
    [{ streaming: false }, { streaming: false }],
    [{ streaming: true }, {}],
    [
      { price: { input_usd_per_million: 0.1, output_usd_per_million: 2.5 } },
      { price: { input: 100, output: 2500 } },
    ],
    [
      {
        price: {
          input_usd_per_million: 1e-7,
          output_usd_per_million: 0,
          cache_read_usd_per_million: 0.0375,
          cache_write_usd_per_million: 3,
        },
      },
      { price: { input: '0.0001', output: 0, cacheRead: '37.5', cacheWrite5m: 3000 } },
    ],
  ] as const)('%j corrects that alone', (fact, expected) => {
    expect(said(fact).find('gpt-4o')).toEqual({ ...known, ...expected })
  })

  test('streaming: true takes back that a model cannot', () => {
    expect(catalogue.find('openai', 'o1-pro')?.streaming).toBe(false)
    expect(said({ model: 'o1-pro' }).find('o1-pro')?.streaming).toBe(false)
    expect(said({ model: 'o1-pro', streaming: true }).find('o1-pro')?.streaming).toBeUndefined()
  })

  test('a new model is a chat model unless it is said, and stands behind the known ones', () => {
    const { names, find } = said({ model: 'mine', context_tokens: 7 }, { model: 'gpt-4o', context_tokens: 8 })
    expect(names).toEqual([...catalogue.models('openai'), 'mine'])
    expect(find('mine')).toEqual({ name: 'mine', mode: 'chat', contextTokens: 7 })
    expect(find('gpt-4o')?.contextTokens).toBe(8)
  })

  test('holds for unknown versions of the name, and not for those that are known', () => {
    const { find } = said({ context_tokens: 9 })
    expect(find('gpt-4o-2099-01-01')?.contextTokens).toBe(9)
    expect(find('gpt-4o-2024-08-06')).toBe(catalogue.find('openai', 'gpt-4o-2024-08-06'))
  })

  test('the configuration knows the same words as the data', () => {
    expect(modes).toEqual(catalogueModes)
    expect(capabilities).toEqual(catalogueCapabilities)
  })
})

/** Every price in a price, without the thresholds of its tiers. */
function amounts(price: object | undefined): (number | string)[] {
  return Object.entries(price ?? {}).flatMap(([name, value]: [string, number | string | object]) => {
    if (typeof value === 'object') return amounts(value)
    return name === 'tokens' ? [] : [value]
  })
}
