import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FrameTooLarge } from '../../src/framing/frame.ts'
import { NdjsonReader } from '../../src/framing/ndjson.ts'

const roomy = { maxEventBytes: 1_000_000 }

/** The lines that a reader finds in these pieces, the end of the stream included. */
function read(pieces: readonly Buffer[], limits = roomy): string[] {
  const reader = new NdjsonReader(limits)
  const frames = [...pieces.flatMap((piece) => [...reader.push(piece)]), ...reader.close()]
  return frames.map(({ data }) => data)
}

const cutAt = (bytes: Buffer, places: readonly number[]): Buffer[] => {
  const sorted = [...new Set(places)].sort((one, other) => one - other)
  return [...sorted, bytes.length].map((end, i) => bytes.subarray(sorted[i - 1] ?? 0, end))
}

describe('lines', () => {
  test.each([
    ['{"a":1}\n{"b":2}\n', ['{"a":1}', '{"b":2}']],
    ['{"a":1}\r\n{"b":2}\r\n', ['{"a":1}', '{"b":2}']],
    ['\n\r\n  \n{"a":1}\n\n', ['{"a":1}']],
    ['\uFEFF{"a":1}\n', ['{"a":1}']],
    ['not json\n', ['not json']],
    ['', []],
  ])('%j are found', (text, expected) => {
    expect(read([Buffer.from(text)])).toEqual(expected)
  })

  test('are given as soon as their line feed has come, and only once', () => {
    const reader = new NdjsonReader(roomy)
    expect(reader.push(Buffer.from('{"a"'))).toEqual([])
    expect(reader.push(Buffer.from(':1}\n{'))).toEqual([{ data: '{"a":1}' }])
    expect(reader.push(Buffer.from('}\n'))).toEqual([{ data: '{}' }])
    expect(reader.close()).toEqual([])
  })

  test.each([
    ['{"a":1}\n{"b":2}', ['{"a":1}', '{"b":2}']],
    ['{"a":1}\n{"b":', ['{"a":1}']],
    ['{"a":1}\n{"b":"é', ['{"a":1}']],
    ['{"a":1}\n \r', ['{"a":1}']],
  ])('a last one without its line feed counts when it is whole: %j', (text, expected) => {
    expect(read([Buffer.from(text)])).toEqual(expected)
  })

  test('come out the same wherever the network cut them, inside characters too', () => {
    const line = fc.json({ maxDepth: 2 }).map((json) => json.replaceAll('a', 'ä€😀'))
    const stream = fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\n\n')), { maxLength: 8 })
    const places = fc.array(fc.nat(400), { maxLength: 30 })
    fc.assert(
      fc.property(stream, places, (lines, cuts) => {
        const bytes = Buffer.from(lines.map((pair) => pair.join('')).join(''))
        const pieces = cutAt(
          bytes,
          cuts.map((place) => Math.min(place, bytes.length)),
        )
        expect(read(pieces)).toEqual(lines.map(([json]) => json.trim()).filter((json) => json !== ''))
        expect(read([...bytes].map((byte) => Buffer.of(byte)))).toEqual(read([bytes]))
      }),
    )
  })

  test('the bytes given may be used again by the sender', () => {
    const reader = new NdjsonReader(roomy)
    const chunk = Buffer.from('{"a":')
    reader.push(chunk)
    chunk.fill(0)
    expect(reader.push(Buffer.from('1}\n'))).toEqual([{ data: '{"a":1}' }])
  })
})

describe('a line larger than its cap', () => {
  const limits = { maxEventBytes: 10 }
  const line = (length: number) => `"${'x'.repeat(length - 2)}"`

  test.each([
    ['at once', [`${line(11)}\n`]],
    ['in pieces', ['"xxxxx', 'xxxxx"']],
    ['in pieces, the last with its line feed', ['"xxxxx', 'xxxx"\n']],
    ['after others', [`${line(10)}\n${line(10)}\n${line(11)}`]],
  ])('is refused %s', (_how, pieces) => {
    expect(() =>
      read(
        pieces.map((piece) => Buffer.from(piece)),
        limits,
      ),
    ).toThrow(FrameTooLarge)
  })

  test('one as large as the cap passes, and what came before does not count', () => {
    const text = `${line(10)}\n`.repeat(5)
    expect(read([Buffer.from(text)], limits)).toHaveLength(5)
    expect(
      read(
        [...Buffer.from(text)].map((byte) => Buffer.of(byte)),
        limits,
      ),
    ).toHaveLength(5)
  })
})

test('a long line that comes byte by byte takes linear time', () => {
  const timeOf = (length: number): number => {
    const reader = new NdjsonReader({ maxEventBytes: 10_000_000 })
    const byte = Buffer.from('x')
    const startedAt = performance.now()
    for (let i = 0; i < length; i++) reader.push(byte)
    reader.push(Buffer.from('\n'))
    return performance.now() - startedAt
  }
  timeOf(20_000)
  // Quadratic time would take hundreds of times as long.
  expect(timeOf(1_600_000)).toBeLessThan(Math.max(2000, 16 * 8 * timeOf(100_000)))
})
