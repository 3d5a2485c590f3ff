import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makeCatalogue } from '../../scripts/make-catalogue.ts'
import { makeLists } from '../../src/providers/catalogue-making/make.ts'
import { shiftDecimal } from '../../src/providers/catalogue-making/numbers.ts'
import type { CatalogueLists, CatalogueModel } from '../../src/providers/catalogue-shape.ts'

const sample = (name: string) => readFileSync(new URL(`../catalogue-sample/${name}`, import.meta.url), 'utf8')
const firstList = sample('model_prices.json')
const secondList = sample('genai_prices.json')

function listsOf(moduleText: string): CatalogueLists {
  const lists = [...moduleText.matchAll(/^(\w+): `([^`]*)`,$/gm)]
  return Object.fromEntries(lists.map(([, type, text = '']) => [type, JSON.parse(text)]))
}

/** The catalogue of one entry, as a model of OpenAI. */
function makeOne(entry: string): CatalogueModel | undefined {
  return listsOf(makeCatalogue(`{"m":{"litellm_provider":"openai","mode":"chat",${entry}}}`, '[]'))
    .openai?.[0]
}

describe('making the catalogue', () => {
  test('the sample sources give the kept module, byte for byte', () => {
    expect(makeCatalogue(firstList, secondList)).toBe(sample('expected.generated.js'))
  })

  test('the data carries the notices of both sources', () => {
    const module = makeCatalogue(firstList, secondList)
    for (const holder of ['2023 Berri AI', '2026 Prajwal Srinivas', 'Pydantic Services Inc. 2025'])
      expect(module).toContain(`Copyright (c) ${holder}`)
    expect(module).toContain('/*!')
    expect(module).toContain('THE SOFTWARE IS PROVIDED "AS IS"')
  })

  test('the order of the sources does not matter', () => {
    const shuffled = (text: string) => {
      // The number texts must survive, so entries are moved as text.
      const entries = text.slice(text.indexOf('{') + 1, text.lastIndexOf('}')).split(/,\n(?= {2}")/)
      return `{${entries.toReversed().join(',\n')}}`
    }
    expect(shuffled(firstList)).not.toBe(firstList)
    expect(makeCatalogue(shuffled(firstList), secondList)).toBe(sample('expected.generated.js'))
  })

  test.each([
    ['fine-tunes', 'ft:gpt-4o-2024-08-06'],
    ['the code interpreter', 'container'],
    ['image sizes', '1024-x-1024/dall-e-2'],
    ['realtime models', 'gpt-realtime'],
    ['models of the realtime route under another mode', 'gpt-realtime-whisper'],
    ["names that are not the provider's", 'claude-4-opus-20250514'],
    ['regional prices', 'eu/gpt-4o-2024-08-06'],
    ['regional prices of Bedrock', 'us-gov-west-1/anthropic.claude-sonnet-4-5-20250929-v1:0'],
    ["other vendors' models on Azure", '"mistral-large-latest","mode":"chat","contextTokens":32000'],
    ['size classes', 'together-ai-up-to-4b'],
    ['other size classes', 'fireworks-ai-default'],
    ['short names of another program', '"glm-4p7"'],
    ['models sold by the request', 'pplx-7b-online'],
    ['second spellings', '"baai/'],
    ['document reading', 'mistral-ocr-latest'],
    ['other providers', 'novita'],
    ['the explanation of the fields', 'sample_spec'],
  ])('%s are left out', (_what, text) => {
    expect(sample('expected.generated.js')).not.toContain(text)
  })

  test('of a name with and without its prefix, the prefixed entry counts', () => {
    const flash = listsOf(makeCatalogue(firstList, secondList)).gemini?.find(
      ({ name }) => name === 'gemini-flash-latest',
    )
    expect(flash?.price?.cacheRead).toBe(75)
  })

  test('the second list fills in a missing price and changes no known one', () => {
    const without = listsOf(makeCatalogue(firstList, '[]'))
    const both = listsOf(makeCatalogue(firstList, secondList))
    const mistral = ({ name }: CatalogueModel) => name === 'mistralai/Mistral-7B-Instruct-v0.1'
    expect(without.together?.find(mistral)?.price).toBeUndefined()
    expect(both.together?.find(mistral)?.price).toEqual({ input: 200, output: 200 })
    for (const [type, models] of Object.entries(without))
      for (const model of models)
        expect(both[type]?.find(({ name }) => name === model.name)).toMatchObject(model)
  })

  test.each([
    ['tiered', '{"input_mtok":{"base":1,"tiers":[{"start":1000,"price":2}]},"output_mtok":3}'],
    [
      'dated',
      '[{"prices":{"input_mtok":1}},{"constraint":{"start_date":"2026-03-13"},"prices":{"input_mtok":2}}]',
    ],
    ['unknown', '{"input_mtok":1,"requests_kcount":12}'],
    ['absent', '{}'],
  ])('a %s price of the second list is not taken by half', (_what, prices) => {
    const second = `[{"id":"openai","models":[{"id":"m","match":{"or":[{"starts_with":"m"}]},"context_window":9,"prices":${prices}}]}]`
    const first = '{"m":{"litellm_provider":"openai","mode":"chat"}}'
    expect(listsOf(makeCatalogue(first, second)).openai).toEqual([
      { name: 'm', mode: 'chat', contextTokens: 9 },
    ])
  })

  test.each([
    [
      'a new kind of price',
      '"input_cost_per_dream":1',
      'm: the price field input_cost_per_dream is not known',
    ],
    [
      'a price in text',
      '"input_cost_per_token":"1e-6"',
      'm: input_cost_per_token must be a number, found "1e-6"',
    ],
    ['a negative price', '"input_cost_per_token":-1e-6', 'at least 0, found -1e-6'],
    ['a broken limit', '"max_input_tokens":1.5', 'm: max_input_tokens must be a whole number of tokens'],
    [
      'a limit in words',
      '"max_output_tokens":"many"',
      'm: max_output_tokens must be a whole number of tokens',
    ],
    ['a date in words', '"deprecation_date":"soon"', 'm: deprecation_date must be YYYY-MM-DD, found "soon"'],
    ['an unknown mode', '"mode":"telepathy"', 'm: the mode "telepathy" is not known'],
  ])('%s stops the run and is named', (_what, entry, message) => {
    expect(() => makeOne(entry)).toThrow(message)
  })

  test('whoever only listens gets the rest: a model without its price, and none for a broken entry', () => {
    const entry = (more: string) => `{"litellm_provider":"openai","mode":"chat"${more}}`
    const first = `{"good":${entry(',"input_cost_per_token":1e-6')},
      "new-price":${entry(',"max_input_tokens":5,"input_cost_per_dream":1')},
      "bad-limit":${entry(',"max_input_tokens":"many"')}}`
    const problems: string[] = []
    const lists = makeLists(first, '[]', (problem) => problems.push(problem))
    expect(Object.fromEntries(lists).openai).toEqual([
      { name: 'good', mode: 'chat', price: { input: 1000 } },
      { name: 'new-price', mode: 'chat', contextTokens: 5 },
    ])
    expect(problems).toEqual([
      'new-price: the price field input_cost_per_dream is not known',
      expect.stringContaining('bad-limit: max_input_tokens must be a whole number of tokens'),
    ])
  })

  test('a limit may be written as a decimal without a fraction', () => {
    expect(makeOne('"max_input_tokens":2000000.0')?.contextTokens).toBe(2_000_000)
  })

  test("DeepSeek's older word for a cached token counts where the newer one is not there", () => {
    const older = '"input_cost_per_token_cache_hit":3e-9'
    expect(makeOne(older)?.price).toEqual({ cacheRead: 3 })
    const newer = '"cache_read_input_token_cost":2e-9'
    expect(makeOne(`${older},${newer}`)?.price).toEqual({ cacheRead: 2 })
    expect(makeOne(`${newer},${older}`)?.price).toEqual({ cacheRead: 2 })
  })

  test('a name that would need an escape stops the run', () => {
    const entry = '"litellm_provider":"openai","mode":"chat"'
    for (const name of ['a`b', 'a${b}', 'a\\\\b', 'a\\"b'])
      expect(() => makeCatalogue(`{"${name}":{${entry}}}`, '[]'), name).toThrow('backquote')
  })
})

describe('prices', () => {
  test("every price per token of the sample is the source's, to the last digit", () => {
    const made = listsOf(makeCatalogue(firstList, '[]'))
    const models = new Map(
      Object.values(made).flatMap((list) => list.map((model) => [model.name, model] as const)),
    )
    let compared = 0
    for (const [, key = '', body = ''] of firstList.matchAll(/^ {2}"(.+?)": \{\n([\s\S]*?)\n {2}\}/gm)) {
      // Only names that one provider has: the others' prices differ.
      const price = models.get(key)?.price
      if (!price || firstList.includes(`/${key}": {`)) continue
      for (const [field, kind] of [
        ['input_cost_per_token', 'input'],
        ['output_cost_per_token', 'output'],
        ['cache_read_input_token_cost', 'cacheRead'],
      ] as const) {
        const text = new RegExp(`"${field}": ([^,\\n]+)`).exec(body)?.[1]
        expect(price[kind] === undefined, `${key} ${field}`).toBe(text === undefined)
        if (text === undefined || price[kind] === undefined) continue
        expect(exact(String(price[kind])), `${key} ${field}`).toBe(exact(text, 9))
        compared++
      }
    }
    expect(compared).toBeGreaterThan(25)
  })

  test('a digit that a float would lose is kept', () => {
    expect(makeOne('"input_cost_per_token":0.1234567890123456789e-6')?.price?.input).toBe(
      '123.4567890123456789',
    )
    expect(makeOne('"input_cost_per_token":3.0000000000000004e-07')?.price?.input).toBe('300.00000000000004')
    expect(makeOne('"input_cost_per_token":1.1e-07')?.price?.input).toBe(110)
  })

  test('tiers of length and of service keep to their own', () => {
    const entry = [
      ['input_cost_per_token', 1],
      ['input_cost_per_token_above_200k_tokens', 2],
      ['input_cost_per_token_above_128k_tokens', 3],
      ['input_cost_per_token_flex', 4],
      ['input_cost_per_token_above_272k_tokens_priority', 5],
      ['input_cost_per_token_batches', 6],
      ['cache_creation_input_token_cost_above_1hr', 7],
      ['cache_creation_input_token_cost_above_1hr_above_200k_tokens', 8],
    ].map(([field, nano]) => `"${field}":${nano}e-9`)
    expect(makeOne(entry.join(','))?.price).toEqual({
      input: 1,
      cacheWrite1h: 7,
      above: [
        { tokens: 128_000, input: 3 },
        { tokens: 200_000, input: 2, cacheWrite1h: 8 },
      ],
      batch: { input: 6 },
      flex: { input: 4 },
      priority: { above: [{ tokens: 272_000, input: 5 }] },
    })
  })

  test('moving the point loses nothing', () => {
    const digits = fc.stringMatching(/^\d{1,18}$/)
    const decimals = fc.tuple(digits, fc.option(digits), fc.option(fc.integer({ min: -30, max: 30 })))
    fc.assert(
      fc.property(decimals, fc.integer({ min: 0, max: 12 }), ([whole, fraction, exponent], places) => {
        const text =
          whole + (fraction === null ? '' : `.${fraction}`) + (exponent === null ? '' : `e${exponent}`)
        const moved = shiftDecimal(text, places)
        expect(exact(String(moved))).toBe(exact(text, places))
        if (typeof moved === 'number') expect(Number.isSafeInteger(moved)).toBe(true)
        else expect(moved).toMatch(/^(0|[1-9]\d*)(\.\d*[1-9])?$/)
      }),
    )
  })

  test.each(['', '-1', '.5', '1e', 'Infinity', '0x10', '1_000'])('%j is no price', (text) => {
    expect(() => shiftDecimal(text, 9)).toThrow('must be a plain decimal number')
  })
})

/** The value of a decimal text times ten to the `places`, in units of 1e-60: nothing here is a float. */
function exact(text: string, places = 0): bigint {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  return BigInt(whole + fraction) * 10n ** BigInt(60 - fraction.length + Number(exponent) + places)
}
