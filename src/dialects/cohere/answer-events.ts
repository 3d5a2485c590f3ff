import type { Block } from '../../canonical/chat.ts'
import type { BlockDelta, ChatEvent } from '../../canonical/chat-events.ts'
import type { JsonObject } from '../../canonical/json.ts'
import { argumentsOf, decodeCall, decodeFinish } from './answer.ts'
import { ArgumentsText } from './arguments-text.ts'
import { opaque, text } from './types.ts'

/** The plan is text too, but a block of its own. */
export type Spoken = 'text' | 'thinking' | 'plan'

interface OpenCall {
  block: number
  arguments: ArgumentsText
}

/**
 * The events of one answer. What is spoken stays open until something else begins, because citations may follow
 * the end of the text that they belong to.
 */
export class AnswerEvents {
  #events: ChatEvent[] = []
  #blocks = 0
  #spoken: { kind: Spoken; block: number } | undefined
  readonly #calls = new Map<unknown, OpenCall>()
  #hasCalls = false
  /** Citations that came before the text. */
  #citations: unknown[] = []

  /** What has happened since it was last asked. */
  take(): readonly ChatEvent[] {
    const events = this.#events
    this.#events = []
    return events
  }

  /** A part of the content begins; one of an unknown kind comes whole. */
  startContent(content: JsonObject): void {
    this.#stopSpoken()
    const isKnown = content.type === undefined || content.type === 'text' || content.type === 'thinking'
    if (isKnown) return this.addContent(content)
    this.#stop(this.#start({ type: 'opaque', block: opaque(content) }))
  }

  addContent(content: JsonObject): void {
    this.say('thinking', text(content.thinking))
    this.say('text', text(content.text))
  }

  say(kind: Spoken, more: string): void {
    if (more === '') return
    const type = kind === 'thinking' ? 'thinking' : 'text'
    if (this.#spoken?.kind !== kind) {
      this.#stopSpoken()
      this.#spoken = { kind, block: this.#start({ type, text: '' }) }
    }
    this.#add(this.#spoken.block, { type, text: more })
    if (kind === 'text') for (const citation of this.#citations.splice(0)) this.cite(citation)
  }

  cite(citation: unknown): void {
    if (!this.#spoken || this.#spoken.kind === 'thinking') this.#citations.push(citation)
    else this.#add(this.#spoken.block, { type: 'citation', citation: opaque(citation) })
  }

  addLogprobs(logprobs: JsonObject): void {
    this.#events.push({ type: 'logprobs', choice: 0, logprobs })
  }

  startCall(index: unknown, call: unknown): void {
    this.#stopSpoken()
    this.stopCall(index)
    this.#hasCalls = true
    const block = this.#start(decodeCall(call, this.#blocks))
    this.#calls.set(index, { block, arguments: new ArgumentsText() })
    this.addArguments(index, argumentsOf(call))
  }

  addArguments(index: unknown, more: string): void {
    const call = this.#calls.get(index)
    if (call) this.#addText(call, call.arguments.add(more))
  }

  stopCall(index: unknown): void {
    const call = this.#calls.get(index)
    if (!call) return
    this.#calls.delete(index)
    this.#addText(call, call.arguments.end())
    this.#stop(call.block)
  }

  finish(word: unknown): void {
    this.#stopSpoken()
    for (const index of [...this.#calls.keys()]) this.stopCall(index)
    this.#events.push({ type: 'finish', choice: 0, finish: decodeFinish(word, this.#hasCalls) })
  }

  #addText({ block }: OpenCall, more: string): void {
    if (more !== '') this.#add(block, { type: 'arguments', text: more })
  }

  #stopSpoken(): void {
    if (this.#spoken) this.#stop(this.#spoken.block)
    this.#spoken = undefined
  }

  #start(block: Block): number {
    const index = this.#blocks++
    this.#events.push({ type: 'block_start', choice: 0, index, block })
    return index
  }

  #add(index: number, delta: BlockDelta): void {
    this.#events.push({ type: 'block_delta', choice: 0, index, delta })
  }

  #stop(index: number): void {
    this.#events.push({ type: 'block_stop', choice: 0, index })
  }
}
