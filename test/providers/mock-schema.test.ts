import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openMockTransport } from '../../src/providers/mock/transport.ts'
import { sendAndRead } from '../support/exchange.ts'
import { full } from '../support/full.ts'

const transport = openMockTransport()

/** What the model answers when it is held to a schema. */
async function answerFor(
  schema: unknown,
): Promise<{ status: number | undefined; value: unknown; message: string }> {
  const { status, text } = await sendAndRead(transport, '/v1/chat/completions', {
    model: 'mock-gpt',
    messages: [{ role: 'user', content: 'fill this in' }],
    response_format: { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } },
  })
  const body = JSON.parse(text) as {
    choices?: { message: { content: string } }[]
    error?: { message: string }
  }
  const content = body.choices?.[0]?.message.content
  return {
    status,
    value: content === undefined ? undefined : JSON.parse(content),
    message: body.error?.message ?? '',
  }
}

function problemsOf(schema: object, value: unknown): unknown {
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  return ajv.validate(schema, value) ? null : { value, errors: ajv.errors }
}

const node = {
  type: 'object',
  properties: { name: { type: 'string' }, children: { type: 'array', items: { $ref: '#/$defs/node' } } },
  required: ['name', 'children'],
  additionalProperties: false,
}
const step = {
  type: 'object',
  properties: { next: { anyOf: [{ $ref: '#' }, { type: 'null' }] }, note: { type: ['string', 'null'] } },
  required: ['next', 'note'],
  additionalProperties: false,
}

describe('json_schema', () => {
  test.each<[name: string, schema: object]>([
    [
      'types',
      {
        type: 'object',
        properties: { a: { type: 'integer' }, b: { type: 'boolean' }, c: { type: 'null' } },
        required: ['a', 'b', 'c'],
      },
    ],
    [
      'enum and const',
      {
        type: 'object',
        properties: { a: { enum: ['x', 2] }, b: { const: { deep: [1] } } },
        required: ['a', 'b'],
      },
    ],
    [
      'no required list',
      { type: 'object', properties: { a: { type: 'number' } }, additionalProperties: false },
    ],
    ['required but not described', { type: 'object', required: ['ghost'] }],
    ['$defs, a tree', { $ref: '#/$defs/node', $defs: { node } }],
    ['itself, a list', step],
    [
      'allOf',
      {
        allOf: [
          { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
          { properties: { b: { type: 'integer' } }, required: ['b'] },
        ],
      },
    ],
    [
      'the tighter of two bounds',
      {
        allOf: [
          { type: 'integer', minimum: 5 },
          { minimum: 3, maximum: 9 },
        ],
      },
    ],
    [
      'oneOf',
      {
        oneOf: [
          { type: 'object', properties: { kind: { const: 'cat' } }, required: ['kind'] },
          { type: 'object', properties: { kind: { const: 'dog' } }, required: ['kind'] },
        ],
      },
    ],
    [
      'anyOf whose first branch is impossible',
      { anyOf: [false, { type: 'string', minLength: 2, maxLength: 1 }, { type: 'integer' }] },
    ],
    ['open bounds', { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 0.3 }],
    ['multipleOf', { type: 'integer', minimum: 100, multipleOf: 7 }],
    ['unique items', { type: 'array', items: { type: 'integer' }, minItems: 4, uniqueItems: true }],
    ['unique words', { type: 'array', items: { enum: ['a', 'b', 'c'] }, minItems: 3, uniqueItems: true }],
    [
      'a tuple',
      { type: 'array', prefixItems: [{ type: 'string' }, { type: 'integer' }], items: false, minItems: 2 },
    ],
    ['no items', { type: 'array', items: { type: 'integer' }, maxItems: 0 }],
    ['lengths', { type: 'string', minLength: 30, maxLength: 31 }],
    [
      'a key named __proto__',
      JSON.parse(
        '{"type":"object","properties":{"__proto__":{"type":"string"}},"required":["__proto__"]}',
      ) as object,
    ],
    ['true', { type: 'object', properties: { a: true }, required: ['a'] }],
  ])('the answer is valid: %s', async (_name, schema) => {
    const { status, value } = await answerFor(schema)
    expect(status).toBe(200)
    expect(problemsOf(schema, value)).toBeNull()
  })

  test.each([
    '^[a-z]{3}-\\d{4}$',
    '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
    '^(red|green)_?[^x]+$',
    '^(?:\\+\\d{1,3} )?\\(\\d{3}\\)$',
    '^[\\w.+-]+@[\\w-]+\\.[a-z]{2,}$',
    '^(?!^[-+.]*$)[+-]?0*\\d*\\.?\\d*$',
    '^#[^\\]]$',
    '\\S',
    '',
  ])('the answer matches the pattern %s', async (pattern) => {
    const { value } = await answerFor({ type: 'string', pattern })
    expect(value).toMatch(new RegExp(pattern, 'u'))
  })

  test('a pattern with a length is kept to both', async () => {
    const { value } = await answerFor({ type: 'string', pattern: '^[A-Z]+$', minLength: 5, maxLength: 6 })
    expect(value).toMatch(/^[A-Z]{5,6}$/)
  })

  test.each([
    [{ type: 'string', pattern: '^(a)\\1\\p{L}$' }, 'pattern'],
    [{ type: 'string', minLength: 2, maxLength: 1 }, 'length'],
    [{ type: 'integer', minimum: 2, maximum: 1 }, 'bounds'],
    [{ $ref: '#/nowhere' }, 'leads nowhere'],
    [{ $ref: '#' }, 'leads to itself'],
    [{ $ref: 'https://example.com/schema' }, 'outside'],
    [{ type: 'object', properties: { a: { $ref: '#' } }, required: ['a'] }, 'deeper'],
    [{ type: 'strng' }, 'type'],
    [false, 'no value'],
  ])('a schema that it cannot satisfy is a 400 that says why: %j', async (schema, reason) => {
    const { status, message } = await answerFor(schema)
    expect(status).toBe(400)
    expect(message).toContain(reason)
  })

  test('a small schema that describes a huge value is refused, not built', async () => {
    const levels = Array.from({ length: 30 }, (_, i) => [
      `level${i}`,
      {
        type: 'object',
        properties: { a: { $ref: `#/$defs/level${i + 1}` }, b: { $ref: `#/$defs/level${i + 1}` } },
        required: ['a', 'b'],
      },
    ])
    const $defs = { ...Object.fromEntries(levels), level30: { type: 'string' } }
    const { status, message } = await answerFor({ $ref: '#/$defs/level0', $defs })
    expect(status).toBe(400)
    expect(message).toContain('too large')
  })

  test('json_object is an object with the answer', async () => {
    const { text } = await sendAndRead(transport, '/v1/chat/completions', {
      model: 'mock-gpt',
      messages: [{ role: 'user', content: 'as JSON' }],
      response_format: { type: 'json_object' },
    })
    const { content } = (JSON.parse(text) as { choices: [{ message: { content: string } }] }).choices[0]
      .message
    expect(JSON.parse(content)).toEqual({ answer: expect.stringContaining('You said: "as JSON"') as string })
  })

  test('any schema of strict structured output gets an answer that it accepts', async () => {
    const { schema } = fc.letrec<{ schema: object }>((tie) => ({
      schema: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.constantFrom({ type: 'boolean' }, { type: 'null' }, { type: ['string', 'null'] }),
        fc.record({ enum: fc.array(fc.oneof(fc.string(), fc.integer()), { minLength: 1, maxLength: 4 }) }),
        fc
          .tuple(fc.integer({ min: -1000, max: 1000 }), fc.nat(50), fc.constantFrom('integer', 'number'))
          .map(([minimum, more, type]) => ({ type, minimum, maximum: minimum + more })),
        fc
          .tuple(fc.nat(30), fc.nat(30))
          .map(([least, more]) => ({ type: 'string', minLength: least, maxLength: least + more })),
        fc
          .record({ items: tie('schema'), minItems: fc.nat(3) })
          .map(({ items, minItems }) => ({ type: 'array', items, minItems, maxItems: minItems + 1 })),
        fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
        fc
          .dictionary(fc.string({ minLength: 1, maxLength: 8 }), tie('schema'), { maxKeys: 4 })
          .map((properties) => ({
            type: 'object',
            properties,
            required: Object.keys(properties),
            additionalProperties: false,
          })),
      ),
    }))
    await fc.assert(
      fc.asyncProperty(schema, async (made) => {
        const { status, value } = await answerFor(made)
        expect(status).toBe(200)
        expect(problemsOf(made, value)).toBeNull()
      }),
      { numRuns: full ? 1000 : 100 },
    )
  })
})
