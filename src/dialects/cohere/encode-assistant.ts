import type { Block, ToolCallBlock } from '../../canonical/chat.ts'
import type { JsonObject } from '../../canonical/json.ts'
import { encodePart } from './encode-parts.ts'
import { list, own, type Lost } from './types.ts'

/**
 * An assistant's message; none where it says nothing. Text beside calls is refused as content and goes as the plan
 * that led to them, which is where answers have it. Thinking is only taken where it is not switched off.
 */
export function encodeAssistant(blocks: Block[], mayThink: boolean, lost: Lost): JsonObject[] {
  const thinking: JsonObject[] = []
  const spoken: JsonObject[] = []
  const calls: JsonObject[] = []
  const citations: unknown[] = []
  for (const block of blocks) {
    if (block.type === 'tool_call') calls.push(encodeToolCall(block, lost))
    else if (block.type === 'thinking' && block.signature === undefined && mayThink)
      thinking.push({ type: 'thinking', thinking: block.text })
    else if (block.type === 'image' || block.type === 'document') lost.add('foreign_block')
    else {
      const part = encodePart(block, lost)
      if (part) spoken.push(part)
      if (block.type === 'text') citations.push(...list(own(block.citations)))
    }
  }
  const plan = calls.length > 0 ? spoken.map((part) => part.text).join('') : ''
  const content = encodeContent(thinking, calls.length > 0 ? [] : spoken)
  if (content === undefined && calls.length === 0) return []
  return [
    {
      role: 'assistant',
      ...(content !== undefined && { content }),
      ...(plan !== '' && { tool_plan: plan }),
      ...(calls.length > 0 && { tool_calls: calls }),
      ...(citations.length > 0 && { citations }),
    },
  ]
}

/** A string where that says it all, else parts; `undefined` where there is nothing. */
function encodeContent(thinking: JsonObject[], spoken: JsonObject[]): unknown {
  const parts = [...thinking, ...spoken.filter((part) => part.text !== '')]
  if (parts.length === 0) return undefined
  return parts.length === 1 && parts[0]!.type === 'text' ? parts[0]!.text : parts
}

function encodeToolCall(block: ToolCallBlock, lost: Lost): JsonObject {
  if (block.signature) lost.add('foreign_thinking')
  // Free text of an OpenAI `custom` tool: an object is all that this API has for arguments.
  const text = block.kind === 'custom' ? JSON.stringify({ input: block.arguments }) : block.arguments
  // A call without arguments may have come without a text, which the API would refuse to parse.
  const called = { name: block.name, arguments: text.trim() === '' ? '{}' : text }
  return { id: block.id, type: 'function', function: called }
}
