import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadFixtures } from '../support/fixtures.ts'
import { glance } from '../../src/pipeline/glance.ts'

const latin1 = (text: string) => Buffer.from(text).toString('latin1')
const of = (text: string) => glance(latin1(text), 'choices')

describe('a glance at an answer', () => {
  test('finds what it is and what it cost', () => {
    const text =
      '{"id":"x","model":"gpt-4o","choices":[{"message":{"content":"é \\"usage\\":{} \\"model\\":\\"no\\""}}],"usage":{"a":{"b":[1]}},"service_tier":"default"}\n'
    expect(of(text)).toEqual({
      model: 'gpt-4o',
      choices: [null],
      usage: { a: { b: [1] } },
      service_tier: 'default',
    })
  })

  test.each(loadFixtures({ dialect: 'openai-chat', feature: 'usage', without: ['stream', 'error'] }))(
    'says the same of $id as the whole',
    ({ response }) => {
      const body = response.body as Record<string, unknown>
      for (const space of [undefined, 2]) {
        const seen = of(JSON.stringify(body, null, space))
        if (seen) expect(seen).toMatchObject({ model: body.model, usage: body.usage, choices: [null] })
        // Where `usage` is not among the last members of the outermost object, the whole is parsed.
        else expect(body.usage ?? null).toBeNull()
      }
    },
  )

  const answer = fc.record({
    id: fc.string(),
    choices: fc.array(fc.jsonValue({ maxDepth: 3 }), { minLength: 1 }),
    usage: fc.dictionary(fc.string(), fc.nat()),
    more: fc.jsonValue({ maxDepth: 1 }),
  })

  test('is never content with an answer that is cut', () => {
    fc.assert(
      fc.property(answer, fc.nat(), (value, position) => {
        const text = latin1(JSON.stringify(value))
        expect(glance(text, 'choices')).toBeDefined()
        expect(glance(text.slice(0, position % text.length), 'choices')).toBeUndefined()
      }),
      { numRuns: 2_000 },
    )
  })

  test.each([
    ['', 'nothing'],
    ['null', 'no object'],
    ['[{"choices":[1],"usage":{}}]', 'a list'],
    ['{"choices":[],"usage":{}}', 'no choice'],
    ['{"choices":{"a":1},"usage":{}}', 'choices that are no list'],
    ['{"choices":[1]}', 'no usage'],
    ['{"choices":[{"usage":{}}]}', 'a usage that is not its own'],
    ['{"usage":{},"choices":[1]}', 'a usage that comes first'],
    ['{"choices":[1],"usage":{}} x', 'something after it'],
    ['{"choices":[1],"usage":{}}{}', 'two of them'],
    ['{"error":{"message":"no"}}', 'an error'],
  ])('leaves %j to the parser: %s', (text) => expect(of(text)).toBeUndefined())
})
