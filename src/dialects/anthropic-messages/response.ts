import type {
  Block,
  ChatResponse,
  Finish,
  RedactedThinkingBlock,
  ThinkingBlock,
  ToolCallBlock,
} from '../../canonical/chat.ts'
import { isObject, type JsonObject } from '../../canonical/json.ts'
import type { Usage } from '../../canonical/usage.ts'
import { GatewayError } from '../../errors.ts'
import { carryReasoning } from '../carried-reasoning.ts'
import { encodeDocument, encodeImage } from './encode-content.ts'
import { argumentsObject, decodeOrigin, encodeOrigin } from './tool-call.ts'
import { answerFields, dialect, finishByStopReason, opaque, own, stopReasonByFinish } from './types.ts'
import { decodeUsage, encodeUsage, usageExtras } from './usage.ts'

/** The detail is for the log; the caller reads that the provider failed. */
export const notOfThisDialect = (detail: string): GatewayError =>
  new GatewayError('upstream_error', { cause: new Error(`anthropic-messages: ${detail}`) })

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Servers that imitate this API may leave out `type`; the list of blocks is what makes a message. */
export const isAnswer = (body: JsonObject): body is JsonObject & { content: unknown[] } =>
  Array.isArray(body.content) && (body.type ?? 'message') === 'message'

/** @throws GatewayError `upstream_error`. */
export function decodeResponse(body: unknown): ChatResponse {
  if (!isObject(body) || !isAnswer(body)) throw notOfThisDialect('the answer is not a message')
  const usage = decodeUsage(body.usage)
  return {
    ...decodeEnvelope(body),
    choices: [{ index: 0, content: body.content.map(decodeBlock), finish: decodeFinish(body) }],
    ...(usage && { usage }),
  }
}

/** What an answer says about itself before its content. */
export function decodeEnvelope(
  message: JsonObject,
): Pick<ChatResponse, 'id' | 'model' | 'serviceTier' | 'extensions'> {
  const tier = isObject(message.usage) ? message.usage.service_tier : undefined
  const extensions = decodeExtensions(message, message.usage)
  return {
    id: text(message.id),
    model: text(message.model),
    ...(typeof tier === 'string' && { serviceTier: tier }),
    ...(extensions && { extensions }),
  }
}

/** `container`, `stop_details`, … and what `usage` holds besides tokens, under its own name. */
export function decodeExtensions(from: JsonObject, usage: unknown): ChatResponse['extensions'] {
  const fields: JsonObject = {}
  for (const [name, value] of Object.entries(from))
    if (value !== null && !answerFields.has(name)) fields[name] = value
  const extras = usageExtras(usage)
  if (Object.keys(extras).length > 0) fields.usage = extras
  return Object.keys(fields).length > 0 ? { dialect, fields } : undefined
}

export function decodeFinish({ stop_reason, stop_sequence }: JsonObject): Finish {
  const raw = text(stop_reason)
  return {
    unified: finishByStopReason.get(raw) ?? 'other',
    raw,
    ...(typeof stop_sequence === 'string' && { stopSequence: stop_sequence }),
  }
}

/**
 * A block of an answer. Tolerant where a request is not: a provider's slip must not cost the caller an
 * answer that is paid for.
 */
export function decodeBlock(block: unknown): Block {
  if (!isObject(block)) throw notOfThisDialect('a content block is not an object')
  switch (block.type) {
    case 'text':
      return {
        type: 'text',
        text: text(block.text),
        ...(Array.isArray(block.citations) && { citations: opaque(block.citations) }),
      }
    case 'thinking': {
      const signature = text(block.signature)
      return {
        type: 'thinking',
        text: text(block.thinking),
        ...(signature !== '' && { signature: opaque(signature) }),
      }
    }
    case 'redacted_thinking':
      return { type: 'redacted_thinking', data: opaque(block.data) }
    case 'tool_use': {
      const signature = decodeOrigin(block)
      return {
        type: 'tool_call',
        id: text(block.id),
        name: text(block.name),
        arguments: JSON.stringify(block.input ?? {}),
        ...(signature && { signature }),
      }
    }
    default:
      return { type: 'opaque', block: opaque(block) }
  }
}

/** Only the first choice: `n` does not exist here, so the target was never asked for more. */
export function encodeResponse(response: ChatResponse): JsonObject {
  const choice = response.choices.find(({ index }) => index === 0) ?? response.choices[0]
  const content = choice?.content ?? []
  const fields = ownExtensions(response.extensions)
  return {
    id: response.id,
    type: 'message',
    role: 'assistant',
    model: response.model,
    content: content.flatMap(encodeBlock),
    ...encodeFinish(choice?.finish, {
      refused: content.some((block) => block.type === 'refusal'),
      calls: content.some((block) => block.type === 'tool_call'),
    }),
    ...fields.message,
    usage: { ...encodeUsage(response.usage), ...encodeServiceTier(response.serviceTier), ...fields.usage },
  }
}

/** This dialect's own answer fields, those of `usage` apart. */
export function ownExtensions(extensions: ChatResponse['extensions']): {
  message: JsonObject
  usage: JsonObject
} {
  if (extensions?.dialect !== dialect) return { message: {}, usage: {} }
  const { usage, ...message } = extensions.fields
  return { message, usage: isObject(usage) ? usage : {} }
}

const serviceTiers: ReadonlyMap<string, string> = new Map(
  Object.entries({
    standard: 'standard',
    default: 'standard',
    priority: 'priority',
    batch: 'batch',
  }),
)

export function encodeServiceTier(tier: string | undefined): JsonObject {
  const known = tier === undefined ? undefined : serviceTiers.get(tier)
  return known === undefined ? {} : { service_tier: known }
}

/**
 * A word of this API stays as it is, unless the answer was found to have ended otherwise (Bedrock, which shares
 * the words, may say `end_turn` after calls). Another dialect's `stop` becomes `refusal` or `tool_use` where the
 * content says so: OpenAI finishes a refusal with `stop`, some servers calls too, and a caller of this API
 * runs tools only after `tool_use`.
 */
export function encodeFinish(
  finish: Finish | undefined,
  content: { refused: boolean; calls: boolean },
): { stop_reason: string; stop_sequence: string | null } {
  const known = finish !== undefined && finishByStopReason.get(finish.raw) === finish.unified
  const unified = finish?.unified ?? 'stop'
  const plain = unified === 'stop' || unified === 'other'
  const stop_sequence = finish?.stopSequence ?? null
  if (known) return { stop_reason: finish.raw, stop_sequence }
  if (plain && content.refused) return { stop_reason: 'refusal', stop_sequence }
  if (plain && content.calls) return { stop_reason: 'tool_use', stop_sequence }
  if (plain && stop_sequence !== null) return { stop_reason: 'stop_sequence', stop_sequence }
  return { stop_reason: stopReasonByFinish[unified], stop_sequence }
}

/**
 * Nothing for what an answer of this API has no place for: empty text (which it would refuse when it comes
 * back), audio, and blocks that another dialect alone can read.
 */
export function encodeBlock(block: Block): JsonObject[] {
  switch (block.type) {
    case 'text': {
      const citations = own(block.citations)
      if (block.text === '' && citations === undefined) return []
      return [{ type: 'text', text: block.text, ...(citations !== undefined && { citations }) }]
    }
    case 'refusal':
      return block.text === '' ? [] : [{ type: 'text', text: block.text }]
    case 'thinking':
      return [{ type: 'thinking', thinking: block.text, signature: encodeSignature(block) }]
    case 'redacted_thinking':
      return [{ type: 'redacted_thinking', data: encodeSignature(block) }]
    case 'tool_call':
      return [...encodeCallSignature(block), encodeToolUse(block, toolInput(block))]
    case 'image':
      return [encodeImage(block)]
    case 'document':
      return [encodeDocument(block)]
    case 'opaque': {
      const value = own(block.block)
      return value === undefined ? [] : [value as JsonObject]
    }
    case 'audio':
    case 'tool_result':
      return []
  }
}

/** The signature of this dialect as it is; another's carried along, so that the caller sends it back. */
export function encodeSignature(block: ThinkingBlock | RedactedThinkingBlock): unknown {
  return own(block.type === 'thinking' ? block.signature : block.data) ?? carryReasoning(block)
}

/** `tool_use` has no place for another dialect's signature, which therefore has a redacted block before the call. */
export function encodeCallSignature(block: ToolCallBlock): JsonObject[] {
  if (block.signature === undefined || block.signature.dialect === dialect) return []
  return [{ type: 'redacted_thinking', data: carryReasoning(block) }]
}

export const encodeToolUse = (block: ToolCallBlock, input: JsonObject): JsonObject => ({
  type: 'tool_use',
  id: block.id,
  name: block.name,
  input,
  caller: { type: 'direct' },
  ...encodeOrigin(block),
})

/**
 * Arguments that are no JSON object (the model was cut off, or wrote nonsense) come whole as `{ _raw }`.
 * Nothing is lost, and a tool's schema refuses it; an object mended from half a text could pass for a whole
 * call and be run.
 */
const toolInput = (block: ToolCallBlock): JsonObject => argumentsObject(block) ?? { _raw: block.arguments }

export const readUsage = (body: JsonObject): Usage | undefined => decodeUsage(body.usage)
