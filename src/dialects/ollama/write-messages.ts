import type { Block, DocumentBlock, Message, ToolCallBlock, ToolResultBlock } from '../../canonical/chat.ts'
import { isObject, parseJson, type JsonObject } from '../../canonical/json.ts'
import { GatewayError } from '../../errors.ts'

/** What a request loses by its values, named as `EncodedRequest.lost` wants it. */
export type Lost = Set<string>

/** What is known of the conversation so far: the tool that each call asked for, by the call's id. */
type CalledTools = Map<string, string>

/**
 * The messages of a request. Content is text alone here, images stand beside it. The parts of a prompt are joined
 * by line breaks; those of an answer directly, because dialects with citations cut its sentences into blocks.
 * @throws GatewayError `invalid_request` for tool arguments that are not a JSON object
 */
export function writeMessages(messages: readonly Message[], lost: Lost): JsonObject[] {
  const called: CalledTools = new Map()
  return messages.flatMap((message, i) => {
    if (message.role === 'user') return writeUser(message.content, called, lost)
    if (message.role === 'assistant') return [writeAssistant(message.content, `messages[${i}]`, called, lost)]
    return [written('system', gather(message.content, lost), '\n')]
  })
}

interface Gathered {
  texts: string[]
  /** base64 */
  images: string[]
}

/** The text and the images of a message or a result; what is neither is named as lost. */
function gather(blocks: readonly Block[], lost: Lost, place: 'message' | 'result' = 'message'): Gathered {
  const gathered: Gathered = { texts: [], images: [] }
  for (const block of blocks) gatherBlock(block, gathered, lost, place)
  return gathered
}

function gatherBlock(
  block: Block,
  { texts, images }: Gathered,
  lost: Lost,
  place: 'message' | 'result',
): void {
  switch (block.type) {
    case 'text':
      if (block.citations) lost.add('citations')
      texts.push(block.text)
      break
    case 'refusal':
      texts.push(block.text)
      break
    case 'image':
      if (block.source.kind === 'base64') images.push(block.source.data)
      else lost.add(place === 'result' ? 'tool_result_image' : 'image_url')
      break
    case 'document':
      if (block.citationsEnabled) lost.add('citations')
      if (block.source.kind === 'text') texts.push(documentText(block, block.source.text))
      else lost.add(place === 'result' ? 'tool_result_document' : nameOfDocument(block))
      break
    case 'audio':
      lost.add('audio')
      break
    case 'opaque':
      lost.add('foreign_block')
      break
    case 'thinking':
    case 'redacted_thinking':
      lost.add('foreign_thinking')
      break
    // Written by their own functions.
    case 'tool_call':
    case 'tool_result':
      break
  }
}

const documentText = ({ title, context }: DocumentBlock, text: string): string =>
  [title, context, text].filter((part) => part !== undefined).join('\n\n')

const nameOfDocument = ({ source }: DocumentBlock): string =>
  source.kind === 'base64' ? 'document_base64' : source.kind === 'url' ? 'document_url' : 'foreign_file'

function written(role: string, { texts, images }: Gathered, separator: string): JsonObject {
  return { role, content: texts.join(separator), ...(images.length > 0 && { images }) }
}

/** Results are messages of their own; what stands before, between and after them keeps its place. */
function writeUser(blocks: readonly Block[], called: CalledTools, lost: Lost): JsonObject[] {
  const messages: JsonObject[] = []
  let spoken: Block[] = []
  const flush = () => {
    if (spoken.length > 0) messages.push(written('user', gather(spoken, lost), '\n'))
    spoken = []
  }
  for (const block of blocks) {
    if (block.type !== 'tool_result') {
      spoken.push(block)
      continue
    }
    flush()
    messages.push(writeResult(block, called, lost))
  }
  flush()
  return messages.length > 0 ? messages : [{ role: 'user', content: '' }]
}

/** `tool_name` is what models read; `tool_call_id` tells servers which of several calls it answers. */
function writeResult(result: ToolResultBlock, called: CalledTools, lost: Lost): JsonObject {
  const name = called.get(result.toolCallId)
  return {
    ...written('tool', gather(result.content, lost, 'result'), '\n'),
    ...(name !== undefined && { tool_name: name }),
    tool_call_id: result.toolCallId,
  }
}

function writeAssistant(blocks: readonly Block[], path: string, called: CalledTools, lost: Lost): JsonObject {
  const spoken: Block[] = []
  const calls: JsonObject[] = []
  let thinking = ''
  for (const block of blocks) {
    if (block.type === 'thinking' && !block.signature) thinking += block.text
    else if (block.type === 'tool_call') {
      called.set(block.id, block.name)
      calls.push(writeCall(block, `${path}.tool_calls[${calls.length}]`, lost))
    } else spoken.push(block)
  }
  return {
    ...written('assistant', gather(spoken, lost), ''),
    ...(thinking !== '' && { thinking }),
    ...(calls.length > 0 && { tool_calls: calls }),
  }
}

function writeCall(block: ToolCallBlock, path: string, lost: Lost): JsonObject {
  if (block.signature) lost.add('foreign_thinking')
  return { id: block.id, function: { name: block.name, arguments: argumentsObject(block, path) } }
}

function argumentsObject(block: ToolCallBlock, path: string): JsonObject {
  // Free text of an OpenAI `custom` tool: an object is all that this API has for arguments.
  if (block.kind === 'custom') return { input: block.arguments }
  if (block.arguments.trim() === '') return {}
  const value = parsed(block.arguments)
  if (isObject(value)) return value
  throw new GatewayError('invalid_request', {
    message: `${path}.arguments: found text that is not a JSON object, allowed: a JSON object as text.`,
    param: `${path}.arguments`,
  })
}

function parsed(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}
