import type { Block } from '../../canonical/chat.ts'
import type { BlockDelta, ChatEvent } from '../../canonical/chat-events.ts'
import { isObject, type JsonObject } from '../../canonical/json.ts'
import {
  answerParts,
  callBlock,
  callPiece,
  integer,
  list,
  readFinish,
  reasoningText,
  text,
  type CallPiece,
} from './answer.ts'
import { madeUpCallId } from './response.ts'
import { readThinkingBlock } from './thinking-blocks.ts'

type Spoken = 'text' | 'thinking' | 'refusal'

interface OpenCall {
  block: number
  id: string
}

/**
 * One choice of a stream: deltas in, block events out. Text, thinking and refusal follow one another; tool calls
 * stay open until the choice is finished, because their pieces may come in any order.
 */
export class ChoiceDecoder {
  readonly #choice: number
  #blocks = 0
  #spoken: { type: Spoken; block: number } | undefined
  readonly #calls: OpenCall[] = []
  readonly #callAt = new Map<number, OpenCall>()
  #hasRefusal = false
  #isFinished = false

  constructor(choice: number) {
    this.#choice = choice
  }

  get finished(): boolean {
    return this.#isFinished
  }

  read(choice: JsonObject, events: ChatEvent[]): void {
    if (this.#isFinished) return
    if (isObject(choice.delta)) this.#readDelta(choice.delta, events)
    if (isObject(choice.logprobs))
      events.push({ type: 'logprobs', choice: this.#choice, logprobs: choice.logprobs })
    if (typeof choice.finish_reason === 'string' && choice.finish_reason !== '') this.#finish(choice, events)
  }

  /** `[DONE]`: a server that gave no finish reason has stopped all the same. */
  end(events: ChatEvent[]): void {
    if (!this.#isFinished) this.#finish({ finish_reason: 'stop' }, events)
  }

  #finish(choice: JsonObject, events: ChatEvent[]): void {
    this.#isFinished = true
    this.#stopSpoken(events)
    for (const { block } of this.#calls)
      events.push({ type: 'block_stop', choice: this.#choice, index: block })
    const finish = readFinish(choice, { calls: this.#calls.length > 0, refusal: this.#hasRefusal })
    events.push({ type: 'finish', choice: this.#choice, finish })
  }

  #readDelta(delta: JsonObject, events: ChatEvent[]): void {
    const reasoning = reasoningText(delta)
    if (reasoning !== '') this.#say('thinking', reasoning, events)
    if (delta.thinking_blocks) for (const entry of list(delta.thinking_blocks)) this.#sign(entry, events)
    if (delta.content) this.#readContent(delta.content, events)
    if (delta.annotations) this.#cite(list(delta.annotations), events)
    if (delta.refusal) {
      this.#hasRefusal = true
      this.#say('refusal', text(delta.refusal), events)
    }
    if (isObject(delta.audio)) this.#whole(ownBlock({ type: 'audio', ...delta.audio }), events)
    for (const call of list(delta.tool_calls)) if (isObject(call)) this.#readCall(call, events)
    if (isObject(delta.function_call)) this.#readCall({ index: 0, function: delta.function_call }, events)
  }

  #readContent(content: unknown, events: ChatEvent[]): void {
    for (const part of answerParts(content)) {
      if (part.kind === 'opaque') this.#whole(ownBlock(part.value), events)
      else this.#say(part.kind, part.text, events)
    }
  }

  #say(type: Spoken, more: string, events: ChatEvent[]): void {
    if (more === '') return
    if (this.#spoken?.type !== type) {
      this.#stopSpoken(events)
      this.#spoken = { type, block: this.#start({ type, text: '' }, events) }
    }
    this.#add(this.#spoken.block, { type, text: more }, events)
  }

  /** A signed block comes whole, after its text has come as reasoning, or without it. */
  #sign(entry: unknown, events: ChatEvent[]): void {
    const block = readThinkingBlock(entry)
    if (!block) return
    if (block.type === 'redacted_thinking') return this.#whole(block, events)
    if (!block.signature) return
    if (this.#spoken?.type !== 'thinking') {
      this.#stopSpoken(events)
      this.#spoken = { type: 'thinking', block: this.#start({ type: 'thinking', text: '' }, events) }
      if (block.text !== '') this.#add(this.#spoken.block, { type: 'thinking', text: block.text }, events)
    }
    this.#add(this.#spoken.block, { type: 'signature', signature: block.signature }, events)
    this.#stopSpoken(events)
  }

  #cite(annotations: readonly unknown[], events: ChatEvent[]): void {
    if (this.#spoken?.type !== 'text' || annotations.length === 0) return
    const citation = { dialect: 'openai-chat', value: annotations } as const
    this.#add(this.#spoken.block, { type: 'citation', citation }, events)
  }

  #readCall(call: JsonObject, events: ChatEvent[]): void {
    const piece = callPiece(call)
    const index = integer(call.index)
    let open = this.#findCall(index, piece)
    if (!open) {
      this.#stopSpoken(events)
      const id = piece.id || madeUpCallId(this.#blocks)
      open = { block: this.#start(callBlock(piece, id, ''), events), id: piece.id }
      this.#calls.push(open)
    }
    if (index !== undefined) this.#callAt.set(index, open)
    if (piece.arguments !== '') this.#add(open.block, { type: 'arguments', text: piece.arguments }, events)
  }

  /** The call that a piece goes on with. Servers that send calls whole number them all 0, or not at all. */
  #findCall(index: number | undefined, { id, name }: CallPiece): OpenCall | undefined {
    if (index !== undefined) {
      const open = this.#callAt.get(index)
      const isAnother = open !== undefined && id !== '' && id !== open.id && name !== ''
      return isAnother ? undefined : open
    }
    if (id !== '') return this.#calls.find((call) => call.id === id)
    return name === '' ? this.#calls.at(-1) : undefined
  }

  #whole(block: Block, events: ChatEvent[]): void {
    this.#stopSpoken(events)
    const index = this.#start(block, events)
    events.push({ type: 'block_stop', choice: this.#choice, index })
  }

  #start(block: Block, events: ChatEvent[]): number {
    const index = this.#blocks++
    events.push({ type: 'block_start', choice: this.#choice, index, block })
    return index
  }

  #add(index: number, delta: BlockDelta, events: ChatEvent[]): void {
    events.push({ type: 'block_delta', choice: this.#choice, index, delta })
  }

  #stopSpoken(events: ChatEvent[]): void {
    if (!this.#spoken) return
    events.push({ type: 'block_stop', choice: this.#choice, index: this.#spoken.block })
    this.#spoken = undefined
  }
}

const ownBlock = (value: JsonObject): Block => ({ type: 'opaque', block: { dialect: 'openai-chat', value } })
