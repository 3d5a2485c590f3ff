import type { Finish } from '../../canonical/chat.ts'
import type { ChatEvent } from '../../canonical/chat-events.ts'
import type { JsonObject } from '../../canonical/json.ts'
import type { Usage } from '../../canonical/usage.ts'
import type { Frame } from '../../framing/frame.ts'
import type { ChatStreamEncoder } from '../dialect.ts'
import { OutputWriter } from './output-writer.ts'
import { writeSnapshot } from './snapshot.ts'
import { incompleteReason } from './types.ts'
import { writeUsage } from './usage.ts'
import { writeEnding } from './write-response.ts'

const none: readonly Frame[] = []

/**
 * Writes the numbered events of a response. The last one waits for `end`, because the usage may come after the finish,
 * and says everything again. Choices beyond the first have no place here.
 */
export class StreamEncoder implements ChatStreamEncoder {
  readonly #now: number
  #number = 0
  #frames: Frame[] = []
  #snapshot: JsonObject = {}
  #writer = new OutputWriter('', this.#emit.bind(this))
  #usage: Usage | undefined
  #reason: string | undefined
  readonly #kinds = { calls: false, refusal: false }

  constructor({ now }: { now: number }) {
    this.#now = now
  }

  push(event: ChatEvent): readonly Frame[] {
    if ('choice' in event && event.choice !== 0) return none
    switch (event.type) {
      case 'start':
        this.#start(event)
        break
      case 'block_start':
        this.#kinds.calls ||= event.block.type === 'tool_call'
        this.#kinds.refusal ||= event.block.type === 'refusal'
        this.#writer.start(event.index, event.block)
        break
      case 'block_delta':
        this.#writer.append(event.index, event.delta)
        break
      case 'block_stop':
        this.#writer.stop(event.index)
        break
      case 'logprobs':
        this.#writer.rate(event.logprobs)
        break
      case 'finish':
        this.#finish(event.finish)
        break
      case 'usage':
        this.#usage = event.usage
        break
      case 'end':
        this.#end()
        break
      case 'extensions':
      case 'error':
    }
    return this.#take()
  }

  #start(event: Extract<ChatEvent, { type: 'start' }>): void {
    this.#snapshot = writeSnapshot({ ...event, created: event.created ?? this.#now })
    this.#writer = new OutputWriter(event.id, this.#emit.bind(this))
    this.#emit('response.created', { response: this.#snapshot })
    this.#emit('response.in_progress', { response: this.#snapshot })
  }

  #finish(finish: Finish): void {
    this.#reason = incompleteReason(finish, this.#kinds)
    this.#writer.finish(writeEnding(this.#reason).status)
  }

  #end(): void {
    const ending = writeEnding(this.#reason)
    const usage = this.#usage && { usage: writeUsage(this.#usage) }
    const response = { ...this.#snapshot, ...ending, output: this.#writer.output, ...usage }
    this.#emit(`response.${ending.status}`, { response })
  }

  #emit(type: string, fields: JsonObject): void {
    const data = JSON.stringify({ type, sequence_number: this.#number++, ...fields })
    this.#frames.push({ event: type, data })
  }

  #take(): readonly Frame[] {
    if (this.#frames.length === 0) return none
    const frames = this.#frames
    this.#frames = []
    return frames
  }
}
