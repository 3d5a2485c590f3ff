import type { Block, ChatResponse, Finish } from '../../canonical/chat.ts'
import { isObject, type JsonObject } from '../../canonical/json.ts'
import { GatewayError } from '../../errors.ts'
import { dialect, finishByStopReason, opaque, text } from './types.ts'
import { decodeUsage } from './usage.ts'

/** The detail is for the log; the caller reads that the provider failed. */
export const notOfThisDialect = (detail: string): GatewayError =>
  new GatewayError('upstream_error', { cause: new Error(`bedrock-converse: ${detail}`) })

/** An answer tells neither an id nor its model; both are empty here. */
export const envelope = { id: '', model: '' } as const

/** @throws GatewayError `upstream_error`. */
export function decodeResponse(body: unknown): ChatResponse {
  const message = isObject(body) && isObject(body.output) ? body.output.message : undefined
  if (!isObject(body) || !isObject(message) || !Array.isArray(message.content))
    throw notOfThisDialect('the answer has no message')
  const content = message.content.flatMap(decodeBlock)
  const usage = decodeUsage(body.usage)
  const extensions = decodeExtensions(body)
  return {
    ...envelope,
    choices: [{ index: 0, content, finish: decodeFinish(body, content.some(isCall)) }],
    ...(usage && { usage }),
    ...(extensions && { extensions }),
  }
}

export const isCall = ({ type }: Block): boolean => type === 'tool_call'

const answerFields: ReadonlySet<string> = new Set(['output', 'stopReason', 'usage'])
/** Fields of stream events with a place in the canonical form; `p` is padding. */
const eventFields: ReadonlySet<string> = new Set(['stopReason', 'usage', 'p'])

/** `metrics`, `trace`, `serviceTier`, `performanceConfig`, `additionalModelResponseFields`, … */
export const decodeExtensions = (body: JsonObject): ChatResponse['extensions'] =>
  extensionsOf(body, answerFields)

/** The same of a `messageStop` or `metadata` event. */
export const decodeEventExtensions = (event: JsonObject): ChatResponse['extensions'] =>
  extensionsOf(event, eventFields)

function extensionsOf(from: JsonObject, known: ReadonlySet<string>): ChatResponse['extensions'] {
  const fields = Object.fromEntries(
    Object.entries(from).filter(([name, value]) => value !== null && !known.has(name)),
  )
  return Object.keys(fields).length > 0 ? { dialect, fields } : undefined
}

/** Some models say `end_turn` after tool calls, whose callers run them only after `tool_calls`. */
export function decodeFinish(from: JsonObject, calledTools: boolean): Finish {
  const raw = text(from.stopReason)
  const unified = finishByStopReason.get(raw) ?? 'other'
  const more = from.additionalModelResponseFields
  const stopSequence = isObject(more) ? more.stop_sequence : undefined
  return {
    unified: unified === 'stop' && calledTools ? 'tool_calls' : unified,
    raw,
    ...(typeof stopSequence === 'string' && { stopSequence }),
  }
}

/**
 * The block of an answer, none for empty text. Tolerant where a request is not: a provider's slip must not cost
 * the caller an answer that is paid for.
 */
export function decodeBlock(wire: unknown): Block[] {
  if (!isObject(wire)) throw notOfThisDialect('a content block is not an object')
  if (typeof wire.text === 'string') return wire.text === '' ? [] : [{ type: 'text', text: wire.text }]
  const { toolUse, reasoningContent, citationsContent, image } = wire
  if (isObject(toolUse) && isOwnTool(toolUse))
    return [{ ...decodeCall(toolUse), arguments: JSON.stringify(toolUse.input ?? {}) }]
  if (isObject(reasoningContent)) return [decodeReasoning(reasoningContent)]
  if (isObject(citationsContent)) return [decodeCited(citationsContent)]
  if (isObject(image) && isObject(image.source) && typeof image.source.bytes === 'string') {
    const mediaType = `image/${text(image.format) || 'png'}`
    return [{ type: 'image', source: { kind: 'base64', mediaType, data: image.source.bytes } }]
  }
  return [{ type: 'opaque', block: opaque(wire) }]
}

/** Tools of the caller; those that run at the provider have a type of their own, `server_tool_use`. */
export const isOwnTool = ({ type }: JsonObject): boolean => (type ?? 'tool_use') === 'tool_use'

export const decodeCall = (toolUse: JsonObject): Extract<Block, { type: 'tool_call' }> => ({
  type: 'tool_call',
  id: text(toolUse.toolUseId),
  name: text(toolUse.name),
  arguments: '',
})

function decodeReasoning(reasoning: JsonObject): Block {
  if (reasoning.redactedContent !== undefined)
    return { type: 'redacted_thinking', data: opaque(reasoning.redactedContent) }
  const wire = isObject(reasoning.reasoningText) ? reasoning.reasoningText : {}
  const signature = text(wire.signature)
  return {
    type: 'thinking',
    text: text(wire.text),
    ...(signature !== '' && { signature: opaque(signature) }),
  }
}

/** Text with what it cites; the API tells it in one piece or several, which belong together. */
function decodeCited({ content, citations }: JsonObject): Block {
  const pieces = Array.isArray(content) ? content.filter(isObject) : []
  return {
    type: 'text',
    text: pieces.map((piece) => text(piece.text)).join(''),
    ...(Array.isArray(citations) && { citations: opaque(citations) }),
  }
}
