import { describe, expect, test } from 'vitest'
import { encodeEvent } from '../support/aws-event-stream.ts'
import { geminiAnswer, geminiParts } from './providers/gemini.ts'
import { sse, typedSse } from './providers/provider-wire.ts'
import { responseStream } from './providers/responses.ts'
import { isRelayed } from './request-trap.ts'
import { sentences, spoken } from './spoken.ts'
import { cells, cellsOf, hearAnswer, playStream, providerOf, routeOf, useWorld, type Cell } from './world.ts'

const world = useWorld()

/** What the provider sends between any two of its events. */
const between: Record<string, (cell: Cell) => Buffer | undefined> = {
  'events of an unknown type': (cell) => providerOf(cell).unknownEvent,
  'comments of SSE': (cell) => onlySse(cell, ': OPENROUTER PROCESSING\n\n'),
  'fields of SSE without data': (cell) => onlySse(cell, 'id: 7\nretry: 3000\n\n'),
  'blank lines': (cell) =>
    cell.provider === 'bedrock' ? undefined : Buffer.from(cell.provider === 'ollama' ? '\n' : '\n\n'),
}
const onlySse = ({ provider }: Cell, text: string): Buffer | undefined =>
  provider === 'bedrock' || provider === 'ollama' ? undefined : Buffer.from(text)

/** Bedrock's frames and Ollama's lines are no SSE, and have no comments. */
describe.each(Object.entries(between))('%s', (_name, make) => {
  test.each(cells.filter((cell) => make(cell) !== undefined))(
    'are passed over: $route from $provider',
    async (cell) => {
      const frames = providerOf(cell)
        .stream(spoken)
        .flatMap((frame, index) => (index === 0 ? [frame] : [make(cell)!, frame]))
      const { answer } = await world.call(cell, routeOf(cell).streaming, playStream(cell, frames))
      if (isRelayed(cell)) {
        expect(answer.text).toBe(Buffer.concat(frames).toString())
        return
      }
      const heard = hearAnswer(cell, 'stream', answer)
      expect(heard.text).toBe(sentences.join(''))
      expect(heard.calls).toHaveLength(1)
    },
  )
})

/** Content of a kind that nobody has described yet, between two texts. What the caller reads is counted on all the same. */
describe('content of an unknown kind', () => {
  const block = (index: number, content_block: object, deltas: object[]) => [
    typedSse({ type: 'content_block_start', index, content_block }),
    ...deltas.map((delta) => typedSse({ type: 'content_block_delta', index, delta })),
    typedSse({ type: 'content_block_stop', index }),
  ]
  const text = (words: string) => [{ type: 'text_delta', text: words }]
  const cohereText = (index: number, words: string) => [
    typedSse({
      type: 'content-start',
      index,
      delta: { message: { content: { type: 'text', text: '' } } },
    }),
    typedSse({ type: 'content-delta', index, delta: { message: { content: { text: words } } } }),
    typedSse({ type: 'content-end', index }),
  ]
  const bedrockText = (contentBlockIndex: number, words: string) => [
    encodeEvent('contentBlockDelta', { contentBlockIndex, delta: { text: words } }),
    encodeEvent('contentBlockStop', { contentBlockIndex }),
  ]
  const item = (id: string, words: string) => ({
    type: 'message',
    id,
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: words, annotations: [], logprobs: [] }],
  })
  const itemEvents = (output_index: number, words: string) => {
    const whole = item(`msg_${output_index}`, words)
    const at = { item_id: whole.id, output_index, content_index: 0 }
    return [
      {
        type: 'response.output_item.added',
        output_index,
        item: { ...whole, status: 'in_progress', content: [] },
      },
      { type: 'response.output_text.delta', ...at, delta: words, logprobs: [] },
      { type: 'response.output_item.done', output_index, item: whole },
    ]
  }
  const novelty = { type: 'novelty', id: 'nv_1', status: 'completed' }
  const noveltyEvents = [
    { type: 'response.output_item.added', output_index: 1, item: novelty },
    { type: 'response.novelty.delta', output_index: 1, item_id: 'nv_1', delta: 'x' },
    { type: 'response.output_item.done', output_index: 1, item: novelty },
  ]

  const streams = {
    anthropic: (frames: Buffer[]) => [
      ...frames.slice(0, 1),
      ...block(0, { type: 'text', text: '' }, text('One ')),
      ...block(1, { type: 'novelty', data: 'x' }, [{ type: 'novelty_delta', data: 'y' }]),
      ...block(2, { type: 'text', text: '' }, [{ type: 'novelty_delta', data: 'y' }, ...text('two.')]),
      ...frames.slice(-2),
    ],
    cohere: (frames: Buffer[]) => [
      ...frames.slice(0, 1),
      ...cohereText(0, 'One '),
      typedSse({
        type: 'content-start',
        index: 1,
        delta: { message: { content: { type: 'novelty', a: 1 } } },
      }),
      typedSse({ type: 'content-end', index: 1 }),
      ...cohereText(2, 'two.'),
      ...frames.slice(-1),
    ],
    bedrock: (frames: Buffer[]) => [
      ...frames.slice(0, 1),
      ...bedrockText(0, 'One '),
      encodeEvent('contentBlockStart', { contentBlockIndex: 1, start: { novelty: { a: 1 } } }),
      encodeEvent('contentBlockDelta', { contentBlockIndex: 1, delta: { novelty: { b: 2 } } }),
      encodeEvent('contentBlockStop', { contentBlockIndex: 1 }),
      ...bedrockText(2, 'two.'),
      ...frames.slice(-2),
    ],
    gemini: (frames: Buffer[]) => [
      ...[{ text: 'One ' }, { novelty: { a: 1 } }, { text: 'two.' }].map((part) =>
        sse(geminiAnswer(geminiParts(part))),
      ),
      ...frames.slice(-1),
    ],
    responses: () =>
      responseStream(
        [...itemEvents(0, 'One '), ...noveltyEvents, ...itemEvents(2, 'two.')],
        [item('msg_0', 'One '), novelty, item('msg_2', 'two.')],
        'stop',
      ),
  }
  const names = ['anthropic', 'cohere', 'bedrock', 'gemini', 'responses'] as const

  test.each(names.flatMap((provider) => cellsOf([provider]).map((cell) => ({ ...cell, provider }))))(
    '$route from $provider',
    async (cell) => {
      const frames = streams[cell.provider](providerOf(cell).stream({}))
      const { answer } = await world.call(cell, routeOf(cell).streaming, playStream(cell, frames))
      expect(hearAnswer(cell, 'stream', answer)).toMatchObject({ text: 'One two.', calls: [] })
    },
  )
})
