import type { EmbeddingProviderDialect } from '../embedding-dialect.ts'
import { decodeError } from '../bedrock-error.ts'
import { formatOf } from './format.ts'

/**
 * Embeddings by InvokeModel, whose bodies are the model's maker's own: Amazon Titan Text Embeddings and Cohere
 * Embed. The model stands in the path.
 * Source: docs.aws.amazon.com/bedrock/latest/userguide, model-parameters-titan-embed-text and
 * model-parameters-embed, and recorded traffic (checked 2026-11-21).
 */
export const bedrockEmbeddings: EmbeddingProviderDialect = {
  name: 'bedrock-converse',
  encodeRequest: (request) => formatOf(request.model).encodeRequest(request),
  decodeResponse: (body, request) => formatOf(request.model).decodeResponse(body, request),
  decodeError,
}
