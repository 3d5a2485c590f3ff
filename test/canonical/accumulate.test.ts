import { describe, expect, test } from 'vitest'
import { accumulate } from '../support/accumulate.ts'
import type { ChatEvent } from '../../src/canonical/chat-events.ts'
import { noUsage } from '../../src/canonical/usage.ts'

const start: ChatEvent = { type: 'start', id: 'a', model: 'm', created: 7 }
const finish: ChatEvent = { type: 'finish', choice: 0, finish: { unified: 'stop', raw: 'stop' } }
const end: ChatEvent = { type: 'end' }
const startText = (choice = 0, index = 0): ChatEvent => ({
  type: 'block_start',
  choice,
  index,
  block: { type: 'text', text: '' },
})
const text = (words: string, choice = 0, index = 0): ChatEvent => ({
  type: 'block_delta',
  choice,
  index,
  delta: { type: 'text', text: words },
})
const stop = (choice = 0, index = 0): ChatEvent => ({ type: 'block_stop', choice, index })

describe('accumulate', () => {
  test('joins the pieces of every kind of block in the order of their indexes', () => {
    const thinking = { dialect: 'anthropic-messages', value: 'sig' } as const
    const answer = accumulate([
      start,
      { type: 'block_start', choice: 0, index: 0, block: { type: 'thinking', text: '' } },
      { type: 'block_delta', choice: 0, index: 0, delta: { type: 'thinking', text: 'let me ' } },
      { type: 'block_delta', choice: 0, index: 0, delta: { type: 'thinking', text: 'think' } },
      { type: 'block_delta', choice: 0, index: 0, delta: { type: 'signature', signature: thinking } },
      stop(0, 0),
      startText(0, 1),
      text('Hel', 0, 1),
      text('lo', 0, 1),
      stop(0, 1),
      { type: 'block_start', choice: 0, index: 2, block: { type: 'refusal', text: 'I ' } },
      { type: 'block_delta', choice: 0, index: 2, delta: { type: 'refusal', text: 'cannot' } },
      stop(0, 2),
      finish,
      end,
    ])
    expect(answer).toEqual({
      id: 'a',
      model: 'm',
      created: 7,
      choices: [
        {
          index: 0,
          content: [
            { type: 'thinking', text: 'let me think', signature: thinking },
            { type: 'text', text: 'Hello' },
            { type: 'refusal', text: 'I cannot' },
          ],
          finish: { unified: 'stop', raw: 'stop' },
        },
      ],
    })
  })

  test('keeps parallel tool calls apart when their pieces alternate', () => {
    const call = (index: number): ChatEvent => ({
      type: 'block_start',
      choice: 0,
      index,
      block: { type: 'tool_call', id: `c${index}`, name: 'f', arguments: '' },
    })
    const piece = (index: number, words: string): ChatEvent => ({
      type: 'block_delta',
      choice: 0,
      index,
      delta: { type: 'arguments', text: words },
    })
    const answer = accumulate([
      start,
      call(0),
      call(1),
      piece(1, '{"b"'),
      piece(0, '{"a"'),
      piece(1, ':2}'),
      piece(0, ':1}'),
      stop(0, 1),
      stop(0, 0),
      finish,
      end,
    ])
    expect(answer.choices[0]!.content).toMatchObject([{ arguments: '{"a":1}' }, { arguments: '{"b":2}' }])
  })

  test('puts choices in the order of their index, whichever spoke first', () => {
    const other: ChatEvent = { type: 'finish', choice: 1, finish: { unified: 'length', raw: 'length' } }
    const answer = accumulate([
      start,
      startText(1),
      startText(0),
      text('b', 1),
      text('a'),
      stop(1),
      stop(0),
      other,
      finish,
      end,
    ])
    expect(answer.choices.map(({ index, content }) => [index, content])).toEqual([
      [0, [{ type: 'text', text: 'a' }]],
      [1, [{ type: 'text', text: 'b' }]],
    ])
  })

  test('takes the last usage, merges extensions and concatenates log probabilities and citations', () => {
    const dialect = 'openai-chat' as const
    const cite = (value: unknown): ChatEvent => ({
      type: 'block_delta',
      choice: 0,
      index: 0,
      delta: { type: 'citation', citation: { dialect, value } },
    })
    const answer = accumulate([
      { ...start, extensions: { dialect, fields: { a: 1, b: 1 } } },
      { type: 'usage', usage: { ...noUsage, input: 5 } },
      startText(),
      cite({ url: 1 }),
      cite([{ url: 2 }, { url: 3 }]),
      { type: 'logprobs', choice: 0, logprobs: { content: [1], refusal: null } },
      { type: 'logprobs', choice: 0, logprobs: { content: [2], refusal: null } },
      stop(),
      finish,
      { type: 'usage', usage: { ...noUsage, output: 3 } },
      { type: 'extensions', extensions: { dialect, fields: { b: 2 } } },
      end,
    ])
    expect(answer.usage).toEqual({ ...noUsage, output: 3 })
    expect(answer.extensions).toEqual({ dialect, fields: { a: 1, b: 2 } })
    expect(answer.choices[0]!.logprobs).toEqual({ content: [1, 2], refusal: null })
    expect(answer.choices[0]!.content[0]).toMatchObject({
      citations: { dialect, value: [{ url: 1 }, { url: 2 }, { url: 3 }] },
    })
  })

  test('does not change the events it reads', () => {
    const events = [start, startText(), text('hi'), stop(), finish, end]
    const before = structuredClone(events)
    accumulate(events)
    expect(events).toEqual(before)
  })

  test.each<[string, ChatEvent[], RegExp]>([
    ['nothing at all', [], /no `end`/],
    ['no start', [startText()], /before `start`/],
    ['two starts', [start, start], /second `start`/],
    ['a delta for a block never opened', [start, text('x')], /block 0 of choice 0, which is not open/],
    ['a delta for a block already closed', [start, startText(), stop(), text('x')], /not open/],
    ['a stop for a block never opened', [start, stop(0, 3)], /block 3 of choice 0, which is not open/],
    ['an index left out', [start, startText(0, 1)], /block 1 of choice 0 starts where block 0 is due/],
    ['an index used twice', [start, startText(), stop(), startText()], /starts where block 1 is due/],
    ['a finish with a block open', [start, startText(), finish], /while block 0 is open/],
    ['a block after the finish', [start, finish, startText()], /after the `finish` of choice 0/],
    ['two finishes', [start, finish, finish], /after the `finish`/],
    ['an end before the finish', [start, startText(), stop(), end], /choice 0 has no `finish`/],
    ['an event after the end', [start, finish, end, end], /after `end`/],
    ['a stream that just stops', [start, startText(), stop(), finish], /no `end`/],
    [
      'an error',
      [start, { type: 'error', error: { message: 'Overloaded', kind: 'overloaded' } }],
      /Overloaded/,
    ],
    [
      'a delta of another kind than its block',
      [
        start,
        startText(),
        { type: 'block_delta', choice: 0, index: 0, delta: { type: 'arguments', text: '{' } },
      ],
      /`arguments` delta for a `text` block/,
    ],
  ])('refuses %s', (_name, events, message) => {
    expect(() => accumulate(events)).toThrow(message)
  })
})
