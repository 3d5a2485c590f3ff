import type { ChatEvent } from '../../canonical/chat-events.ts'
import { isObject, type JsonObject } from '../../canonical/json.ts'
import type { Frame } from '../../framing/frame.ts'
import type { ChatStreamDecoder } from '../dialect.ts'
import { integer, isExtension, list, notAnAnswer } from './answer.ts'
import { ChoiceDecoder } from './choice-decoder.ts'
import { readStreamError } from './error.ts'
import { readHead } from './response.ts'
import { readUsage } from './usage.ts'

const nothing: readonly ChatEvent[] = []

/**
 * Reads the chunks of a chat completion. Tolerates what servers were seen to do: a first chunk without id and
 * choices (Azure), usage in the last content chunk (Together, Mistral), a role in every delta, tool calls whole
 * or in pieces, with and without `index`, several choices in turn.
 */
export class StreamDecoder implements ChatStreamDecoder {
  readonly #choices = new Map<number, ChoiceDecoder>()
  /** Extension fields and their last values; most servers that have one repeat it in every chunk. */
  readonly #seen = new Map<string, unknown>()
  #started = false
  #done = false
  #closed = false

  get finished(): boolean {
    if (this.#done) return true
    for (const choice of this.#choices.values()) if (!choice.finished) return false
    return this.#choices.size > 0
  }

  push(frame: Frame): readonly ChatEvent[] {
    if (this.#closed || frame.data === '') return nothing
    if (frame.data.startsWith('[DONE]')) return this.#end()
    const chunk: unknown = JSON.parse(frame.data)
    if (!isObject(chunk)) throw notAnAnswer('a frame of its stream is no object')
    const error = readStreamError(chunk, frame.event)
    if (error) {
      this.#closed = true
      return [{ type: 'error', error }]
    }
    // Frames of a kind that nobody has described yet say nothing about the answer.
    if (!Array.isArray(chunk.choices)) return nothing
    const events: ChatEvent[] = []
    this.#readHead(chunk, events)
    for (const choice of chunk.choices) if (isObject(choice)) this.#choice(choice).read(choice, events)
    if (chunk.usage) {
      const usage = readUsage(chunk.usage)
      if (usage) events.push({ type: 'usage', usage })
    }
    return events
  }

  close(): readonly ChatEvent[] {
    return this.#closed || !this.finished ? nothing : this.#end()
  }

  #readHead(chunk: JsonObject, events: ChatEvent[]): void {
    const fields = this.#newExtensions(chunk)
    if (this.#started) {
      if (fields) events.push({ type: 'extensions', extensions: { dialect: 'openai-chat', fields } })
      return
    }
    // Azure's first chunk has prompt filter results and no word of the model: wait for one that has.
    if (list(chunk.choices).length === 0 && !chunk.model) return
    this.#started = true
    const start: ChatEvent = { type: 'start', ...readHead(chunk) }
    if (this.#seen.size > 0)
      start.extensions = { dialect: 'openai-chat', fields: Object.fromEntries(this.#seen) }
    events.push(start)
  }

  #newExtensions(chunk: JsonObject): JsonObject | undefined {
    let fields: JsonObject | undefined
    for (const name in chunk) {
      const value = chunk[name]
      if (!isExtension(name, value) || this.#seen.get(name) === value) continue
      this.#seen.set(name, value)
      fields ??= {}
      fields[name] = value
    }
    return fields
  }

  #choice(choice: JsonObject): ChoiceDecoder {
    const index = integer(choice.index) ?? 0
    let decoder = this.#choices.get(index)
    if (!decoder) this.#choices.set(index, (decoder = new ChoiceDecoder(index)))
    return decoder
  }

  #end(): readonly ChatEvent[] {
    if (!this.#started) throw notAnAnswer('its stream ended before it began')
    this.#done = true
    this.#closed = true
    const events: ChatEvent[] = []
    for (const choice of this.#choices.values()) choice.end(events)
    events.push({ type: 'end' })
    return events
  }
}
