import type { ChatEvent } from '../../canonical/chat-events.ts'
import { isObject, parseJson } from '../../canonical/json.ts'
import type { Frame } from '../../framing/frame.ts'
import type { ChatStreamDecoder } from '../dialect.ts'
import { AnswerDecoder, notAnAnswer } from './answer-decoder.ts'
import { decodeError, isErrorBody } from './error.ts'

const none: readonly ChatEvent[] = []

/**
 * Frames of `streamGenerateContent?alt=sse`: each holds a whole response. Nothing but the closed connection says that
 * no more of them come, so what ends the answer is told then.
 */
export class GeminiStreamDecoder implements ChatStreamDecoder {
  readonly #answer = new AnswerDecoder()
  #isOver = false

  get finished(): boolean {
    return this.#answer.finished
  }

  push(frame: Frame): readonly ChatEvent[] {
    // OpenAI's end of a stream, which some proxies append to every stream.
    if (this.#isOver || frame.data === '' || frame.data.startsWith('[DONE]')) return none
    const chunk = parseJson(frame.data)
    if (frame.event === 'error' || isErrorBody(chunk)) {
      this.#isOver = true
      return [{ type: 'error', error: decodeError(200, chunk) }]
    }
    if (!isObject(chunk)) throw notAnAnswer('a frame of its stream is no object')
    return this.#answer.read(chunk)
  }

  close(): readonly ChatEvent[] {
    if (this.#isOver || !this.finished) return none
    this.#isOver = true
    return this.#answer.end()
  }
}
