import { createHash } from 'node:crypto'
import type {
  Block,
  CacheMark,
  Message,
  TextBlock,
  ToolCallBlock,
  ToolResultBlock,
} from '../../canonical/chat.ts'
import { isObject, parseJson, type JsonObject } from '../../canonical/json.ts'
import { GatewayError } from '../../errors.ts'
import { type DocumentNames, encodeDocument, encodeImage } from './encode-media.ts'
import type { ModelFamily } from './model-family.ts'
import { own } from './types.ts'

/** What writing a request needs to know and gathers on its way. */
export interface Encoding {
  family: ModelFamily
  documents: DocumentNames
  /** Names of what could not be written. */
  lost: Set<string>
}

/**
 * `[{ cachePoint }]` after what is marked. Models that cache nothing, or by themselves, refuse the block.
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
 */
export function encodeCachePoint(cache: CacheMark | undefined, { family, lost }: Encoding): JsonObject[] {
  if (!cache) return []
  if (family !== 'claude') {
    lost.add('cache_control')
    return []
  }
  // Five minutes are the default, and older models do not know the field.
  return [{ cachePoint: { type: 'default', ...(cache.ttl === '1h' && { ttl: cache.ttl }) } }]
}

/** Nothing for empty text, which the API refuses. */
export function encodeText(block: TextBlock, { lost }: Encoding): JsonObject[] {
  const citations = own(block.citations)
  if (block.citations && citations === undefined) lost.add('citations')
  if (citations !== undefined)
    return [{ citationsContent: { content: block.text === '' ? [] : [{ text: block.text }], citations } }]
  return block.text === '' ? [] : [{ text: block.text }]
}

const longestId = 64

/**
 * Ids of tool calls hold letters, digits, `_` and `-`, 64 at most; other dialects put more into theirs. Each
 * other character becomes its code, and too long an id ends in its hash, so that different ids stay different.
 */
function encodeId(id: string): string {
  const safe = id.replaceAll(/[^a-zA-Z0-9_-]/g, (character) => `_${character.charCodeAt(0).toString(16)}_`)
  if (safe.length <= longestId) return safe
  const hash = createHash('sha256').update(id).digest('hex').slice(0, 24)
  return `${safe.slice(0, longestId - hash.length - 1)}_${hash}`
}

function encodeToolUse(block: ToolCallBlock, path: string, { lost }: Encoding): JsonObject {
  const input = argumentsObject(block)
  if (!input)
    throw new GatewayError('invalid_request', {
      message: `${path}.arguments: found text that is not a JSON object, allowed: a JSON object as text.`,
      param: `${path}.arguments`,
    })
  if (block.signature) lost.add('foreign_thinking')
  return { toolUse: { toolUseId: encodeId(block.id), name: block.name, input } }
}

/** The call's arguments as an object; `undefined` where they are none. No arguments at all are `{}`. */
function argumentsObject(block: ToolCallBlock): JsonObject | undefined {
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

function encodeToolResult(block: ToolResultBlock, encoding: Encoding): JsonObject {
  return {
    toolResult: {
      toolUseId: encodeId(block.toolCallId),
      content: block.content.flatMap((part) => encodeResultPart(part, encoding)),
      ...encodeStatus(block.isError, encoding),
    },
  }
}

function encodeResultPart(part: ToolResultBlock['content'][number], encoding: Encoding): JsonObject[] {
  switch (part.type) {
    // Citations have no place in a result; its text has.
    case 'text':
      if (part.citations) encoding.lost.add('citations')
      return part.text === '' ? [] : [{ text: part.text }]
    case 'image':
      return whatThereIs(encodeImage(part), 'image_url', encoding)
    case 'document':
      return whatThereIs(encodeDocument(part, encoding.documents), 'document_url', encoding)
    case 'opaque':
      return whatThereIs(own(part.block) as JsonObject | undefined, 'foreign_block', encoding)
  }
}

/** Only Claude and Nova know the status of a result. */
function encodeStatus(isError: boolean | undefined, { family, lost }: Encoding): JsonObject {
  if (isError === undefined) return {}
  if (family === 'claude' || family === 'nova' || family === 'nova-2')
    return { status: isError ? 'error' : 'success' }
  if (isError) lost.add('tool_result_error')
  return {}
}

function whatThereIs(block: JsonObject | undefined, feature: string, { lost }: Encoding): JsonObject[] {
  if (block) return [block]
  lost.add(feature)
  return []
}

/** Nothing for empty text, and for what another dialect alone can read. */
function encodeBlock(block: Block, path: string, encoding: Encoding): JsonObject[] {
  switch (block.type) {
    case 'text':
      return encodeText(block, encoding)
    case 'refusal':
      return block.text === '' ? [] : [{ text: block.text }]
    case 'image':
      return whatThereIs(encodeImage(block), 'image_url', encoding)
    case 'document':
      return whatThereIs(encodeDocument(block, encoding.documents), 'document_url', encoding)
    case 'tool_call':
      return [encodeToolUse(block, path, encoding)]
    case 'tool_result':
      return [encodeToolResult(block, encoding)]
    case 'thinking': {
      const signature = own(block.signature)
      const reasoning =
        signature === undefined ? undefined : { reasoningText: { text: block.text, signature } }
      return whatThereIs(reasoning && { reasoningContent: reasoning }, 'foreign_thinking', encoding)
    }
    case 'redacted_thinking': {
      const redactedContent = own(block.data)
      const reasoning = redactedContent === undefined ? undefined : { reasoningContent: { redactedContent } }
      return whatThereIs(reasoning, 'foreign_thinking', encoding)
    }
    case 'opaque':
      return whatThereIs(own(block.block) as JsonObject | undefined, 'foreign_block', encoding)
    case 'audio':
      encoding.lost.add('audio')
      return []
  }
}

/** A block with the cache point after it: they move together. */
interface Piece {
  type: Block['type']
  blocks: JsonObject[]
}

function encodePiece(block: Block, path: string, encoding: Encoding): Piece[] {
  const blocks = encodeBlock(block, path, encoding)
  if (blocks.length === 0) return []
  const point = encodeCachePoint(cacheOf(block), encoding)
  // Claude refuses a cache point right behind a document of text.
  const between = block.type === 'document' && point.length > 0 ? [{ text: '\n' }] : []
  return [{ type: block.type, blocks: [...blocks, ...between, ...point] }]
}

/** A mark inside a tool result, where no cache point can stand, marks the result. */
function cacheOf(block: Block): CacheMark | undefined {
  const inside =
    block.type === 'tool_result'
      ? block.content.findLast((part) => 'cache' in part && part.cache !== undefined)
      : undefined
  if ('cache' in block && block.cache) return block.cache
  return inside && 'cache' in inside ? inside.cache : undefined
}

const isResult = ({ type }: Piece): boolean => type === 'tool_result'
const isThinking = ({ type }: Piece): boolean => type === 'thinking' || type === 'redacted_thinking'

/** The pieces that pass the test before those that don't, each group in its order. */
const first = (pieces: Piece[], test: (piece: Piece) => boolean): Piece[] => [
  ...pieces.filter(test),
  ...pieces.filter((piece) => !test(piece)),
]

/**
 * User and assistant messages; system ones stand elsewhere. The API demands that roles take turns, so messages
 * of one role in a row become one; that tool results come at the very beginning of the turn after the calls; and
 * Claude that a turn with thinking begins with it. Messages in which nothing is left are left out.
 */
export function encodeMessages(messages: readonly Message[], encoding: Encoding): JsonObject[] {
  const turns: { role: Message['role']; pieces: Piece[] }[] = []
  messages.forEach((message, at) => {
    if (message.role === 'system' || message.role === 'developer') return
    const pieces = message.content.flatMap((block, index) =>
      encodePiece(block, `messages[${at}].content[${index}]`, encoding),
    )
    if (pieces.length === 0) return
    const last = turns.at(-1)
    if (last?.role === message.role) last.pieces.push(...pieces)
    else turns.push({ role: message.role, pieces })
  })
  return turns.map(({ role, pieces }) => ({
    role,
    content: inOrder(role, pieces).flatMap(({ blocks }) => blocks),
  }))
}

function inOrder(role: Message['role'], pieces: Piece[]): Piece[] {
  if (role === 'user') return first(pieces, isResult)
  return isThinking(pieces[0]!) ? pieces : first(pieces, isThinking)
}
