/**
 * A chat call between the dialects: content blocks, not any provider's shape. Types and invariants only.
 *
 * - Enumerations keep `{ unified, raw }`: our word and the provider's own.
 * - What only its maker understands (signatures, encrypted reasoning, server-tool blocks) is an `Opaque`:
 *   it travels whole and goes back only to the dialect that made it.
 */
import type { RawJson } from './json.ts'
import type { Usage } from './usage.ts'

export type DialectName =
  | 'openai-chat'
  | 'openai-responses'
  | 'openai-completions'
  | 'openai-embeddings'
  | 'anthropic-messages'
  | 'gemini'
  | 'bedrock-converse'
  | 'cohere'
  | 'ollama'
  | 'openai-moderations'
  | 'openai-images'
  | 'openai-speech'
  | 'openai-transcriptions'
  | 'anthropic-token-count'
  | 'rerank'

/** A value that only its own dialect can read, carried whole. */
export interface Opaque {
  dialect: DialectName
  value: unknown
}

/** A provider's prompt-cache mark after this block or tool, as it came (`{type:'ephemeral', ttl?}`). */
export interface CacheMark {
  ttl?: '5m' | '1h'
}

/** Bytes by value, by address, or by a provider's file id. `text` is a plain-text document by value. */
export type MediaSource =
  | { kind: 'base64'; mediaType: string; data: string }
  | { kind: 'url'; url: string; mediaType?: string }
  | { kind: 'file'; dialect: DialectName; id: string; mediaType?: string }
  | { kind: 'text'; text: string }

export interface TextBlock {
  type: 'text'
  text: string
  /** Citations as their dialect writes them. */
  citations?: Opaque
  cache?: CacheMark
}
export interface ImageBlock {
  type: 'image'
  source: MediaSource
  /** OpenAI's `detail`: `low`, `high`, `auto`. */
  detail?: string
  cache?: CacheMark
}
export interface DocumentBlock {
  type: 'document'
  source: MediaSource
  /** File name or title. */
  title?: string
  context?: string
  /** Anthropic: `citations: { enabled }`. */
  citationsEnabled?: boolean
  cache?: CacheMark
}
export interface AudioBlock {
  type: 'audio'
  /** `wav`, `mp3`, … */
  format: string
  /** base64 */
  data: string
}
export interface ToolCallBlock {
  type: 'tool_call'
  id: string
  name: string
  /** The arguments as JSON text, exactly as produced; may be invalid JSON if the model was cut off. */
  arguments: string
  /** `function` unless the dialect has other kinds (OpenAI `custom`: `arguments` is free text then). */
  kind?: 'function' | 'custom'
  /** Gemini's thought signature and the like. */
  signature?: Opaque
  cache?: CacheMark
}
export interface ToolResultBlock {
  type: 'tool_result'
  toolCallId: string
  content: (TextBlock | ImageBlock | DocumentBlock | OpaqueBlock)[]
  isError?: boolean
  cache?: CacheMark
}
export interface ThinkingBlock {
  type: 'thinking'
  text: string
  /** The maker's signature over `text`; a block goes back as thinking only to the dialect named here. */
  signature?: Opaque
}
export interface RedactedThinkingBlock {
  type: 'redacted_thinking'
  data: Opaque
}
export interface RefusalBlock {
  type: 'refusal'
  text: string
}
/** A whole block of a kind only its dialect knows (server tool use and its results, containers, …). */
export interface OpaqueBlock {
  type: 'opaque'
  block: Opaque
}

export type Block =
  | TextBlock
  | ImageBlock
  | DocumentBlock
  | AudioBlock
  | ToolCallBlock
  | ToolResultBlock
  | ThinkingBlock
  | RedactedThinkingBlock
  | RefusalBlock
  | OpaqueBlock

/**
 * `system` may stand anywhere and several times, as in OpenAI's API; `developer` is a system message whose
 * sender said `developer`. Tool results stand in `user` messages, as blocks; consecutive OpenAI `tool`
 * messages become one such message, in order.
 */
export interface Message {
  role: 'system' | 'developer' | 'user' | 'assistant'
  content: Block[]
  /** OpenAI's participant `name`. */
  name?: string
}

export interface Tool {
  type: 'function'
  name: string
  description?: string
  /** JSON Schema. */
  parameters?: unknown
  strict?: boolean
  cache?: CacheMark
}
/** A tool that the provider runs (web search, code execution), or any kind only its dialect knows. */
export interface OpaqueTool {
  type: 'opaque'
  tool: Opaque
}

export type ToolChoice = { type: 'auto' | 'none' | 'required' } | { type: 'tool'; name: string }

export type ResponseFormat =
  | { type: 'text' }
  | { type: 'json_object' }
  | { type: 'json_schema'; name?: string; description?: string; schema: unknown; strict?: boolean }

/** How much the model may think. `budgetTokens` and `effort` are two ways of saying it; either, both or neither. */
export interface Thinking {
  enabled: boolean
  budgetTokens?: number
  /** `minimal low medium high xhigh max`, … as the caller wrote it. */
  effort?: string
  /** Anthropic `thinking.type: adaptive`. */
  adaptive?: boolean
  /** Anthropic `thinking.display`: `summarized`, `omitted`. */
  display?: string
}

export interface ChatRequest {
  /** The model as the target calls it. */
  model: string
  messages: Message[]
  stream: boolean
  /** OpenAI `stream_options.include_usage`: the caller wants the usage chunk. */
  includeUsage?: boolean
  tools?: (Tool | OpaqueTool)[]
  toolChoice?: ToolChoice
  parallelToolCalls?: boolean
  responseFormat?: ResponseFormat
  thinking?: Thinking
  maxOutputTokens?: number
  temperature?: number
  topP?: number
  topK?: number
  minP?: number
  stop?: string[]
  seed?: number | RawJson
  n?: number
  frequencyPenalty?: number
  presencePenalty?: number
  logitBias?: Record<string, number>
  logprobs?: boolean
  topLogprobs?: number
  /** An end user's stable id: OpenAI `user`, Anthropic `metadata.user_id`. */
  user?: string
  /** OpenAI `metadata`: free pairs kept with a stored completion. */
  metadata?: Record<string, string>
  serviceTier?: string
  verbosity?: string
  /** OpenAI `prompt_cache_key`. */
  promptCacheKey?: string
  /** OpenAI `safety_identifier`. */
  safetyIdentifier?: string
  store?: boolean
  modalities?: string[]
  /** Request fields only their dialect knows, by name; they go back to that dialect and are dropped by others. */
  extensions?: { dialect: DialectName; fields: Record<string, unknown> }
}

/** `stop_sequence` names in `Finish.stopSequence` what was met, where the provider says it. */
export type FinishReason =
  | 'stop'
  | 'stop_sequence'
  | 'length'
  | 'tool_calls'
  | 'content_filter'
  | 'refusal'
  | 'pause'
  | 'context_length'
  | 'other'

export interface Finish {
  unified: FinishReason
  /** The provider's own word. */
  raw: string
  stopSequence?: string
}

export interface Choice {
  index: number
  content: Block[]
  finish: Finish
  /** OpenAI-shaped log probabilities, as they came. */
  logprobs?: unknown
}

export interface ChatResponse {
  id: string
  /** The provider's own word for the model. */
  model: string
  /** Unix seconds; absent where the provider gives none. */
  created?: number
  choices: Choice[]
  usage?: Usage
  serviceTier?: string
  systemFingerprint?: string
  /** Answer fields only their dialect knows (`container`, `context_management`, …), by name. */
  extensions?: { dialect: DialectName; fields: Record<string, unknown> }
}
