import type { Block } from '../../canonical/chat.ts'
import type { ChatEvent } from '../../canonical/chat-events.ts'
import { isObject, parseJson, type JsonObject } from '../../canonical/json.ts'
import type { Frame } from '../../framing/frame.ts'
import type { ChatStreamDecoder } from '../dialect.ts'
import {
  list,
  notAnAnswer,
  readCall,
  readFinish,
  readHead,
  readImage,
  readLogprobs,
  readUsage,
  text,
} from './answer.ts'
import { decodeError } from './error.ts'

const nothing: readonly ChatEvent[] = []
const choice = 0

type Spoken = 'text' | 'thinking'

/**
 * Reads the lines of a streamed answer: each holds the next piece of the message, the last one says `done` and
 * counts the tokens. Tool calls come whole.
 */
export class StreamDecoder implements ChatStreamDecoder {
  #started = false
  #createdAt: unknown
  #blocks = 0
  #spoken: { type: Spoken; index: number } | undefined
  #hasCalls = false
  #failed = false
  finished = false

  push(frame: Frame): readonly ChatEvent[] {
    if (this.#failed || this.finished) return nothing
    const line = parseJson(frame.data)
    if (!isObject(line)) throw notAnAnswer('a line of its stream is no object')
    if (line.error !== undefined && line.error !== null) {
      this.#failed = true
      return [{ type: 'error', error: decodeError(200, line) }]
    }
    // A line of a kind that nobody has described yet says nothing about the answer.
    if (!isObject(line.message) && line.done !== true) return nothing
    const events: ChatEvent[] = []
    this.#readHead(line, events)
    if (isObject(line.message)) this.#readMessage(line.message, events)
    const logprobs = readLogprobs(line)
    if (logprobs) events.push({ type: 'logprobs', choice, logprobs })
    if (line.done === true) this.#end(line, events)
    return events
  }

  close(): readonly ChatEvent[] {
    return nothing
  }

  #readHead(line: JsonObject, events: ChatEvent[]): void {
    if (this.#started) return
    this.#started = true
    this.#createdAt = line.created_at
    events.push({ type: 'start', ...readHead(line) })
  }

  #readMessage(message: JsonObject, events: ChatEvent[]): void {
    this.#say('thinking', text(message.thinking), events)
    this.#say('text', text(message.content), events)
    for (const image of list(message.images)) this.#whole(readImage(text(image)), events)
    for (const call of list(message.tool_calls)) {
      this.#hasCalls = true
      this.#whole(readCall(call, this.#createdAt, this.#blocks), events)
    }
  }

  #say(type: Spoken, more: string, events: ChatEvent[]): void {
    if (more === '') return
    if (this.#spoken?.type !== type) {
      this.#stopSpoken(events)
      this.#spoken = { type, index: this.#start({ type, text: '' }, events) }
    }
    events.push({ type: 'block_delta', choice, index: this.#spoken.index, delta: { type, text: more } })
  }

  #whole(block: Block, events: ChatEvent[]): void {
    this.#stopSpoken(events)
    if (block.type !== 'tool_call') {
      events.push({ type: 'block_stop', choice, index: this.#start(block, events) })
      return
    }
    const index = this.#start({ ...block, arguments: '' }, events)
    const delta = { type: 'arguments', text: block.arguments } as const
    events.push({ type: 'block_delta', choice, index, delta }, { type: 'block_stop', choice, index })
  }

  #start(block: Block, events: ChatEvent[]): number {
    const index = this.#blocks++
    events.push({ type: 'block_start', choice, index, block })
    return index
  }

  #stopSpoken(events: ChatEvent[]): void {
    if (!this.#spoken) return
    events.push({ type: 'block_stop', choice, index: this.#spoken.index })
    this.#spoken = undefined
  }

  #end(line: JsonObject, events: ChatEvent[]): void {
    this.finished = true
    this.#stopSpoken(events)
    events.push({ type: 'finish', choice, finish: readFinish(line, this.#hasCalls) })
    const usage = readUsage(line)
    if (usage) events.push({ type: 'usage', usage })
    events.push({ type: 'end' })
  }
}
