import type { Carriage, FeatureRow, FeatureTable } from '../features.ts'

const row = (field: string | null, carriage: Carriage = 'carried'): FeatureRow => ({ field, carriage })
const none = row(null, 'dropped')
const config = (name: string, carriage?: Carriage): FeatureRow => row(`generationConfig.${name}`, carriage)
const media: Carriage = { changed: 'a title and a context become text before it' }
const address: Carriage = {
  changed:
    'http(s) and gs addresses alone; the media type is told by the name, else image/jpeg or application/pdf',
}
const inResponse: Carriage = {
  changed: 'before generation 3, and by address, put after the results, which name it',
}

/** Gemini's names, and what becomes of each feature on the way to it. */
export const features: FeatureTable = {
  max_output_tokens: config('maxOutputTokens', { changed: "at most the model's own maximum" }),
  temperature: config('temperature', { changed: 'clamped to 0..2' }),
  top_p: config('topP', { changed: 'clamped to 0..1' }),
  top_k: config('topK', { changed: 'below 1, which other APIs read as all, it is left out' }),
  min_p: none,
  stop: config('stopSequences', { changed: 'the first five that are not empty' }),
  seed: config('seed', { changed: 'left out beyond 32 bits' }),
  n: config('candidateCount', { changed: 'at most 8' }),
  frequency_penalty: config('frequencyPenalty', { changed: 'clamped to -2..2' }),
  presence_penalty: config('presencePenalty', { changed: 'clamped to -2..2' }),
  logit_bias: none,
  logprobs: config('responseLogprobs'),
  top_logprobs: config('logprobs', { changed: 'at most 20; left out without logprobs' }),
  user: none,
  metadata: row('labels', { changed: 'pairs that are no labels of Google Cloud are left out' }),
  service_tier: row('serviceTier', { changed: 'default becomes standard; auto is left out, scale is lost' }),
  verbosity: none,
  prompt_cache_key: none,
  safety_identifier: none,
  store: row('store'),
  modalities: none,
  thinking: config('thinkingConfig', {
    changed:
      'before generation 3 an effort becomes a budget, from there a budget becomes a level; within what the model takes',
  }),
  tools: row('tools[].functionDeclarations'),
  strict_tools: row('toolConfig.functionCallingConfig', {
    changed: 'one strict tool makes the whole choice `VALIDATED` where it would be `AUTO`',
  }),
  tool_choice: row('toolConfig.functionCallingConfig', { changed: 'left out without tools' }),
  parallel_tool_calls: row(null, { changed: 'calls are always parallel: false is lost' }),
  json_object: config('responseMimeType'),
  json_schema: config('responseJsonSchema', { changed: 'its name, description and strict are not sent' }),
  participant_name: none,
  image_base64: row('inlineData'),
  image_url: row('fileData', address),
  image_detail: none,
  document_base64: row('inlineData', media),
  document_url: row('fileData', address),
  document_text: row('text', { changed: 'becomes text, its title and context first' }),
  audio: row('inlineData'),
  tool_result_image: row('functionResponse.parts', inResponse),
  tool_result_document: row('functionResponse.parts', inResponse),
  tool_result_error: row('functionResponse.response.error'),
  foreign_thinking: row('thought', {
    changed: 'unsigned thinking goes back as thoughts; what another dialect signed stays out',
  }),
  foreign_file: row('fileData', 'dropped'),
  foreign_block: row('contents[].parts', 'dropped'),
  foreign_tool: row('tools', 'dropped'),
  cache_control: none,
}

/** Vertex AI refuses `store`. */
export const vertexFeatures: FeatureTable = { ...features, store: none }
