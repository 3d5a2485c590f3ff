import type { ChatEvent } from '../../canonical/chat-events.ts'
import { isObject, type JsonObject } from '../../canonical/json.ts'
import { GatewayError } from '../../errors.ts'
import { CandidateDecoder, reasonIn } from './candidate-decoder.ts'
import { dialect } from './types.ts'
import { readUsage } from './usage.ts'

/** The detail is for the log; the caller reads that the provider failed. */
export const notAnAnswer = (what: string): GatewayError =>
  new GatewayError('upstream_error', { cause: new Error(`the provider's answer is not Gemini's: ${what}`) })

/** Fields of a candidate and of an answer with a place in the canonical form; all others are extensions. */
const candidateFields: ReadonlySet<string> = new Set(['content', 'index', 'finishReason', 'logprobsResult'])
const answerFields: ReadonlySet<string> = new Set([
  'candidates',
  'usageMetadata',
  'modelVersion',
  'responseId',
  'createTime',
])

/**
 * `GenerateContentResponse`s in, events out: an answer is one of them, or a stream of them. Each holds the next parts
 * of the candidates, and usage so far.
 */
export class AnswerDecoder {
  readonly #candidates = new Map<number, CandidateDecoder>()
  /** What each candidate says besides: citations, grounding, safety ratings. */
  readonly #details = new Map<number, JsonObject>()
  readonly #extensions: JsonObject = {}
  #id = ''
  #isStarted = false
  #blockReason: string | undefined

  /** Whether every candidate so far has a reason to stop, or the prompt was blocked. */
  get finished(): boolean {
    if (this.#blockReason !== undefined) return true
    for (const candidate of this.#candidates.values()) if (!candidate.finished) return false
    return this.#candidates.size > 0
  }

  /** Whether there is anything that could be an answer. */
  get hasAnswer(): boolean {
    return this.#candidates.size > 0 || this.#blockReason !== undefined
  }

  read(chunk: JsonObject): ChatEvent[] {
    const events: ChatEvent[] = []
    if (!this.#isStarted) this.#start(chunk, events)
    if (Array.isArray(chunk.candidates))
      for (const candidate of chunk.candidates)
        if (isObject(candidate)) this.#readCandidate(candidate, events)
    if (isObject(chunk.promptFeedback))
      this.#blockReason = reasonIn(chunk.promptFeedback.blockReason) ?? this.#blockReason
    for (const [name, value] of Object.entries(chunk))
      if (!answerFields.has(name) && value !== null) this.#extensions[name] = value
    const usage = readUsage(chunk.usageMetadata)
    if (usage) events.push({ type: 'usage', usage })
    return events
  }

  end(): ChatEvent[] {
    const events: ChatEvent[] = []
    if (this.#candidates.size === 0) this.#candidate(0)
    for (const candidate of this.#candidates.values()) candidate.end(events, this.#blockReason)
    const details = [...this.#details].sort(([one], [other]) => one - other)
    if (details.length > 0) this.#extensions.candidates = details.map(([index, rest]) => ({ index, ...rest }))
    if (Object.keys(this.#extensions).length > 0)
      events.push({ type: 'extensions', extensions: { dialect, fields: this.#extensions } })
    events.push({ type: 'end' })
    return events
  }

  #start(chunk: JsonObject, events: ChatEvent[]): void {
    this.#isStarted = true
    if (typeof chunk.responseId === 'string') this.#id = chunk.responseId
    const created = typeof chunk.createTime === 'string' ? Date.parse(chunk.createTime) : NaN
    const tier = isObject(chunk.usageMetadata) ? chunk.usageMetadata.serviceTier : undefined
    events.push({
      type: 'start',
      id: this.#id,
      model: typeof chunk.modelVersion === 'string' ? chunk.modelVersion : '',
      ...(!Number.isNaN(created) && { created: Math.floor(created / 1000) }),
      ...(typeof tier === 'string' && { serviceTier: tier }),
    })
  }

  #readCandidate(candidate: JsonObject, events: ChatEvent[]): void {
    // Vertex leaves out the index of the first.
    const index = Number.isSafeInteger(candidate.index) ? (candidate.index as number) : 0
    this.#candidate(index).read(candidate, events)
    for (const [name, value] of Object.entries(candidate)) {
      if (candidateFields.has(name) || value === null) continue
      const details = this.#details.get(index) ?? {}
      this.#details.set(index, details)
      details[name] = value
    }
  }

  #candidate(index: number): CandidateDecoder {
    let candidate = this.#candidates.get(index)
    if (!candidate) this.#candidates.set(index, (candidate = new CandidateDecoder(index, this.#id)))
    return candidate
  }
}
