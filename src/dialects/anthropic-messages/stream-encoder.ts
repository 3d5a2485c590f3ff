import type { Block, Finish, ThinkingBlock } from '../../canonical/chat.ts'
import type { BlockDelta, ChatEvent } from '../../canonical/chat-events.ts'
import { isObject, type JsonObject } from '../../canonical/json.ts'
import type { Usage } from '../../canonical/usage.ts'
import type { Frame } from '../../framing/frame.ts'
import type { ChatStreamEncoder } from '../dialect.ts'
import {
  encodeBlock,
  encodeCallSignature,
  encodeFinish,
  encodeServiceTier,
  encodeSignature,
  encodeToolUse,
  ownExtensions,
} from './response.ts'
import { own } from './types.ts'
import { encodeUsage } from './usage.ts'

type BlockEvent = Extract<ChatEvent, { index: number }>

const none: readonly Frame[] = []

const frame = (data: { type: string } & JsonObject): Frame => ({
  event: data.type,
  data: JSON.stringify(data),
})

/**
 * Events to frames of a Messages stream. This API has one block open at a time, numbered from 0: what
 * belongs to a later block waits until the one before it has stopped. `message_delta` waits for `end`,
 * because the usage may come after the finish. Choices beyond the first have no place here.
 *
 * `message_start` leaves at once; it counts 0 tokens, since `start` comes before any usage. The counts of
 * `message_delta` are whole and callers take them from there.
 */
export class MessagesStreamEncoder implements ChatStreamEncoder {
  readonly #writers = new Map<number, BlockWriter>()
  #turn = 0
  #written = 0
  #usage: Usage | undefined
  #finish: Finish | undefined
  #refused = false
  #calls = false
  #late: JsonObject = {}
  #usageExtras: JsonObject = {}

  push(event: ChatEvent): readonly Frame[] {
    switch (event.type) {
      case 'block_start':
      case 'block_delta':
      case 'block_stop':
        return event.choice === 0 ? this.#block(event) : none
      case 'start':
        return this.#start(event)
      case 'finish':
        if (event.choice === 0) this.#finish = event.finish
        return none
      case 'usage':
        this.#usage = event.usage
        return none
      case 'extensions':
        return this.#extensions(event.extensions)
      case 'end':
        return this.#end()
      case 'logprobs':
      case 'error':
        return none
    }
  }

  #start(event: Extract<ChatEvent, { type: 'start' }>): Frame[] {
    const { message, usage } = ownExtensions(event.extensions)
    this.#usageExtras = usage
    return [
      frame({
        type: 'message_start',
        message: {
          id: event.id,
          type: 'message',
          role: 'assistant',
          model: event.model,
          content: [],
          stop_reason: null,
          stop_sequence: null,
          ...message,
          usage: { ...encodeUsage(undefined), ...encodeServiceTier(event.serviceTier), ...usage },
        },
      }),
    ]
  }

  #extensions(extensions: Extract<ChatEvent, { type: 'extensions' }>['extensions']): readonly Frame[] {
    const { message, usage } = ownExtensions(extensions)
    this.#late = { ...this.#late, ...message }
    this.#usageExtras = { ...this.#usageExtras, ...usage }
    return none
  }

  #block(event: BlockEvent): readonly Frame[] {
    if (event.type === 'block_start') {
      this.#refused ||= event.block.type === 'refusal'
      this.#calls ||= event.block.type === 'tool_call'
      this.#writers.set(event.index, new BlockWriter(event.block))
    } else {
      const writer = this.#writers.get(event.index)
      if (!writer) throw new Error(`event \`${event.type}\` for block ${event.index}, which is not open`)
      if (event.type === 'block_delta') writer.append(event.delta)
      else writer.stopped = true
    }
    return this.#drain()
  }

  /** What the block whose turn it is has to say, and once it has stopped, those after it. */
  #drain(): readonly Frame[] {
    const frames: Frame[] = []
    for (let writer = this.#writers.get(this.#turn); writer; writer = this.#writers.get(this.#turn)) {
      frames.push(...writer.take(this.#written))
      if (!writer.stopped) break
      this.#written += writer.written
      this.#writers.delete(this.#turn++)
    }
    return frames
  }

  #end(): Frame[] {
    for (const writer of this.#writers.values()) writer.stopped = true
    const { context_management, ...late } = this.#late
    return [
      ...this.#drain(),
      frame({
        type: 'message_delta',
        delta: { ...encodeFinish(this.#finish, { refused: this.#refused, calls: this.#calls }), ...late },
        usage: { ...encodeUsage(this.#usage), ...this.#usageExtras },
        ...(context_management !== undefined && { context_management }),
      }),
      frame({ type: 'message_stop' }),
    ]
  }
}

/** One block on its way out: what it has to say is kept until it is taken. */
class BlockWriter {
  stopped = false
  /** Whether `content_block_start` was written. Text that stays empty, and what has no place here, never is. */
  opened = false
  /** A whole block that stands before this one. */
  readonly #before: JsonObject | undefined
  readonly #start: JsonObject | undefined
  readonly #lazy: boolean
  #deltas: JsonObject[] = []
  #thinking: ThinkingBlock | undefined

  constructor(block: Block) {
    this.#lazy = block.type === 'text' || block.type === 'refusal'
    this.#start = startOf(block)
    if (block.type === 'tool_call') [this.#before] = encodeCallSignature(block)
    if (block.type === 'thinking') this.#thinking = block
    if (block.type === 'text' || block.type === 'refusal') this.append({ type: 'text', text: block.text })
    if (block.type === 'text' && block.citations) this.append({ type: 'citation', citation: block.citations })
    if (block.type === 'thinking') this.append({ type: 'thinking', text: block.text })
    if (block.type === 'tool_call') this.append({ type: 'arguments', text: block.arguments })
    if (block.type === 'opaque' && this.#start) this.#appendInput(own(block.block))
  }

  append(delta: BlockDelta): void {
    if (delta.type === 'signature')
      this.#thinking = { type: 'thinking', text: '', signature: delta.signature }
    else this.#deltas.push(...encodeDelta(delta))
  }

  /** A block that calls a server's tool starts with an empty `input`, which then comes as text. */
  #appendInput(wire: unknown): void {
    if (isObject(wire) && isObject(wire.input))
      this.append({ type: 'arguments', text: JSON.stringify(wire.input) })
  }

  /** How many blocks of the answer it came to. */
  get written(): number {
    return this.opened ? (this.#before ? 2 : 1) : 0
  }

  /** @param from the number of its first block */
  take(from: number): Frame[] {
    if (!this.#start) return []
    const frames: Frame[] = []
    const index = this.#before ? from + 1 : from
    if (!this.opened && (!this.#lazy || this.#deltas.length > 0)) {
      this.opened = true
      if (this.#before) frames.push(...wholeBlock(from, this.#before))
      frames.push(frame({ type: 'content_block_start', index, content_block: this.#start }))
    }
    for (const delta of this.#deltas) frames.push(frame({ type: 'content_block_delta', index, delta }))
    this.#deltas = []
    if (!this.stopped || !this.opened) return frames
    // After the text it signs, however early it was known.
    const signature = this.#thinking && encodeSignature(this.#thinking)
    if (signature !== undefined)
      frames.push(
        frame({ type: 'content_block_delta', index, delta: { type: 'signature_delta', signature } }),
      )
    frames.push(frame({ type: 'content_block_stop', index }))
    return frames
  }
}

const wholeBlock = (index: number, block: JsonObject): Frame[] => [
  frame({ type: 'content_block_start', index, content_block: block }),
  frame({ type: 'content_block_stop', index }),
]

/** The block as it stands in `content_block_start`; `undefined` for what has no place in this API. */
function startOf(block: Block): JsonObject | undefined {
  switch (block.type) {
    case 'text':
      return { type: 'text', text: '', ...(own(block.citations) !== undefined && { citations: [] }) }
    case 'refusal':
      return { type: 'text', text: '' }
    case 'thinking':
      return { type: 'thinking', thinking: '', signature: '' }
    case 'tool_call':
      return encodeToolUse(block, {})
    default: {
      const whole = encodeBlock(block)[0]
      return whole && block.type === 'opaque' && isObject(whole.input) ? { ...whole, input: {} } : whole
    }
  }
}

function encodeDelta(delta: Exclude<BlockDelta, { type: 'signature' }>): JsonObject[] {
  switch (delta.type) {
    case 'text':
    case 'refusal':
      return delta.text === '' ? [] : [{ type: 'text_delta', text: delta.text }]
    case 'thinking':
      return delta.text === '' ? [] : [{ type: 'thinking_delta', thinking: delta.text }]
    case 'arguments':
      return delta.text === '' ? [] : [{ type: 'input_json_delta', partial_json: delta.text }]
    case 'citation': {
      const value = own(delta.citation)
      const citations = value === undefined ? [] : Array.isArray(value) ? value : [value]
      return citations.map((citation: unknown) => ({ type: 'citations_delta', citation }))
    }
  }
}
