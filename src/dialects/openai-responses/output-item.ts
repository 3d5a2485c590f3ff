import type { Block, OpaqueBlock, ToolCallBlock } from '../../canonical/chat.ts'
import type { BlockDelta } from '../../canonical/chat-events.ts'
import type { JsonObject } from '../../canonical/json.ts'
import { carryReasoning } from '../carried-reasoning.ts'
import { own } from './types.ts'

/** Takes an event of the stream; a whole answer is written without any listener. */
export type Emit = (type: string, fields: JsonObject) => void

/** Where an item stands, and who hears of it. */
export interface Place {
  id: string
  outputIndex: number
  emit: Emit
}

export type ItemStatus = 'completed' | 'incomplete'

/** What writes a block on its way out. */
export interface BlockWriter {
  append(delta: BlockDelta): void
  /** The block is whole; the item that it stands in may go on. */
  stop(): void
}

/** An item of `output` on its way out. */
export interface OutputItem {
  /** Whether every block of it has stopped. */
  readonly isStopped: boolean
  /** Says that the item is done, and gives it whole. */
  close(status: ItemStatus): JsonObject
}

export function added({ outputIndex, emit }: Place, item: JsonObject): void {
  emit('response.output_item.added', { output_index: outputIndex, item })
}

export function done({ outputIndex, emit }: Place, item: JsonObject): JsonObject {
  emit('response.output_item.done', { output_index: outputIndex, item })
  return item
}

type ThinkingOf = Extract<Block, { type: 'thinking' | 'redacted_thinking' | 'tool_call' }>

/**
 * A reasoning item: thinking as a summary of one part, and what only its maker can read as encrypted content. The
 * signature of a tool call has an item of its own, before the call.
 */
export class ReasoningItem implements OutputItem, BlockWriter {
  isStopped = false
  readonly #place: Place
  readonly #block: ThinkingOf
  #text = ''

  constructor(place: Place, block: ThinkingOf) {
    this.#place = place
    this.#block = { ...block }
    added(place, { type: 'reasoning', id: place.id, summary: [] })
    if (block.type === 'thinking') this.append({ type: 'thinking', text: block.text })
  }

  append(delta: BlockDelta): void {
    if (delta.type === 'signature' && this.#block.type === 'thinking') this.#block.signature = delta.signature
    if (delta.type !== 'thinking' || delta.text === '') return
    if (this.#text === '')
      this.#emit('response.reasoning_summary_part.added', { part: { type: 'summary_text', text: '' } })
    this.#text += delta.text
    this.#emit('response.reasoning_summary_text.delta', { delta: delta.text })
  }

  stop(): void {
    if (this.isStopped) return
    this.isStopped = true
    if (this.#text === '') return
    this.#emit('response.reasoning_summary_text.done', { text: this.#text })
    this.#emit('response.reasoning_summary_part.done', { part: this.#part() })
  }

  close(): JsonObject {
    this.stop()
    const encrypted = carryReasoning(this.#block)
    return done(this.#place, {
      type: 'reasoning',
      id: this.#place.id,
      summary: this.#text === '' ? [] : [this.#part()],
      ...(encrypted !== undefined && { encrypted_content: encrypted }),
    })
  }

  #part(): JsonObject {
    return { type: 'summary_text', text: this.#text }
  }

  #emit(type: string, fields: JsonObject): void {
    const { id, outputIndex, emit } = this.#place
    emit(type, { item_id: id, output_index: outputIndex, summary_index: 0, ...fields })
  }
}

/** A call of a function, or of a tool that takes free text. */
export class CallItem implements OutputItem, BlockWriter {
  isStopped = false
  readonly #place: Place
  readonly #head: JsonObject
  readonly #field: 'arguments' | 'input'
  #text = ''

  constructor(place: Place, block: ToolCallBlock) {
    this.#place = place
    const isCustom = block.kind === 'custom'
    this.#field = isCustom ? 'input' : 'arguments'
    const type = isCustom ? 'custom_tool_call' : 'function_call'
    this.#head = { type, id: place.id, call_id: block.id, name: block.name }
    added(place, { ...this.#head, [this.#field]: '', status: 'in_progress' })
    this.append({ type: 'arguments', text: block.arguments })
  }

  append(delta: BlockDelta): void {
    if (delta.type !== 'arguments' || delta.text === '') return
    this.#text += delta.text
    this.#emit('delta', { delta: delta.text })
  }

  stop(): void {
    if (this.isStopped) return
    this.isStopped = true
    // A call without arguments may have come without a text; callers parse it as JSON.
    if (this.#text === '' && this.#field === 'arguments') this.append({ type: 'arguments', text: '{}' })
    const name = this.#field === 'arguments' ? { name: this.#head.name } : {}
    this.#emit('done', { ...name, [this.#field]: this.#text })
  }

  close(status: ItemStatus): JsonObject {
    this.stop()
    return done(this.#place, { ...this.#head, [this.#field]: this.#text, status })
  }

  #emit(moment: 'delta' | 'done', fields: JsonObject): void {
    const { id, outputIndex, emit } = this.#place
    const kind = this.#field === 'input' ? 'custom_tool_call_input' : 'function_call_arguments'
    emit(`response.${kind}.${moment}`, { item_id: id, output_index: outputIndex, ...fields })
  }
}

/** An item that only this dialect knows, whole from the beginning. */
export class WholeItem implements OutputItem, BlockWriter {
  readonly isStopped = true
  readonly #place: Place
  readonly #item: JsonObject

  constructor(place: Place, block: OpaqueBlock) {
    this.#place = place
    this.#item = own(block.block) as JsonObject
    added(place, this.#item)
  }

  append(): void {
    // Nothing follows: see `ChatEvent`.
  }

  stop(): void {
    // It was whole already.
  }

  close(): JsonObject {
    return done(this.#place, this.#item)
  }
}
