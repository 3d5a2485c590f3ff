import type {
  Block,
  Message,
  OpaqueBlock,
  TextBlock,
  ToolCallBlock,
  ToolResultBlock,
} from '../../canonical/chat.ts'
import type { JsonObject } from '../../canonical/json.ts'
import { shortToolCallId } from './tool-call-id.ts'
import type { RequestStyle } from './types.ts'
import { marked, writeContent, writePart, type Lost } from './write-parts.ts'

/**
 * The messages of a request. `tool` messages must follow the call at once, so of a run of user messages the
 * results come first, then what else they hold, in order.
 */
export function writeMessages(messages: readonly Message[], style: RequestStyle, lost: Lost): JsonObject[] {
  const written: JsonObject[] = []
  let deferred: JsonObject[] = []
  const flush = () => {
    for (const message of deferred) push(written, message, style)
    deferred = []
  }
  for (const message of messages) {
    if (message.role !== 'user') {
      flush()
      push(
        written,
        message.role === 'assistant'
          ? writeAssistant(message, style, lost)
          : writeSystem(message, style, lost),
        style,
      )
      continue
    }
    const results = message.content.filter((block) => block.type === 'tool_result')
    const rest = message.content.filter((block) => block.type !== 'tool_result')
    const media: JsonObject[] = []
    for (const result of results) written.push(writeToolMessage(result, media, style, lost))
    if (media.length > 0 || rest.length > 0 || results.length === 0)
      deferred.push(writeUser(message, media, rest, style, lost))
  }
  flush()
  const last = written.at(-1)
  if (style.marksPrefix && last?.role === 'assistant') last.prefix = true
  return written
}

function push(written: JsonObject[], message: JsonObject, style: RequestStyle): void {
  if (style.separatesToolAndUser && message.role === 'user' && written.at(-1)?.role === 'tool')
    written.push({ role: 'assistant', content: 'OK' })
  written.push(message)
}

function named(message: JsonObject, { name }: Message): JsonObject {
  return name === undefined ? message : { ...message, name }
}

function writeSystem(message: Message, style: RequestStyle, lost: Lost): JsonObject {
  const role = style.hasDeveloperRole ? message.role : 'system'
  return named({ role, content: writeContent(message.content, style, lost) }, message)
}

function writeUser(
  message: Message,
  media: JsonObject[],
  rest: Block[],
  style: RequestStyle,
  lost: Lost,
): JsonObject {
  if (media.length === 0) return named({ role: 'user', content: writeContent(rest, style, lost) }, message)
  const parts = rest.map((block) => writePart(block, style, lost)).filter((part) => part !== undefined)
  return named({ role: 'user', content: [...media, ...parts] }, message)
}

/** A tool's answer; what is no text moves to `media`, for the user message after, and the text says where it is. */
function writeToolMessage(
  result: ToolResultBlock,
  media: JsonObject[],
  style: RequestStyle,
  lost: Lost,
): JsonObject {
  if (result.isError) lost.add('tool_result_error')
  const id = toolCallId(result.toolCallId, style)
  const texts: TextBlock[] = []
  let moved = 0
  for (const block of result.content) {
    if ('cache' in block && block.cache) lost.add('cache_control')
    if (block.type === 'text') {
      texts.push({ type: 'text', text: block.text })
      continue
    }
    const part = writePart('cache' in block ? { ...block, cache: undefined } : block, style, lost)
    if (!part) continue
    if (part.type === 'text') {
      texts.push({ type: 'text', text: part.text as string })
      continue
    }
    const label = `${block.type === 'image' ? 'Image' : 'Document'} ${++moved} of tool result ${id}`
    texts.push({ type: 'text', text: `[${label}: in the user message below]` })
    media.push({ type: 'text', text: `${label}:` }, part)
  }
  const last = texts.at(-1)
  if (last && result.cache) last.cache = result.cache
  return { role: 'tool', tool_call_id: id, content: writeContent(texts, style, lost) }
}

const toolCallId = (id: string, style: RequestStyle): string =>
  style.shortToolCallIds ? shortToolCallId(id) : id

function writeAssistant(message: Message, style: RequestStyle, lost: Lost): JsonObject {
  const written: JsonObject = { role: 'assistant' }
  const spoken: Block[] = []
  const calls: JsonObject[] = []
  let thinking = ''
  let refusal = ''
  for (const block of message.content) {
    if (block.type === 'tool_call') calls.push(writeToolCall(block, style, lost))
    else if (block.type === 'refusal') refusal += block.text
    else if (
      block.type === 'thinking' &&
      block.signature === undefined &&
      style.thinkingHistory !== 'left out'
    )
      thinking += block.text
    else if (block.type === 'opaque' && isOwnAudio(block))
      written.audio = { id: (block.block.value as JsonObject).id }
    else if (block.type === 'image' || block.type === 'document') lost.add('foreign_block')
    else spoken.push(block)
  }
  const content = writeContent(spoken, style, lost)
  // Where there is a call or a refusal, an absent text is null; an empty list would be refused.
  const isEmpty = content.length === 0
  written.content = isEmpty ? (calls.length > 0 || refusal !== '' ? null : '') : content
  if (thinking !== '') addThinking(written, thinking, style)
  if (refusal !== '') written.refusal = refusal
  if (calls.length > 0) written.tool_calls = calls
  return named(written, message)
}

function addThinking(written: JsonObject, text: string, style: RequestStyle): void {
  if (style.thinkingHistory === 'reasoning_content') {
    written.reasoning_content = text
    return
  }
  const { content } = written
  const spoken = Array.isArray(content) ? content : content ? [{ type: 'text', text: content }] : []
  written.content = [{ type: 'thinking', thinking: [{ type: 'text', text }] }, ...spoken]
}

const isOwnAudio = ({ block }: OpaqueBlock): boolean =>
  block.dialect === 'openai-chat' && (block.value as JsonObject).type === 'audio'

function writeToolCall(block: ToolCallBlock, style: RequestStyle, lost: Lost): JsonObject {
  if (block.signature) lost.add('foreign_thinking')
  const id = toolCallId(block.id, style)
  if (block.kind === 'custom')
    return { id, type: 'custom', custom: { name: block.name, input: block.arguments } }
  // A call without arguments may have come without a text; servers parse it as JSON.
  const called = { name: block.name, arguments: block.arguments || '{}' }
  return marked({ id, type: 'function', function: called }, block)
}
