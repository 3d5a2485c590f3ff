import {
  argumentsOf,
  finishOf,
  textOf,
  tokens,
  type Said,
  type SaidCall,
  type SaidFinish,
  type Wire,
} from '../said.ts'
import { typedSse, type ProviderWire } from './provider-wire.ts'

const usage = {
  input_tokens: tokens.prompt,
  input_tokens_details: { cached_tokens: tokens.cached },
  output_tokens: tokens.output,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: tokens.prompt + tokens.output,
}

type Event = Wire & { type: string }

const incompleteReasons: Partial<Record<SaidFinish, string>> = {
  length: 'max_output_tokens',
  content_filter: 'content_filter',
}

export function response(output: Wire[], finish: SaidFinish): Wire {
  const reason = incompleteReasons[finish]
  return {
    id: 'resp_1',
    object: 'response',
    created_at: 1_700_000_000,
    status: reason === undefined ? 'completed' : 'incomplete',
    incomplete_details: reason === undefined ? null : { reason },
    error: null,
    model: 'gpt-4o-2024-08-06',
    output,
    parallel_tool_calls: true,
    usage,
  }
}

export const messageItem = (part: Wire): Wire => ({
  type: 'message',
  id: 'msg_1',
  role: 'assistant',
  status: 'completed',
  content: [part],
})
const textItem = (text: string): Wire =>
  messageItem({ type: 'output_text', text, annotations: [], logprobs: [] })
const callItem = (call: SaidCall, index: number): Wire => ({
  type: 'function_call',
  id: `fc_${index}`,
  call_id: call.id,
  name: call.name,
  arguments: argumentsOf(call),
  status: 'completed',
})

function textEvents(texts: readonly string[], output_index: number): Event[] {
  const at = { item_id: 'msg_1', output_index, content_index: 0 }
  const item = textItem(texts.join(''))
  const part = { type: 'output_text', text: '', annotations: [] }
  return [
    {
      type: 'response.output_item.added',
      output_index,
      item: { ...item, status: 'in_progress', content: [] },
    },
    { type: 'response.content_part.added', ...at, part },
    ...texts.map((delta) => ({ type: 'response.output_text.delta', ...at, delta, logprobs: [] })),
    { type: 'response.output_text.done', ...at, text: texts.join(''), logprobs: [] },
    { type: 'response.content_part.done', ...at, part: { ...part, text: texts.join('') } },
    { type: 'response.output_item.done', output_index, item },
  ]
}

function callEvents(call: SaidCall, index: number, output_index: number): Event[] {
  const item = callItem(call, index)
  const at = { item_id: item.id, output_index }
  return [
    {
      type: 'response.output_item.added',
      output_index,
      item: { ...item, arguments: '', status: 'in_progress' },
    },
    ...call.pieces.map((delta) => ({ type: 'response.function_call_arguments.delta', ...at, delta })),
    { type: 'response.function_call_arguments.done', ...at, arguments: argumentsOf(call) },
    { type: 'response.output_item.done', output_index, item },
  ]
}

/** The events of a stream around those of its items, numbered. */
export function responseStream(events: Event[], output: Wire[], finish: SaidFinish): Buffer[] {
  const begun = { ...response([], 'stop'), status: 'in_progress', usage: null }
  const whole = response(output, finish)
  return [
    { type: 'response.created', response: begun },
    { type: 'response.in_progress', response: begun },
    ...events,
    { type: `response.${String(whole.status)}`, response: whole },
  ].map((event, sequence_number) => typedSse({ ...event, sequence_number }))
}

function items(said: Said): Wire[] {
  const text = textOf(said)
  return [...(text === '' ? [] : [textItem(text)]), ...(said.calls ?? []).map(callItem)]
}

function stream(said: Said): Buffer[] {
  const { texts = [], calls = [] } = said
  const before = texts.length > 0 ? 1 : 0
  const events = [
    ...(before === 1 ? textEvents(texts, 0) : []),
    ...calls.flatMap((call, index) => callEvents(call, index, before + index)),
  ]
  return responseStream(events, items(said), finishOf(said))
}

/** Source: platform.openai.com/docs/api-reference/responses-streaming (checked 2026-11-21). */
export const responsesWire: ProviderWire = {
  entry: { type: 'openai', api: 'responses' },
  model: 'gpt-4o',
  streamType: 'text/event-stream; charset=utf-8',
  json: (said) => response(items(said), finishOf(said)),
  stream,
  unknownEvent: typedSse({ type: 'response.novelty.delta', sequence_number: 99, delta: 'x' }),
  failure: (message) =>
    typedSse({
      type: 'response.failed',
      sequence_number: 9,
      response: { ...response([], 'stop'), status: 'failed', error: { code: 'server_error', message } },
    }),
  error: (message) => ({ error: { message, type: 'server_error', param: null, code: null } }),
  finishes: {
    stop: 'completed',
    stop_sequence: 'completed',
    tool_calls: 'completed',
    length: 'incomplete',
    content_filter: 'incomplete',
  },
}
