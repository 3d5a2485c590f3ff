/**
 * What becomes of requests between dialects, pair by pair; a pair that is not here loses nothing. Written by hand:
 * the test demands exactly these names.
 */
export interface Losses {
  /** What a caller of the other route has no words for. */
  cannotSay?: readonly string[]
  /** `x-gateway-dropped`: what the target could not carry, by the caller's names. */
  dropped?: readonly string[]
}

export const losses: Readonly<Record<string, Losses>> = {
  // Marks the end of the whole prompt for caching: a field of Anthropic's alone.
  'anthropic/messages-cache-real-api-step2 by /v1/chat/completions': { cannotSay: ['cache_control'] },
  'anthropic/messages-explicit-effort-xhigh-unsupported-model-errors by /v1/chat/completions': {
    cannotSay: ['thinking'],
  },
  'anthropic/messages-multimodal-tool-return-matrix-direct-uploaded-file-image-anthrop-step2 by /v1/chat/completions':
    { cannotSay: ['foreign_file'] },
  'anthropic/messages-text-parts-ahead-of-built-in-tool-call-step3 by /v1/chat/completions': {
    cannotSay: ['foreign_tool'],
  },
  'anthropic/messages-to-deferred-capability-history-replay-step2 by /v1/chat/completions': {
    cannotSay: ['cache_control', 'foreign_block', 'foreign_tool', 'tools[].defer_loading'],
  },
  'azure/chat-openai-response-with-top-logprobs-and-previous-response-baa9d8 by /v1/messages': {
    cannotSay: ['logprobs', 'top_logprobs'],
  },
  'mistral/chat-asynchronous-streaming-chat-completions-emits-expected-span-fals by /v1/messages': {
    cannotSay: ['safe_prompt'],
  },
  'mistral/chat-history-uses-prompt-cache-step2 by /v1/messages': { cannotSay: ['prompt_cache_key'] },
  // -1 was recorded, to be refused; 0 is the lowest that the other dialect can say.
  'mistral/chat-validation-422 by /v1/messages': { cannotSay: ['temperature'] },
  'ollama/chat-cloud-prompted-output by /v1/messages': { cannotSay: ['response_format'] },
  // 0 was recorded, which stands for no limit at this server.
  'ollama/chat-recorded-8fe0ba by /v1/messages': { cannotSay: ['max_tokens'] },
  'openai/chat-multimodal-tool-return-matrix-tool-return-content-uploaded-file-step2 by /v1/messages': {
    cannotSay: ['messages[].content[].file.file_id'],
  },
  'openai/chat-prompted-output-step2 by /v1/messages': { cannotSay: ['response_format'] },
  'openai/chat-web-search by /v1/messages': { cannotSay: ['web_search_options'] },
  'openrouter/chat-openrouter-cache-all-settings-real-api-step2 by /v1/messages': {
    cannotSay: ['provider'],
    dropped: ['cache_control'],
  },
}
