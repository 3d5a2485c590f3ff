import type { FeatureTable } from '../features.ts'

const part = 'messages[].content[]'
const carried = 'carried'
const dropped = 'dropped'
const besideTools = 'left out beside tools, with which the API refuses it'

/**
 * What Cohere's chat takes, and what becomes of each feature on the way to it. Limits of values are those of its
 * reference and of the messages with which it refuses others.
 */
export const features = {
  max_output_tokens: { field: 'max_tokens', carriage: { changed: "at most the model's own maximum" } },
  temperature: { field: 'temperature', carriage: { changed: 'clamped to 0..1' } },
  top_p: { field: 'p', carriage: { changed: 'clamped to 0.01..0.99' } },
  top_k: { field: 'k', carriage: { changed: 'clamped to 0..500; 0 and below mean none' } },
  min_p: { field: null, carriage: dropped },
  stop: { field: 'stop_sequences', carriage: { changed: 'the first five' } },
  seed: { field: 'seed', carriage: { changed: 'a negative one is left out' } },
  n: { field: null, carriage: dropped },
  frequency_penalty: { field: 'frequency_penalty', carriage: { changed: 'clamped to 0..1' } },
  presence_penalty: {
    field: 'presence_penalty',
    carriage: { changed: 'clamped to 0..1; left out beside frequency_penalty' },
  },
  logit_bias: { field: null, carriage: dropped },
  logprobs: {
    field: 'logprobs',
    carriage: { changed: 'one of a piece of text, which may be several tokens' },
  },
  top_logprobs: { field: null, carriage: dropped },
  user: { field: null, carriage: dropped },
  metadata: { field: null, carriage: dropped },
  service_tier: { field: null, carriage: dropped },
  verbosity: { field: null, carriage: dropped },
  prompt_cache_key: { field: null, carriage: dropped },
  safety_identifier: { field: null, carriage: dropped },
  store: { field: null, carriage: dropped },
  modalities: { field: null, carriage: dropped },
  thinking: {
    field: 'thinking',
    carriage: { changed: 'an effort becomes a budget of tokens; an effort without thinking is left out' },
  },
  tools: { field: 'tools', carriage: carried },
  strict_tools: {
    field: 'strict_tools',
    carriage: { changed: 'is for all tools: set where every tool is strict and demands a parameter' },
  },
  tool_choice: {
    field: 'tool_choice',
    carriage: { changed: 'a named tool becomes REQUIRED, with that tool as the only one offered' },
  },
  parallel_tool_calls: { field: null, carriage: dropped },
  json_object: { field: 'response_format', carriage: { changed: besideTools } },
  json_schema: {
    field: 'response_format',
    carriage: { changed: `its name, description and strict are not sent; ${besideTools}` },
  },
  participant_name: { field: null, carriage: dropped },
  image_base64: { field: `${part}.image_url`, carriage: carried },
  image_url: { field: `${part}.image_url`, carriage: carried },
  image_detail: {
    field: `${part}.image_url.detail`,
    carriage: { changed: 'low, high, auto; others are left out' },
  },
  document_base64: { field: null, carriage: dropped },
  document_url: { field: null, carriage: dropped },
  document_text: {
    field: `${part}.text`,
    carriage: { changed: 'a document of plain text becomes a text part, its title first' },
  },
  audio: { field: null, carriage: dropped },
  tool_result_image: { field: null, carriage: dropped },
  tool_result_document: {
    field: `${part}.document`,
    carriage: { changed: 'of plain text alone; others are left out' },
  },
  tool_result_error: { field: null, carriage: dropped },
  foreign_thinking: {
    field: `${part}.thinking`,
    carriage: {
      changed: 'unsigned thinking goes back as `thinking` parts; what another dialect signed stays out',
    },
  },
  foreign_file: { field: null, carriage: dropped },
  foreign_block: { field: null, carriage: dropped },
  foreign_tool: { field: null, carriage: dropped },
  cache_control: { field: null, carriage: dropped },
} as const satisfies FeatureTable
