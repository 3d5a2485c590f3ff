/** How servers that speak OpenAI's chat completions differ in what they want to be sent. */
import type { FeatureTable } from '../features.ts'

export interface RequestStyle {
  features: FeatureTable
  /** OpenAI itself refuses `max_tokens` for reasoning models; most others know nothing else. */
  maxTokensField: 'max_completion_tokens' | 'max_tokens'
  seedField: 'seed' | 'random_seed'
  /** The word for "call some tool". */
  requiredChoice: 'required' | 'any'
  /** False writes `developer` messages as `system`: chat templates of open models know no other. */
  hasDeveloperRole: boolean
  /** Whether `stream_options: { include_usage: true }` is understood; the others send usage unasked. */
  asksForUsage: boolean
  /** The highest temperature taken; a higher one is clamped and named as lost. */
  maxTemperature: number
  /** The most stop sequences taken; those beyond are left out and named as lost. */
  maxStopSequences: number
  /** Words known for `reasoning_effort`; `undefined` takes any. Another word becomes `high`, named as lost. */
  efforts: ReadonlySet<string> | undefined
  /** How unsigned thinking of earlier turns goes back: not at all, as a message field, as parts of the content. */
  thinkingHistory: 'left out' | 'reasoning_content' | 'parts'
  /** Documents as OpenAI's `file` parts or as Mistral's `document_url` parts, which take data URLs too. */
  documentPart: 'file' | 'document_url'
  /** Audio as `{data, format}` or as the bare base64 text. */
  audioPart: 'object' | 'text'
  hasCustomTools: boolean
  /** Whether a function must say its `parameters` even if it takes none. */
  needsParameters: boolean
  /** Only ids of nine letters and digits are taken: others are replaced by a digest of themselves. */
  shortToolCallIds: boolean
  /** A `user` message may not follow a `tool` message: an assistant's "OK" is put between. */
  separatesToolAndUser: boolean
  /** A last assistant message must say that it is the answer's beginning: `prefix: true`. */
  marksPrefix: boolean
  /** The `extensions` fields that are sent on; the others are named as lost. */
  carriesExtension: (name: string) => boolean
}
