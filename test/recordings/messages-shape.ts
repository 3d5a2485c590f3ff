import { isObject, type JsonObject } from '../../src/canonical/json.ts'
import type { ReadEvent } from '../support/sse-reader.ts'

/**
 * A strict look at answers of the Messages API: every field that its types demand, no field of a wrong type, and
 * for streams the order and the indexes of events. Source: the types of @anthropic-ai/sdk 1.11.
 */

const stopReasons = [
  ...['end_turn', 'max_tokens', 'stop_sequence', 'tool_use', 'pause_turn', 'refusal'],
  'model_context_window_exceeded',
]

type Check = (value: unknown) => boolean
type Shape = Readonly<Record<string, Check>>

const isText: Check = (value) => typeof value === 'string'
const isName: Check = (value) => typeof value === 'string' && value !== ''
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0
const isList: Check = Array.isArray
const is =
  (...words: unknown[]): Check =>
  (value) =>
    words.includes(value)
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value)
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value)

const usageShape: Shape = {
  input_tokens: isCount,
  output_tokens: isCount,
  cache_creation_input_tokens: isCount,
  cache_read_input_tokens: isCount,
  cache_creation: (value) =>
    isObject(value) && isCount(value.ephemeral_5m_input_tokens) && isCount(value.ephemeral_1h_input_tokens),
  output_tokens_details: optional((value) => isObject(value) && isCount(value.thinking_tokens)),
  service_tier: optional(is('standard', 'priority', 'batch')),
}

const messageShape: Shape = {
  id: isName,
  type: is('message'),
  role: is('assistant'),
  model: isName,
  content: isList,
  stop_reason: is(...stopReasons),
  stop_sequence: orNull(isText),
  usage: isObject,
}

const blockShapes: Readonly<Record<string, Shape>> = {
  text: { type: isText, text: isName, citations: optional(isList) },
  thinking: { type: isText, thinking: isText, signature: isText },
  redacted_thinking: { type: isText, data: isName },
  tool_use: { type: isText, id: isName, name: isName, input: isObject, caller: isObject },
}

/** As blocks stand at their start in a stream: nothing is in them yet. */
const startShapes: Readonly<Record<string, Shape>> = {
  text: { ...blockShapes.text, text: is('') },
  thinking: { ...blockShapes.thinking, thinking: is(''), signature: is('') },
  redacted_thinking: blockShapes.redacted_thinking as Shape,
  tool_use: { ...blockShapes.tool_use, input: (value) => isObject(value) && Object.keys(value).length === 0 },
}

const deltaShapes: Readonly<Record<string, { block: string; shape: Shape }>> = {
  text_delta: { block: 'text', shape: { type: isText, text: isName } },
  citations_delta: { block: 'text', shape: { type: isText, citation: isObject } },
  thinking_delta: { block: 'thinking', shape: { type: isText, thinking: isName } },
  signature_delta: { block: 'thinking', shape: { type: isText, signature: isName } },
  input_json_delta: { block: 'tool_use', shape: { type: isText, partial_json: isName } },
}

/** What is wrong with a message; empty when nothing is. */
export function problemsOfMessage(message: unknown): string[] {
  const problems = compare(message, messageShape, 'message')
  if (!isObject(message)) return problems
  problems.push(...compare(message.usage, usageShape, 'usage'))
  for (const [index, block] of ((message.content ?? []) as unknown[]).entries()) {
    problems.push(...compareTyped(block, blockShapes, `content[${index}]`))
  }
  return problems
}

/** What is wrong with the events of a whole stream; empty when nothing is. */
export function problemsOfMessageStream(events: readonly ReadEvent[]): string[] {
  const order = new Order()
  for (const event of events) order.take(event)
  order.end()
  return order.problems
}

class Order {
  readonly problems: string[] = []
  #stage: 'start' | 'blocks' | 'stop' | 'over' = 'start'
  #next = 0
  #open: { index: number; type: string; input: string } | undefined

  take({ event, data }: ReadEvent): void {
    const json: unknown = JSON.parse(data)
    if (!isObject(json)) return this.#wrong('an event is no object')
    if (json.type !== event) this.#wrong(`event ${event} says that it is ${String(json.type)}`)
    if (event === 'ping') return
    const take = this.#takers[event ?? '']
    if (take) take(json)
    else this.#wrong(`an event ${event}`)
  }

  end(): void {
    if (this.#stage !== 'over') this.#wrong('the stream stops without `message_stop`')
  }

  readonly #takers: Readonly<Record<string, (json: JsonObject) => void>> = {
    message_start: ({ message }) => {
      this.#expect('start', 'message_start')
      this.#stage = 'blocks'
      const started: Shape = { ...messageShape, stop_reason: is(null), stop_sequence: is(null) }
      this.problems.push(...compare(message, started, 'message_start.message'))
      if (!isObject(message)) return
      if ((message.content as unknown[]).length > 0) this.#wrong('message_start has content')
      this.problems.push(...compare(message.usage, usageShape, 'message_start.message.usage'))
    },
    content_block_start: ({ index, content_block: block }) => {
      this.#expect('blocks', 'content_block_start')
      if (this.#open) this.#wrong(`block ${String(index)} starts while ${this.#open.index} is open`)
      if (index !== this.#next) this.#wrong(`block ${String(index)} where ${this.#next} is due`)
      this.problems.push(...compareTyped(block, startShapes, `content_block_start ${String(index)}`))
      this.#open = { index: this.#next++, type: String((block as JsonObject).type), input: '' }
    },
    content_block_delta: ({ index, delta }) => {
      if (!this.#open || index !== this.#open.index) return this.#wrong(`a delta for block ${String(index)}`)
      const known = isObject(delta) ? deltaShapes[delta.type as string] : undefined
      if (!known) return this.#wrong('a delta of an unknown type')
      if (known.block !== this.#open.type) this.#wrong(`${known.block} goes on in ${this.#open.type}`)
      this.problems.push(...compare(delta, known.shape, `delta of block ${String(index)}`))
      if (known.block === 'tool_use') this.#open.input += (delta as { partial_json: string }).partial_json
    },
    content_block_stop: ({ index }) => {
      if (!this.#open || index !== this.#open.index) return this.#wrong(`a stop for block ${String(index)}`)
      if (this.#open.type === 'tool_use') this.#checkInput(this.#open.input)
      this.#open = undefined
    },
    message_delta: ({ delta, usage }) => {
      this.#expect('blocks', 'message_delta')
      this.#stage = 'stop'
      if (this.#open) this.#wrong('message_delta while a block is open')
      const { stop_reason, stop_sequence } = messageShape as Required<Shape>
      this.problems.push(...compare(delta, { stop_reason, stop_sequence } as Shape, 'message_delta.delta'))
      this.problems.push(...compare(usage, usageShape, 'message_delta.usage'))
    },
    message_stop: () => {
      this.#expect('stop', 'message_stop')
      this.#stage = 'over'
    },
  }

  #checkInput(text: string): void {
    try {
      if (!isObject(JSON.parse(text || '{}'))) this.#wrong('the input of a tool is no object')
    } catch {
      this.#wrong('the input of a tool is no JSON')
    }
  }

  #expect(stage: string, event: string): void {
    if (this.#stage !== stage) this.#wrong(`${event} in the stage "${this.#stage}"`)
  }

  #wrong(problem: string): void {
    this.problems.push(problem)
  }
}

function compareTyped(value: unknown, shapes: Readonly<Record<string, Shape>>, place: string): string[] {
  const shape = isObject(value) ? shapes[value.type as string] : undefined
  return shape ? compare(value, shape, place) : [`${place}: a block of an unknown type`]
}

function compare(value: unknown, shape: Shape, place: string): string[] {
  if (!isObject(value)) return [`${place} is no object`]
  const wrong = Object.entries(shape).filter(([name, check]) => !check(value[name]))
  const foreign = Object.keys(value).filter((name) => !(name in shape))
  return [
    ...wrong.map(([name]) => `${place}.${name} is ${JSON.stringify(value[name])}`),
    ...foreign.map((name) => `${place}.${name} has no place there`),
  ]
}
