import { describe, expect, test } from 'vitest'
import { providerTypes } from '../../scripts/catalogue-names.ts'
import { catalogueText } from '../../src/providers/catalogue.generated.js'
import { catalogue } from '../../src/providers/catalogue.ts'
import type { CatalogueMode, CatalogueModel } from '../../src/providers/catalogue.ts'

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
    expect(able).toEqual(expect.arrayContaining(['tools', 'vision', 'jsonSchema']))
    expect(able).not.toContain('thinking')
  })
})

describe('every model', () => {
  test('has a known mode, sensible limits and well-formed prices', () => {
    const modes: CatalogueMode[] = [
      'chat',
      'responses',
      'completion',
      'embedding',
      'rerank',
      'moderation',
      'image',
    ]
    modes.push('audio_speech', 'audio_transcription')
    const numberOr = (valid: RegExp) => (value: unknown) => valid.test(String(value))
    const whole = numberOr(/^[1-9]\d*$/)
    for (const { name, model } of all) {
      expect(modes, name).toContain(model.mode)
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
      expect(names.length, type).toBeGreaterThan(10)
      expect(names).toEqual([...new Set(names)].toSorted((a, b) => (a < b ? -1 : 1)))
      expect(
        names.filter((name) =>
          /^(azure|azure_ai|gemini|vertex_ai|bedrock|together_ai|mistral|cohere|ft:)[/:]/.test(name),
        ),
      ).toEqual([])
    }
  })

  test('stands on a line of its own in a module of under 400 KB', () => {
    expect(catalogueText.length).toBeLessThan(400_000)
    const lines = catalogueText.split('\n').filter((line) => line.startsWith('{"name"'))
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

/** Every price in a price, without the thresholds of its tiers. */
function amounts(price: object | undefined): (number | string)[] {
  return Object.entries(price ?? {}).flatMap(([name, value]: [string, number | string | object]) => {
    if (typeof value === 'object') return amounts(value)
    return name === 'tokens' ? [] : [value]
  })
}
