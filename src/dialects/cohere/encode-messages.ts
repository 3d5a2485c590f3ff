import type { Block, ChatRequest } from '../../canonical/chat.ts'
import type { JsonObject } from '../../canonical/json.ts'
import { encodeAssistant } from './encode-assistant.ts'
import { encodePart } from './encode-parts.ts'
import { encodeToolResult } from './encode-tool-result.ts'
import type { Lost } from './types.ts'

/**
 * The messages of a request. `tool` messages must follow the calls at once, so of a run of user messages the
 * results come first, then what else they hold, in order.
 */
export function encodeMessages({ messages, thinking }: ChatRequest, lost: Lost): JsonObject[] {
  const mayThink = thinking?.enabled !== false
  const written: JsonObject[] = []
  let deferred: JsonObject[] = []
  for (const message of messages) {
    if (message.role === 'user') {
      const results = message.content.filter((block) => block.type === 'tool_result')
      const rest = message.content.filter((block) => block.type !== 'tool_result')
      written.push(...results.map((result) => encodeToolResult(result, lost)))
      if (rest.length > 0 || results.length === 0)
        deferred.push({ role: 'user', content: encodeContent(rest, lost) })
      continue
    }
    written.push(...deferred)
    deferred = []
    if (message.role === 'assistant') written.push(...encodeAssistant(message.content, mayThink, lost))
    else written.push({ role: 'system', content: encodeContent(message.content, lost) })
  }
  return [...written, ...deferred]
}

/** A string where that says it all, else parts. */
function encodeContent(blocks: Block[], lost: Lost): unknown {
  const parts = blocks.map((block) => encodePart(block, lost)).filter((part) => part !== undefined)
  if (parts.length === 0) return ''
  return parts.length === 1 && parts[0]!.type === 'text' ? parts[0]!.text : parts
}
