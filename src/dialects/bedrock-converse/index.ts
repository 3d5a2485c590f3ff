import type { ChatProviderDialect } from '../dialect.ts'
import { encodeRequest } from './encode-request.ts'
import { decodeError } from '../bedrock-error.ts'
import { features } from './features.ts'
import { decodeResponse } from './response.ts'
import { ConverseStreamDecoder } from './stream-decoder.ts'
import { dialect } from './types.ts'

/** Amazon Bedrock's Converse and ConverseStream, for models of every maker. */
export const bedrockConverse: ChatProviderDialect = {
  name: dialect,
  features,
  framing: 'aws-event-stream',
  encodeRequest,
  decodeResponse,
  streamDecoder: () => new ConverseStreamDecoder(),
  decodeError,
}
