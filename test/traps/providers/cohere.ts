import { argumentsOf, finishOf, textOf, tokens, type Said, type SaidCall, type Wire } from '../said.ts'
import { typedSse, wordFor, type ProviderWire } from './provider-wire.ts'

const usage = {
  billed_units: { input_tokens: 5, output_tokens: 3 },
  tokens: { input_tokens: tokens.prompt, output_tokens: tokens.output },
  cached_tokens: tokens.cached,
}

const event = (type: string, fields: Wire = {}): Buffer => typedSse({ type, ...fields })
const message = (fields: Wire): Wire => ({ delta: { message: fields } })

function textFrames(texts: readonly string[]): Buffer[] {
  if (texts.length === 0) return []
  return [
    event('content-start', { index: 0, ...message({ content: { type: 'text', text: '' } }) }),
    ...texts.map((text) => event('content-delta', { index: 0, ...message({ content: { text } }) })),
    event('content-end', { index: 0 }),
  ]
}

/** In a stream `tool_calls` is one call, not a list. */
function callFrames({ id, name, pieces }: SaidCall, index: number): Buffer[] {
  const start = { id, type: 'function', function: { name, arguments: '' } }
  return [
    event('tool-call-start', { index, ...message({ tool_calls: start }) }),
    ...pieces.map((piece) =>
      event('tool-call-delta', { index, ...message({ tool_calls: { function: { arguments: piece } } }) }),
    ),
    event('tool-call-end', { index }),
  ]
}

function stream(said: Said): Buffer[] {
  const finish_reason = wordFor(cohereWire, finishOf(said))
  const start = { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] }
  return [
    event('message-start', { id: 'cohere-1', ...message(start) }),
    ...textFrames(said.texts ?? []),
    ...(said.calls ?? []).flatMap(callFrames),
    event('message-end', { delta: { finish_reason, usage } }),
  ]
}

/** Source: docs.cohere.com/v2/docs/streaming (checked 2026-11-21). */
export const cohereWire: ProviderWire = {
  entry: { type: 'cohere' },
  model: 'command-a-03-2025',
  streamType: 'text/event-stream',
  json(said) {
    const { calls = [] } = said
    const text = textOf(said)
    return {
      id: 'cohere-1',
      finish_reason: wordFor(cohereWire, finishOf(said)),
      message: {
        role: 'assistant',
        ...(text !== '' && { content: [{ type: 'text', text }] }),
        ...(calls.length > 0 && {
          tool_calls: calls.map((call) => ({
            id: call.id,
            type: 'function',
            function: { name: call.name, arguments: argumentsOf(call) },
          })),
        }),
      },
      usage,
    }
  },
  stream,
  unknownEvent: event('novelty-delta', { index: 0, delta: { novelty: 1 } }),
  failure: (text) => event('message-end', { delta: { finish_reason: 'ERROR', error: text } }),
  error: (text) => ({ id: 'e1', message: text }),
  finishes: {
    stop: 'COMPLETE',
    stop_sequence: 'STOP_SEQUENCE',
    length: 'MAX_TOKENS',
    tool_calls: 'TOOL_CALL',
  },
}
