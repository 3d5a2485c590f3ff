import type { ChatEvent } from '../../canonical/chat-events.ts'
import { isObject, parseJson, type JsonObject } from '../../canonical/json.ts'
import type { Frame } from '../../framing/frame.ts'
import type { ChatStreamDecoder } from '../dialect.ts'
import { isErrorObject } from '../openai-error.ts'
import { readStreamError } from './error.ts'
import { BlockTeller } from './block-teller.ts'
import { itemDecoder, type ItemDecoder } from './item-decoder.ts'
import { readHead } from './read-response.ts'
import { list, notAnAnswer, readFinish, text } from './types.ts'
import { readUsage } from './usage.ts'
import { isDone } from './wire-event.ts'

const none: readonly ChatEvent[] = []

/**
 * Reads the events of a response. Tolerates events and items of kinds unknown here, parts that were never announced,
 * items that come whole and without pieces, and an answer that only its last event tells.
 */
export class StreamDecoder implements ChatStreamDecoder {
  finished = false
  #started = false
  #failed = false
  readonly #teller = new BlockTeller()
  readonly #open = new Map<unknown, ItemDecoder>()
  readonly #seen = new Set<unknown>()

  push(frame: Frame): readonly ChatEvent[] {
    if (this.finished || this.#failed || frame.data === '' || isDone(frame)) return none
    const event = parseJson(frame.data)
    if (!isObject(event)) throw notAnAnswer('an event of its stream is no object')
    const name = text(event.type) || (frame.event ?? '')
    if (name === '' && !isErrorObject(event)) throw notAnAnswer('an event of its stream has no type')
    this.#teller.events = []
    this.#read(name, event)
    return this.#teller.events
  }

  /** A stream of this API says itself when it is whole; whatever is open when the line goes dead stays so. */
  close(): readonly ChatEvent[] {
    return none
  }

  #read(name: string, event: JsonObject): void {
    switch (name) {
      case '':
      case 'error':
      case 'response.failed':
        return this.#fail(event)
      case 'response.created':
      case 'response.queued':
      case 'response.in_progress':
        return this.#start(event.response)
      case 'response.completed':
      case 'response.incomplete':
        return this.#end(event.response)
      case 'response.output_item.added':
        return this.#begin(event.output_index, event.item)
      case 'response.output_item.done':
        return this.#close(event.output_index, event.item)
      default:
        this.#open.get(event.output_index)?.read(name, event)
    }
  }

  #start(response: unknown): void {
    if (this.#started || !isObject(response)) return
    this.#started = true
    this.#teller.events.push({ type: 'start', ...readHead(response) })
  }

  #begin(at: unknown, item: unknown): void {
    this.#demandStart()
    if (!isObject(item) || this.#seen.has(at)) return
    this.#seen.add(at)
    this.#open.set(at, itemDecoder(item, this.#teller))
  }

  #close(at: unknown, item: unknown): void {
    this.#begin(at, item)
    const decoder = this.#open.get(at)
    this.#open.delete(at)
    decoder?.close(isObject(item) ? item : undefined)
  }

  #end(response: unknown): void {
    if (!isObject(response)) throw notAnAnswer('its stream ends without the response')
    this.#start(response)
    // The last event says everything again: what was left open or never told follows from it.
    list(response.output).forEach((item, at) => this.#close(at, item))
    for (const at of [...this.#open.keys()]) this.#close(at, undefined)
    const usage = readUsage(response.usage)
    const { events, kinds } = this.#teller
    events.push({ type: 'finish', choice: 0, finish: readFinish(response, kinds) })
    if (usage) events.push({ type: 'usage', usage })
    events.push({ type: 'end' })
    this.finished = true
  }

  #fail(event: JsonObject): void {
    this.#failed = true
    this.#teller.events.push({ type: 'error', error: readStreamError(event) })
  }

  #demandStart(): void {
    if (!this.#started) throw notAnAnswer('its stream has an item before it began')
  }
}
