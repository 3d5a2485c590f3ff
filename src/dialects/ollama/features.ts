import type { Carriage, FeatureRow, FeatureTable } from '../features.ts'

const row = (field: string | null, carriage: Carriage = 'carried'): FeatureRow => ({ field, carriage })
const none = row(null, 'dropped')
const asText = { changed: 'a document of plain text becomes text, its title and context first' } as const

/** Ollama's names, and what becomes of each feature on the way to it. */
export const features: FeatureTable = {
  max_output_tokens: row('options.num_predict'),
  temperature: row('options.temperature'),
  top_p: row('options.top_p'),
  top_k: row('options.top_k'),
  min_p: row('options.min_p'),
  stop: row('options.stop'),
  seed: row('options.seed'),
  n: none,
  frequency_penalty: row('options.frequency_penalty'),
  presence_penalty: row('options.presence_penalty'),
  logit_bias: none,
  logprobs: row('logprobs'),
  top_logprobs: row('top_logprobs'),
  user: none,
  metadata: none,
  service_tier: none,
  verbosity: none,
  prompt_cache_key: none,
  safety_identifier: none,
  store: none,
  modalities: none,
  thinking: row('think', {
    changed:
      'an effort becomes `low`, `medium`, `high` or `max`; beside a budget or adaptive thinking `true`; a budget itself is lost',
  }),
  tools: row('tools'),
  strict_tools: none,
  tool_choice: row('tools', {
    changed:
      '`none` leaves the tools out; `auto` is what happens anyway; `required` and a tool by name are lost',
  }),
  parallel_tool_calls: row(null, { changed: 'true is what happens anyway; false is lost' }),
  json_object: row('format'),
  json_schema: row('format', { changed: 'its name, description and strict are not sent' }),
  participant_name: none,
  image_base64: row('messages[].images'),
  image_url: none,
  image_detail: none,
  document_base64: none,
  document_url: none,
  document_text: row('messages[].content', asText),
  audio: none,
  tool_result_image: row('messages[].images', { changed: 'images by address are lost' }),
  tool_result_document: row('messages[].content', {
    changed: `${asText.changed}; every other kind is lost`,
  }),
  tool_result_error: none,
  foreign_thinking: row('messages[].thinking', {
    changed: 'unsigned thinking goes back as `thinking`; what another dialect signed stays out',
  }),
  foreign_file: none,
  foreign_block: none,
  foreign_tool: none,
  cache_control: none,
}
