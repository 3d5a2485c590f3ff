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
  const lostByValue = encoded.lost.map((name) => from.features[name as ChatFeature]?.field ?? name)
  return {
    serving,
    relayed: false,
    body: Buffer.from(JSON.stringify(encoded.body)),
    lost: [...new Set([...carried.lost, ...lostByValue, ...decoded.unknown])],
    readJson(raw) {
      const response = to.decodeResponse(parseJson(raw.toString()))
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
        from.streamEncoder({ includeUsage: decoded.request.includeUsage ?? false, now: unixSeconds }),
      ),
  }
}

class TranslatedStream implements StreamConversion {
  readonly #reader: FrameReader
  readonly #decoder: ChatStreamDecoder
  readonly #encoder: ChatStreamEncoder
  lifeSigns = 0
  ended = false
  error: WireError | undefined
  usage: Usage | undefined
  model: string | undefined

  constructor(reader: FrameReader, decoder: ChatStreamDecoder, encoder: ChatStreamEncoder) {
    this.#reader = reader
    this.#decoder = decoder
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
      if (event.type === 'start') this.model = event.model
      else if (event.type === 'usage') this.usage = event.usage
      else if (event.type === 'end') this.ended = true
      text += formatEvents(this.#encoder.push(event))
    }
    return text
  }
}
