/** What an assistant's message and a stream's delta have in common. */
import type { Finish, FinishReason, ToolCallBlock } from '../../canonical/chat.ts'
import { isObject, type JsonObject } from '../../canonical/json.ts'
import { GatewayError } from '../../errors.ts'
import { thoughtSignature } from './read-messages.ts'
import { thinkingText } from './read-parts.ts'

export const text = (value: unknown): string => (typeof value === 'string' ? value : '')
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
export const integer = (value: unknown): number | undefined =>
  Number.isSafeInteger(value) ? (value as number) : undefined

export const notAnAnswer = (what: string): GatewayError =>
  new GatewayError('upstream_error', {
    cause: new Error(`the provider's answer is not a chat completion: ${what}`),
  })

/** Reasoning in clear: DeepSeek, vLLM and others write `reasoning_content`, Ollama, Groq and OpenRouter `reasoning`. */
export const reasoningText = (message: JsonObject): string =>
  text(message.reasoning_content) || text(message.reasoning)

export type AnswerPart = { kind: 'text' | 'thinking'; text: string } | { kind: 'opaque'; value: JsonObject }

/** `content`: text, or Mistral's list of `thinking` and `text` parts next to parts only it understands. */
export function answerParts(content: unknown): AnswerPart[] {
  if (typeof content === 'string') return content === '' ? [] : [{ kind: 'text', text: content }]
  return list(content).filter(isObject).map(answerPart)
}

function answerPart(part: JsonObject): AnswerPart {
  if (part.type === 'text') return { kind: 'text', text: text(part.text) }
  if (part.type === 'thinking') return { kind: 'thinking', text: thinkingText(part.thinking) }
  return { kind: 'opaque', value: part }
}

/** What a tool call says of itself; in a stream every field may be missing from a piece. */
export interface CallPiece {
  id: string
  name: string
  arguments: string
  kind: ToolCallBlock['kind']
  signature: string | undefined
}

export function callPiece(call: JsonObject): CallPiece {
  const custom = isObject(call.custom) ? call.custom : undefined
  const called = isObject(call.function) ? call.function : {}
  return {
    id: text(call.id),
    name: text(custom ? custom.name : called.name),
    arguments: custom ? text(custom.input) : argumentsText(called.arguments),
    kind: custom ? 'custom' : undefined,
    signature: thoughtSignature(call),
  }
}

/** Some servers write the arguments as an object instead of its text. */
const argumentsText = (value: unknown): string => (isObject(value) ? JSON.stringify(value) : text(value))

export function callBlock(piece: CallPiece, id: string, pieces: string): ToolCallBlock {
  const block: ToolCallBlock = { type: 'tool_call', id, name: piece.name, arguments: pieces }
  if (piece.kind) block.kind = piece.kind
  if (piece.signature) block.signature = { dialect: 'gemini', value: piece.signature }
  return block
}

const reasons: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  // Together, and servers that pass the model's own word on.
  eos: 'stop',
  length: 'length',
  tool_calls: 'tool_calls',
  function_call: 'tool_calls',
  content_filter: 'content_filter',
  // Mistral: the context is full.
  model_length: 'context_length',
}

/**
 * Why the model stopped. A `stop` after tool calls is `tool_calls` (so end forced calls and some servers' own),
 * one after a refusal is `refusal`; vLLM names the stop sequence that it met beside it.
 */
export function readFinish(choice: JsonObject, blocks: { calls: boolean; refusal: boolean }): Finish {
  const raw = text(choice.finish_reason)
  const unified = (Object.hasOwn(reasons, raw) ? reasons[raw] : undefined) ?? 'other'
  if (unified !== 'stop') return { unified, raw }
  if (blocks.calls) return { unified: 'tool_calls', raw }
  if (blocks.refusal) return { unified: 'refusal', raw }
  const met = text(choice.stop_reason)
  return met === '' ? { unified, raw } : { unified: 'stop_sequence', raw, stopSequence: met }
}

const words: Readonly<Record<FinishReason, string>> = {
  stop: 'stop',
  stop_sequence: 'stop',
  length: 'length',
  tool_calls: 'tool_calls',
  content_filter: 'content_filter',
  refusal: 'content_filter',
  pause: 'stop',
  context_length: 'length',
  other: 'stop',
}

/** OpenAI's word. A refusal with its own text ends with `stop` there; calls are never hidden behind a `stop`. */
export function writeFinish(finish: Finish, blocks: { calls: boolean; refusal: boolean }): string {
  if (finish.unified === 'refusal' && blocks.refusal) return 'stop'
  const word = words[finish.unified]
  return word === 'stop' && blocks.calls ? 'tool_calls' : word
}

const tiers = new Set(['auto', 'default', 'flex', 'scale', 'priority'])

/** The service tier in OpenAI's words; another dialect's word that has none is left out. */
export const writeTier = (tier: string | undefined): string | undefined =>
  tier === 'standard' ? 'default' : tier !== undefined && tiers.has(tier) ? tier : undefined

/** OpenAI's log probabilities have both lists, each of which may be null. */
export const writeLogprobs = (logprobs: unknown): JsonObject | null =>
  isObject(logprobs)
    ? { ...logprobs, content: logprobs.content ?? null, refusal: logprobs.refusal ?? null }
    : null

const ownFields: ReadonlySet<string> = new Set([
  ...['id', 'object', 'created', 'model', 'choices', 'usage', 'service_tier', 'system_fingerprint'],
  ...['obfuscation', 'error'],
])

/** A field of the answer that has no place in the canonical form and says something. */
export const isExtension = (name: string, value: unknown): boolean =>
  value !== null && value !== undefined && !ownFields.has(name)
