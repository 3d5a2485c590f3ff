import type { ChatProviderDialect } from '../dialect.ts'
import { decodeError } from './error.ts'
import { features } from './features.ts'
import { decodeResponse } from './response.ts'
import { StreamDecoder } from './stream-decoder.ts'
import { encodeRequest } from './write-request.ts'

export { ollamaEmbeddings } from './embeddings.ts'

/**
 * Ollama's `/api/chat`. Source: docs.ollama.com/api/chat, the types of the `ollama` package 0.6.4 and recorded
 * traffic (checked 2026-11-21).
 */
export const ollamaChat: ChatProviderDialect = {
  name: 'ollama',
  features,
  framing: 'ndjson',
  encodeRequest,
  decodeResponse,
  streamDecoder: () => new StreamDecoder(),
  decodeError,
}
