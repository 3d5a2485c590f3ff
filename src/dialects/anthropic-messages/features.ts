import type { Carriage, FeatureRow, FeatureTable } from '../features.ts'

const row = (field: string | null, carriage: Carriage = 'carried'): FeatureRow => ({ field, carriage })
const none = row(null, 'dropped')

/** Anthropic's names, and what becomes of each feature on the way to it. */
export const features: FeatureTable = {
  max_output_tokens: row('max_tokens', { changed: "at most the model's own maximum" }),
  temperature: row('temperature', {
    changed: 'clamped to 0..1; left out beside thinking, and beside top_p if it is 1',
  }),
  top_p: row('top_p', { changed: 'left out beside temperature, and below 0.95 beside thinking' }),
  top_k: row('top_k', { changed: 'left out beside thinking' }),
  min_p: none,
  stop: row('stop_sequences', { changed: 'sequences of nothing but white space are left out' }),
  seed: none,
  n: none,
  frequency_penalty: none,
  presence_penalty: none,
  logit_bias: none,
  logprobs: none,
  top_logprobs: none,
  user: row('metadata.user_id'),
  metadata: none,
  service_tier: row('service_tier', {
    changed: 'default becomes standard_only; flex, scale, priority are left out',
  }),
  verbosity: none,
  prompt_cache_key: none,
  safety_identifier: none,
  store: none,
  modalities: none,
  thinking: row('thinking', {
    changed:
      'an effort becomes a budget of tokens, below max_tokens; from Claude 4.7 on a budget becomes an effort',
  }),
  tools: row('tools'),
  strict_tools: row('tools[].strict'),
  tool_choice: row('tool_choice', { changed: 'becomes auto beside thinking unless it is none' }),
  parallel_tool_calls: row('tool_choice.disable_parallel_tool_use'),
  json_object: none,
  json_schema: row('output_config.format', { changed: 'its name, description and strict are not sent' }),
  participant_name: none,
  image_base64: row('image'),
  image_url: row('image'),
  image_detail: none,
  document_base64: row('document'),
  document_url: row('document'),
  document_text: row('document'),
  audio: none,
  tool_result_image: row('tool_result.image'),
  tool_result_document: row('tool_result.document'),
  tool_result_error: row('tool_result.is_error'),
  foreign_thinking: row('thinking', 'dropped'),
  foreign_file: row('file_id', 'dropped'),
  foreign_block: row('messages[].content', 'dropped'),
  foreign_tool: row('tools', 'dropped'),
  cache_control: row('cache_control'),
}
