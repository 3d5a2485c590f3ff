import type { DocumentBlock, ImageBlock, MediaSource } from '../../canonical/chat.ts'
import type { JsonObject } from '../../canonical/json.ts'
import { dialect, own, type Lost } from './types.ts'

/** Media types of generateContent, by the ending of a file's name. */
const typeByEnding: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  heic: 'image/heic',
  heif: 'image/heif',
  avif: 'image/avif',
  bmp: 'image/bmp',
  pdf: 'application/pdf',
  json: 'application/json',
  txt: 'text/plain',
  md: 'text/markdown',
  csv: 'text/csv',
  html: 'text/html',
  htm: 'text/html',
  xml: 'text/xml',
  rtf: 'text/rtf',
}

/** Vertex refuses files without a media type, and an address may have no ending that tells it. */
function typeAt(url: string, kind: 'image' | 'document'): string {
  const path = url.split(/[?#]/, 1)[0] as string
  const ending = path.slice(path.lastIndexOf('.') + 1).toLowerCase()
  const told = Object.hasOwn(typeByEnding, ending) ? typeByEnding[ending] : undefined
  return told ?? (kind === 'image' ? 'image/jpeg' : 'application/pdf')
}

/** Addresses that Google's servers fetch themselves: Cloud Storage, the Files API, YouTube and the open web. */
const fetchable = /^(https?|gs):\/\//i

/** A source as a part; `undefined` and named in `lost` where the API cannot get at it. */
function encodeSource(source: MediaSource, kind: 'image' | 'document', lost: Lost): JsonObject | undefined {
  switch (source.kind) {
    case 'base64':
      return { inlineData: { mimeType: source.mediaType, data: source.data } }
    case 'text':
      return { text: source.text }
    case 'url':
      if (fetchable.test(source.url))
        return { fileData: { mimeType: source.mediaType ?? typeAt(source.url, kind), fileUri: source.url } }
      lost.add(`${kind}_url`)
      return undefined
    case 'file':
      if (source.dialect === dialect) {
        const { mediaType } = source
        return { fileData: { ...(mediaType !== undefined && { mimeType: mediaType }), fileUri: source.id } }
      }
      lost.add('foreign_file')
      return undefined
  }
}

/** No part where the API cannot get at it. */
export function encodeImage(block: ImageBlock, lost: Lost): JsonObject[] {
  const part = encodeSource(block.source, 'image', lost)
  return part ? [part] : []
}

/** Parts have no place for a title or a context, so these are told as text before the document. */
export function encodeDocument(block: DocumentBlock, lost: Lost): JsonObject[] {
  if (block.citationsEnabled) lost.add('citations')
  const part = encodeSource(block.source, 'document', lost)
  if (!part) return []
  const words = [block.title, block.context].filter((text) => text !== undefined && text !== '')
  if (words.length === 0) return [part]
  if (typeof part.text === 'string') return [{ text: [...words, part.text].join('\n\n') }]
  return [{ text: words.join('\n\n') }, part]
}

/** A part that this dialect made and nobody else can read, as it came. */
export function encodeOpaque(part: Parameters<typeof own>[0], lost: Lost): JsonObject[] {
  const value = own(part)
  if (value === undefined) lost.add('foreign_block')
  return value === undefined ? [] : [value as JsonObject]
}
