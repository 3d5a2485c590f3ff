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
  'anthropic/messages-cache-real-api-step2 by /v1/responses': { cannotSay: ['cache_control'] },
  'anthropic/messages-max-tokens by /v1/responses': { cannotSay: ['max_output_tokens'] },
  'anthropic/messages-multimodal-tool-return-matrix-direct-uploaded-file-image-anthrop-step2 by /v1/responses':
    { cannotSay: ['messages[].content[].file.file_id'] },
  'anthropic/messages-prompt-caching-stream by /v1/responses': { cannotSay: ['cache_control'] },
  'anthropic/messages-prompt-with-prefill-and-stop-sequences by /v1/responses': { cannotSay: ['stop'] },
  'anthropic/messages-text-parts-ahead-of-built-in-tool-call-step3 by /v1/responses': {
    cannotSay: ['tools'],
  },
  'anthropic/messages-to-deferred-capability-history-replay-step2 by /v1/responses': {
    cannotSay: ['cache_control', 'messages[].content', 'tools', 'tools[].defer_loading'],
  },
  'azure/responses-azure-responses-reasoning-context-default-wire-contract-gpt-5-4 by /v1/chat/completions': {
    cannotSay: ['reasoning.context'],
  },
  'azure/responses-azure-responses-reasoning-context-default-wire-contract-gpt-5-4 by /v1/messages': {
    cannotSay: ['reasoning.context'],
  },
  'bedrock/converse-cache-write-and-read by /v1/responses': { cannotSay: ['cache_control'] },
  'bedrock/converse-citations-v1-v0-step2 by /v1/chat/completions': {
    cannotSay: ['citations', 'document context', 'messages[].content[].citationsContent'],
  },
  'bedrock/converse-citations-v1-v0-step2 by /v1/messages': {
    cannotSay: ['messages[].content[].citationsContent'],
  },
  'bedrock/converse-citations-v1-v0-step2 by /v1/responses': {
    cannotSay: ['citations', 'document context', 'messages[].content[].citationsContent'],
  },
  'bedrock/converse-guardrail-converse by /v1/chat/completions': { cannotSay: ['guardrailConfig'] },
  'bedrock/converse-guardrail-converse by /v1/messages': { cannotSay: ['guardrailConfig'] },
  'bedrock/converse-guardrail-converse by /v1/responses': { cannotSay: ['guardrailConfig'] },
  'cohere/chat-stop-settings-cohere by /v1/responses': { cannotSay: ['stop'] },
  'gemini/generate-file-search-tool-step5 by /v1/chat/completions': { cannotSay: ['tools[].fileSearch'] },
  'gemini/generate-file-search-tool-step5 by /v1/messages': { cannotSay: ['tools[].fileSearch'] },
  'gemini/generate-file-search-tool-step5 by /v1/responses': { cannotSay: ['tools[].fileSearch'] },
  'gemini/generate-max-tokens by /v1/chat/completions': { cannotSay: ['thinking'] },
  'gemini/generate-max-tokens by /v1/responses': { cannotSay: ['max_output_tokens', 'thinking'] },
  'gemini/generate-native-output-with-function-and-builtin-tools by /v1/chat/completions': {
    cannotSay: ['tools[].googleSearch'],
  },
  'gemini/generate-native-output-with-function-and-builtin-tools by /v1/messages': {
    cannotSay: ['tools[].googleSearch'],
  },
  'gemini/generate-native-output-with-function-and-builtin-tools by /v1/responses': {
    cannotSay: ['tools[].googleSearch'],
  },
  'gemini/generate-prompted-output-multiple by /v1/messages': { cannotSay: ['response_format'] },
  'gemini/generate-safety-settings by /v1/chat/completions': { cannotSay: ['safetySettings'] },
  'gemini/generate-safety-settings by /v1/messages': { cannotSay: ['safetySettings'] },
  'gemini/generate-safety-settings by /v1/responses': { cannotSay: ['safetySettings'] },
  'mistral/chat-asynchronous-streaming-chat-completions-emits-expected-span-fals by /v1/responses': {
    cannotSay: ['safe_prompt'],
  },
  'mistral/chat-validation-422 by /v1/responses': { cannotSay: ['temperature'] },
  'ollama/api-chat-async-chat-2 by /v1/messages': { cannotSay: ['seed'] },
  'ollama/api-chat-async-chat-2 by /v1/responses': { cannotSay: ['seed'] },
  'ollama/api-chat-async-chat-stream by /v1/messages': { cannotSay: ['seed'] },
  'ollama/api-chat-async-chat-stream by /v1/responses': { cannotSay: ['seed'] },
  'ollama/api-chat-chat-with-tool-call by /v1/messages': { cannotSay: ['seed'] },
  'ollama/api-chat-chat-with-tool-call by /v1/responses': { cannotSay: ['seed'] },
  'ollama/chat-recorded-8fe0ba by /v1/responses': { cannotSay: ['max_output_tokens'] },
  'openai/chat-multimodal-tool-return-matrix-tool-return-content-uploaded-file-step2 by /v1/responses': {
    cannotSay: ['messages[].content[].file.file_id'],
  },
  'openai/chat-web-search by /v1/responses': { cannotSay: ['web_search_options'] },
  'openai/responses-model-file-search-tool-step5 by /v1/chat/completions': { cannotSay: ['foreign_tool'] },
  'openai/responses-model-file-search-tool-step5 by /v1/messages': { cannotSay: ['tools'] },
  'openai/responses-model-web-search-tool-step2 by /v1/chat/completions': {
    cannotSay: ['foreign_block', 'foreign_tool'],
  },
  'openai/responses-model-web-search-tool-step2 by /v1/messages': {
    cannotSay: ['messages[].content', 'tools'],
  },
  'openai/responses-prompted-output-step2 by /v1/messages': { cannotSay: ['response_format'] },
  'openai/responses-streaming-usage by /v1/messages': { cannotSay: ['service_tier', 'tool_choice'] },
  'openrouter/chat-openrouter-cache-all-settings-real-api-step2 by /v1/responses': {
    cannotSay: ['cache_control', 'provider'],
  },
  'anthropic/messages-explicit-effort-xhigh-unsupported-model-errors by /v1/responses': {
    cannotSay: ['thinking'],
  },
  'anthropic/messages-fixed-version-tool-chain-with-thinking-display-regression by /v1/responses': {
    cannotSay: ['thinking'],
  },
  'anthropic/messages-model-thinking-part-redacted-stream by /v1/responses': { cannotSay: ['thinking'] },
  'anthropic/messages-model-thinking-part-step2 by /v1/responses': { cannotSay: ['thinking'] },
  'anthropic/messages-thinking by /v1/responses': { cannotSay: ['thinking'] },
  'anthropic/messages-tool-with-thinking by /v1/responses': { cannotSay: ['thinking'] },
  'bedrock/converse-thinking-part-anthropic by /v1/responses': { cannotSay: ['thinking'] },
  'bedrock/converse-thinking-part-redacted-stream by /v1/responses': { cannotSay: ['thinking'] },
  'bedrock/converse-thinking-part-stream by /v1/responses': { cannotSay: ['thinking'] },
  'bedrock/converse-with-code-execution-tool-step2 by /v1/chat/completions': {
    cannotSay: ['foreign_block', 'toolConfig.tools[].systemTool'],
  },
  'bedrock/converse-with-code-execution-tool-step2 by /v1/messages': {
    cannotSay: ['messages[].content', 'toolConfig.tools[].systemTool'],
  },
  'bedrock/converse-with-code-execution-tool-step2 by /v1/responses': {
    cannotSay: ['messages[].content', 'toolConfig.tools[].systemTool'],
  },
  'ollama/api-chat-chat-tool-calls by /v1/chat/completions': { cannotSay: ['keepAlive'] },
  'ollama/api-chat-chat-tool-calls by /v1/messages': { cannotSay: ['keepAlive'] },
  'ollama/api-chat-chat-tool-calls by /v1/responses': { cannotSay: ['keepAlive'] },
  'vertex/generate-armor-response-template-real-block by /v1/chat/completions': {
    cannotSay: ['modelArmorConfig'],
  },
  'vertex/generate-armor-response-template-real-block by /v1/messages': { cannotSay: ['modelArmorConfig'] },
  'vertex/generate-armor-response-template-real-block by /v1/responses': { cannotSay: ['modelArmorConfig'] },
  'vertex/generate-content-invalid-temperature by /v1/chat/completions': { cannotSay: ['temperature'] },
  'vertex/generate-content-invalid-temperature by /v1/messages': { cannotSay: ['temperature'] },
  'vertex/generate-content-invalid-temperature by /v1/responses': { cannotSay: ['temperature'] },
  'vertex/generate-vertex-logprobs-without-top-logprobs by /v1/messages': { cannotSay: ['logprobs'] },
}
