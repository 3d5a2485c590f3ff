/**
 * The bytes of the bench: what callers send and what the upstream answers. Load and upstream are separate
 * processes and both read this file, so that the load knows exactly what must come back.
 *
 * How an upstream answers is chosen by the model's name, because that survives both relay and translation:
 * `*-json` at once, `*-paced` one event per tick, `*-burst` all events in one write, `*-open` slowly.
 */
export type Wire = 'openai' | 'anthropic'

/** Stands once in every answer and once in every streamed text event, so that a wrong answer is noticed. */
export const marker = 'Zq7'
export const textEventsPerStream = 100
const textEventBytes = 200
const embeddingDimensions = 1536

export const models = {
  openai: ['bench-json', 'bench-paced', 'bench-burst', 'bench-open', 'bench-embedding'],
  anthropic: ['bench-claude-json', 'bench-claude-paced', 'bench-claude-burst'],
} as const

const words = 'the quick brown fox jumps over the lazy dog while seven wizards box in the quiet garden '

function text(length: number): string {
  return words.repeat(Math.ceil(length / words.length)).slice(0, length)
}

/** A chat request of exactly `bytes` bytes in the given dialect. */
export function chatRequest(wire: Wire, model: string, bytes: number): Buffer {
  const build = (filler: string): string => {
    const turns = [
      { role: 'user', content: 'What stands in the garden?' },
      { role: 'assistant', content: 'A table, seven chairs and a sleeping dog.' },
      { role: 'user', content: filler },
    ]
    const rules = 'You answer in one short paragraph and you never use a list.'
    const stream = /-(paced|burst|open)$/.test(model) ? { stream: true } : {}
    return wire === 'openai'
      ? JSON.stringify({
          model,
          messages: [{ role: 'system', content: rules }, ...turns],
          temperature: 0.7,
          max_tokens: 512,
          ...stream,
        })
      : JSON.stringify({
          model,
          max_tokens: 512,
          system: rules,
          messages: turns,
          temperature: 0.7,
          ...stream,
        })
  }
  const missing = bytes - Buffer.byteLength(build(''))
  if (missing < 0)
    throw new RangeError(`a chat request needs at least ${bytes - missing} bytes, not ${bytes}`)
  return Buffer.from(build(text(missing)))
}

export function embeddingRequest(model: string): Buffer {
  return Buffer.from(JSON.stringify({ model, input: text(900), encoding_format: 'float' }))
}

/** A chat answer of about 1 KB. */
export function chatAnswer(wire: Wire, model: string): Buffer {
  const content = `${text(300)}${marker}${text(300)}`
  if (wire === 'anthropic') {
    return Buffer.from(
      JSON.stringify({
        id: 'msg_01Bench9pTQmHk4kUoZb8fYV',
        type: 'message',
        role: 'assistant',
        model,
        content: [{ type: 'text', text: content }],
        stop_reason: 'end_turn',
        stop_sequence: null,
        usage: {
          input_tokens: 212,
          cache_creation_input_tokens: 0,
          cache_read_input_tokens: 0,
          output_tokens: 141,
          service_tier: 'standard',
        },
      }),
    )
  }
  return Buffer.from(
    JSON.stringify({
      id: 'chatcmpl-BenchCk3Vn0pQ7sYt1uWx2zA',
      object: 'chat.completion',
      created: 1763700000,
      model,
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content, refusal: null, annotations: [] },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: openaiUsage,
      service_tier: 'default',
      system_fingerprint: null,
    }),
  )
}

const openaiUsage = {
  prompt_tokens: 212,
  completion_tokens: 141,
  total_tokens: 353,
  prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
}

export function embeddingAnswer(): Buffer {
  const embedding = Array.from({ length: embeddingDimensions }, (_, i) => Number(Math.sin(i + 1).toFixed(9)))
  return Buffer.from(
    JSON.stringify({
      object: 'list',
      data: [{ object: 'embedding', index: 0, embedding }],
      model: `bench-embedding-${marker}`,
      usage: { prompt_tokens: 180, total_tokens: 180 },
    }),
  )
}

/** One stream: what comes at once, the paced text events, and what comes with the last of them. */
export type StreamAnswer = { head: string; textEvents: string[]; tail: string }

/**
 * @param withUsage OpenAI only: as if `stream_options.include_usage` was asked for, that is `"usage":null` in
 * every chunk and one chunk with the numbers before `[DONE]`.
 */
export function streamAnswer(wire: Wire, model: string, withUsage: boolean): StreamAnswer {
  return wire === 'openai' ? openaiStream(model, withUsage) : anthropicStream(model)
}

function openaiStream(model: string, withUsage: boolean): StreamAnswer {
  const chunk = (choices: unknown[], usage: unknown): string =>
    `data: ${JSON.stringify({
      id: 'chatcmpl-Bench',
      object: 'chat.completion.chunk',
      created: 1763700000,
      model,
      choices,
      ...(withUsage ? { usage } : {}),
    })}\n\n`
  const delta = (content: unknown, finish: string | null): string =>
    chunk([{ index: 0, delta: content, finish_reason: finish }], null)
  return {
    head: delta({ role: 'assistant', content: '' }, null),
    textEvents: textEvents((content) => delta({ content }, null)),
    tail: delta({}, 'stop') + (withUsage ? chunk([], openaiUsage) : '') + 'data: [DONE]\n\n',
  }
}

function anthropicStream(model: string): StreamAnswer {
  const event = (type: string, fields: object): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`
  const message = {
    id: 'msg_01Bench9pTQmHk4kUoZb8fYV',
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: {
      input_tokens: 212,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      output_tokens: 1,
    },
  }
  const delta = { stop_reason: 'end_turn', stop_sequence: null }
  return {
    head:
      event('message_start', { message }) +
      event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }) +
      event('ping', {}),
    textEvents: textEvents((content) =>
      event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: content } }),
    ),
    tail:
      event('content_block_stop', { index: 0 }) +
      event('message_delta', { delta, usage: { output_tokens: 141 } }) +
      event('message_stop', {}),
  }
}

/** Text events of `textEventBytes` bytes each, whatever the envelope's own length is. */
function textEvents(event: (content: string) => string): string[] {
  const room = Math.max(0, textEventBytes - Buffer.byteLength(event(marker)))
  return Array.from({ length: textEventsPerStream }, () => event(text(room) + marker))
}

/** What a caller of a relayed stream must receive: all of it but the usage chunk he didn't ask for. */
export function relayedStream(wire: Wire, model: string, withUsage: boolean): string {
  const { head, textEvents: events, tail } = streamAnswer(wire, model, withUsage)
  const withoutUsageChunk = tail.replace(/data: [^\n]*"choices":\[\][^\n]*\n\n/, '')
  return head + events.join('') + withoutUsageChunk
}
