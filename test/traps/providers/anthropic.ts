import { finishOf, inputOf, textOf, tokens, type Said, type SaidCall, type Wire } from '../said.ts'
import { typedSse, wordFor, type ProviderWire } from './provider-wire.ts'

export const anthropicUsage = {
  input_tokens: tokens.prompt - tokens.cached,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: tokens.cached,
  output_tokens: tokens.output,
}

const message = (content: Wire[], more: Wire): Wire => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-haiku-4-5-20251001',
  content,
  ...more,
})

function textEvents(texts: readonly string[]): Wire[][] {
  if (texts.length === 0) return []
  const deltas = texts.map((text) => ({ type: 'text_delta', text }))
  return [[{ type: 'text', text: '' }, ...deltas]]
}

const callEvents = ({ id, name, pieces }: SaidCall): Wire[] => [
  { type: 'tool_use', id, name, input: {} },
  { type: 'input_json_delta', partial_json: '' },
  ...pieces.map((partial_json) => ({ type: 'input_json_delta', partial_json })),
]

const blockFrames = ([content_block, ...deltas]: Wire[], index: number): Buffer[] => [
  typedSse({ type: 'content_block_start', index, content_block }),
  ...deltas.map((delta) => typedSse({ type: 'content_block_delta', index, delta })),
  typedSse({ type: 'content_block_stop', index }),
]

/** `message_start` counts the prompt and one token; `message_delta` counts the whole answer again, not what is new. */
function stream(said: Said): Buffer[] {
  const { texts = [], calls = [] } = said
  const finish = finishOf(said)
  return [
    typedSse({
      type: 'message_start',
      message: message([], {
        stop_reason: null,
        stop_sequence: null,
        usage: { ...anthropicUsage, output_tokens: 1 },
      }),
    }),
    typedSse({ type: 'ping' }),
    ...[...textEvents(texts), ...calls.map(callEvents)].flatMap(blockFrames),
    typedSse({ type: 'message_delta', delta: ending(finish), usage: anthropicUsage }),
    typedSse({ type: 'message_stop' }),
  ]
}

const ending = (finish: ReturnType<typeof finishOf>): Wire => ({
  stop_reason: wordFor(anthropicWire, finish),
  stop_sequence: finish === 'stop_sequence' ? 'END' : null,
})

/** Source: docs.anthropic.com/en/api/messages-streaming (checked 2026-11-21). */
export const anthropicWire: ProviderWire = {
  entry: { type: 'anthropic' },
  model: 'claude-haiku-4-5',
  streamType: 'text/event-stream; charset=utf-8',
  json(said) {
    const text = textOf(said)
    const content = [
      ...(text === '' ? [] : [{ type: 'text', text }]),
      ...(said.calls ?? []).map((call) => ({
        type: 'tool_use',
        id: call.id,
        name: call.name,
        input: inputOf(call),
      })),
    ]
    return message(content, { ...ending(finishOf(said)), usage: anthropicUsage })
  },
  stream,
  unknownEvent: typedSse({ type: 'message_novelty', novelty: { a: 1 } }),
  failure: (text) => typedSse({ type: 'error', error: { type: 'api_error', message: text } }),
  error: (text) => ({
    type: 'error',
    error: { type: 'overloaded_error', message: text },
    request_id: 'req_1',
  }),
  finishes: {
    stop: 'end_turn',
    stop_sequence: 'stop_sequence',
    length: 'max_tokens',
    tool_calls: 'tool_use',
    refusal: 'refusal',
  },
}
