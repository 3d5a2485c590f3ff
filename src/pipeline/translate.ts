import type { ChatEvent } from '../canonical/chat-events.ts'
import { parseJson, withEveryDigit, type JsonObject } from '../canonical/json.ts'
import type { Usage } from '../canonical/usage.ts'
import type { WireError } from '../canonical/wire-error.ts'
import type {
  ChatCallerDialect,
  ChatProviderDialect,
  ChatStreamDecoder,
  ChatStreamEncoder,
  DecodedRequest,
} from '../dialects/dialect.ts'
import { carry, type ChatFeature } from '../dialects/features.ts'
import type { Frame, FrameReader } from '../framing/frame.ts'
import { framings } from '../framing/index.ts'
import { formatEvents } from '../framing/sse.ts'
import type { Serves } from '../providers/provider.ts'
import type { Call } from './call.ts'
import { maxEventBytes, type Conversion, type StreamConversion } from './conversion.ts'
import { callersNames, edited, fit, quirksOf } from './quirks.ts'
import type { Target } from './target.ts'

/** Different dialects: decode to the canonical form, encode for the other side, and say what was lost. */
export function translate(
  call: Call,
  target: Target,
  from: ChatCallerDialect,
  serving: Serves<ChatProviderDialect>,
  unixSeconds: number,
): Conversion {
  const { dialect: to } = serving
  const framing = framings[to.framing]
  // From the caller's own body each time: what one target can't carry, the next one may.
  const decoded: DecodedRequest = from.decodeRequest(
    withEveryDigit(call.input.body, () => call.input.raw.toString()) as JsonObject,
  )
  const carried = carry({ ...decoded.request, model: target.model }, from.features, to)
  const encoded = to.encodeRequest(carried.request, {
    modelMaxOutputTokens: target.provider.describe(target.model)?.maxOutputTokens,
  })
  const fitting = fit(encoded.body, quirksOf(target))
  const lostByQuirk = callersNames(fitting.lost, from.features, to.features)
  const lostByValue = encoded.lost.map((name) => from.features[name as ChatFeature]?.field ?? name)
  return {
    serving,
    relayed: false,
    body: Buffer.from(JSON.stringify(edited(encoded.body, fitting.edits))),
    lost: [...new Set([...carried.lost, ...lostByValue, ...lostByQuirk, ...decoded.unknown])],
    readJson(raw) {
      const response = named(to.decodeResponse(parseJson(raw.toString())), call, target)
      return {
        body: JSON.stringify(from.encodeResponse(response, unixSeconds)),
        usage: response.usage,
        model: response.model,
      }
    },
    streamType: framing.contentType,
    openStream: () =>
      new TranslatedStream(
        framing.open({ maxEventBytes }),
        to.streamDecoder(),
        (start) => named(start, call, target),
        from.streamEncoder({ includeUsage: decoded.request.includeUsage ?? false, now: unixSeconds }),
      ),
  }
}

/** Some providers give their answers no id and do not say which model it was; every caller's dialect demands both. */
function named<Head extends { id: string; model: string }>(
  head: Head,
  { record }: Call,
  target: Target,
): Head {
  if (head.id !== '' && head.model !== '') return head
  return { ...head, id: head.id || record.requestId, model: head.model || target.model }
}

type Start = ChatEvent & { type: 'start' }

class TranslatedStream implements StreamConversion {
  readonly #reader: FrameReader
  readonly #decoder: ChatStreamDecoder
  readonly #name: (start: Start) => Start
  readonly #encoder: ChatStreamEncoder
  lifeSigns = 0
  sent = 0
  ended = false
  error: WireError | undefined
  usage: Usage | undefined
  model: string | undefined

  constructor(
    reader: FrameReader,
    decoder: ChatStreamDecoder,
    name: (start: Start) => Start,
    encoder: ChatStreamEncoder,
  ) {
    this.#reader = reader
    this.#decoder = decoder
    this.#name = name
    this.#encoder = encoder
  }

  get finished(): boolean {
    return this.#decoder.finished
  }

  push(chunk: Buffer): string | undefined {
    const text = this.#translate(this.#reader.push(chunk))
    return text === '' ? undefined : text
  }

  close(): string | undefined {
    let text = this.#translate(this.#reader.close())
    if (!this.error && !this.ended) text += this.#encode(this.#decoder.close())
    return text === '' ? undefined : text
  }

  #translate(frames: readonly Frame[]): string {
    let text = ''
    for (const frame of frames) {
      text += this.#encode(this.#decoder.push(frame))
      if (this.error || this.ended) break
    }
    return text
  }

  #encode(events: ReturnType<ChatStreamDecoder['push']>): string {
    let text = ''
    for (const event of events) {
      this.lifeSigns++
      if (event.type === 'error') {
        this.error = event.error
        break
      }
      const frames = this.#encoder.push(event.type === 'start' ? this.#begin(event) : event)
      this.sent += frames.length
      text += formatEvents(frames)
      if (event.type === 'usage') this.usage = event.usage
      else if (event.type === 'end') this.ended = true
    }
    return text
  }

  #begin(event: Start): Start {
    const start = this.#name(event)
    this.model = start.model
    return start
  }
}
