import type { Block, DocumentBlock, ImageBlock, TextBlock } from '../../canonical/chat.ts'
import type { JsonObject } from '../../canonical/json.ts'
import { writeDataUrl } from '../data-url.ts'
import type { RequestStyle } from './types.ts'

/** What a request loses by its values, named as `EncodedRequest.lost` wants it. */
export type Lost = Set<string>

/** A block as a content part; `undefined` for one that has no place there, which is then named as lost. */
export function writePart(block: Block, style: RequestStyle, lost: Lost): JsonObject | undefined {
  switch (block.type) {
    case 'text':
      return marked({ type: 'text', text: block.text }, block)
    case 'refusal':
      return { type: 'refusal', refusal: block.text }
    case 'image':
      return writeImage(block, lost)
    case 'document':
      return writeDocument(block, style, lost)
    case 'audio': {
      const { data, format } = block
      return { type: 'input_audio', input_audio: style.audioPart === 'text' ? data : { data, format } }
    }
    case 'thinking':
    case 'redacted_thinking':
      lost.add('foreign_thinking')
      return undefined
    default:
      lost.add('foreign_block')
      return undefined
  }
}

/** The content of a message: a string where that says it all, else parts. */
export function writeContent(blocks: Block[], style: RequestStyle, lost: Lost): string | JsonObject[] {
  const parts = blocks.map((block) => writePart(block, style, lost)).filter((part) => part !== undefined)
  const [only] = parts
  if (only === undefined) return ''
  return parts.length === 1 && only.type === 'text' && !only.cache_control ? (only.text as string) : parts
}

export function marked(part: JsonObject, block: Pick<TextBlock, 'cache'>): JsonObject {
  return block.cache ? { ...part, cache_control: { type: 'ephemeral', ...block.cache } } : part
}

function writeImage(block: ImageBlock, lost: Lost): JsonObject | undefined {
  const { source } = block
  if (source.kind === 'file' || source.kind === 'text') {
    lost.add('foreign_file')
    return undefined
  }
  const url = source.kind === 'url' ? source.url : writeDataUrl(source.mediaType, source.data)
  const image = block.detail === undefined ? { url } : { url, detail: block.detail }
  return marked({ type: 'image_url', image_url: image }, block)
}

function writeDocument(block: DocumentBlock, style: RequestStyle, lost: Lost): JsonObject | undefined {
  const { source, title } = block
  if (block.context !== undefined) lost.add('document context')
  if (block.citationsEnabled) lost.add('citations')
  if (source.kind === 'text') {
    const text = title === undefined ? source.text : `${title}\n\n${source.text}`
    return marked({ type: 'text', text }, block)
  }
  const part = style.documentPart === 'file' ? filePart(block, lost) : documentUrlPart(block, lost)
  return part && marked(part, block)
}

function filePart({ source, title }: DocumentBlock, lost: Lost): JsonObject | undefined {
  if (source.kind === 'base64') {
    // OpenAI refuses `file_data` without a name.
    const filename = title ?? `document.${source.mediaType.split('/')[1] ?? 'pdf'}`
    return { type: 'file', file: { filename, file_data: writeDataUrl(source.mediaType, source.data) } }
  }
  if (source.kind === 'file' && source.dialect === 'openai-chat')
    return { type: 'file', file: { file_id: source.id } }
  lost.add(source.kind === 'url' ? 'document_url' : 'foreign_file')
  return undefined
}

function documentUrlPart({ source, title }: DocumentBlock, lost: Lost): JsonObject | undefined {
  if (source.kind === 'file' && source.dialect === 'openai-chat') return { type: 'file', file_id: source.id }
  if (source.kind !== 'url' && source.kind !== 'base64') {
    lost.add('foreign_file')
    return undefined
  }
  const url = source.kind === 'url' ? source.url : writeDataUrl(source.mediaType, source.data)
  const part = { type: 'document_url', document_url: url }
  return title === undefined ? part : { ...part, document_name: title }
}
