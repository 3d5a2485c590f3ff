import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { outline } from '../../src/pipeline/outline.ts'

const lookAt = { whole: ['usage'], texts: ['model'] }
const of = (text: string) => outline(Buffer.from(text), lookAt)

describe('the outline of an answer', () => {
  test('has what tells an answer from something else, and the usage whole', () => {
    expect(
      of(
        '{"id":"x","model":"gpt-é","choices":[{"message":{"content":"\\"usage\\":{}"}}],"created":1,"usage":{"a":{"b":[1]}}, "error":{"m":1},"data":[ ]}\n',
      ),
    ).toEqual({ model: 'gpt-é', choices: [null], usage: { a: { b: [1] } }, error: {}, data: [] })
  })

  const object = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 4 }), {
    noNullPrototype: true,
  })

  test('exists for every object, with every member that is a list or an object', () => {
    fc.assert(
      fc.property(object, fc.constantFrom(undefined, 2), (value, space) => {
        const shape = of(JSON.stringify(value, null, space))
        for (const [key, member] of Object.entries(value)) {
          if (Array.isArray(member)) expect(shape?.[key]).toEqual(member.length > 0 ? [null] : [])
          else if (typeof member === 'object' && member !== null) expect(shape?.[key]).toBeTypeOf('object')
        }
      }),
      { numRuns: 1_000 },
    )
  })

  test('does not exist for an object that is cut anywhere', () => {
    fc.assert(
      fc.property(object, fc.nat(), (value, position) => {
        const text = Buffer.from(JSON.stringify(value))
        const cut = text.subarray(0, position % text.length)
        let shape
        try {
          shape = outline(cut, lookAt)
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError)
        }
        expect(shape).toBeUndefined()
      }),
      { numRuns: 2_000 },
    )
  })

  test.each([
    '',
    'null',
    '[]',
    '"a"',
    '{"a":1}{"b":2}',
    '{"a":1} x',
    '{"a":[1}',
    '{"choices":[{"a":1}',
    '{"a"',
    '{"a":',
    '{"a":}',
    '<html>',
    '{"id": oops',
  ])('does not exist for %j', (text) => expect(of(text)).toBeUndefined())
})
