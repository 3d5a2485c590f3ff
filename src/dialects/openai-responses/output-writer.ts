import type { Block } from '../../canonical/chat.ts'
import type { BlockDelta } from '../../canonical/chat-events.ts'
import type { JsonObject } from '../../canonical/json.ts'
import { MessageItem, TextPart } from './message-item.ts'
import {
  CallItem,
  ReasoningItem,
  WholeItem,
  type BlockWriter,
  type Emit,
  type ItemStatus,
  type OutputItem,
  type Place,
} from './output-item.ts'
import { own } from './types.ts'

/** Ids that go back to OpenAI may have 64 characters of these. */
const longestStem = 40
const stemOf = (id: string): string =>
  id
    .replace(/^resp_/, '')
    .replaceAll(/[^\w-]/g, '_')
    .slice(-longestStem)

/**
 * Blocks to items of `output`, for streams and whole answers alike, so that both are the same. An item is done when
 * the next one has begun and its own blocks have stopped; the last one when the answer is finished.
 */
export class OutputWriter {
  readonly #stem: string
  readonly #emit: Emit
  readonly #items: OutputItem[] = []
  readonly #done: (JsonObject | undefined)[] = []
  readonly #blocks = new Map<number, { writer: BlockWriter; item: OutputItem }>()
  #text: TextPart | undefined
  #ratings: unknown[] = []

  /** @param id the answer's, from which the items' own ids are made */
  constructor(id: string, emit: Emit) {
    this.#stem = stemOf(id)
    this.#emit = emit
  }

  /** The items that are done, in their order. */
  get output(): JsonObject[] {
    return this.#done.filter((item) => item !== undefined)
  }

  start(index: number, block: Block): void {
    const begun = this.#begin(block)
    if (!begun) return
    this.#blocks.set(index, begun)
    if (!(begun.writer instanceof TextPart)) return
    this.#text = begun.writer
    for (const logprobs of this.#ratings) this.#text.rate(logprobs)
    this.#ratings = []
  }

  append(index: number, delta: BlockDelta): void {
    this.#blocks.get(index)?.writer.append(delta)
  }

  stop(index: number): void {
    const block = this.#blocks.get(index)
    if (!block) return
    block.writer.stop()
    if (block.item !== this.#items.at(-1) && block.item.isStopped) this.#close(block.item, 'completed')
  }

  /** OpenAI-shaped log probabilities; those that come before any text wait for it. */
  rate(logprobs: unknown): void {
    if (this.#text && !this.#text.isStopped) this.#text.rate(logprobs)
    else this.#ratings.push(logprobs)
  }

  /** @param status of the last item: an answer that was cut was cut there */
  finish(status: ItemStatus): void {
    const last = this.#items.at(-1)
    for (const item of this.#items) this.#close(item, item === last ? status : 'completed')
  }

  /** `undefined` for what has no place in this API. */
  #begin(block: Block): { writer: BlockWriter; item: OutputItem } | undefined {
    switch (block.type) {
      case 'text':
      case 'refusal': {
        const last = this.#items.at(-1)
        const message =
          last instanceof MessageItem ? last : this.#add('msg', (place) => new MessageItem(place))
        return { item: message, writer: message.begin(block) }
      }
      case 'thinking':
      case 'redacted_thinking':
        return alone(this.#add('rs', (place) => new ReasoningItem(place, block)))
      case 'tool_call':
        if (block.signature) this.#add('rs', (place) => new ReasoningItem(place, block)).stop()
        return alone(this.#add(block.kind === 'custom' ? 'ctc' : 'fc', (place) => new CallItem(place, block)))
      case 'opaque':
        if (own(block.block) === undefined) return undefined
        return alone(this.#add('item', (place) => new WholeItem(place, block)))
      default:
        return undefined
    }
  }

  #add<Item extends OutputItem>(kind: string, make: (place: Place) => Item): Item {
    const before = this.#items.at(-1)
    if (before?.isStopped) this.#close(before, 'completed')
    const outputIndex = this.#items.length
    const item = make({ id: `${kind}_${this.#stem}_${outputIndex}`, outputIndex, emit: this.#emit })
    this.#items.push(item)
    return item
  }

  #close(item: OutputItem, status: ItemStatus): void {
    const at = this.#items.indexOf(item)
    this.#done[at] ??= item.close(status)
  }
}

const alone = <Item extends OutputItem & BlockWriter>(item: Item) => ({ item, writer: item })
