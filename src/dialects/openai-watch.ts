import { isObject, type JsonObject } from '../canonical/json.ts'
import type { Usage } from '../canonical/usage.ts'
import type { WireError } from '../canonical/wire-error.ts'
import type { Frame } from '../framing/frame.ts'
import type { StreamWatch } from './dialect.ts'
import { readStreamError } from './openai-error.ts'
import { readUsage } from './openai-usage.ts'

/** What relayed streams of OpenAI's chunks have in common: chat completions and text completions. */

/**
 * What makes a frame worth parsing: usage, a finish reason, an error, a choice other than the first. Inside a
 * text every quote is escaped, so words of the answer can't look like this; a nested key can, so a match is only
 * a reason to look closer.
 */
const telling = /"(?:usage":\s*\{|finish_reason":\s*"|error":\s*["{]|object":\s*"error|index":\s*[1-9])/

/** Frames to look for the model's name in; a server that gives none is not parsed for it for ever. */
const framesWithModel = 4

const space = 0x20
const openingBrace = 0x7b

/** The member that makes a stream end with its usage; `undefined` where the caller has set it. */
export function askForUsage({
  stream_options: options,
}: JsonObject): { key: string; value: unknown } | undefined {
  const known = options ?? {}
  // A wrong shape is the provider's to refuse.
  if (!isObject(known) || known.include_usage === true) return undefined
  return { key: 'stream_options', value: { ...known, include_usage: true } }
}

/** Follows a relayed stream; nearly every frame costs one regular expression and nothing else. */
export class Watch implements StreamWatch {
  readonly #withholdUsage: boolean
  readonly #openChoices = new Set<number>()
  readonly #finishedChoices = new Set<number>()
  #done = false
  #parsedFrames = 0
  usage: Usage | undefined
  error: WireError | undefined
  model: string | undefined

  constructor(options: { withholdUsage: boolean }) {
    this.#withholdUsage = options.withholdUsage
  }

  get finished(): boolean {
    return this.#done || (this.#finishedChoices.size > 0 && this.#openChoices.size === 0)
  }

  see({ data, event }: Frame): 'pass' | 'ping' | 'withhold' | 'error' {
    if (event === 'ping') return 'ping'
    const json = data.charCodeAt(0) <= space ? data.trimStart() : data
    if (json.charCodeAt(0) !== openingBrace) return this.#seeWord(json, event)
    const isNamed = this.model !== undefined || this.#parsedFrames >= framesWithModel
    if (isNamed && event === undefined && !telling.test(json)) return 'pass'
    return this.#seeChunk(json, event)
  }

  #seeWord(word: string, event: string | undefined): 'pass' | 'ping' | 'error' {
    if (event === 'error') return this.#fail({ message: word }, event)
    if (word.startsWith('[DONE]')) this.#done = true
    return word === '' ? 'ping' : 'pass'
  }

  #seeChunk(json: string, event: string | undefined): 'pass' | 'withhold' | 'error' {
    let chunk: unknown
    try {
      chunk = JSON.parse(json)
    } catch {
      return this.#fail({ message: 'The provider sent an event that is not JSON.' }, 'error')
    }
    this.#parsedFrames++
    if (!isObject(chunk)) return 'pass'
    if (readStreamError(chunk, event)) return this.#fail(chunk, event)
    if (typeof chunk.model === 'string' && chunk.model !== '') this.model ??= chunk.model
    const choices: unknown[] = Array.isArray(chunk.choices) ? chunk.choices : []
    for (const choice of choices) if (isObject(choice)) this.#seeChoice(choice)
    if (!isObject(chunk.usage)) return 'pass'
    this.usage = readUsage(chunk.usage) ?? this.usage
    const isUsageOnly = Array.isArray(chunk.choices) && choices.length === 0
    return this.#withholdUsage && isUsageOnly ? 'withhold' : 'pass'
  }

  #seeChoice(choice: JsonObject): void {
    const index = Number.isSafeInteger(choice.index) ? (choice.index as number) : 0
    if (typeof choice.finish_reason === 'string' && choice.finish_reason !== '') {
      this.#finishedChoices.add(index)
      this.#openChoices.delete(index)
    } else if (!this.#finishedChoices.has(index)) this.#openChoices.add(index)
  }

  #fail(chunk: JsonObject, event: string | undefined): 'error' {
    this.error = readStreamError(chunk, event)
    return 'error'
  }
}
