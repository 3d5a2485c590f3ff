import type { Block, Message, ToolCallBlock, ToolResultBlock } from '../../canonical/chat.ts'
import type { JsonObject } from '../../canonical/json.ts'
import { itemOf } from './reasoning.ts'
import { list, own } from './types.ts'
import { writeContent, writeOutputText, type Lost } from './write-parts.ts'

/**
 * The messages of a request as items, in their order. A reasoning item that came from this API goes back whole,
 * before the calls it led to.
 */
export function writeInput(messages: readonly Message[], lost: Lost): JsonObject[] {
  const customCalls = new Set<string>()
  return messages.flatMap((message) => {
    switch (message.role) {
      case 'assistant':
        return writeAssistant(message.content, customCalls, lost)
      case 'user':
        return writeUser(message.content, customCalls, lost)
      default:
        return [{ role: message.role, content: writeContent(message.content, lost) }]
    }
  })
}

function writeUser(blocks: readonly Block[], customCalls: ReadonlySet<string>, lost: Lost): JsonObject[] {
  const items: JsonObject[] = []
  let said: Block[] = []
  const flush = () => {
    if (said.length > 0) items.push({ role: 'user', content: writeContent(said, lost) })
    said = []
  }
  for (const block of blocks) {
    const item = block.type === 'tool_result' ? writeResult(block, customCalls, lost) : ownItem(block)
    if (item) {
      flush()
      items.push(item)
    } else said.push(block)
  }
  flush()
  return items.length === 0 ? [{ role: 'user', content: '' }] : items
}

function writeResult(block: ToolResultBlock, customCalls: ReadonlySet<string>, lost: Lost): JsonObject {
  if (block.isError) lost.add('tool_result_error')
  if (block.cache) lost.add('cache_control')
  return {
    type: customCalls.has(block.toolCallId) ? 'custom_tool_call_output' : 'function_call_output',
    call_id: block.toolCallId,
    output: writeContent(block.content, lost),
  }
}

function writeAssistant(blocks: readonly Block[], customCalls: Set<string>, lost: Lost): JsonObject[] {
  const items: JsonObject[] = []
  let parts: JsonObject[] = []
  const flush = () => {
    if (parts.length > 0) items.push({ role: 'assistant', content: onlyText(parts) ?? parts })
    parts = []
  }
  for (const block of blocks) {
    if (isEmptyBesideOthers(block, blocks)) continue
    if (block.type === 'text') parts.push(writeOutputText(block, lost))
    else if (block.type === 'refusal') parts.push({ type: 'refusal', refusal: block.text })
    else {
      const item = block.type === 'tool_call' ? writeCall(block, customCalls, lost) : ownItem(block)
      if (item) {
        flush()
        items.push(item)
      } else lost.add(isThinking(block) ? 'foreign_thinking' : 'foreign_block')
    }
  }
  flush()
  return items
}

/** An empty text before a call would become a message of its own that says nothing. */
const isEmptyBesideOthers = (block: Block, blocks: readonly Block[]): boolean =>
  block.type === 'text' && block.text === '' && blocks.length > 1

/** The text, where that says it all. */
function onlyText([part, ...more]: readonly JsonObject[]): unknown {
  const isPlain = more.length === 0 && part?.type === 'output_text' && list(part.annotations).length === 0
  return isPlain ? part.text : undefined
}

const isThinking = ({ type }: Block): boolean => type === 'thinking' || type === 'redacted_thinking'

/** An item that this dialect made, whole; `undefined` for everything else. */
function ownItem(block: Block): JsonObject | undefined {
  switch (block.type) {
    case 'thinking':
      return itemOf(own(block.signature))
    case 'redacted_thinking':
      return itemOf(own(block.data))
    case 'opaque':
      return own(block.block) as JsonObject | undefined
    default:
      return undefined
  }
}

function writeCall(block: ToolCallBlock, customCalls: Set<string>, lost: Lost): JsonObject {
  if (block.signature) lost.add('foreign_thinking')
  if (block.cache) lost.add('cache_control')
  const { id, name } = block
  if (block.kind === 'custom') {
    customCalls.add(id)
    return { type: 'custom_tool_call', call_id: id, name, input: block.arguments }
  }
  // A call without arguments may have come without a text; models read it as JSON.
  return { type: 'function_call', call_id: id, name, arguments: block.arguments || '{}' }
}
