import type { ToolCallBlock } from '../../canonical/chat.ts'
import { isObject, parseJson, type JsonObject } from '../../canonical/json.ts'
import { GatewayError } from '../../errors.ts'
import { own, type Lost } from './types.ts'

/** `functionCall` with the signature of the thought that led to it, where this dialect made one. */
export function encodeToolCall(block: ToolCallBlock, path: string, lost: Lost): JsonObject {
  const signature = own(block.signature)
  if (block.signature && signature === undefined) lost.add('foreign_thinking')
  return {
    functionCall: { id: block.id, name: block.name, args: argumentsObject(block, path) },
    ...(signature !== undefined && { thoughtSignature: signature }),
  }
}

/** @throws GatewayError `invalid_request`: an object is all that this API has for arguments. */
function argumentsObject(block: ToolCallBlock, path: string): JsonObject {
  // Free text of an OpenAI `custom` tool.
  if (block.kind === 'custom') return { input: block.arguments }
  if (block.arguments.trim() === '') return {}
  try {
    const value = parseJson(block.arguments)
    if (isObject(value)) return value
  } catch {
    // Named below, as any other value that is no object.
  }
  throw new GatewayError('invalid_request', {
    message: `${path}.arguments: found text that is not a JSON object, allowed: a JSON object as text.`,
    param: `${path}.arguments`,
  })
}

/** Google's word for a call whose thought it never made: histories of other models, or callers that drop signatures. */
const unsignedCall = 'skip_thought_signature_validator'

/**
 * From generation 3 on the API refuses a turn whose first call has no signature.
 * Source: ai.google.dev/gemini-api/docs/thought-signatures.
 */
export function demandSignature(parts: readonly JsonObject[]): void {
  const first = parts.find((part) => part.functionCall !== undefined)
  if (first) first.thoughtSignature ??= unsignedCall
}
