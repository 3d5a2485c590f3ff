import { describe, expect, test } from 'vitest'
import { GatewayError } from '../../src/errors.ts'
import { MultipartScanner, type MultipartField } from '../../src/http/multipart.ts'

const boundary = '----form-7MA4YWxkTrZu0gW'
const line = `--${boundary}\r\n`
const close = `--${boundary}--\r\n`
const field = (name: string, value: string) =>
  `${line}Content-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
const file = (content: string) =>
  `${line}Content-Disposition: form-data; name="file"; filename="a.mp3"\r\nContent-Type: audio/mpeg\r\n\r\n${content}\r\n`

interface Scanned {
  model?: MultipartField
  stream?: MultipartField
}

/** @param sizes of the pieces, in turn */
function scan(body: string | Buffer, sizes: readonly number[] = [Infinity], use = boundary): Scanned {
  const bytes = Buffer.from(body as string, 'latin1')
  const scanner = new MultipartScanner(use, ['model', 'stream'])
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] as number
    scanner.push(bytes.subarray(at, at + size))
    at += size
  }
  scanner.end()
  return Object.fromEntries(scanner.fields)
}

/** What is told of a body that is refused. */
function refusal(body: string, sizes?: readonly number[]): { message: string; param: string | undefined } {
  try {
    scan(body, sizes)
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'invalid_request')
      return { message: error.publicMessage, param: error.detail.param }
    throw error
  }
  throw new Error('it was taken')
}

const random = (seed: number) => () => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) | 0
  return (seed >>> 0) / 2 ** 32
}

/** What comes close to a delimiter, and is none. */
const nearly = [
  `\r\n--${boundary.slice(0, -1)}`,
  `\r\n-${boundary}`,
  `\n--${boundary}\r\n`,
  `--${boundary}--`,
  `\r\r\n--${boundary.slice(0, 5)}\r\n`,
  '\r\n\r\n--\r\n',
  '\r\n--',
  '\r',
]

const bodies = {
  'the model after the file': file('ID3\0\xff') + field('model', 'whisper-1') + close,
  'the model before the file': field('model', 'whisper-1') + file('ID3\0\xff') + close,
  'bytes like a boundary in the file':
    file(nearly.join('x')) + field('model', 'whisper-1') + field('stream', 'true') + close,
  'an empty file, and an end without a line end': `${file('')}${field('model', 'whisper-1')}--${boundary}--`,
  'a preamble': `Not for you.\r\n${nearly.join('y')}\r\n${file('a')}${field('model', 'whisper-1')}${close}`,
  'spaces after the boundary': (file('a') + field('model', 'whisper-1') + close).replaceAll(
    `${boundary}\r\n`,
    `${boundary} \t\r\n`,
  ),
  'line ends in a file': file('\r\n\r\n\r\n') + field('model', 'whisper-1') + close,
}

describe.each(Object.entries(bodies))('%s', (_name, body) => {
  const found = scan(body)

  test('has its model found where it stands', () => {
    const { model } = found
    expect(model?.value).toBe('whisper-1')
    expect(Buffer.from(body, 'latin1').toString('latin1', model?.start, model?.end)).toBe('whisper-1')
    expect(body.includes('name="stream"')).toBe(found.stream !== undefined)
  })

  test('is read alike wherever it is cut once', () => {
    for (let at = 1; at < body.length; at++) expect(scan(body, [at, Infinity])).toEqual(found)
  })

  test('is read alike byte by byte, and in pieces of any sizes', () => {
    expect(scan(body, [1])).toEqual(found)
    const next = random(7)
    for (let round = 0; round < 300; round++) {
      const sizes = Array.from({ length: 5 }, () => 1 + Math.floor(next() * 90))
      expect(scan(body, sizes), sizes.join()).toEqual(found)
    }
  })

  test('is refused wherever it ends early', () => {
    const whole = body.replace(/\r\n$/, '')
    for (let at = 0; at < whole.length; at++) expect(refusal(body.slice(0, at)).message).toMatch(/multipart/)
  })
})

test('random files never hide the model, nor make one up', () => {
  const next = random(11)
  const pieces = [
    ...nearly,
    'name="model"',
    'Content-Disposition: form-data; name="model"\r\n\r\n',
    '\0\xff',
    'ID3',
  ]
  for (let round = 0; round < 2_000; round++) {
    // A file that begins with the boundary is refused.
    const chosen = Array.from({ length: 8 }, () => pieces[Math.floor(next() * pieces.length)])
    const content = `x${chosen.join('x')}`
    const value = `m-${round}`
    const parts = [file(content), field('model', value)]
    const body = (round % 2 === 0 ? parts : parts.reverse()).join('') + close
    const { model } = scan(body, [1 + Math.floor(next() * 64), 1 + Math.floor(next() * 200)])
    expect(model?.value, JSON.stringify(body)).toBe(value)
    expect(body.slice(model?.start, model?.end)).toBe(value)
  }
})

describe('the head of a part may be written', () => {
  test.each([
    'Content-Disposition: form-data; name="model"',
    'Content-Disposition: form-data; name=model',
    'content-disposition:form-data;name="model"',
    'CONTENT-DISPOSITION: Form-Data ; NAME="model"',
    'Content-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data; name="model"',
    'Content-Disposition: form-data; name="model"\r\nContent-Type: text/plain',
    'Content-Disposition: form-data; name="model"\r\nContent-Length: 9\r\nContent-Transfer-Encoding: 8bit',
  ])('%j', (head) => {
    expect(scan(`${line}${head}\r\n\r\nwhisper-1\r\n${close}`).model?.value).toBe('whisper-1')
  })

  test('with any file name', () => {
    for (const name of [
      '"a \\"b\\".mp3"',
      '"C:\\\\a.mp3"',
      '"\xc3\xa4; name=\\"model\\""',
      'a.mp3',
      "a.mp3; filename*=UTF-8''%C3%A4.mp3",
    ]) {
      const part = `${line}Content-Disposition: form-data; name="file"; filename=${name}\r\n\r\na\r\n`
      expect(scan(part + field('model', 'm') + close).model?.value).toBe('m')
    }
  })
})

describe('a body is refused, with a reason', () => {
  const model = field('model', 'a')
  const headed = (head: string) => `${line}${head}\r\n\r\na\r\n${close}`
  test.each([
    ['nothing', '', /ends before its closing boundary/],
    ['other text', 'Hello', /ends before its closing boundary/],
    ['no end', model, /ends before its closing boundary/],
    ['lines that end in LF', (model + close).replaceAll('\r\n', '\n'), /LF, not in CRLF/],
    ['a longer boundary', `${line.trim()}x\r\n`, /begins with its boundary and goes on/],
    ['a boundary and text', `${line.trim()} x\r\n`, /begins with its boundary and goes on/],
    ['something after the end', `${model}${close}more`, /goes on after its closing boundary/],
    ['another form after the end', `${model}${close}${model}${close}`, /goes on after its closing boundary/],
    [
      'a part without a value',
      `${line}Content-Disposition: form-data; name="a"\r\n\r\n${model}${close}`,
      /has no value/,
    ],
    ['no head', `${line}\r\na\r\n${close}`, /no content-disposition/],
    ['another head', headed('Content-Type: text/plain'), /no content-disposition/],
    [
      'two dispositions',
      headed('Content-Disposition: form-data; name="a"\r\nContent-Disposition: form-data; name="model"'),
      /two headers/,
    ],
    ['no form', headed('Content-Disposition: attachment; name="model"'), /not form-data/],
    ['no name', headed('Content-Disposition: form-data; filename="a"'), /has no name/],
    [
      'two names',
      headed('Content-Disposition: form-data; name="a"; name="model"'),
      /not form-data with parameters/,
    ],
    [
      'a name in another encoding',
      headed('Content-Disposition: form-data; name="a"; name*=utf-8\'\'model'),
      /has no name/,
    ],
    ['a name with escapes', headed('Content-Disposition: form-data; name="mo\\del"'), /has escapes/],
    [
      'a name that does not end',
      headed('Content-Disposition: form-data; name="model'),
      /not form-data with parameters/,
    ],
    [
      'a folded head',
      headed('Content-Disposition: form-data;\r\n name="model"'),
      /not form-data with parameters/,
    ],
    ['a head with a zero', headed('Content-Disposition: form-data; name="model\0"'), /no header/],
    ['a head with a bare LF', headed('X: a\nContent-Disposition: form-data; name="model"'), /no header/],
    ['a huge head', headed(`X: ${'a'.repeat(20_000)}`), /larger than 16384 bytes/],
    ['a huge line', `${line.trim()}${' '.repeat(20_000)}`, /larger than 16384 bytes/],
    ['too many parts', field('a', '').repeat(1_001) + close, /more than 1000 parts/],
  ])('%s', (_name, body, message) => {
    // As it would come: a few bytes at a time, so that nothing waits for the end.
    expect(refusal(body, [1_000]).message).toMatch(message)
    if (body.length < 5_000) expect(refusal(body, [1]).message).toMatch(message)
  })

  test.each([
    ['twice', field('model', 'a') + field('model', 'a') + close, 'model', /stands twice/],
    [
      'twice, once unquoted',
      `${field('model', 'a') + line}Content-Disposition: form-data; name=model\r\n\r\nb\r\n${close}`,
      'model',
      /stands twice/,
    ],
    [
      'with two ways to flow',
      field('stream', 'true') + field('stream', 'false') + close,
      'stream',
      /stands twice/,
    ],
    [
      'as a file',
      `${line}Content-Disposition: form-data; name="model"; filename="a"\r\n\r\na\r\n${close}`,
      'model',
      /plain text/,
    ],
    [
      'as bytes',
      `${line}Content-Disposition: form-data; name="model"\r\nContent-Type: application/octet-stream\r\n\r\na\r\n${close}`,
      'model',
      /plain text/,
    ],
    [
      'in UTF-16',
      `${line}Content-Disposition: form-data; name="model"\r\nContent-Type: text/plain; charset=utf-16\r\n\r\na\r\n${close}`,
      'model',
      /plain text/,
    ],
    [
      'in base64',
      `${line}Content-Disposition: form-data; name="model"\r\nContent-Transfer-Encoding: base64\r\n\r\nYQ==\r\n${close}`,
      'model',
      /plain text/,
    ],
    ['in broken UTF-8', field('model', '\xff') + close, 'model', /not valid UTF-8/],
    ['too long', field('model', 'a'.repeat(5_000)) + close, 'model', /longer than 1024 bytes/],
  ])('a model %s', (_name, body, param, message) => {
    const told = refusal(body, [17])
    expect(told.param).toBe(param)
    expect(told.message).toMatch(message)
  })
})
