import type { ChatEvent } from '../../canonical/chat-events.ts'
import { isObject, type JsonObject } from '../../canonical/json.ts'
import type { Frame } from '../../framing/frame.ts'
import type { ChatStreamDecoder } from '../dialect.ts'
import { AnswerEvents } from './answer-events.ts'
import { argumentsOf } from './answer.ts'
import { decodeError } from './error.ts'
import { decodeLogprobs } from './logprobs.ts'
import { failureWords, list, notOfThisDialect, text } from './types.ts'
import { decodeUsage } from './usage.ts'

const none: readonly ChatEvent[] = []

/**
 * Frames of a chat stream to events. Tolerates unknown events, content that nobody announced, calls without
 * arguments and citations at any place. `message-end` is the end; `[DONE]` after it says nothing more.
 */
export class CohereStreamDecoder implements ChatStreamDecoder {
  finished = false
  #failed = false
  #answer: AnswerEvents | undefined

  push(frame: Frame): readonly ChatEvent[] {
    if (this.finished || this.#failed || frame.data === '' || frame.data.startsWith('[DONE]')) return none
    const event: unknown = JSON.parse(frame.data)
    if (!isObject(event)) throw notOfThisDialect('a frame is no object')
    const type = text(event.type) || frame.event
    if (type === 'error' || (type === undefined && typeof event.message === 'string'))
      return this.#fail(event)
    if (type === 'message-start') return this.#start(event)
    const answer = this.#answer
    if (!answer) throw notOfThisDialect('an event before `message-start`')
    if (type === 'message-end') return this.#end(answer, isObject(event.delta) ? event.delta : {})
    readEvent(answer, type, event)
    return answer.take()
  }

  /** A stream of this API says itself when it is whole; whatever is open when the line goes dead stays so. */
  close(): readonly ChatEvent[] {
    return none
  }

  #start({ id }: JsonObject): readonly ChatEvent[] {
    if (this.#answer) throw notOfThisDialect('a second `message-start`')
    this.#answer = new AnswerEvents()
    return [{ type: 'start', id: text(id), model: '' }]
  }

  #end(answer: AnswerEvents, delta: JsonObject): readonly ChatEvent[] {
    if (failureWords.has(delta.finish_reason) || text(delta.error) !== '')
      return this.#fail({ message: delta.error })
    this.finished = true
    answer.finish(delta.finish_reason)
    const usage = decodeUsage(delta.usage)
    return [...answer.take(), ...(usage ? [{ type: 'usage', usage } as const] : []), { type: 'end' }]
  }

  #fail(error: JsonObject): readonly ChatEvent[] {
    this.#failed = true
    return [{ type: 'error', error: decodeError(200, error) }]
  }
}

function readEvent(answer: AnswerEvents, type: string | undefined, event: JsonObject): void {
  const message = isObject(event.delta) && isObject(event.delta.message) ? event.delta.message : {}
  const content = isObject(message.content) ? message.content : {}
  switch (type) {
    case 'content-start':
      answer.startContent(content)
      return
    case 'content-delta': {
      answer.addContent(content)
      const logprobs = decodeLogprobs([event.logprobs])
      if (logprobs) answer.addLogprobs(logprobs)
      return
    }
    case 'tool-plan-delta':
      answer.say('plan', text(message.tool_plan))
      return
    case 'tool-call-start':
      answer.startCall(event.index, theCall(message))
      return
    case 'tool-call-delta':
      answer.addArguments(event.index, argumentsOf(theCall(message)))
      return
    case 'tool-call-end':
      answer.stopCall(event.index)
      return
    case 'citation-start':
      for (const citation of listOf(message.citations)) answer.cite(citation)
      return
    // Ends of blocks, `debug`, and what nobody has described yet.
    default:
      return
  }
}

/** In a stream these are the one call and the one citation, where a message has lists. */
const listOf = (value: unknown): readonly unknown[] => (isObject(value) ? [value] : list(value))
const theCall = (message: JsonObject): unknown => listOf(message.tool_calls)[0]
