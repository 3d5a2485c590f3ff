import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { duplicateKey, splice, type Edit } from '../../src/pipeline/splice.ts'

const latin1 = (text: string) => Buffer.from(text).toString('latin1')
const text = (raw: string, edits: Edit[]) => Buffer.from(splice(latin1(raw), edits), 'latin1').toString()

describe('editing the top level of a JSON object', () => {
  test('touches nothing but the member named', () => {
    expect(
      text('{ "seed": 9007199254740993 ,"model" : "a", "x":{"model":"b"} }', [{ key: 'model', set: '"c"' }]),
    ).toBe('{ "seed": 9007199254740993 ,"model" : "c", "x":{"model":"b"} }')
  })

  test('adds a member that is not there, to an empty object too', () => {
    expect(text('{"a":1 }', [{ key: 'b', set: '2' }])).toBe('{"a":1 ,"b":2}')
    expect(text('{}', [{ key: 'b', set: '2' }])).toBe('{"b":2}')
  })

  test('finds a key that is written with escapes', () => {
    expect(text('{"mod\\u0065l":"a"}', [{ key: 'model', set: '"b"' }])).toBe('{"mod\\u0065l":"b"}')
  })

  test('gives the bytes back unchanged when there is nothing to do', () => {
    expect(splice('{"a":1}', [])).toBe('{"a":1}')
  })

  const key = fc.constantFrom('model', 'stream', 'é', 'a"b', 'back\\slash', 'n')
  const body = fc.dictionary(key, fc.jsonValue({ maxDepth: 3 }), { noNullPrototype: true })
  const edit = key.chain((key) =>
    fc.oneof(
      fc.jsonValue().map((value): Edit => ({ key, set: JSON.stringify(value) })),
      fc.constant<Edit>({ key, remove: true }),
      fc.constant<Edit>({ key, rename: `${key}-renamed` }),
    ),
  )
  const edits = fc.uniqueArray(edit, { selector: (edit) => edit.key, maxLength: 4 })
  const spacing = fc.constantFrom(undefined, 1, '\t')

  test('equals the same edit made on the parsed object', () => {
    fc.assert(
      fc.property(body, edits, spacing, (body, edits, space) => {
        const expected: Record<string, unknown> = {}
        const find = (name: string) => edits.find(({ key }) => key === name)
        for (const [name, value] of Object.entries(body)) {
          const change = find(name)
          if (!change) expected[name] = value
          else if ('set' in change) expected[name] = JSON.parse(change.set)
          else if ('rename' in change) expected[change.rename] = value
        }
        for (const change of edits) if ('set' in change) expected[change.key] = JSON.parse(change.set)
        const edited = text(JSON.stringify(body, null, space), edits)
        // Through JSON once, where -0 becomes 0.
        expect(JSON.parse(edited)).toEqual(JSON.parse(JSON.stringify(expected)))
      }),
      { numRuns: 3_000 },
    )
  })
})

test('a key that stands twice is found, however it is written', () => {
  const find = (raw: string) => duplicateKey(latin1(raw), JSON.parse(raw) as Record<string, unknown>)
  expect(find('{"model":"a","x":{"model":1},"y":[{"model":2}]}')).toBeUndefined()
  expect(find('{"model":"a","b":1,"model":"c"}')).toBe('model')
  expect(find('{"model":"a","mod\\u0065l":"c"}')).toBe('model')
})
