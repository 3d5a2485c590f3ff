import { isObject, parseJson, type JsonObject } from '../canonical/json.ts'
import type { Usage } from '../canonical/usage.ts'
import type { WireError } from '../canonical/wire-error.ts'
import type { ChatCallerDialect, StreamWatch } from '../dialects/dialect.ts'
import { GatewayError } from '../errors.ts'
import { framings } from '../framing/index.ts'
import { formatEvent, formatEvents, parseEvent, SseSplitter, type WholeEvents } from '../framing/sse.ts'
import type { Quirks, Serves } from '../providers/provider.ts'
import type { Call } from './call.ts'
import { maxEventBytes, type Conversion, type ConvertedAnswer, type StreamConversion } from './conversion.ts'
import { glance } from './glance.ts'
import { fit, quirksOf } from './quirks.ts'
import { relayOpenly } from './relay-openly.ts'
import { renameReasoning } from './rename-reasoning.ts'
import { splice } from './splice.ts'
import type { Target } from './target.ts'

/**
 * The same dialect on both sides: the caller's bytes but for the declared edits, the provider's bytes untouched but
 * for the usage chunk that only the gateway asked for and reasoning under another name.
 */
export function relay(call: Call, target: Target, serving: Serves): Conversion {
  const { endpoint } = call
  if (endpoint.operation !== 'chat' && endpoint.operation !== 'embedding')
    return relayOpenly(call, target, serving, endpoint.dialect)
  const quirks = quirksOf(target)
  const { edits, lost, withholdUsage } = declaredEdits(call, target, quirks)
  return {
    serving,
    relayed: true,
    body: edits.length === 0 ? call.input.raw : Buffer.from(splice(call.input.bytes, edits), 'latin1'),
    lost,
    readJson: (raw) => relayJson(call, raw, quirks.reasoningField),
    streamType: framings.sse.contentType,
    openStream: () => new RelayedStream(chatDialect(call), withholdUsage, quirks.reasoningField),
  }
}

function chatDialect(call: Call): ChatCallerDialect {
  if (call.endpoint.operation !== 'chat')
    throw new GatewayError('internal_error', { cause: 'no stream here' })
  return call.endpoint.dialect
}

function declaredEdits(call: Call, target: Target, quirks: Quirks) {
  const { edits, lost } = fit(call.input.body, quirks)
  if (target.model !== call.model && quirks.callsModel === undefined)
    edits.push({ key: 'model', set: JSON.stringify(target.model) })
  const asks = call.stream && call.endpoint.operation === 'chat' && quirks.asksForStreamUsage !== false
  const usage = asks ? chatDialect(call).askForUsage(call.input.body) : undefined
  if (usage) edits.push({ key: usage.key, set: JSON.stringify(usage.value) })
  return { edits, lost, withholdUsage: usage !== undefined }
}

function relayJson(call: Call, raw: Buffer, reasoningField: string | undefined): ConvertedAnswer {
  const { dialect } = call.endpoint
  const bytes = raw.toString('latin1')
  const body: unknown = glance(bytes, dialect.answerField) ?? JSON.parse(raw.toString())
  if (!isObject(body) || !dialect.isAnswer(body)) {
    throw new GatewayError('upstream_error', { cause: 'the body is no answer of its dialect' })
  }
  const renamed =
    reasoningField === undefined ? undefined : withReasoningRenamed(raw.toString(), reasoningField)
  return {
    body: renamed ?? raw,
    bytes: renamed === undefined ? bytes : undefined,
    usage: dialect.readUsage(body),
    model: typeof body.model === 'string' ? body.model : undefined,
  }
}

/** The text with the field renamed, or `undefined` where it has none. */
function withReasoningRenamed(text: string, field: string | undefined): string | undefined {
  if (field === undefined || !text.includes(`"${field}"`)) return undefined
  const body = parseJson(text) as JsonObject
  return renameReasoning(body, field) ? JSON.stringify(body) : undefined
}

class RelayedStream implements StreamConversion {
  readonly #splitter = new SseSplitter({ maxEventBytes })
  readonly #watch: StreamWatch
  readonly #dialect: ChatCallerDialect
  readonly #reasoningField: string | undefined
  readonly #endMarker: string | undefined
  lifeSigns = 0
  ended = false

  constructor(dialect: ChatCallerDialect, withholdUsage: boolean, reasoningField: string | undefined) {
    this.#dialect = dialect
    this.#watch = dialect.watchStream({ withholdUsage })
    this.#reasoningField = reasoningField
    this.#endMarker = dialect.terminator[0]?.data
  }

  get finished(): boolean {
    return this.#watch.finished
  }
  get sent(): number {
    return this.lifeSigns
  }
  get error(): WireError | undefined {
    return this.#watch.error
  }
  get usage(): Usage | undefined {
    return this.#watch.usage
  }
  get model(): string | undefined {
    return this.#watch.model
  }

  push(chunk: Buffer): Buffer | undefined {
    const whole = this.#splitter.push(chunk)
    return whole && this.#pass(whole)
  }

  #pass({ bytes, ends, texts }: WholeEvents): Buffer | undefined {
    // Events that arrived together leave together: `from` is where the next piece to send begins.
    let pieces: Buffer[] | undefined
    let from = 0
    let start = 0
    for (let i = 0; i < ends.length; i++) {
      const end = ends[i] as number
      const replacement = this.#see(texts[i] as string)
      if (replacement !== undefined) {
        pieces ??= []
        if (start > from) pieces.push(bytes.subarray(from, start))
        if (replacement !== '') pieces.push(Buffer.from(replacement))
        from = end
      }
      start = end
      if (this.error || this.ended) break
    }
    if (!pieces) return start === bytes.length ? bytes : bytes.subarray(0, start)
    if (start > from) pieces.push(bytes.subarray(from, start))
    return pieces.length === 0 ? undefined : pieces.length === 1 ? pieces[0] : Buffer.concat(pieces)
  }

  close(): string | undefined {
    const rest = this.#splitter.rest()
    let last = ''
    if (rest.length > 0) {
      // Some servers leave out the blank line after the last event.
      const text = rest.toString()
      const frame = parseEvent(text)
      if (frame && (frame.data === this.#endMarker || isJson(frame.data)))
        last = this.#see(text) ?? formatEvent(frame)
    }
    if (!this.finished || this.ended || this.error) return last === '' ? undefined : last
    this.ended = true
    return last + formatEvents(this.#dialect.terminator)
  }

  /** What to send instead of this event: `undefined` sends it as it is, the empty text nothing. */
  #see(text: string): string | undefined {
    const frame = parseEvent(text)
    if (!frame) return undefined
    switch (this.#watch.see(frame)) {
      case 'error':
        return ''
      case 'ping':
        return undefined
      case 'withhold':
        this.lifeSigns++
        return ''
      case 'pass':
        this.lifeSigns++
        this.ended = this.#endMarker === undefined ? this.#watch.finished : frame.data === this.#endMarker
        return this.#renamed(frame.data)
    }
  }

  #renamed(data: string): string | undefined {
    const renamed = withReasoningRenamed(data, this.#reasoningField)
    return renamed === undefined ? undefined : formatEvent({ data: renamed })
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
