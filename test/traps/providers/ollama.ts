import { finishOf, inputOf, textOf, tokens, type Said, type SaidCall, type Wire } from '../said.ts'
import { wordFor, type ProviderWire } from './provider-wire.ts'

const head = { model: 'qwen3', created_at: '2026-11-21T10:00:00.123456789Z' }
const counts = {
  total_duration: 1,
  prompt_eval_count: tokens.prompt,
  eval_count: tokens.output,
}

const line = (fields: Wire): Buffer => Buffer.from(`${JSON.stringify({ ...head, ...fields })}\n`)
const said = (fields: Wire): Buffer =>
  line({ message: { role: 'assistant', content: '', ...fields }, done: false })

/** A call comes whole, its arguments as an object. */
const toolCall = (call: SaidCall, index: number): Wire => ({
  id: call.id,
  function: { index, name: call.name, arguments: inputOf(call) },
})

function stream(answer: Said): Buffer[] {
  return [
    ...(answer.texts ?? []).map((content) => said({ content })),
    ...(answer.calls ?? []).map((call, index) => said({ tool_calls: [toolCall(call, index)] })),
    line({
      message: { role: 'assistant', content: '' },
      done: true,
      done_reason: wordFor(ollamaWire, finishOf(answer)),
      ...counts,
    }),
  ]
}

/** Source: docs.ollama.com/api/chat (checked 2026-11-21). */
export const ollamaWire: ProviderWire = {
  entry: { type: 'ollama', api: 'native' },
  model: 'qwen3',
  streamType: 'application/x-ndjson',
  json(answer) {
    const { calls = [] } = answer
    const message = {
      role: 'assistant',
      content: textOf(answer),
      ...(calls.length > 0 && { tool_calls: calls.map(toolCall) }),
    }
    return {
      ...head,
      message,
      done: true,
      done_reason: wordFor(ollamaWire, finishOf(answer)),
      ...counts,
    }
  },
  stream,
  unknownEvent: line({ novelty: { a: 1 }, done: false }),
  failure: (message) => Buffer.from(`${JSON.stringify({ error: message })}\n`),
  error: (message) => ({ error: message }),
  finishes: { stop: 'stop', stop_sequence: 'stop', tool_calls: 'stop', length: 'length' },
}
