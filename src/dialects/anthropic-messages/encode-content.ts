import type {
  Block,
  CacheMark,
  DocumentBlock,
  ImageBlock,
  MediaSource,
  Message,
  TextBlock,
  ToolCallBlock,
  ToolResultBlock,
} from '../../canonical/chat.ts'
import type { JsonObject } from '../../canonical/json.ts'
import { GatewayError } from '../../errors.ts'
import { argumentsObject, encodeOrigin } from './tool-call.ts'
import { dialect, own } from './types.ts'

/** Writes the content blocks of a request. `lost` collects the names of what could not be written. */

export function encodeCache(cache: CacheMark | undefined): JsonObject {
  return cache ? { cache_control: { type: 'ephemeral', ...(cache.ttl && { ttl: cache.ttl }) } } : {}
}

export function encodeText(block: TextBlock, lost: Set<string>): JsonObject {
  const citations = own(block.citations)
  if (block.citations && citations === undefined) lost.add('citations')
  return {
    type: 'text',
    text: block.text,
    ...(citations !== undefined && { citations }),
    ...encodeCache(block.cache),
  }
}

function encodeSource(source: MediaSource): JsonObject {
  switch (source.kind) {
    case 'base64':
      return { type: 'base64', media_type: source.mediaType, data: source.data }
    case 'url':
      return { type: 'url', url: source.url }
    case 'file':
      return { type: 'file', file_id: source.id }
    case 'text':
      return { type: 'text', media_type: 'text/plain', data: source.text }
  }
}

const isForeignFile = (source: MediaSource): boolean => source.kind === 'file' && source.dialect !== dialect

export function encodeImage(block: ImageBlock): JsonObject {
  return { type: 'image', source: encodeSource(block.source), ...encodeCache(block.cache) }
}

export function encodeDocument(block: DocumentBlock): JsonObject {
  return {
    type: 'document',
    source: encodeSource(plainText(block.source)),
    ...(block.title !== undefined && { title: block.title }),
    ...(block.context !== undefined && { context: block.context }),
    ...(block.citationsEnabled !== undefined && { citations: { enabled: block.citationsEnabled } }),
    ...encodeCache(block.cache),
  }
}

/** By value in base64 this API takes PDF alone; text has a source of its own. */
function plainText(source: MediaSource): MediaSource {
  if (source.kind !== 'base64' || !source.mediaType.startsWith('text/')) return source
  return { kind: 'text', text: Buffer.from(source.data, 'base64').toString('utf8') }
}

/**
 * Ids of tool calls may hold only letters, digits, `_` and `-` here; other dialects put dots, colons and
 * more into theirs. Each other character becomes its code, so that different ids stay different.
 */
const encodeId = (id: string): string =>
  id.replaceAll(/[^a-zA-Z0-9_-]/g, (character) => `_${character.charCodeAt(0).toString(16)}_`)

function encodeToolCall(block: ToolCallBlock, path: string, lost: Set<string>): JsonObject {
  const input = argumentsObject(block)
  if (!input)
    throw new GatewayError('invalid_request', {
      message: `${path}.arguments: found text that is not a JSON object, allowed: a JSON object as text.`,
      param: `${path}.arguments`,
    })
  if (block.signature && block.signature.dialect !== dialect) lost.add('foreign_thinking')
  return {
    type: 'tool_use',
    id: encodeId(block.id),
    name: block.name,
    input,
    ...encodeOrigin(block),
    ...encodeCache(block.cache),
  }
}

function encodeToolResult(block: ToolResultBlock, lost: Set<string>): JsonObject {
  const content = block.content.flatMap((part): JsonObject[] => {
    if (part.type === 'text') return part.text === '' ? [] : [encodeText(part, lost)]
    if (part.type === 'opaque') return encodeOpaque(own(part.block), lost)
    if (isForeignFile(part.source)) {
      lost.add('foreign_file')
      return []
    }
    return [part.type === 'image' ? encodeImage(part) : encodeDocument(part)]
  })
  return {
    type: 'tool_result',
    tool_use_id: encodeId(block.toolCallId),
    ...(content.length > 0 && { content }),
    ...(block.isError !== undefined && { is_error: block.isError }),
    ...encodeCache(block.cache),
  }
}

function encodeOpaque(value: unknown, lost: Set<string>): JsonObject[] {
  if (value !== undefined) return [value as JsonObject]
  lost.add('foreign_block')
  return []
}

/** Nothing for empty text, which the API refuses, and for what another dialect alone can read. */
function encodeBlock(block: Block, path: string, lost: Set<string>): JsonObject[] {
  switch (block.type) {
    case 'text':
      return block.text === '' ? [] : [encodeText(block, lost)]
    case 'refusal':
      return block.text === '' ? [] : [{ type: 'text', text: block.text }]
    case 'image':
    case 'document':
      if (isForeignFile(block.source)) lost.add('foreign_file')
      else return [block.type === 'image' ? encodeImage(block) : encodeDocument(block)]
      return []
    case 'tool_call':
      return [encodeToolCall(block, path, lost)]
    case 'tool_result':
      return [encodeToolResult(block, lost)]
    case 'thinking': {
      const signature = own(block.signature)
      if (signature !== undefined) return [{ type: 'thinking', thinking: block.text, signature }]
      lost.add('foreign_thinking')
      return []
    }
    case 'redacted_thinking': {
      const data = own(block.data)
      if (data !== undefined) return [{ type: 'redacted_thinking', data }]
      lost.add('foreign_thinking')
      return []
    }
    case 'opaque':
      return encodeOpaque(own(block.block), lost)
    case 'audio':
      lost.add('audio')
      return []
  }
}

const isThinking = (block: JsonObject): boolean =>
  block.type === 'thinking' || block.type === 'redacted_thinking'
const isResult = (block: JsonObject): boolean => block.type === 'tool_result'

/** The blocks that pass the test before those that don't, each group in its order. */
const first = (blocks: JsonObject[], test: (block: JsonObject) => boolean): JsonObject[] => [
  ...blocks.filter(test),
  ...blocks.filter((block) => !test(block)),
]

/**
 * User and assistant messages; system ones stand elsewhere. The API demands tool results at the very
 * beginning of the user turn that follows the calls, and an assistant turn with thinking to begin with it
 * (one that does may go on with more of it, between tools, so its order is kept). Messages in which nothing
 * is left are left out.
 */
export function encodeMessages(messages: readonly Message[], lost: Set<string>): JsonObject[] {
  const turns: { role: string; content: JsonObject[] }[] = []
  messages.forEach((message, at) => {
    if (message.role === 'system' || message.role === 'developer') return
    const content = message.content.flatMap((block, index) =>
      encodeBlock(block, `messages[${at}].content[${index}]`, lost),
    )
    if (content.length === 0) return
    const last = turns.at(-1)
    // The API joins user messages in a row into one turn, in which results would then follow other blocks.
    if (message.role === 'user' && last?.role === 'user' && content.some(isResult))
      last.content.push(...content)
    else turns.push({ role: message.role, content })
  })
  for (const turn of turns) {
    if (turn.role === 'user') turn.content = first(turn.content, isResult)
    else if (!isThinking(turn.content[0]!)) turn.content = first(turn.content, isThinking)
  }
  return turns
}
