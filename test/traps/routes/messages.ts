import type { AnyJson } from '../../support/gateway.ts'
import { demand, parameters, type Heard, type RouteWire } from './route-wire.ts'

const readUsage = (usage: AnyJson): Heard['usage'] =>
  usage && {
    prompt:
      usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0),
    cached: usage.cache_read_input_tokens ?? 0,
    output: usage.output_tokens,
  }

function readJson(body: AnyJson): Heard {
  demand(body.type === 'message' && body.role === 'assistant', 'the answer is a message', body)
  const of = (type: string): AnyJson[] => body.content.filter((block: AnyJson) => block.type === type)
  return {
    text: of('text')
      .map(({ text }) => text)
      .join(''),
    refusal: '',
    calls: of('tool_use').map(({ id, name, input }) => ({ id, name, arguments: JSON.stringify(input) })),
    finish: body.stop_reason,
    usage: readUsage(body.usage),
  }
}

/** A stream of one open block at a time, counted from 0. The last usage wins: its counts are totals. */
class MessageReader {
  readonly heard: Heard = { text: '', refusal: '', calls: [], finish: '', usage: undefined }
  #blocks = 0
  #open: AnyJson
  #usage: AnyJson = {}
  isStopped = false

  read(name: string | undefined, event: AnyJson): void {
    demand(name === event.type, 'an event is named by its type', { name, event })
    demand(!this.isStopped, 'nothing follows message_stop', event)
    switch (event.type) {
      case 'message_start':
        demand(event.message.content.length === 0, 'a message begins empty', event)
        return this.#count(event.message.usage)
      case 'content_block_start':
        demand(!this.#open && event.index === this.#blocks, 'one block is open at a time, from 0', event)
        this.#blocks++
        return this.#start(event.content_block)
      case 'content_block_delta':
        demand(this.#open && event.index === this.#blocks - 1, 'a delta is for the open block', event)
        return this.#grow(event.delta)
      case 'content_block_stop':
        demand(this.#open && event.index === this.#blocks - 1, 'the open block stops', event)
        this.#open = undefined
        return
      case 'message_delta':
        this.heard.finish = event.delta.stop_reason
        return this.#count(event.usage)
      case 'message_stop':
        this.isStopped = true
    }
  }

  #start(block: AnyJson): void {
    this.#open = block
    if (block.type === 'text') this.heard.text += block.text
    if (block.type === 'tool_use') {
      demand(JSON.stringify(block.input) === '{}', 'a call begins without input', block)
      this.heard.calls.push({ id: block.id, name: block.name, arguments: '' })
    }
  }

  #grow(delta: AnyJson): void {
    if (delta.type === 'text_delta') this.heard.text += delta.text
    if (delta.type === 'input_json_delta') this.heard.calls.at(-1)!.arguments += delta.partial_json
  }

  #count(usage: AnyJson): void {
    this.#usage = { ...this.#usage, ...usage }
    this.heard.usage = readUsage(this.#usage)
  }
}

/** `/v1/messages` as Anthropic describes it. */
export const messagesRoute: RouteWire = {
  path: '/v1/messages',
  ask: { max_tokens: 1000, messages: [{ role: 'user', content: 'Hello' }] },
  streaming: { stream: true },
  tools: ['weather', 'time'].map((name) => ({
    name,
    description: `Tells the ${name}.`,
    input_schema: parameters,
  })),
  readJson,
  readStream(events) {
    const reader = new MessageReader()
    for (const { event, data } of events) reader.read(event, JSON.parse(data))
    demand(reader.isStopped, 'the stream ends with message_stop', events.at(-1))
    return reader.heard
  },
  readFailure(events) {
    demand(!events.some(({ event }) => event === 'message_stop'), 'a failed stream does not stop', events)
    const last = events.at(-1)
    demand(last?.event === 'error', 'the last event is the error', last)
    return { message: JSON.parse(last.data).error.message }
  },
  readError: ({ error }) => ({ message: error.message, code: undefined, type: error.type }),
  finishes: {
    stop: 'end_turn',
    stop_sequence: 'stop_sequence',
    length: 'max_tokens',
    tool_calls: 'tool_use',
    content_filter: 'refusal',
    refusal: 'refusal',
  },
}
