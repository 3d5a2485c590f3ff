import { argumentsOf, finishOf, textOf, tokens, type Said, type SaidCall, type Wire } from '../said.ts'
import { chatDone } from './openai-chat.ts'
import { sse, wordFor, type ProviderWire } from './provider-wire.ts'

const head = { id: 'cmpl-1', created: 1_700_000_000, model: 'mistral-small-2506' }
const usage = {
  prompt_tokens: tokens.prompt,
  completion_tokens: tokens.output,
  total_tokens: tokens.prompt + tokens.output,
  prompt_tokens_details: { cached_tokens: tokens.cached },
}

/** Calls have no `type`, and come whole. Source: docs.mistral.ai/api and recorded traffic (checked 2026-11-21). */
const call = (said: SaidCall, index: number): Wire => ({
  id: said.id,
  function: { name: said.name, arguments: argumentsOf(said) },
  index,
})

const chunk = (delta: Wire, more: Wire = {}): Buffer =>
  sse({
    ...head,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: null, ...more }],
  })

/** The last chunk holds the calls, the finish reason and the usage at once. */
function stream(said: Said): Buffer[] {
  const { texts = [], calls = [] } = said
  const last = {
    index: 0,
    delta: { content: '', ...(calls.length > 0 && { tool_calls: calls.map(call) }) },
    finish_reason: wordFor(mistralWire, finishOf(said)),
  }
  return [
    chunk({ role: 'assistant', content: '' }),
    ...texts.map((content) => chunk({ content })),
    sse({ ...head, object: 'chat.completion.chunk', choices: [last], usage }),
    chatDone,
  ]
}

export const mistralWire: ProviderWire = {
  entry: { type: 'mistral' },
  model: 'mistral-small-latest',
  streamType: 'text/event-stream; charset=utf-8',
  json(said) {
    const { calls = [] } = said
    const message = {
      role: 'assistant',
      content: textOf(said),
      tool_calls: calls.length > 0 ? calls.map(call) : null,
    }
    const finish_reason = wordFor(mistralWire, finishOf(said))
    return { ...head, object: 'chat.completion', usage, choices: [{ index: 0, message, finish_reason }] }
  },
  stream,
  unknownEvent: sse({ ...head, object: 'chat.completion.novelty', choices: [], p: 'abc' }),
  failure: (message) => sse({ object: 'error', message, type: 'internal_server_error', code: '3000' }),
  error: (message) => ({ object: 'error', message, type: 'internal_server_error', code: '3000' }),
  finishes: { stop: 'stop', stop_sequence: 'stop', length: 'length', tool_calls: 'tool_calls' },
}
