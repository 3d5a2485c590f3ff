import type { ChatEvent } from '../../canonical/chat-events.ts'
import type { JsonObject } from '../../canonical/json.ts'
import type { Usage } from '../../canonical/usage.ts'
import type { Frame } from '../../framing/frame.ts'
import type { ChatStreamEncoder } from '../dialect.ts'
import { defined } from '../openai-fields.ts'
import { writeUsage } from '../openai-usage.ts'
import { writeFinish } from './answer.ts'
import { textLength, writeLogprobs } from './logprobs.ts'
import { textOf } from './response.ts'

/** The frame after the last chunk of a whole answer. */
export const terminator: readonly Frame[] = Object.freeze([Object.freeze({ data: '[DONE]' })])

const none: readonly Frame[] = []

/** Writes the chunks of a text completion: what is text of an answer, and nothing else. */
export class StreamEncoder implements ChatStreamEncoder {
  readonly #includeUsage: boolean
  readonly #now: number
  /** How many characters of each choice have had their log probabilities. */
  readonly #offsets = new Map<number, number>()
  #head: JsonObject = {}
  #usage: Usage | undefined

  constructor(options: { includeUsage: boolean; now: number }) {
    this.#includeUsage = options.includeUsage
    this.#now = options.now
  }

  push(event: ChatEvent): readonly Frame[] {
    switch (event.type) {
      case 'start':
        this.#head = defined({
          id: event.id,
          object: 'text_completion',
          created: event.created ?? this.#now,
          model: event.model,
          system_fingerprint: event.systemFingerprint,
        })
        return none
      case 'block_start':
        return this.#text(event.choice, textOf(event.block))
      case 'block_delta': {
        const { delta } = event
        return this.#text(event.choice, delta.type === 'text' || delta.type === 'refusal' ? delta.text : '')
      }
      case 'logprobs':
        return [this.#chunk(event.choice, { logprobs: this.#logprobs(event.choice, event.logprobs) })]
      case 'finish':
        return [this.#chunk(event.choice, { finish_reason: writeFinish(event.finish) })]
      case 'usage':
        this.#usage = event.usage
        return none
      case 'end':
        return this.#end()
      default:
        return none
    }
  }

  #text(choice: number, text: string): readonly Frame[] {
    return text === '' ? none : [this.#chunk(choice, { text })]
  }

  #logprobs(choice: number, logprobs: unknown): JsonObject | null {
    const offset = this.#offsets.get(choice) ?? 0
    this.#offsets.set(choice, offset + textLength(logprobs))
    return writeLogprobs(logprobs, offset)
  }

  #chunk(choice: number, piece: JsonObject): Frame {
    const choices = [{ text: '', index: choice, logprobs: null, finish_reason: null, ...piece }]
    return this.#frame({ choices, ...(this.#includeUsage && { usage: null }) })
  }

  #frame(fields: JsonObject): Frame {
    return { data: JSON.stringify({ ...this.#head, ...fields }) }
  }

  #end(): readonly Frame[] {
    if (!this.#includeUsage || !this.#usage) return terminator
    return [this.#frame({ choices: [], usage: writeUsage(this.#usage) }), ...terminator]
  }
}
