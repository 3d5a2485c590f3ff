import { isObject, type JsonObject } from '../canonical/json.ts'
import type { Usage } from '../canonical/usage.ts'
import type { WireError } from '../canonical/wire-error.ts'
import type { Frame } from '../framing/frame.ts'
import { readError, readStreamError } from './openai-error.ts'
import type { EventWatch } from './relayed-dialect.ts'

/** Where an event of a known kind names itself; what follows may be megabytes of an image. */
const headLength = 200
/** A piece of an answer: `speech.audio.delta`, `transcript.text.delta`, `image_generation.partial_image`. */
const piece = /"type":\s*"[\w.]+\.(?:delta|partial_image)"/
/** `speech.audio.done`, `transcript.text.done`, `image_generation.completed`, Mistral's `transcription.done`. */
const last = /\.(?:done|completed)$/

/**
 * Follows the events of images, speech and transcriptions. They have no end marker but the close of the connection,
 * so a stream that has begun with pieces is whole only after an event that says so: of several images each has one.
 * A stream of events that nobody here knows is whole when it ends as HTTP does. vLLM writes transcriptions as chats,
 * with `finish_reason` and `[DONE]`.
 *
 * Source: the types of openai 7 and @mistralai/mistralai 1 (checked 2026-11-21).
 */
export class OpenaiEventWatch implements EventWatch {
  readonly #readUsage: (event: JsonObject) => Usage | undefined
  mayEnd = true
  usage: Usage | undefined
  error: WireError | undefined
  model: string | undefined

  constructor(readUsage: (event: JsonObject) => Usage | undefined) {
    this.#readUsage = readUsage
  }

  see({ data, event }: Frame): 'pass' | 'ping' | 'end' | 'error' {
    if (data === '' || event === 'ping') return 'ping'
    if (data.startsWith('[DONE]')) {
      this.mayEnd = true
      return 'end'
    }
    if (event !== 'error' && piece.test(data.slice(0, headLength))) {
      this.mayEnd = false
      return 'pass'
    }
    const body = parsed(data)
    if (isObject(body)) return this.#seeObject(body, event)
    if (event !== 'error') return 'pass'
    this.error = readError(200, data)
    return 'error'
  }

  #seeObject(body: JsonObject, event: string | undefined): 'pass' | 'error' {
    this.error = body.type === 'error' ? readError(200, body) : readStreamError(body, event)
    if (this.error) return 'error'
    if (typeof body.type === 'string' && last.test(body.type)) this.mayEnd = true
    if (Array.isArray(body.choices) && body.choices.length > 0) this.mayEnd = body.choices.every(isFinished)
    if (typeof body.model === 'string' && body.model !== '') this.model ??= body.model
    this.usage = this.#readUsage(body) ?? this.usage
    return 'pass'
  }
}

const isFinished = (choice: unknown): boolean =>
  isObject(choice) && typeof choice.finish_reason === 'string' && choice.finish_reason !== ''

function parsed(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    return undefined
  }
}
