import { isObject, type JsonObject } from '../../canonical/json.ts'
import type { Usage } from '../../canonical/usage.ts'
import type { WireError } from '../../canonical/wire-error.ts'
import type { Frame } from '../../framing/frame.ts'
import type { StreamWatch } from '../dialect.ts'
import { decodeError } from './error.ts'
import { decodeUsage, mergeUsage } from './usage.ts'
import { eventOf, isDone, readable } from './wire-event.ts'

/** Parses three kinds of frames and only looks at the name of all others. This API has no usage chunk to withhold. */
export class MessagesWatch implements StreamWatch {
  finished = false
  error: WireError | undefined
  model: string | undefined
  #started = false
  #usage: JsonObject = {}

  get usage(): Usage | undefined {
    return decodeUsage(this.#usage)
  }

  see(frame: Frame): 'pass' | 'ping' | 'withhold' | 'error' {
    switch (eventOf(frame)) {
      case 'content_block_delta':
        return 'pass'
      case 'ping':
        return 'ping'
      case 'message_start':
        return this.#read(frame, (event) => this.#start(event.message))
      case 'message_delta':
        return this.#read(frame, (event) => (this.#usage = mergeUsage(this.#usage, event.usage)))
      case 'message_stop':
        this.finished = true
        return 'pass'
      case 'error':
        return this.#fail(frame)
      case undefined:
        return this.#started || isDone(frame) ? 'pass' : this.#foreign()
      default:
        return 'pass'
    }
  }

  #start(message: unknown): void {
    this.#started = true
    if (!isObject(message)) return
    if (typeof message.model === 'string') this.model = message.model
    this.#usage = mergeUsage(this.#usage, message.usage)
  }

  #read(frame: Frame, take: (event: JsonObject) => void): 'pass' | 'error' {
    const event = readable(frame.data)
    if (!isObject(event)) return this.#foreign()
    take(event)
    return 'pass'
  }

  #foreign(): 'error' {
    this.error = { message: 'The provider sent something that is not an event of this API.', kind: 'server' }
    return 'error'
  }

  #fail(frame: Frame): 'error' {
    this.error = decodeError(200, readable(frame.data) ?? frame.data)
    return 'error'
  }
}
