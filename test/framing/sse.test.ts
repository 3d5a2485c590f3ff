import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Frame } from '../../src/framing/frame.ts'
import { FrameTooLarge } from '../../src/framing/frame.ts'
import { formatEvent, parseEvent, SseSplitter } from '../../src/framing/sse.ts'

/** Pushes the pieces through a splitter; gives the frames and the bytes that came out. */
function split(pieces: Buffer[], maxEventBytes = 1 << 20): { frames: Frame[]; bytes: Buffer; rest: Buffer } {
  const splitter = new SseSplitter({ maxEventBytes })
  const frames: Frame[] = []
  const out: Buffer[] = []
  for (const piece of pieces) {
    const whole = splitter.push(piece)
    if (!whole) continue
    out.push(Buffer.from(whole.bytes))
    let start = 0
    for (const end of whole.ends) {
      const frame = parseEvent(whole.bytes.toString('utf8', start, end))
      if (frame) frames.push(frame)
      start = end
    }
    expect(start).toBe(whole.bytes.length)
  }
  return { frames, bytes: Buffer.concat(out), rest: Buffer.from(splitter.rest()) }
}

/** An independent reading of the same text, after the specification's algorithm, line by line. */
function readAsSpecified(text: string): Frame[] {
  const frames: Frame[] = []
  let event = ''
  let data: string[] | undefined
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)
  lines.pop() // no line end, no line
  for (const line of lines) {
    if (line === '') {
      if (data) frames.push(event ? { event, data: data.join('\n') } : { data: data.join('\n') })
      event = ''
      data = undefined
    } else {
      const [, name = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? []
      if (name === 'event') event = value
      if (name === 'data') (data ??= []).push(value)
    }
  }
  return frames
}

const line = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }).map((value) => `data: ${value.replace(/[\r\n]/g, '')}`),
  fc.constantFrom(
    '',
    '',
    ': ping',
    'event: delta',
    'id: 7',
    'retry: 10',
    'data',
    'data:x',
    'data: {"a":"é𝄞"}',
  ),
)
const stream = fc
  .array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r')), { maxLength: 30 })
  .map((lines) => lines.map(([text, end]) => text + end).join(''))
const cuts = fc.array(fc.nat(400), { maxLength: 20 })

function cutAt(bytes: Buffer, positions: number[]): Buffer[] {
  const sorted = [...new Set(positions.filter((at) => at < bytes.length))].sort((a, b) => a - b)
  return [0, ...sorted].map((from, i) => bytes.subarray(from, sorted[i] ?? bytes.length))
}

describe('the SSE decoder', () => {
  test('reads any mixture of LF, CRLF and CR as the specification does, wherever it is cut', () => {
    fc.assert(
      fc.property(stream, cuts, (text, positions) => {
        const bytes = Buffer.from(text)
        const { frames, bytes: passed, rest } = split(cutAt(bytes, positions))
        expect(frames).toEqual(readAsSpecified(text))
        expect(Buffer.concat([passed, rest])).toEqual(bytes)
      }),
      { numRuns: 2_000 },
    )
  })

  test('gives the same frames when every byte comes alone', () => {
    fc.assert(
      fc.property(stream, (text) => {
        const bytes = Buffer.from(text)
        const alone = [...bytes].map((byte) => Buffer.from([byte]))
        expect(split(alone).frames).toEqual(split([bytes]).frames)
      }),
    )
  })

  test('ignores a byte order mark at the start', () => {
    expect(split([Buffer.from('\uFEFFdata: a\n\n')]).frames).toEqual([{ data: 'a' }])
  })

  test('keeps the spaces that follow the JSON, and joins several data lines', () => {
    expect(parseEvent('event: x\ndata: {"a":1}   \n\n')).toEqual({ event: 'x', data: '{"a":1}   ' })
    expect(parseEvent('data: a\ndata: b\n\n')).toEqual({ data: 'a\nb' })
  })

  test('says nothing of comments, retry hints and blank lines', () => {
    expect(parseEvent(': keep-alive\n\n')).toBeUndefined()
    expect(parseEvent('retry: 100\n\n')).toBeUndefined()
    expect(parseEvent('\n')).toBeUndefined()
  })

  test('keeps an unfinished event apart', () => {
    const { frames, rest } = split([Buffer.from('data: a\n\ndata: [DO')])
    expect(frames).toEqual([{ data: 'a' }])
    expect(rest.toString()).toBe('data: [DO')
  })

  test.each([
    ['in one piece', 1 << 20],
    ['in small pieces', 7],
  ])('refuses an event above its cap, %s', (_name, size) => {
    const text = Buffer.from(`data: ${'x'.repeat(5_000)}\n\n`)
    const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, i) =>
      text.subarray(i * size, (i + 1) * size),
    )
    expect(() => split(pieces, 4_096)).toThrow(FrameTooLarge)
    expect(() => split([Buffer.from('data: ok\n\n'), ...pieces], 4_096)).toThrow(FrameTooLarge)
  })

  test('takes many small events whose sum is above the cap', () => {
    const many = Buffer.from('data: abc\n\n'.repeat(1_000))
    expect(split([many], 64).frames).toHaveLength(1_000)
  })
})

test('what the encoder writes, the decoder reads back', () => {
  const frame = fc.record(
    { event: fc.constantFrom('delta', 'message_stop'), data: fc.string({ unit: 'grapheme' }) },
    { requiredKeys: ['data'] },
  )
  fc.assert(
    fc.property(fc.array(frame), (frames) => {
      const clean = frames.map((f) => ({ ...f, data: f.data.replaceAll('\r', '') }))
      expect(split([Buffer.from(clean.map(formatEvent).join(''))]).frames).toEqual(clean)
    }),
  )
})
