import type {
  Block,
  CacheMark,
  DocumentBlock,
  ImageBlock,
  MediaSource,
  Message,
  Opaque,
  OpaqueBlock,
  TextBlock,
  ThinkingBlock,
  ToolCallBlock,
  ToolResultBlock,
} from '../../canonical/chat.ts'
import type { JsonObject } from '../../canonical/json.ts'
import { isCarried, readCarried } from '../carried-reasoning.ts'
import {
  array,
  object,
  optionalBoolean,
  optionalObject,
  optionalString,
  string,
  word,
  wrongShape,
} from './shape.ts'
import type { UnknownFields } from './shape.ts'
import { decodeOrigin } from './tool-call.ts'
import { dialect, opaque } from './types.ts'

/** Reads the content blocks of a request. `path` is where the value stands: `messages[2].content[0]`. */

const cacheFields = new Set(['type', 'ttl'])

export function decodeCache(from: JsonObject, path: string, unknown: UnknownFields): CacheMark | undefined {
  const mark = optionalObject(from, 'cache_control', path)
  if (!mark) return undefined
  const place = `${path}.cache_control`
  word(mark, 'type', place, ['ephemeral'])
  unknown.beyond(cacheFields, mark, place)
  if (mark.ttl === undefined || mark.ttl === null) return {}
  return { ttl: word<'5m' | '1h'>(mark, 'ttl', place, ['5m', '1h']) }
}

/** Only what is there: absent fields don't become `undefined` ones. */
function present<Fields extends object>(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Fields
}

const decodeOpaque = (block: JsonObject): OpaqueBlock => ({ type: 'opaque', block: opaque(block) })

const textFields = new Set(['type', 'text', 'cache_control', 'citations'])

export function decodeText(block: JsonObject, path: string, unknown: UnknownFields): TextBlock {
  unknown.beyond(textFields, block, path)
  const { citations } = block
  return {
    type: 'text',
    text: string(block, 'text', path),
    ...present({
      citations:
        citations === undefined || citations === null
          ? undefined
          : opaque(array(citations, `${path}.citations`)),
      cache: decodeCache(block, path, unknown),
    }),
  }
}

const sourceFields: Record<string, ReadonlySet<string>> = {
  base64: new Set(['type', 'media_type', 'data']),
  text: new Set(['type', 'media_type', 'data']),
  url: new Set(['type', 'url']),
  file: new Set(['type', 'file_id']),
}

function decodeSource(
  source: JsonObject,
  path: string,
  kinds: readonly string[],
  unknown: UnknownFields,
): MediaSource {
  const kind = word(source, 'type', path, kinds)
  unknown.beyond(sourceFields[kind]!, source, path)
  switch (kind) {
    case 'base64':
      return { kind, mediaType: string(source, 'media_type', path), data: string(source, 'data', path) }
    case 'text':
      return { kind, text: string(source, 'data', path) }
    case 'url':
      return { kind, url: string(source, 'url', path) }
    default:
      return { kind: 'file', dialect, id: string(source, 'file_id', path) }
  }
}

const imageFields = new Set(['type', 'source', 'cache_control'])

function decodeImage(block: JsonObject, path: string, unknown: UnknownFields): ImageBlock {
  unknown.beyond(imageFields, block, path)
  const source = object(block.source, `${path}.source`)
  return {
    type: 'image',
    source: decodeSource(source, `${path}.source`, ['base64', 'url', 'file'], unknown),
    ...present({ cache: decodeCache(block, path, unknown) }),
  }
}

const documentFields = new Set(['type', 'source', 'title', 'context', 'citations', 'cache_control'])
const citationFields = new Set(['enabled'])

function decodeDocument(
  block: JsonObject,
  path: string,
  unknown: UnknownFields,
): DocumentBlock | OpaqueBlock {
  const source = object(block.source, `${path}.source`)
  // A document made of content blocks: no other dialect has one, so it stays whole.
  if (source.type === 'content') return decodeOpaque(block)
  unknown.beyond(documentFields, block, path)
  const citations = optionalObject(block, 'citations', path)
  if (citations) unknown.beyond(citationFields, citations, `${path}.citations`)
  return {
    type: 'document',
    source: decodeSource(source, `${path}.source`, ['base64', 'text', 'url', 'file', 'content'], unknown),
    ...present({
      title: optionalString(block, 'title', path),
      context: optionalString(block, 'context', path),
      citationsEnabled: citations && optionalBoolean(citations, 'enabled', `${path}.citations`),
      cache: decodeCache(block, path, unknown),
    }),
  }
}

const toolUseFields = new Set(['type', 'id', 'name', 'input', 'cache_control', 'caller', 'toolset_name'])

function decodeToolUse(block: JsonObject, path: string, unknown: UnknownFields): ToolCallBlock {
  unknown.beyond(toolUseFields, block, path)
  return {
    type: 'tool_call',
    id: string(block, 'id', path),
    name: string(block, 'name', path),
    arguments: JSON.stringify(object(block.input, `${path}.input`)),
    ...present({ signature: decodeOrigin(block), cache: decodeCache(block, path, unknown) }),
  }
}

const toolResultFields = new Set(['type', 'tool_use_id', 'content', 'is_error', 'cache_control'])

function decodeToolResult(block: JsonObject, path: string, unknown: UnknownFields): ToolResultBlock {
  unknown.beyond(toolResultFields, block, path)
  return {
    type: 'tool_result',
    toolCallId: string(block, 'tool_use_id', path),
    content: decodeResultContent(block.content ?? [], `${path}.content`, unknown),
    ...present({
      isError: optionalBoolean(block, 'is_error', path),
      cache: decodeCache(block, path, unknown),
    }),
  }
}

function decodeResultContent(
  content: unknown,
  path: string,
  unknown: UnknownFields,
): ToolResultBlock['content'] {
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  if (!Array.isArray(content)) throw wrongShape(path, content, 'a string or an array of content blocks')
  return content.map((value, index) => {
    const place = `${path}[${index}]`
    const block = object(value, place)
    const type = string(block, 'type', place)
    if (type === 'text') return decodeText(block, place, unknown)
    if (type === 'image') return decodeImage(block, place, unknown)
    if (type === 'document') return decodeDocument(block, place, unknown)
    return decodeOpaque(block)
  })
}

const thinkingFields = new Set(['type', 'thinking', 'signature'])
const redactedFields = new Set(['type', 'data'])

function decodeThinking(block: JsonObject, path: string, unknown: UnknownFields): ThinkingBlock {
  unknown.beyond(thinkingFields, block, path)
  const text = string(block, 'thinking', path)
  const signature = optionalString(block, 'signature', path)
  const maker = signature ? makerOf(signature) : undefined
  return { type: 'thinking', text, ...(maker && { signature: maker }) }
}

/** Whoever signed: this dialect, the one whose signature this gateway wrote into the field, or nobody. */
const makerOf = (value: string): Opaque | undefined =>
  isCarried(value) ? readCarried(value)?.maker : opaque(value)

/** Blocks that may stand in messages of one role only. */
const roleOf: ReadonlyMap<string, Message['role']> = new Map(
  Object.entries<Message['role']>({
    tool_result: 'user',
    tool_use: 'assistant',
    thinking: 'assistant',
    redacted_thinking: 'assistant',
  }),
)

function decodeBlock(value: unknown, path: string, role: Message['role'], unknown: UnknownFields): Block {
  const block = object(value, path)
  const type = string(block, 'type', path)
  const place = roleOf.get(type)
  if (place !== undefined && place !== role)
    throw wrongShape(`${path}.type`, type, `"${type}" in messages of the role "${place}"`, true)
  switch (type) {
    case 'text':
      return decodeText(block, path, unknown)
    case 'image':
      return decodeImage(block, path, unknown)
    case 'document':
      return decodeDocument(block, path, unknown)
    case 'tool_use':
      return decodeToolUse(block, path, unknown)
    case 'tool_result':
      return decodeToolResult(block, path, unknown)
    case 'thinking':
      return decodeThinking(block, path, unknown)
    case 'redacted_thinking': {
      unknown.beyond(redactedFields, block, path)
      const data = string(block, 'data', path)
      return { type, data: makerOf(data) ?? opaque(data) }
    }
    default:
      return decodeOpaque(block)
  }
}

/** Text alone, as `system` and system messages hold it: a string or text blocks. */
export function decodeTexts(content: unknown, path: string, unknown: UnknownFields): TextBlock[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  if (!Array.isArray(content)) throw wrongShape(path, content, 'a string or an array of text blocks')
  return content.map((value, index) => {
    const place = `${path}[${index}]`
    const block = object(value, place)
    word(block, 'type', place, ['text'])
    return decodeText(block, place, unknown)
  })
}

const messageFields = new Set(['role', 'content'])

export function decodeMessage(value: unknown, path: string, unknown: UnknownFields): Message {
  const message = object(value, path)
  unknown.beyond(messageFields, message, path)
  const role = word(message, 'role', path, ['user', 'assistant', 'system'])
  const place = `${path}.content`
  if (role === 'system') return { role, content: decodeTexts(message.content, place, unknown) }
  const { content } = message
  if (typeof content === 'string') return { role, content: [{ type: 'text', text: content }] }
  if (!Array.isArray(content)) throw wrongShape(place, content, 'a string or an array of content blocks')
  const blocks = content.map((block, index) => decodeBlock(block, `${place}[${index}]`, role, unknown))
  return { role, content: role === 'assistant' ? withSignedCalls(blocks, content) : blocks }
}

/** Where another dialect signed a call, its signature stands in a redacted block of its own. */
function withSignedCalls(blocks: Block[], content: readonly unknown[]): Block[] {
  const signatures = new Map<string, Opaque>()
  const kept = blocks.filter((block, index) => {
    if (block.type !== 'redacted_thinking') return true
    const carried = readCarried((content[index] as { data: string }).data)
    if (carried?.callId === undefined) return true
    signatures.set(carried.callId, carried.maker)
    return false
  })
  if (signatures.size === 0) return blocks
  return kept.map((block) => {
    const signature = block.type === 'tool_call' ? signatures.get(block.id) : undefined
    return signature ? { ...block, signature } : block
  })
}
