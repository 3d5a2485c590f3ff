import type { Carriage, FeatureRow, FeatureTable } from '../features.ts'

const row = (field: string | null, carriage: Carriage = 'carried'): FeatureRow => ({ field, carriage })
const none = row(null, 'dropped')

/** Converse's names, and what becomes of each feature on the way to it. */
export const features: FeatureTable = {
  max_output_tokens: row('inferenceConfig.maxTokens', { changed: "at most the model's own maximum" }),
  temperature: row('inferenceConfig.temperature', {
    changed: 'clamped to 0..1; for Claude left out beside thinking, and beside top_p if it is 1',
  }),
  top_p: row('inferenceConfig.topP', {
    changed: 'clamped to 0..1; for Claude left out beside temperature, and below 0.95 beside thinking',
  }),
  top_k: row('additionalModelRequestFields.top_k', { changed: 'for Claude (not beside thinking) and Nova' }),
  min_p: none,
  stop: row('inferenceConfig.stopSequences', { changed: 'empty sequences are left out' }),
  seed: none,
  n: none,
  frequency_penalty: none,
  presence_penalty: none,
  logit_bias: none,
  logprobs: none,
  top_logprobs: none,
  user: none,
  metadata: row('requestMetadata', { changed: 'pairs beyond 16 or with other characters are left out' }),
  service_tier: row('serviceTier.type', { changed: 'auto says nothing; scale and others are left out' }),
  verbosity: none,
  prompt_cache_key: none,
  safety_identifier: none,
  store: none,
  modalities: none,
  thinking: row('additionalModelRequestFields', {
    changed: 'in the words of Claude, Nova 2, OpenAI and Moonshot; other models are not asked',
  }),
  tools: row('toolConfig.tools', {
    changed: 'without tools, those called in the history are declared, because the API demands some',
  }),
  strict_tools: row('toolSpec.strict'),
  tool_choice: row('toolConfig.toolChoice', {
    changed: 'none leaves the tools out, or is left out if the history has calls; auto beside thinking',
  }),
  parallel_tool_calls: none,
  json_object: none,
  json_schema: row('outputConfig.textFormat', { changed: 'its strict is not sent' }),
  participant_name: none,
  image_base64: row('image'),
  image_url: none,
  image_detail: none,
  document_base64: row('document', { changed: 'characters that the API refuses in names are replaced' }),
  document_url: none,
  document_text: row('document', { changed: 'characters that the API refuses in names are replaced' }),
  audio: none,
  tool_result_image: row('toolResult.content', { changed: 'by value alone' }),
  tool_result_document: row('toolResult.content', { changed: 'by value alone' }),
  tool_result_error: row('toolResult.status', { changed: 'for Claude and Nova' }),
  foreign_thinking: row('reasoningContent', 'dropped'),
  foreign_file: none,
  foreign_block: row('messages[].content', 'dropped'),
  foreign_tool: row('toolConfig.tools', 'dropped'),
  cache_control: row('cachePoint', { changed: 'for Claude; a mark inside a tool result goes after it' }),
}
