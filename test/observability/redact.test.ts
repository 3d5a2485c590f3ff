import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { redactLine, redactText } from '../../src/observability/redact.ts'

describe('text that looks like a key is replaced', () => {
  const secrets = [
    'sk-1234567890abcdef',
    'sk-ant-api03-AbC_dEf-123456',
    'gw_live_0123456789abcdef',
    'gsk_0123456789abcdef',
    'AIzaSyA0123456789abcdefghijklmnop',
    'AKIAIOSFODNN7EXAMPLE',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl',
  ]
  for (const secret of secrets)
    test(`by itself and between other words: ${secret.slice(0, 8)}…`, () => {
      expect(redactText(secret)).toBe('[redacted]')
      expect(redactText(`a "${secret}", b (${secret})`)).toBe('a "[redacted]", b ([redacted])')
    })

  const phrases: [text: string, result: string][] = [
    ['Authorization: Bearer abc.def-123', 'Authorization: Bearer [redacted]'],
    ['basic dXNlcjpwYXNz', 'basic [redacted]'],
    ['?key=0123456789abcdef0123&alt=sse', '?key=[redacted]&alt=sse'],
    ['api_key: "0123456789abcdef0123"', 'api_key: "[redacted]"'],
    ['x-api-key=QUJDREVGR0hJSktMTU5PUA==', 'x-api-key=[redacted]'],
    ['{\\"token\\": \\"0123456789abcdef0123\\"}', '{\\"token\\": \\"[redacted]\\"}'],
    ['password=x y', 'password=[redacted] y'],
    ['redis://default:p4ss@cache:6379/0', 'redis://[redacted]@cache:6379/0'],
  ]
  for (const [text, result] of phrases)
    test(`in its place: ${text}`, () => expect(redactText(text)).toBe(result))
})

test('ordinary text stays as it is', () => {
  const texts = [
    'risk-adjusted task-list of desk-sized things',
    '"tokens":{"input":12345678901234567890}',
    '"key_name":"production-backend-service"',
    'https://api.openai.com/v1/chat/completions',
    '"request_id":"0198c7e2-7b1c-7cc3-98a1-0123456789ab"',
    'monkey business, 3 tokens: in, out',
  ]
  for (const text of texts) expect(redactLine(text)).toBe(text)
})

test('a line of JSON stays JSON, and loses the fields with a secret name at any depth', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (value, other) => {
      const line = JSON.stringify({ other, a: { Authorization: value, b: [{ api_keys: [value, 'x'] }] } })
      expect(JSON.parse(redactLine(line))).toEqual({
        other: redactText(other),
        a: { Authorization: '[redacted]', b: [{ api_keys: '[redacted]' }] },
      })
    }),
    {
      examples: [
        ['"}\\', ''],
        [']"', ''],
      ],
    },
  )
})

describe('a megabyte of hostile text takes no longer than a megabyte', () => {
  const units = [
    'a',
    '1',
    'a.',
    '.',
    ' ',
    '"',
    '\\',
    '=',
    ':',
    '-',
    'sk-',
    'sk-aaaaaaa ',
    'Bearer ',
    'Bearer',
    'key=',
    'key',
    'key="',
    'key:   ',
    'eyJ',
    'eyJaaaaaaaa',
    'eyJ-',
    'eyJaaaaaaaa.',
    '://',
    '://a',
    '://a:',
    '://a:b',
    'password=',
    'AIza',
    'AKIA',
    '"key":"',
    '"key":["',
    '"key":"\\"',
  ]
  // A quadratic pattern would need minutes here; the suite's own timeout is the judge.
  for (const unit of units)
    test(`of ${JSON.stringify(unit)}`, () => {
      const text = unit.repeat(Math.ceil(1_000_000 / unit.length))
      expect(typeof redactLine(text)).toBe('string')
    })
})
