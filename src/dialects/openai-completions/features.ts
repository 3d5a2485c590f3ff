import type { FeatureRow, FeatureTable } from '../features.ts'

const carried = (field: string): FeatureRow => ({ field, carriage: 'carried' })
const none: FeatureRow = { field: null, carriage: 'dropped' }
const inPrompt: FeatureRow = { field: null, carriage: 'dropped' }

/**
 * What a text completion can ask for. Source: the OpenAPI description of `CreateCompletionRequest`, 2.3.0; `top_k`
 * and `min_p` are fields of the servers that follow OpenAI's shape.
 */
export const features: FeatureTable = {
  max_output_tokens: carried('max_tokens'),
  temperature: carried('temperature'),
  top_p: carried('top_p'),
  top_k: carried('top_k'),
  min_p: carried('min_p'),
  stop: carried('stop'),
  seed: carried('seed'),
  n: carried('n'),
  frequency_penalty: carried('frequency_penalty'),
  presence_penalty: carried('presence_penalty'),
  logit_bias: carried('logit_bias'),
  logprobs: carried('logprobs'),
  top_logprobs: carried('logprobs'),
  user: carried('user'),
  metadata: none,
  service_tier: none,
  verbosity: none,
  prompt_cache_key: none,
  safety_identifier: none,
  store: none,
  modalities: none,
  thinking: none,
  tools: none,
  strict_tools: none,
  tool_choice: none,
  parallel_tool_calls: none,
  json_object: none,
  json_schema: none,
  participant_name: none,
  image_base64: inPrompt,
  image_url: inPrompt,
  image_detail: none,
  document_base64: inPrompt,
  document_url: inPrompt,
  document_text: inPrompt,
  audio: inPrompt,
  tool_result_image: inPrompt,
  tool_result_document: inPrompt,
  tool_result_error: none,
  foreign_thinking: inPrompt,
  foreign_file: inPrompt,
  foreign_block: inPrompt,
  foreign_tool: none,
  cache_control: none,
}
