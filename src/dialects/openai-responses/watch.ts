import { isObject, type JsonObject } from '../../canonical/json.ts'
import type { Usage } from '../../canonical/usage.ts'
import type { WireError } from '../../canonical/wire-error.ts'
import type { Frame } from '../../framing/frame.ts'
import type { StreamWatch } from '../dialect.ts'
import { isErrorObject } from '../openai-error.ts'
import { readStreamError } from './error.ts'
import { text } from './types.ts'
import { readUsage } from './usage.ts'
import { eventOf, isDone, readable } from './wire-event.ts'

/** Parses the first event, the last one and errors, and only looks at the name of all others. */
export class Watch implements StreamWatch {
  finished = false
  usage: Usage | undefined
  error: WireError | undefined
  model: string | undefined

  see(frame: Frame): 'pass' | 'ping' | 'withhold' | 'error' {
    switch (eventOf(frame)) {
      case 'response.created':
        return this.#read(frame, () => undefined)
      case 'response.completed':
      case 'response.incomplete':
        return this.#read(frame, (response) => {
          this.usage = readUsage(response.usage)
          this.finished = true
        })
      case 'response.failed':
      case 'error':
        return this.#fail(readable(frame.data) ?? { message: frame.data })
      case 'keepalive':
      case 'ping':
        return 'ping'
      case undefined:
        return this.#seeNameless(frame)
      default:
        return 'pass'
    }
  }

  #seeNameless(frame: Frame): 'pass' | 'error' {
    if (isDone(frame)) return 'pass'
    const event = readable(frame.data)
    return event && !isErrorObject(event) ? 'pass' : this.#fail(event ?? foreign)
  }

  #read(frame: Frame, take: (response: JsonObject) => void): 'pass' | 'error' {
    const response = readable(frame.data)?.response
    if (!isObject(response)) return this.#fail(foreign)
    this.model = text(response.model) || this.model
    take(response)
    return 'pass'
  }

  #fail(event: JsonObject): 'error' {
    const { response } = event
    if (isObject(response)) this.usage = readUsage(response.usage)
    this.error = readStreamError(event)
    return 'error'
  }
}

const foreign = { message: 'The provider sent something that is not an event of this API.' }
