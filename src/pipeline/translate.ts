import { isObject, parseJson, withEveryDigit, type JsonObject } from '../canonical/json.ts'
import type { Usage } from '../canonical/usage.ts'
import type { WireError } from '../canonical/wire-error.ts'
import type {
  ChatDialect,
  ChatStreamDecoder,
  ChatStreamEncoder,
  DecodedRequest,
} from '../dialects/dialect.ts'
import { carry, type ChatFeature } from '../dialects/features.ts'
import { GatewayError } from '../errors.ts'
import type { Frame } from '../framing/frame.ts'
import { formatEvents, parseEvent, type WholeEvents } from '../framing/sse.ts'
import type { Call } from './call.ts'
import type { Conversion, StreamConversion } from './conversion.ts'
import type { Target } from './target.ts'

/** Different dialects: decode to the canonical form, encode for the other side, and say what was lost. */
export function translate(
  call: Call,
  target: Target,
  from: ChatDialect,
  to: ChatDialect,
  unixSeconds: number,
): Conversion {
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
    relayed: false,
    body: Buffer.from(JSON.stringify(encoded.body)),
    lost: [...new Set([...carried.lost, ...lostByValue, ...decoded.unknown])],
    readJson(raw) {
      const body: unknown = parseJson(raw.toString())
      if (!isObject(body) || !to.isAnswer(body)) {
        throw new GatewayError('upstream_error', { cause: 'the body is no answer of its dialect' })
      }
      const response = to.decodeResponse(body)
      return {
        body: JSON.stringify(from.encodeResponse(response, unixSeconds)),
        usage: response.usage,
        model: response.model,
      }
    },
    openStream: () =>
      new TranslatedStream(
        to.streamDecoder(),
        from.streamEncoder({ includeUsage: decoded.request.includeUsage ?? false, now: unixSeconds }),
      ),
  }
}

class TranslatedStream implements StreamConversion {
  readonly #decoder: ChatStreamDecoder
  readonly #encoder: ChatStreamEncoder
  lifeSigns = 0
  ended = false
  error: WireError | undefined
  usage: Usage | undefined
  model: string | undefined

  constructor(decoder: ChatStreamDecoder, encoder: ChatStreamEncoder) {
    this.#decoder = decoder
    this.#encoder = encoder
  }

  get finished(): boolean {
    return this.#decoder.finished
  }

  push({ texts }: WholeEvents): string | undefined {
    let translated = ''
    for (const text of texts) {
      const frame = parseEvent(text)
      if (frame) translated += this.#translate(frame)
      if (this.error || this.ended) break
    }
    return translated === '' ? undefined : translated
  }

  close(rest: Buffer): string | undefined {
    const frame = rest.length > 0 ? parseEvent(rest.toString()) : undefined
    let text = frame && isWhole(frame) ? this.#translate(frame) : ''
    if (!this.error && !this.ended) text += this.#encode(this.#decoder.close())
    return text === '' ? undefined : text
  }

  #translate(frame: Frame): string {
    return this.#encode(this.#decoder.push(frame))
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

/** An event without its blank line counts only if it is not cut: whole JSON, or the whole sentinel. */
function isWhole({ data }: Frame): boolean {
  if (data.startsWith('[DONE]')) return true
  try {
    JSON.parse(data)
    return true
  } catch {
    return false
  }
}
