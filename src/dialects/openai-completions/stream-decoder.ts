import type { ChatEvent } from '../../canonical/chat-events.ts'
import { isObject, parseJson, type JsonObject } from '../../canonical/json.ts'
import type { Frame } from '../../framing/frame.ts'
import type { ChatStreamDecoder } from '../dialect.ts'
import { readStreamError } from '../openai-error.ts'
import { readUsage } from '../openai-usage.ts'
import { integer, list, notAnAnswer, readFinish, readHead, text } from './answer.ts'
import { readLogprobs } from './logprobs.ts'

const nothing: readonly ChatEvent[] = []

interface OpenChoice {
  hasText: boolean
  finished: boolean
}

/** Reads the chunks of a text completion; each is shaped as the whole answer is. */
export class StreamDecoder implements ChatStreamDecoder {
  readonly #choices = new Map<number, OpenChoice>()
  #started = false
  #done = false
  #closed = false

  get finished(): boolean {
    if (this.#done) return true
    for (const { finished } of this.#choices.values()) if (!finished) return false
    return this.#choices.size > 0
  }

  push(frame: Frame): readonly ChatEvent[] {
    if (this.#closed || frame.data === '') return nothing
    if (frame.data.startsWith('[DONE]')) return this.#end()
    const chunk = parseJson(frame.data)
    if (!isObject(chunk)) throw notAnAnswer('a frame of its stream is no object')
    const error = readStreamError(chunk, frame.event)
    if (error) {
      this.#closed = true
      return [{ type: 'error', error }]
    }
    // Frames of a kind that nobody has described yet say nothing about the answer.
    if (!Array.isArray(chunk.choices)) return nothing
    const events: ChatEvent[] = []
    if (!this.#started) events.push({ type: 'start', ...readHead(chunk) })
    this.#started = true
    for (const choice of list(chunk.choices)) if (isObject(choice)) this.#read(choice, events)
    const usage = readUsage(chunk.usage)
    if (usage) events.push({ type: 'usage', usage })
    return events
  }

  close(): readonly ChatEvent[] {
    return this.#closed || !this.finished ? nothing : this.#end()
  }

  #read(piece: JsonObject, events: ChatEvent[]): void {
    const choice = integer(piece.index) ?? 0
    const state = this.#choices.get(choice) ?? { hasText: false, finished: false }
    this.#choices.set(choice, state)
    if (state.finished) return
    const more = text(piece.text)
    if (more !== '') {
      if (!state.hasText)
        events.push({ type: 'block_start', choice, index: 0, block: { type: 'text', text: '' } })
      state.hasText = true
      events.push({ type: 'block_delta', choice, index: 0, delta: { type: 'text', text: more } })
    }
    const logprobs = readLogprobs(piece.logprobs)
    if (logprobs) events.push({ type: 'logprobs', choice, logprobs })
    if (text(piece.finish_reason) !== '') finish(choice, state, piece, events)
  }

  #end(): readonly ChatEvent[] {
    if (!this.#started) throw notAnAnswer('its stream ended before it began')
    this.#done = true
    this.#closed = true
    const events: ChatEvent[] = []
    // A server that gave no reason before `[DONE]` has stopped all the same.
    for (const [choice, state] of this.#choices)
      if (!state.finished) finish(choice, state, { finish_reason: 'stop' }, events)
    events.push({ type: 'end' })
    return events
  }
}

function finish(choice: number, state: OpenChoice, piece: JsonObject, events: ChatEvent[]): void {
  state.finished = true
  if (state.hasText) events.push({ type: 'block_stop', choice, index: 0 })
  events.push({ type: 'finish', choice, finish: readFinish(piece) })
}
