import { parseJson, withEveryDigit, type JsonObject } from '../canonical/json.ts'
import type { EmbeddingCallerDialect, EmbeddingProviderDialect } from '../dialects/embedding-dialect.ts'
import { GatewayError } from '../errors.ts'
import { framings } from '../framing/index.ts'
import type { Serves } from '../providers/provider.ts'
import type { Call } from './call.ts'
import type { Conversion } from './conversion.ts'
import type { Target } from './target.ts'

/** Embeddings between two dialects, as `translate` does for chats. */
export function translateEmbedding(
  call: Call,
  target: Target,
  from: EmbeddingCallerDialect,
  serving: Serves<EmbeddingProviderDialect>,
): Conversion {
  const { dialect: to } = serving
  const decoded = from.decodeRequest(
    withEveryDigit(call.input.body, () => call.input.raw.toString()) as JsonObject,
  )
  const { extensions, ...plain } = decoded.request
  const isOwn = extensions?.dialect === to.name
  const request = { ...plain, ...(isOwn && { extensions }), model: target.model }
  const encoded = to.encodeRequest(request)
  const foreign = isOwn ? [] : Object.keys(extensions?.fields ?? {})
  return {
    serving,
    relayed: false,
    body: Buffer.from(JSON.stringify(encoded.body)),
    lost: [...new Set([...encoded.lost, ...foreign, ...decoded.unknown])],
    readJson(raw) {
      const response = to.decodeResponse(parseJson(raw.toString()), request)
      return {
        body: JSON.stringify(from.encodeResponse(response, decoded.request.encoding ?? 'float')),
        usage: response.usage,
        model: response.model,
      }
    },
    streamType: framings.sse.contentType,
    openStream() {
      throw new GatewayError('internal_error', { cause: 'embeddings do not stream' })
    },
  }
}
