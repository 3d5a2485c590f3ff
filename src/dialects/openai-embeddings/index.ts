import type { EmbeddingDialect } from '../embedding-dialect.ts'
import { isErrorObject, readError, writeError } from '../openai-error.ts'
import { decodeRequest, encodeRequest } from './request.ts'
import { decodeResponse, encodeResponse, readUsage } from './response.ts'

/** OpenAI's embeddings, spoken by Mistral, vLLM, Together, Ollama and many more. */
export const openaiEmbeddings = {
  name: 'openai-embeddings',
  decodeRequest,
  encodeRequest,
  decodeResponse,
  encodeResponse,
  readUsage: (body) => readUsage(body.usage),
  answerField: 'data',
  isAnswer: (body) => Array.isArray(body.data) && !isErrorObject(body),
  decodeError: readError,
  encodeError: writeError,
} satisfies EmbeddingDialect
