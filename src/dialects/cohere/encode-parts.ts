import type { Block, DocumentBlock, ImageBlock, TextBlock } from '../../canonical/chat.ts'
import type { JsonObject } from '../../canonical/json.ts'
import { own, type Lost } from './types.ts'

/** A block as a content part; `undefined` for one that has no place there, which is then named as lost. */
export function encodePart(block: Block, lost: Lost): JsonObject | undefined {
  switch (block.type) {
    case 'text':
      return encodeText(block, lost)
    case 'refusal':
      return { type: 'text', text: block.text }
    case 'image':
      return encodeImage(block, lost)
    case 'document':
      return encodeDocument(block, lost)
    case 'opaque': {
      const value = own(block.block)
      if (value === undefined) lost.add('foreign_block')
      return value as JsonObject | undefined
    }
    case 'audio':
      lost.add('audio')
      return undefined
    case 'thinking':
    case 'redacted_thinking':
      lost.add('foreign_thinking')
      return undefined
    default:
      lost.add('foreign_block')
      return undefined
  }
}

/** Citations stand in the message, not in the text: see `encodeAssistant`. */
function encodeText(block: TextBlock, lost: Lost): JsonObject {
  if (block.citations && own(block.citations) === undefined) lost.add('citations')
  return { type: 'text', text: block.text }
}

const details = new Set(['auto', 'low', 'high'])

function encodeImage({ source, detail }: ImageBlock, lost: Lost): JsonObject | undefined {
  if (source.kind === 'file' || source.kind === 'text') {
    lost.add('foreign_file')
    return undefined
  }
  const url = source.kind === 'url' ? source.url : `data:${source.mediaType};base64,${source.data}`
  if (detail === undefined || details.has(detail))
    return { type: 'image_url', image_url: { url, ...(detail !== undefined && { detail }) } }
  lost.add('image_detail')
  return { type: 'image_url', image_url: { url } }
}

const otherDocuments = { base64: 'document_base64', url: 'document_url', file: 'foreign_file' } as const

/** A message holds text and images alone. */
function encodeDocument(
  { source, title, context, citationsEnabled }: DocumentBlock,
  lost: Lost,
): JsonObject | undefined {
  if (source.kind !== 'text') {
    lost.add(otherDocuments[source.kind])
    return undefined
  }
  if (context !== undefined) lost.add('document context')
  if (citationsEnabled) lost.add('citations')
  return { type: 'text', text: title === undefined ? source.text : `${title}\n\n${source.text}` }
}
