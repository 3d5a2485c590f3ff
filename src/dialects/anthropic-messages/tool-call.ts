import type { Opaque, ToolCallBlock } from '../../canonical/chat.ts'
import { isObject, parseJson, type JsonObject } from '../../canonical/json.ts'
import { opaque, own } from './types.ts'

/**
 * What a `tool_use` block says beyond the call, kept in the block's `signature`: a `caller` other than the
 * model itself (code execution), a `toolset_name`.
 */
export function decodeOrigin(block: JsonObject): Opaque | undefined {
  const { caller, toolset_name } = block
  const indirect = isObject(caller) && caller.type !== 'direct'
  const named = toolset_name !== undefined && toolset_name !== null
  if (!indirect && !named) return undefined
  return opaque({ ...(indirect && { caller }), ...(named && { toolset_name }) })
}

export function encodeOrigin(block: ToolCallBlock): JsonObject {
  const origin = own(block.signature)
  return isObject(origin) ? origin : {}
}

/** The call's arguments as an object; `undefined` where they are none. No arguments at all are `{}`. */
export function argumentsObject(block: ToolCallBlock): JsonObject | undefined {
  // Free text of an OpenAI `custom` tool: an object is all that this API has for arguments.
  if (block.kind === 'custom') return { input: block.arguments }
  if (block.arguments.trim() === '') return {}
  try {
    const value = parseJson(block.arguments)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
