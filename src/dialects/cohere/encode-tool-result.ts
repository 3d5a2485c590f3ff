import type { DocumentBlock, ToolResultBlock } from '../../canonical/chat.ts'
import type { JsonObject } from '../../canonical/json.ts'
import { defined } from '../openai-fields.ts'
import { encodePart } from './encode-parts.ts'
import type { Lost } from './types.ts'

/** A `tool` message: a string where that says it all, else parts. */
export function encodeToolResult({ toolCallId, content }: ToolResultBlock, lost: Lost): JsonObject {
  const parts = content
    .map((block) => (block.type === 'document' ? encodeDocument(block, lost) : encodePart(block, lost)))
    .filter((part) => part !== undefined)
  const isText = parts.length === 1 && parts[0]!.type === 'text'
  return {
    role: 'tool',
    tool_call_id: toolCallId,
    content: parts.length === 0 ? '' : isText ? parts[0]!.text : parts,
  }
}

/** A document in a result is a dictionary, all of which the model reads and can cite. */
function encodeDocument(block: DocumentBlock, lost: Lost): JsonObject | undefined {
  const { title, context, source } = block
  if (source.kind === 'text')
    return { type: 'document', document: { data: defined({ title, context, text: source.text }) } }
  lost.add('tool_result_document')
  return undefined
}
