import type { AnyJson } from '../../support/gateway.ts'
import { demand, parameters, type Heard, type RouteWire } from './route-wire.ts'

const readUsage = (usage: AnyJson): Heard['usage'] =>
  usage && {
    prompt: usage.input_tokens,
    cached: usage.input_tokens_details.cached_tokens,
    output: usage.output_tokens,
  }

function readJson(body: AnyJson): Heard {
  demand(body.object === 'response', 'the answer is a response', body)
  const items = (type: string): AnyJson[] => body.output.filter((item: AnyJson) => item.type === type)
  const parts = items('message').flatMap(({ content }) => content)
  const said = (type: string, field: string) =>
    parts
      .filter((part) => part.type === type)
      .map((part) => part[field])
      .join('')
  return {
    text: said('output_text', 'text'),
    refusal: said('refusal', 'refusal'),
    calls: items('function_call').map((item) => ({
      id: item.call_id,
      name: item.name,
      arguments: item.arguments,
    })),
    finish: body.status === 'incomplete' ? body.incomplete_details.reason : body.status,
    usage: readUsage(body.usage),
  }
}

const growing: Readonly<Record<string, string>> = {
  'response.output_text.delta': 'message',
  'response.refusal.delta': 'message',
  'response.function_call_arguments.delta': 'function_call',
}

/** The deltas of a stream, by the place of their item, must make what the last event says whole. */
function readStream(events: Parameters<RouteWire['readStream']>[0]): Heard {
  const grown: { type: string; text: string }[] = []
  let whole: Heard | undefined
  events.forEach(({ event: name, data }, number) => {
    const event: AnyJson = JSON.parse(data)
    demand(name === event.type, 'an event is named by its type', { name, event })
    demand(event.sequence_number === number, 'events are numbered from 0', event)
    demand(!whole, 'nothing follows the end', event)
    if (event.type === 'response.output_item.added') {
      demand(event.output_index === grown.length, 'items are counted from 0', event)
      grown.push({ type: event.item.type, text: '' })
    }
    const item = grown[event.output_index]
    if (growing[event.type] !== undefined) {
      demand(
        item !== undefined && item.type === growing[event.type],
        'a delta is for an item that has begun',
        event,
      )
      item.text += event.delta
    }
    if (event.type === 'response.completed' || event.type === 'response.incomplete')
      whole = readJson(event.response)
  })
  demand(whole !== undefined, 'the stream ends with the whole response', events.at(-1))
  const of = (type: string) => grown.filter((item) => item.type === type).map(({ text }) => text)
  demand(of('message').join('') === whole.text + whole.refusal, 'the deltas make the text', grown)
  const calls = whole.calls.map((call) => call.arguments)
  demand(of('function_call').join('\n') === calls.join('\n'), 'the deltas make the arguments', grown)
  return whole
}

/** `/v1/responses` as OpenAI describes it. */
export const responsesRoute: RouteWire = {
  path: '/v1/responses',
  ask: { input: 'Hello' },
  streaming: { stream: true },
  tools: ['weather', 'time'].map((name) => ({
    type: 'function',
    name,
    description: `Tells the ${name}.`,
    parameters,
    strict: false,
  })),
  readJson,
  readStream,
  readFailure(events) {
    const types = events.map(({ event }) => event)
    demand(!types.includes('response.completed'), 'a failed stream is not completed', types)
    demand(types.at(-1) === 'response.failed', 'the last event is the failure', types)
    return { message: JSON.parse(events.at(-1)!.data).response.error.message }
  },
  readError: ({ error }) => ({ message: error.message, code: error.code, type: error.type }),
  finishes: {
    stop: 'completed',
    stop_sequence: 'completed',
    length: 'max_output_tokens',
    tool_calls: 'completed',
    content_filter: 'content_filter',
    refusal: 'content_filter',
  },
}
