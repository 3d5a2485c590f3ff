/** What a caller must be told of each recorded failure, by section 3 of the contract; written by hand. */
export interface ExpectedError {
  status: number
  /** `x-gateway-error-code`. */
  code: string
  openaiType: string
  anthropicType: string
  /** In the provider's words for what is the caller's to mend; nothing of them otherwise. */
  message: 'the provider’s' | 'our own'
  /** `error.code` on OpenAI routes where the provider had a word of its own. */
  openaiCode?: string
  retryAfter?: string
  shouldRetry?: 'false'
}

const callersFault = {
  status: 400,
  code: 'invalid_request',
  openaiType: 'invalid_request_error',
  anthropicType: 'invalid_request_error',
  message: 'the provider’s',
} as const
const unknownModel = {
  ...callersFault,
  status: 404,
  code: 'model_not_found',
  anthropicType: 'not_found_error',
} as const
const tooMany = {
  status: 429,
  code: 'rate_limit_exceeded',
  openaiType: 'rate_limit_error',
  anthropicType: 'rate_limit_error',
  message: 'our own',
} as const
const failed = {
  status: 502,
  code: 'upstream_error',
  openaiType: 'server_error',
  anthropicType: 'api_error',
  message: 'our own',
} as const
const busy = { ...failed, status: 503, code: 'overloaded', anthropicType: 'overloaded_error' } as const

export const expectedErrors: Readonly<Record<string, ExpectedError>> = {
  'anthropic/messages-auth-401': { ...failed, shouldRetry: 'false' },
  'anthropic/messages-explicit-effort-xhigh-unsupported-model-errors': callersFault,
  'anthropic/messages-model-name-suggestion-anthropic': unknownModel,
  'anthropic/messages-overloaded-529': busy,
  'anthropic/messages-rate-limit-429': { ...tooMany, retryAfter: '17' },
  'azure/chat-content-filter-400': { ...callersFault, code: 'content_blocked', openaiCode: 'content_filter' },
  'azure/embeddings-azure-embeddings-step3': { ...failed, shouldRetry: 'false' },
  'bedrock/converse-error': unknownModel,
  'bedrock/converse-stream-with-invalid-model': unknownModel,
  'bedrock/converse-throttling-429': tooMany,
  'cohere/chat-rate-limit-429': tooMany,
  // A refused key is a 400 there, and the operator's to mend all the same.
  'gemini/generate-invalid-key-400': { ...failed, shouldRetry: 'false' },
  'gemini/generate-model-name-suggestion-google': unknownModel,
  'gemini/generate-overloaded-503': busy,
  'mistral/chat-rate-limit-429': tooMany,
  // A provider's 422 too is a 400.
  'mistral/chat-validation-422': callersFault,
  'ollama/api-chat-tools-unsupported-400': callersFault,
  'openai/chat-agents-and-tools-step3': { ...unknownModel, openaiCode: 'model_not_found' },
  'openai/chat-async-pipeline-with-chat-prompt-builder-and-chat-generator-produ-step12': {
    ...failed,
    shouldRetry: 'false',
  },
  'openai/chat-insufficient-quota-429': { ...tooMany, shouldRetry: 'false' },
  // 1520 ms, in whole seconds.
  'openai/chat-rate-limit-429': { ...tooMany, retryAfter: '2' },
  'openai/chat-server-error-500': failed,
  'openai/chat-vision-step3': { ...callersFault, openaiCode: 'invalid_image_url' },
  'openai/embeddings-embed-error': { ...unknownModel, openaiCode: 'model_not_found' },
  'openai/completions-completion-bad-request': { ...callersFault, openaiCode: 'integer_below_min_value' },
  'openai/responses-error': { ...tooMany, shouldRetry: 'false' },
  'together/chat-rate-limit-429': tooMany,
  'vertex/generate-content-invalid-temperature': callersFault,
  'vllm/chat-context-length-400-flat': {
    ...callersFault,
    code: 'context_length_exceeded',
    openaiCode: '400',
  },
}

/** Streams that fail after their first event: the error is an event, under the status 200 that has left already. */
export const expectedStreamErrors: Readonly<Record<string, ExpectedError>> = {
  'anthropic/messages-overloaded-mid-stream': busy,
  'bedrock/converse-exception-mid-stream': tooMany,
  'ollama/api-chat-error-mid-stream': failed,
  'openai/chat-error-mid-stream': failed,
  'openai/responses-error-stream': { ...tooMany, shouldRetry: 'false' },
}
