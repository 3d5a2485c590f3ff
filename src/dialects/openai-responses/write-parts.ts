import type { Block, DocumentBlock, ImageBlock, TextBlock } from '../../canonical/chat.ts'
import type { JsonObject } from '../../canonical/json.ts'
import { defined } from '../openai-fields.ts'
import { writeDataUrl } from '../data-url.ts'
import { dialect, list, own } from './types.ts'

/** What a request loses by its values, named as `EncodedRequest.lost` wants it. */
export type Lost = Set<string>

/** A block as an `input_…` part; `undefined` for one that has no place there, which is then named as lost. */
export function writeInputPart(block: Block, lost: Lost): JsonObject | undefined {
  if ('cache' in block && block.cache) lost.add('cache_control')
  switch (block.type) {
    case 'text':
    case 'refusal':
      return { type: 'input_text', text: block.text }
    case 'image':
      return writeImage(block, lost)
    case 'document':
      return writeDocument(block, lost)
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

/** The content of a message or a tool's result: a string where that says it all, else parts. */
export function writeContent(blocks: readonly Block[], lost: Lost): string | JsonObject[] {
  const parts = blocks.map((block) => writeInputPart(block, lost)).filter((part) => part !== undefined)
  const [only] = parts
  if (only === undefined) return ''
  return parts.length === 1 && only.type === 'input_text' ? (only.text as string) : parts
}

/** A text of an earlier answer; another dialect's citations stay out. */
export function writeOutputText(block: TextBlock, lost: Lost): JsonObject {
  if (block.cache) lost.add('cache_control')
  const annotations = own(block.citations)
  if (block.citations && annotations === undefined) lost.add('citations')
  return { type: 'output_text', text: block.text, annotations: list(annotations) }
}

function writeImage({ source, detail }: ImageBlock, lost: Lost): JsonObject | undefined {
  // The description demands `detail`; `auto` is what leaving it out means.
  const part = { type: 'input_image', detail: detail ?? 'auto' }
  switch (source.kind) {
    case 'url':
      return { ...part, image_url: source.url }
    case 'base64':
      return { ...part, image_url: writeDataUrl(source.mediaType, source.data) }
    case 'file':
      if (source.dialect === dialect) return { ...part, file_id: source.id }
      break
    case 'text':
  }
  lost.add('foreign_file')
  return undefined
}

function writeDocument(block: DocumentBlock, lost: Lost): JsonObject | undefined {
  const { source, title } = block
  if (block.context !== undefined) lost.add('document context')
  if (block.citationsEnabled) lost.add('citations')
  switch (source.kind) {
    case 'text':
      return { type: 'input_text', text: title === undefined ? source.text : `${title}\n\n${source.text}` }
    case 'url':
      return defined({ type: 'input_file', filename: title, file_url: source.url })
    case 'base64':
      return {
        type: 'input_file',
        // OpenAI refuses `file_data` without a name.
        filename: title ?? `document.${source.mediaType.split('/')[1] ?? 'pdf'}`,
        file_data: writeDataUrl(source.mediaType, source.data),
      }
    case 'file':
      if (source.dialect === dialect) return { type: 'input_file', file_id: source.id }
  }
  lost.add('foreign_file')
  return undefined
}
