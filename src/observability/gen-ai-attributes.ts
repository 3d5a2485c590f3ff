/**
 * The attribute names that spans may carry, and no others: there is none for prompts, answers, tool arguments
 * or keys, so a span cannot hold them.
 *
 * Source: OpenTelemetry semantic conventions 1.45 (`gen_ai.*` is in development there, the rest stable),
 * opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans, checked 2026-11-20. A span's name should be
 * `{gen_ai.operation.name} {gen_ai.request.model}`.
 */
export const attributes = {
  /** `chat`, `embeddings`, `text_completion`. */
  operationName: 'gen_ai.operation.name',
  /** Well-known: `openai` `anthropic` `aws.bedrock` `azure.ai.openai` `gcp.gemini` `gcp.vertex_ai` `cohere` `mistral_ai`. */
  providerName: 'gen_ai.provider.name',
  requestModel: 'gen_ai.request.model',
  requestStream: 'gen_ai.request.stream',
  requestMaxTokens: 'gen_ai.request.max_tokens',
  requestChoiceCount: 'gen_ai.request.choice.count',
  requestTemperature: 'gen_ai.request.temperature',
  requestTopP: 'gen_ai.request.top_p',
  requestTopK: 'gen_ai.request.top_k',
  outputType: 'gen_ai.output.type',
  responseModel: 'gen_ai.response.model',
  /** The provider's own id of the answer. */
  responseId: 'gen_ai.response.id',
  responseFinishReasons: 'gen_ai.response.finish_reasons',
  /** Seconds. */
  timeToFirstChunk: 'gen_ai.response.time_to_first_chunk',
  /** The whole prompt, what came from the cache included. */
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  cacheReadInputTokens: 'gen_ai.usage.cache_read.input_tokens',
  cacheCreationInputTokens: 'gen_ai.usage.cache_creation.input_tokens',
  reasoningOutputTokens: 'gen_ai.usage.reasoning.output_tokens',

  serverAddress: 'server.address',
  serverPort: 'server.port',
  httpRequestMethod: 'http.request.method',
  httpRoute: 'http.route',
  httpResponseStatusCode: 'http.response.status_code',
  /** How often this call was sent before: absent on the first attempt. */
  httpResendCount: 'http.request.resend_count',
  /** A code of the error catalogue, or a status. */
  errorType: 'error.type',

  /** Ours: no convention names these. */
  requestId: 'llm_gateway.request_id',
  tenant: 'llm_gateway.tenant',
  /** The provider entry in the configuration; `gen_ai.provider.name` says which kind it is. */
  provider: 'llm_gateway.provider',
  cache: 'llm_gateway.cache',
  attempts: 'llm_gateway.attempts',
} as const

export type AttributeName = (typeof attributes)[keyof typeof attributes]
export type AttributeValue = string | number | boolean | string[]
