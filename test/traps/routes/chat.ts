import type { AnyJson } from '../../support/gateway.ts'
import { demand, parameters, type Heard, type RouteWire } from './route-wire.ts'

const readUsage = (usage: AnyJson): Heard['usage'] =>
  usage && {
    prompt: usage.prompt_tokens,
    cached: usage.prompt_tokens_details?.cached_tokens ?? 0,
    output: usage.completion_tokens,
  }

function readJson(body: AnyJson): Heard {
  const [choice] = body.choices
  const { content, refusal, tool_calls = [] } = choice.message
  demand(tool_calls === null || Array.isArray(tool_calls), 'tool_calls is a list', tool_calls)
  return {
    text: content ?? '',
    refusal: refusal ?? '',
    calls: (tool_calls ?? []).map((call: AnyJson) => ({
      id: call.id,
      name: call.function.name,
      arguments: call.function.arguments,
    })),
    finish: choice.finish_reason,
    usage: readUsage(body.usage),
  }
}

/** The first piece of a call has its id and name, and calls are numbered from 0 without a gap. */
function readCall(piece: AnyJson, calls: Heard['calls']): void {
  const known = calls[piece.index]
  if (known) {
    demand(piece.id === undefined || piece.id === known.id, 'a call keeps its id', piece)
    known.arguments += piece.function?.arguments ?? ''
    return
  }
  demand(piece.index === calls.length, 'calls are numbered from 0', piece)
  demand(Boolean(piece.id) && Boolean(piece.function?.name), 'a call begins with its id and name', piece)
  calls.push({ id: piece.id, name: piece.function.name, arguments: piece.function.arguments ?? '' })
}

function readStream(events: Parameters<RouteWire['readStream']>[0]): Heard {
  const heard: Heard = { text: '', refusal: '', calls: [], finish: '', usage: undefined }
  const last = events.at(-1)
  demand(last?.data === '[DONE]', 'the stream ends with [DONE]', last)
  for (const { data } of events.slice(0, -1)) {
    const chunk: AnyJson = JSON.parse(data)
    demand(!chunk.error, 'no chunk is an error', chunk)
    heard.usage = readUsage(chunk.usage) ?? heard.usage
    for (const { index, delta, finish_reason } of chunk.choices) {
      demand(index === 0, 'there is one choice', chunk)
      heard.text += delta.content ?? ''
      heard.refusal += delta.refusal ?? ''
      for (const piece of delta.tool_calls ?? []) readCall(piece, heard.calls)
      if (finish_reason === null || finish_reason === undefined) continue
      demand(heard.finish === '', 'the choice finishes once', chunk)
      heard.finish = finish_reason
    }
  }
  return heard
}

/** `/v1/chat/completions` as OpenAI describes it. */
export const chatRoute: RouteWire = {
  path: '/v1/chat/completions',
  ask: { messages: [{ role: 'user', content: 'Hello' }] },
  streaming: { stream: true, stream_options: { include_usage: true } },
  tools: ['weather', 'time'].map((name) => ({
    type: 'function',
    function: { name, description: `Tells the ${name}.`, parameters },
  })),
  readJson,
  readStream,
  readFailure(events) {
    demand(!events.some(({ data }) => data === '[DONE]'), 'a failed stream is not done', events.at(-1))
    const failure: AnyJson = JSON.parse(events.at(-1)?.data ?? '{}')
    demand(Boolean(failure.error), 'the last event is the error', failure)
    return { message: failure.error.message }
  },
  readError: ({ error }) => ({ message: error.message, code: error.code, type: error.type }),
  finishes: {
    stop: 'stop',
    stop_sequence: 'stop',
    length: 'length',
    tool_calls: 'tool_calls',
    content_filter: 'content_filter',
    refusal: 'content_filter',
  },
}
