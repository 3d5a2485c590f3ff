import { inPieces, type Reply } from '../conversation.ts'
import { anthropicMessage, anthropicSse, type ScriptedAnswer } from '../../support/upstream.ts'

interface Wire {
  [field: string]: unknown
}

const words = { stop: 'end_turn', length: 'max_tokens', 'tool-calls': 'tool_use' } as const

const usageOf = ({ usage }: Reply, output = usage.output): Wire => ({
  input_tokens: usage.input - usage.cached,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: usage.cached,
  output_tokens: output,
  service_tier: 'standard',
})

function blocks({ thinking, text, calls = [] }: Reply): Wire[] {
  return [
    ...(thinking ? [{ type: 'thinking', thinking: thinking.text, signature: thinking.signature }] : []),
    ...(text === undefined ? [] : [{ type: 'text', text }]),
    ...calls.map((call) => ({ type: 'tool_use', ...call })),
  ]
}

/** An answer of `/v1/messages` as the request wants it: JSON or a stream, the inputs of calls in pieces. */
export function anthropicAnswer(reply: Reply, request: Wire): ScriptedAnswer {
  const headers = { 'request-id': 'req_anthropic_1' }
  if (request.stream === true) return { sse: stream(reply, request), headers }
  const more = { model: request.model, stop_reason: words[reply.finish], usage: usageOf(reply) }
  return { json: anthropicMessage(blocks(reply), more), headers }
}

function stream(reply: Reply, request: Wire): string[] {
  const empty = anthropicMessage([], { model: request.model, stop_reason: null, usage: usageOf(reply, 1) })
  return anthropicSse(
    { type: 'message_start', message: empty },
    { type: 'ping' },
    ...blocks(reply).flatMap((block, index) => [
      { type: 'content_block_start', index, content_block: opening(block) },
      ...deltas(block).map((delta) => ({ type: 'content_block_delta', index, delta })),
      { type: 'content_block_stop', index },
    ]),
    {
      type: 'message_delta',
      delta: { stop_reason: words[reply.finish], stop_sequence: null },
      usage: { output_tokens: reply.usage.output },
    },
    { type: 'message_stop' },
  )
}

function opening(block: Wire): Wire {
  if (block.type === 'thinking') return { type: 'thinking', thinking: '', signature: '' }
  return block.type === 'text' ? { type: 'text', text: '' } : { ...block, input: {} }
}

function deltas(block: Wire): Wire[] {
  if (block.type === 'text')
    return inPieces(block.text as string, 4).map((text) => ({ type: 'text_delta', text }))
  if (block.type === 'tool_use')
    return ['', ...inPieces(JSON.stringify(block.input), 5)].map((partial_json) => ({
      type: 'input_json_delta',
      partial_json,
    }))
  return [
    ...inPieces(block.thinking as string, 6).map((thinking) => ({ type: 'thinking_delta', thinking })),
    { type: 'signature_delta', signature: block.signature },
  ]
}
