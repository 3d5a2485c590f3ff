import { Readable } from 'node:stream'
import { isObject } from '../canonical/json.ts'
import type { RelayedDialect } from '../dialects/relayed-dialect.ts'
import { GatewayError } from '../errors.ts'
import { framings } from '../framing/index.ts'
import type { Serves } from '../providers/provider.ts'
import type { Call, Upload } from './call.ts'
import type { Conversion, ConvertedAnswer, StreamConversion, UploadBody } from './conversion.ts'
import { EventStream } from './event-stream.ts'
import { glance } from './glance.ts'
import { OpaqueStream } from './opaque-stream.ts'
import { quirksOf } from './quirks.ts'
import { splice, type Edit } from './splice.ts'
import type { Target } from './target.ts'

/**
 * Calls of which the gateway reads the model and the usage and nothing else: the caller's bytes but for the model,
 * the provider's bytes untouched.
 */
export function relayOpenly(
  call: Call,
  target: Target,
  serving: Serves,
  dialect: RelayedDialect,
): Conversion {
  const foreign =
    dialect.foreign && call.input.bytes.includes(dialect.foreign.mark)
      ? dialect.foreign.leaveOut(call.input.body)
      : undefined
  const edits = foreign ? [{ key: foreign.key, set: JSON.stringify(foreign.value) }] : []
  return {
    serving,
    relayed: true,
    body: bodyFor(call, quirksOf(target).callsModel ?? target.model, edits),
    lost: foreign ? [foreign.lost] : [],
    readJson: (raw) => readJson(dialect, raw),
    streamType: framings.sse.contentType,
    openStream() {
      throw new GatewayError('internal_error', { cause: 'the form of the answer was not asked for' })
    },
    ...((dialect.events ?? dialect.bytes) && { openForm: (type) => openForm(dialect, type) }),
  }
}

function bodyFor({ input, model }: Call, wanted: string, edits: readonly Edit[]): Buffer | UploadBody {
  const { upload, raw, bytes, body } = input
  if (upload) return uploadWith(upload, wanted === model ? undefined : Buffer.from(wanted))
  // The default stands nowhere in the body; said aloud, it is the model that the caller's key was checked for.
  const named = body.model === wanted ? edits : [...edits, { key: 'model', set: JSON.stringify(wanted) }]
  return named.length === 0 ? raw : Buffer.from(splice(bytes, [...named]), 'latin1')
}

/** The upload with another value of its part `model`; with its own where that is `undefined`. */
function uploadWith({ contentType, length, model, read }: Upload, value: Buffer | undefined): UploadBody {
  async function* pieces() {
    if (!value) return yield* read(0, length)
    yield* read(0, model.start)
    yield value
    yield* read(model.end, length)
  }
  return {
    contentType,
    length: value ? length - (model.end - model.start) + value.length : length,
    // One piece ahead of the socket: many uploads at once must not pile up here.
    open: () => Readable.from(pieces(), { objectMode: false, highWaterMark: 1 }),
  }
}

function readJson(dialect: RelayedDialect, raw: Buffer): ConvertedAnswer {
  const bytes = raw.toString('latin1')
  const body: unknown = glance(bytes, dialect.answerField) ?? JSON.parse(raw.toString())
  if (!isObject(body) || !dialect.isAnswer(body))
    throw new GatewayError('upstream_error', { cause: 'the body is no answer of its dialect' })
  return {
    body: raw,
    bytes,
    usage: dialect.readUsage(body),
    model: typeof body.model === 'string' ? body.model : undefined,
  }
}

const json = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i
/** The page of a proxy that stands in between. */
const page = /^text\/html\b/i

function openForm(
  { events, bytes }: RelayedDialect,
  contentType: string | undefined,
): StreamConversion | undefined {
  const type = contentType ?? ''
  if (events && type.startsWith(framings.sse.contentType)) return new EventStream(events.watch())
  if (!bytes || json.test(type)) return undefined
  if (page.test(type)) throw new GatewayError('upstream_error', { cause: 'the answer is a page of HTML' })
  return new OpaqueStream()
}
