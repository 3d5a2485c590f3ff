import type { Block, Finish, ToolCallBlock } from '../../canonical/chat.ts'
import type { BlockDelta, ChatEvent } from '../../canonical/chat-events.ts'
import { isObject, type JsonObject } from '../../canonical/json.ts'
import { readLogprobs } from './logprobs.ts'
import { PartialArguments } from './partial-call.ts'
import { finishByReason, opaque } from './types.ts'

type Spoken = 'text' | 'thinking'

const word = (value: unknown): string => (typeof value === 'string' ? value : '')

/** A reason that is one: protocol buffers may write the name of their empty value. */
export const reasonIn = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' && !value.endsWith('_UNSPECIFIED') ? value : undefined

/**
 * One candidate: its parts in, block events out. Neighbouring texts are one block, however they came. A signature that
 * came with text or an image is a redacted thought after it; one that came with a call stays on the call.
 *
 * Why it stopped is told at the end alone: older models say `STOP` in every frame, and calls may come after it.
 */
export class CandidateDecoder {
  readonly #choice: number
  /** Begins the ids of calls that came without one. */
  readonly #answerId: string
  #blocks = 0
  #spoken: { type: Spoken; block: number } | undefined
  #growing: { block: number; arguments: PartialArguments } | undefined
  #calls = 0
  #reason: string | undefined

  constructor(choice: number, answerId: string) {
    this.#choice = choice
    this.#answerId = answerId
  }

  get finished(): boolean {
    return this.#reason !== undefined
  }

  read(candidate: JsonObject, events: ChatEvent[]): void {
    const parts = isObject(candidate.content) ? candidate.content.parts : undefined
    if (Array.isArray(parts)) for (const part of parts) if (isObject(part)) this.#readPart(part, events)
    const logprobs = readLogprobs(candidate.logprobsResult)
    if (logprobs) events.push({ type: 'logprobs', choice: this.#choice, logprobs })
    this.#reason = reasonIn(candidate.finishReason) ?? this.#reason
  }

  /** `blockReason`: why Google stopped the whole answer, where it did. */
  end(events: ChatEvent[], blockReason: string | undefined): void {
    this.#stopSpoken(events)
    this.#stopGrowing(events)
    events.push({ type: 'finish', choice: this.#choice, finish: this.#finish(blockReason) })
  }

  #finish(blockReason: string | undefined): Finish {
    if (this.#reason === undefined)
      return blockReason === undefined
        ? { unified: 'other', raw: '' }
        : { unified: 'content_filter', raw: blockReason }
    const raw = this.#reason
    const unified = (Object.hasOwn(finishByReason, raw) ? finishByReason[raw] : undefined) ?? 'other'
    return { unified: unified === 'stop' && this.#calls > 0 ? 'tool_calls' : unified, raw }
  }

  #readPart(part: JsonObject, events: ChatEvent[]): void {
    if (typeof part.text === 'string') return this.#readText(part, part.text, events)
    if (isObject(part.functionCall)) return this.#readCall(part.functionCall, part.thoughtSignature, events)
    const { inlineData } = part
    const mimeType = isObject(inlineData) ? word(inlineData.mimeType) : ''
    if (isObject(inlineData) && mimeType.startsWith('image/') && part.thought !== true) {
      const source = { kind: 'base64', mediaType: mimeType, data: word(inlineData.data) } as const
      this.#whole({ type: 'image', source }, events)
      return this.#sign(part.thoughtSignature, events)
    }
    if (Object.keys(part).length > 0) this.#whole({ type: 'opaque', block: opaque(part) }, events)
  }

  #readText(part: JsonObject, text: string, events: ChatEvent[]): void {
    const type = part.thought === true ? 'thinking' : 'text'
    if (text !== '') this.#say(type, text, events)
    if (type === 'text' || this.#spoken?.type !== 'thinking') return this.#sign(part.thoughtSignature, events)
    if (word(part.thoughtSignature) === '') return
    const signature = opaque(part.thoughtSignature)
    this.#add(this.#spoken.block, { type: 'signature', signature }, events)
    this.#stopSpoken(events)
  }

  #sign(signature: unknown, events: ChatEvent[]): void {
    if (word(signature) !== '') this.#whole({ type: 'redacted_thinking', data: opaque(signature) }, events)
  }

  #readCall(call: JsonObject, signature: unknown, events: ChatEvent[]): void {
    if (call.name === undefined) return this.#growCall(call, events)
    this.#stopSpoken(events)
    this.#stopGrowing(events)
    const block: ToolCallBlock = {
      type: 'tool_call',
      id: word(call.id) || `call_${this.#answerId}_${this.#choice}_${this.#calls}`,
      name: word(call.name),
      arguments: '',
    }
    if (word(signature) !== '') block.signature = opaque(signature)
    this.#calls++
    this.#growing = { block: this.#start(block, events), arguments: new PartialArguments(call.args) }
    this.#growCall(call, events)
  }

  /** Vertex can send the arguments in pieces; the last one says no more that it will continue. */
  #growCall(call: JsonObject, events: ChatEvent[]): void {
    if (!this.#growing) return
    if (Array.isArray(call.partialArgs))
      for (const piece of call.partialArgs) this.#growing.arguments.add(piece)
    if (call.willContinue !== true) this.#stopGrowing(events)
  }

  #stopGrowing(events: ChatEvent[]): void {
    if (!this.#growing) return
    const { block, arguments: given } = this.#growing
    this.#growing = undefined
    this.#add(block, { type: 'arguments', text: given.text }, events)
    events.push({ type: 'block_stop', choice: this.#choice, index: block })
  }

  #say(type: Spoken, text: string, events: ChatEvent[]): void {
    if (this.#spoken?.type !== type) {
      this.#stopSpoken(events)
      this.#spoken = { type, block: this.#start({ type, text: '' }, events) }
    }
    this.#add(this.#spoken.block, { type, text }, events)
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
