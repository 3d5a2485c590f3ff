import type { Block, ChatRequest, Message } from '../../canonical/chat.ts'
import type { JsonObject } from '../../canonical/json.ts'
import { GatewayError } from '../../errors.ts'
import { encodeDocument, encodeImage, encodeOpaque } from './media.ts'
import { isThirdGeneration } from './model-name.ts'
import { placeSignatures } from './signature.ts'
import { demandSignature, encodeToolCall } from './tool-call.ts'
import { encodeToolResult } from './tool-result.ts'
import { own, type Lost } from './types.ts'

/** What is carried from one message to the next while writing. */
interface Writing {
  isThird: boolean
  contents: JsonObject[]
  /** The names of the calls so far, by their ids. */
  callNames: Map<string, string>
  /** The results of the present run of user messages. */
  results: JsonObject[]
  /** What follows them. */
  afterResults: JsonObject[]
  lost: Lost
}

const user = (parts: JsonObject[]): JsonObject => ({ role: 'user', parts })

/**
 * `systemInstruction` and `contents`. System messages, wherever they stand, move to the former in their order;
 * a conversation of nothing else becomes a user turn, because the API takes no request without one.
 *
 * The results of a turn's calls must follow it at once and all in one content, so of a run of user messages the
 * results come first, then what else they hold.
 * @throws GatewayError `invalid_request` for arguments that are no object and results of calls that nobody made
 */
export function encodeConversation(request: ChatRequest, lost: Lost): JsonObject {
  const isThird = isThirdGeneration(request.model)
  const writing: Writing = {
    isThird,
    contents: [],
    callNames: new Map(),
    results: [],
    afterResults: [],
    lost,
  }
  const system: JsonObject[] = []
  request.messages.forEach((message, at) => {
    if (message.role === 'system' || message.role === 'developer') system.push(...systemParts(message, lost))
    else if (message.role === 'user') writeUser(message, `messages[${at}]`, writing)
    else writeModel(message, `messages[${at}]`, writing)
  })
  flushUser(writing)
  const { contents } = writing
  if (system.length === 0) return { contents }
  if (contents.length === 0) return { contents: [user(system)] }
  return { contents, systemInstruction: user(system) }
}

function systemParts({ content }: Message, lost: Lost): JsonObject[] {
  return content.flatMap((block): JsonObject[] => {
    if (block.type === 'text') return block.text === '' ? [] : [{ text: block.text }]
    lost.add('system')
    return []
  })
}

function writeUser({ content }: Message, path: string, writing: Writing): void {
  const rest: JsonObject[] = []
  content.forEach((block, index) => {
    if (block.type !== 'tool_result') {
      rest.push(...encodeBlock(block, `${path}.content[${index}]`, writing.lost))
      return
    }
    const name = writing.callNames.get(block.toolCallId)
    if (name === undefined) throw withoutCall(`${path}.content[${index}]`)
    const { isThird, lost } = writing
    const { part, beside } = encodeToolResult(block, { name, takesMedia: isThird, lost })
    writing.results.push(part)
    rest.push(...beside)
  })
  if (rest.length > 0) writing.afterResults.push(user(rest))
}

const withoutCall = (path: string): GatewayError =>
  new GatewayError('invalid_request', {
    message: `${path}: found the result of a tool call that no message before it holds, allowed: the id of such a call.`,
    param: path,
  })

function writeModel({ content }: Message, path: string, writing: Writing): void {
  flushUser(writing)
  const parts = placeSignatures(
    content.flatMap((block, index) => {
      if (block.type === 'tool_call') writing.callNames.set(block.id, block.name)
      return encodeBlock(block, `${path}.content[${index}]`, writing.lost)
    }),
  )
  if (writing.isThird) demandSignature(parts)
  if (parts.length > 0) writing.contents.push({ role: 'model', parts })
}

function flushUser(writing: Writing): void {
  if (writing.results.length > 0) writing.contents.push(user(writing.results))
  writing.contents.push(...writing.afterResults)
  writing.results = []
  writing.afterResults = []
}

/** No parts for empty text, which Vertex refuses, and for what another dialect alone can read. */
function encodeBlock(block: Block, path: string, lost: Lost): JsonObject[] {
  switch (block.type) {
    case 'text':
      if (block.citations) lost.add('citations')
      return block.text === '' ? [] : [{ text: block.text }]
    case 'refusal':
      return block.text === '' ? [] : [{ text: block.text }]
    case 'image':
      return encodeImage(block, lost)
    case 'document':
      return encodeDocument(block, lost)
    case 'audio':
      return [{ inlineData: { mimeType: `audio/${block.format}`, data: block.data } }]
    case 'tool_call':
      return [encodeToolCall(block, path, lost)]
    case 'thinking': {
      // Google signs the call that thoughts led to, and seldom the thoughts.
      if (!block.signature) return block.text === '' ? [] : [{ text: block.text, thought: true }]
      const thoughtSignature = own(block.signature)
      if (thoughtSignature !== undefined) return [{ text: block.text, thought: true, thoughtSignature }]
      lost.add('foreign_thinking')
      return []
    }
    case 'redacted_thinking': {
      const thoughtSignature = own(block.data)
      if (thoughtSignature !== undefined) return [{ thoughtSignature }]
      lost.add('foreign_thinking')
      return []
    }
    case 'opaque':
      return encodeOpaque(block.block, lost)
    // Stands in user messages alone, where it is written before this is asked.
    case 'tool_result':
      return []
  }
}
