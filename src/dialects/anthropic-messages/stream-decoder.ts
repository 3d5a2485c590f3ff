import type { Block } from '../../canonical/chat.ts'
import type { BlockDelta, ChatEvent } from '../../canonical/chat-events.ts'
import { isObject, parseJson, type JsonObject } from '../../canonical/json.ts'
import type { Frame } from '../../framing/frame.ts'
import type { ChatStreamDecoder } from '../dialect.ts'
import { decodeError } from './error.ts'
import { decodeBlock, decodeEnvelope, decodeExtensions, decodeFinish, notOfThisDialect } from './response.ts'
import { opaque } from './types.ts'
import { decodeUsage, mergeUsage } from './usage.ts'
import { eventOf, isDone, readable } from './wire-event.ts'

interface OpenBlock {
  /** Position among the blocks of the answer, which is not always the provider's `index`. */
  index: number
  block: Block
  /** The block as it started; an opaque one grows here, because only the whole of it can be told. */
  wire: JsonObject
  /** JSON text of `input`, as far as it came. */
  input: string
}

const none: readonly ChatEvent[] = []

/**
 * Frames of a Messages stream to events. Tolerates pings anywhere, unknown events and deltas, tool calls
 * whose arguments come with the start or not at all, blocks that nobody closed and answers without blocks.
 * Blocks of a kind unknown here are told when they are whole.
 */
export class MessagesStreamDecoder implements ChatStreamDecoder {
  finished = false
  #started = false
  #failed = false
  #finishTold = false
  #blocks = 0
  readonly #open = new Map<unknown, OpenBlock>()
  #usage: JsonObject = {}

  push(frame: Frame): readonly ChatEvent[] {
    if (this.finished || this.#failed) return none
    switch (eventOf(frame)) {
      case 'content_block_delta':
        return this.#delta(read(frame))
      case 'content_block_start':
        return this.#blockStart(read(frame))
      case 'content_block_stop':
        return this.#blockStop(read(frame).index)
      case 'message_start':
        return this.#start(read(frame))
      case 'message_delta':
        return this.#messageDelta(read(frame))
      case 'message_stop':
        return this.#stop()
      case 'error':
        return this.#fail(frame)
      case undefined:
        if (isDone(frame)) return none
        throw notOfThisDialect('a frame that is not an event')
      default:
        return none
    }
  }

  /** A stream of this API says itself when it is whole; whatever is open when the line goes dead stays so. */
  close(): readonly ChatEvent[] {
    return none
  }

  #start({ message }: JsonObject): ChatEvent[] {
    if (!isObject(message)) throw notOfThisDialect('`message_start` without a message')
    if (this.#started) throw notOfThisDialect('a second `message_start`')
    this.#started = true
    this.#usage = mergeUsage(this.#usage, message.usage)
    return [{ type: 'start', ...decodeEnvelope(message) }, ...this.#usageEvents()]
  }

  #usageEvents(): ChatEvent[] {
    const usage = decodeUsage(this.#usage)
    return usage ? [{ type: 'usage', usage }] : []
  }

  #blockStart(event: JsonObject): ChatEvent[] {
    this.#demandStart('content_block_start')
    const wire = event.content_block
    if (!isObject(wire)) throw notOfThisDialect('`content_block_start` without a block')
    const block = decodeBlock(wire)
    const before = this.#blockStop(event.index, true)
    // Arguments are told from the deltas, or at the end from the start where no deltas came.
    if (block.type === 'tool_call') block.arguments = ''
    const open = { index: -1, block, wire, input: '' }
    this.#open.set(event.index, open)
    return block.type === 'opaque' ? before : [...before, this.#tell(open)]
  }

  #tell(open: OpenBlock): ChatEvent {
    open.index = this.#blocks++
    return { type: 'block_start', choice: 0, index: open.index, block: open.block }
  }

  #delta({ index, delta }: JsonObject): readonly ChatEvent[] {
    const open = this.#open.get(index)
    if (!open || !isObject(delta)) throw notOfThisDialect('a delta for a block that is not open')
    if (open.block.type === 'opaque') {
      growOpaque(open, delta)
      return none
    }
    const decoded = decodeDelta(open, delta)
    return decoded ? [{ type: 'block_delta', choice: 0, index: open.index, delta: decoded }] : none
  }

  #blockStop(at: unknown, mayBeMissing = false): ChatEvent[] {
    const open = this.#open.get(at)
    if (!open) {
      if (mayBeMissing) return []
      throw notOfThisDialect('`content_block_stop` for a block that is not open')
    }
    this.#open.delete(at)
    const events: ChatEvent[] = []
    if (open.block.type === 'opaque') {
      open.block = { type: 'opaque', block: opaque(wholeOpaque(open)) }
      events.push(this.#tell(open))
    } else if (open.block.type === 'tool_call' && open.input === '') {
      const delta: BlockDelta = { type: 'arguments', text: JSON.stringify(open.wire.input ?? {}) }
      events.push({ type: 'block_delta', choice: 0, index: open.index, delta })
    }
    events.push({ type: 'block_stop', choice: 0, index: open.index })
    return events
  }

  #messageDelta(event: JsonObject): ChatEvent[] {
    this.#demandStart('message_delta')
    this.#usage = mergeUsage(this.#usage, event.usage)
    const delta = isObject(event.delta) ? event.delta : {}
    const events: ChatEvent[] = []
    if (typeof delta.stop_reason === 'string') events.push(...this.#finish(delta))
    events.push(...this.#usageEvents())
    // `container`, `stop_details` stand in the delta, `context_management` beside it.
    const { delta: _delta, ...beside } = event
    const extensions = decodeExtensions({ ...delta, ...beside }, this.#usage)
    if (extensions) events.push({ type: 'extensions', extensions })
    return events
  }

  #finish(delta: JsonObject): ChatEvent[] {
    if (this.#finishTold) return []
    this.#finishTold = true
    const closing = [...this.#open.keys()].flatMap((index) => this.#blockStop(index))
    return [...closing, { type: 'finish', choice: 0, finish: decodeFinish(delta) }]
  }

  #stop(): ChatEvent[] {
    this.#demandStart('message_stop')
    this.finished = true
    // Without a stop reason the answer is whole all the same; why it ended is not known.
    return [...this.#finish({}), { type: 'end' }]
  }

  #fail(frame: Frame): ChatEvent[] {
    this.#failed = true
    return [{ type: 'error', error: decodeError(200, readable(frame.data) ?? frame.data) }]
  }

  #demandStart(name: string): void {
    if (!this.#started) throw notOfThisDialect(`\`${name}\` before \`message_start\``)
  }
}

function read(frame: Frame): JsonObject {
  const event = parseJson(frame.data)
  if (!isObject(event)) throw notOfThisDialect('an event is not an object')
  return event
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** `undefined` for deltas that say nothing or are not known. */
function decodeDelta(open: OpenBlock, delta: JsonObject): BlockDelta | undefined {
  const { block } = open
  switch (delta.type) {
    case 'text_delta':
      demand(block, 'text', delta)
      return delta.text === '' ? undefined : { type: 'text', text: text(delta.text) }
    case 'input_json_delta':
      demand(block, 'tool_call', delta)
      open.input += text(delta.partial_json)
      return delta.partial_json === '' ? undefined : { type: 'arguments', text: text(delta.partial_json) }
    case 'thinking_delta':
      demand(block, 'thinking', delta)
      return delta.thinking === '' ? undefined : { type: 'thinking', text: text(delta.thinking) }
    case 'signature_delta':
      demand(block, 'thinking', delta)
      return delta.signature === '' ? undefined : { type: 'signature', signature: opaque(delta.signature) }
    case 'citations_delta':
      demand(block, 'text', delta)
      return { type: 'citation', citation: opaque(delta.citation) }
    default:
      return undefined
  }
}

function demand(block: Block, type: Block['type'], delta: JsonObject): void {
  if (block.type !== type) throw notOfThisDialect(`\`${String(delta.type)}\` for a \`${block.type}\` block`)
}

/** `input_json_delta` is the text of `input`; any other delta holds new values of the block's fields. */
function growOpaque(open: OpenBlock, delta: JsonObject): void {
  if (delta.type === 'input_json_delta') {
    open.input += text(delta.partial_json)
    return
  }
  const { type: _type, ...fields } = delta
  open.wire = { ...open.wire, ...fields }
}

function wholeOpaque({ wire, input }: OpenBlock): JsonObject {
  if (input === '') return wire
  try {
    return { ...wire, input: parseJson(input) }
  } catch {
    // Cut off: the text is all there is, under the name that encoded tool calls use for it.
    return { ...wire, input: { _raw: input } }
  }
}
