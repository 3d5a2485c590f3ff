import { isObject, type JsonObject } from '../../canonical/json.ts'
import type { BlockTeller } from './block-teller.ts'
import { callBlock, readItem } from './read-response.ts'
import { betweenParts, readReasoning } from './reasoning.ts'
import { list, opaque, text } from './types.ts'

/** Reads the events of one output item. */
export interface ItemDecoder {
  read(name: string, event: JsonObject): void
  /** The item is done; `item` is the whole of it, where the provider says it. */
  close(item: JsonObject | undefined): void
}

export function itemDecoder(item: JsonObject, teller: BlockTeller): ItemDecoder {
  switch (item.type) {
    case 'message':
      return new MessageDecoder(teller)
    case 'reasoning':
      return new ReasoningDecoder(teller)
    case 'function_call':
    case 'custom_tool_call':
      return new CallDecoder(item, teller)
    default:
      return new WholeDecoder(item, teller)
  }
}

interface OpenPart {
  type: 'text' | 'refusal'
  /** `undefined` until it has said something. */
  block: number | undefined
  isClosed: boolean
  hasAnnotations: boolean
}

class MessageDecoder implements ItemDecoder {
  readonly #teller: BlockTeller
  readonly #parts = new Map<unknown, OpenPart>()

  constructor(teller: BlockTeller) {
    this.#teller = teller
  }

  read(name: string, event: JsonObject): void {
    const at = event.content_index ?? 0
    switch (name) {
      case 'response.output_text.delta':
        return this.#say(this.#part(at, 'text'), text(event.delta))
      case 'response.refusal.delta':
        return this.#say(this.#part(at, 'refusal'), text(event.delta))
      case 'response.output_text.annotation.added':
        return this.#cite(this.#part(at, 'text'), [event.annotation])
      case 'response.content_part.done':
        if (isObject(event.part)) this.#close(at, event.part)
    }
  }

  /** Parts that nobody has closed are closed by the item, which has them all. */
  close(item: JsonObject | undefined): void {
    list(item?.content).forEach((part, at) => {
      if (isObject(part)) this.#close(at, part)
    })
    for (const part of this.#parts.values()) this.#stop(part)
  }

  #part(at: unknown, type: OpenPart['type']): OpenPart {
    let part = this.#parts.get(at)
    if (!part)
      this.#parts.set(at, (part = { type, block: undefined, isClosed: false, hasAnnotations: false }))
    return part
  }

  #say(part: OpenPart, more: string): void {
    if (more === '' || part.isClosed) return
    part.block ??= this.#teller.start({ type: part.type, text: '' })
    this.#teller.add(part.block, { type: part.type, text: more })
  }

  #cite(part: OpenPart, annotations: readonly unknown[]): void {
    if (part.block === undefined || part.isClosed || annotations.length === 0) return
    part.hasAnnotations = true
    this.#teller.add(part.block, { type: 'citation', citation: opaque(annotations) })
  }

  /** The part as it is at its end: its text where it came without pieces, and what only comes whole. */
  #close(at: unknown, whole: JsonObject): void {
    if (whole.type !== 'output_text' && whole.type !== 'refusal') return
    const part = this.#part(at, whole.type === 'refusal' ? 'refusal' : 'text')
    if (part.isClosed) return
    if (part.block === undefined) this.#say(part, text(whole.text) || text(whole.refusal))
    if (!part.hasAnnotations) this.#cite(part, list(whole.annotations))
    const logprobs = list(whole.logprobs)
    if (logprobs.length > 0)
      this.#teller.events.push({
        type: 'logprobs',
        choice: 0,
        logprobs: { content: logprobs, refusal: null },
      })
    this.#stop(part)
  }

  #stop(part: OpenPart): void {
    if (part.isClosed) return
    part.isClosed = true
    if (part.block !== undefined) this.#teller.stop(part.block)
  }
}

/** Reasoning: in clear, as a summary, or encrypted alone; what is encrypted is known when the item is done. */
class ReasoningDecoder implements ItemDecoder {
  readonly #teller: BlockTeller
  #block: number | undefined
  #part = ''

  constructor(teller: BlockTeller) {
    this.#teller = teller
  }

  read(name: string, event: JsonObject): void {
    if (name === 'response.reasoning_text.delta') this.#say(`content ${String(event.content_index)}`, event)
    if (name === 'response.reasoning_summary_text.delta')
      this.#say(`summary ${String(event.summary_index)}`, event)
  }

  close(item: JsonObject | undefined): void {
    const block = item && readReasoning(item)
    if (this.#block === undefined) {
      if (block) this.#teller.whole(block)
      return
    }
    if (block?.type === 'thinking' && block.signature)
      this.#teller.add(this.#block, { type: 'signature', signature: block.signature })
    this.#teller.stop(this.#block)
  }

  #say(part: string, event: JsonObject): void {
    const more = text(event.delta)
    if (more === '') return
    const isNext = this.#block !== undefined && part !== this.#part
    this.#part = part
    this.#block ??= this.#teller.start({ type: 'thinking', text: '' })
    this.#teller.add(this.#block, { type: 'thinking', text: isNext ? betweenParts + more : more })
  }
}

const callDeltas: ReadonlySet<string> = new Set([
  'response.function_call_arguments.delta',
  'response.custom_tool_call_input.delta',
])

class CallDecoder implements ItemDecoder {
  readonly #teller: BlockTeller
  readonly #field: 'arguments' | 'input'
  readonly #block: number
  #hasText = false

  constructor(item: JsonObject, teller: BlockTeller) {
    this.#teller = teller
    this.#field = item.type === 'custom_tool_call' ? 'input' : 'arguments'
    this.#block = teller.start(callBlock(item, ''))
  }

  read(name: string, event: JsonObject): void {
    if (callDeltas.has(name)) this.#add(text(event.delta))
  }

  close(item: JsonObject | undefined): void {
    if (item && !this.#hasText) this.#add(text(item[this.#field]))
    this.#teller.stop(this.#block)
  }

  #add(more: string): void {
    if (more === '') return
    this.#hasText = true
    this.#teller.add(this.#block, { type: 'arguments', text: more })
  }
}

/** An item that only this dialect knows: told when it is whole. */
class WholeDecoder implements ItemDecoder {
  readonly #teller: BlockTeller
  readonly #begun: JsonObject

  constructor(item: JsonObject, teller: BlockTeller) {
    this.#begun = item
    this.#teller = teller
  }

  read(): void {
    // Its progress says nothing that the whole item does not.
  }

  close(item: JsonObject = this.#begun): void {
    for (const block of readItem(item)) this.#teller.whole(block)
  }
}
