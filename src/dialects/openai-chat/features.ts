import type { FeatureTable } from '../features.ts'

const part = 'messages[].content[]'
const carried = 'carried'
const dropped = 'dropped'
const besideToolMessage = {
  changed: 'put into a user message after the tool messages, which name it',
} as const
const asText = { changed: 'a document of plain text becomes a text part, its title first' } as const

/** What OpenAI's own API takes. Source: the OpenAPI description of `CreateChatCompletionRequest`, 2.3.0. */
export const openaiFeatures = {
  max_output_tokens: { field: 'max_completion_tokens', carriage: carried },
  temperature: { field: 'temperature', carriage: carried },
  top_p: { field: 'top_p', carriage: carried },
  top_k: { field: 'top_k', carriage: dropped },
  min_p: { field: 'min_p', carriage: dropped },
  stop: { field: 'stop', carriage: carried },
  seed: { field: 'seed', carriage: carried },
  n: { field: 'n', carriage: carried },
  frequency_penalty: { field: 'frequency_penalty', carriage: carried },
  presence_penalty: { field: 'presence_penalty', carriage: carried },
  logit_bias: { field: 'logit_bias', carriage: carried },
  logprobs: { field: 'logprobs', carriage: carried },
  top_logprobs: { field: 'top_logprobs', carriage: carried },
  user: { field: 'user', carriage: carried },
  metadata: { field: 'metadata', carriage: carried },
  service_tier: { field: 'service_tier', carriage: { changed: '`standard_only` becomes `default`' } },
  verbosity: { field: 'verbosity', carriage: carried },
  prompt_cache_key: { field: 'prompt_cache_key', carriage: carried },
  safety_identifier: { field: 'safety_identifier', carriage: carried },
  store: { field: 'store', carriage: carried },
  modalities: { field: 'modalities', carriage: carried },
  thinking: {
    field: 'reasoning_effort',
    carriage: {
      changed: 'a budget becomes an effort: below 2048 tokens `low`, below 4096 `medium`, from there `high`',
    },
  },
  tools: { field: 'tools', carriage: carried },
  strict_tools: { field: 'tools[].function.strict', carriage: carried },
  tool_choice: { field: 'tool_choice', carriage: carried },
  parallel_tool_calls: { field: 'parallel_tool_calls', carriage: carried },
  json_object: { field: 'response_format', carriage: carried },
  json_schema: { field: 'response_format', carriage: carried },
  participant_name: { field: 'messages[].name', carriage: carried },
  image_base64: { field: `${part}.image_url`, carriage: carried },
  image_url: { field: `${part}.image_url`, carriage: carried },
  image_detail: { field: `${part}.image_url.detail`, carriage: carried },
  document_base64: { field: `${part}.file`, carriage: carried },
  document_url: { field: `${part}.document_url`, carriage: dropped },
  document_text: { field: `${part}.file`, carriage: asText },
  audio: { field: `${part}.input_audio`, carriage: carried },
  tool_result_image: { field: `${part}.image_url`, carriage: besideToolMessage },
  tool_result_document: { field: `${part}.file`, carriage: besideToolMessage },
  tool_result_error: { field: null, carriage: dropped },
  foreign_thinking: { field: 'messages[].reasoning_content', carriage: dropped },
  foreign_file: { field: `${part}.file.file_id`, carriage: dropped },
  foreign_block: { field: 'messages[].content', carriage: dropped },
  foreign_tool: { field: 'tools', carriage: dropped },
  cache_control: { field: 'cache_control', carriage: dropped },
} as const satisfies FeatureTable

/**
 * What servers with OpenAI's shape take (vLLM, Together, Ollama, llama.cpp, …). Cache marks are left out: most
 * of these servers cannot use them and some refuse a request which has them.
 */
export const compatibleFeatures = {
  ...openaiFeatures,
  top_k: { field: 'top_k', carriage: carried },
  min_p: { field: 'min_p', carriage: carried },
  foreign_thinking: {
    field: 'messages[].reasoning_content',
    carriage: {
      changed: 'unsigned thinking goes back as `reasoning_content`; what another dialect signed stays out',
    },
  },
} as const satisfies FeatureTable

/** What Mistral's API takes; it refuses fields that it does not know. Source: docs.mistral.ai/api, 2026-11. */
export const mistralFeatures = {
  ...openaiFeatures,
  logit_bias: { field: 'logit_bias', carriage: dropped },
  logprobs: { field: 'logprobs', carriage: dropped },
  top_logprobs: { field: 'top_logprobs', carriage: dropped },
  user: { field: 'user', carriage: dropped },
  service_tier: { field: 'service_tier', carriage: dropped },
  verbosity: { field: 'verbosity', carriage: dropped },
  safety_identifier: { field: 'safety_identifier', carriage: dropped },
  store: { field: 'store', carriage: dropped },
  modalities: { field: 'modalities', carriage: dropped },
  thinking: {
    field: 'reasoning_effort',
    carriage: { changed: 'the efforts are `none` and `high`: every other becomes `high`' },
  },
  participant_name: { field: 'messages[].name', carriage: dropped },
  document_url: { field: `${part}.document_url`, carriage: carried },
  audio: { field: `${part}.input_audio`, carriage: { changed: 'the format is left for the server to find' } },
  foreign_thinking: {
    field: 'messages[].reasoning_content',
    carriage: {
      changed: 'unsigned thinking goes back as `thinking` parts; what another dialect signed stays out',
    },
  },
} as const satisfies FeatureTable
