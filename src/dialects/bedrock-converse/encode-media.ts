import type { DocumentBlock, ImageBlock } from '../../canonical/chat.ts'
import type { JsonObject } from '../../canonical/json.ts'

/**
 * Images and documents by value. Addresses are not carried, `s3://` ones neither: Bedrock would fetch them with
 * the gateway's own rights, whoever asks.
 */

const subtype = (mediaType: string): string =>
  mediaType
    .replace(/^.*\//, '')
    .replace(/[\s;+].*$/, '')
    .toLowerCase()

/** A format that Converse does not know is refused by it, in words that say which it knows. */
const imageFormat = (mediaType: string): string => {
  const format = subtype(mediaType)
  return format === 'jpg' ? 'jpeg' : format
}

/** `undefined` where the image is not there by value. */
export function encodeImage({ source }: ImageBlock): JsonObject | undefined {
  if (source.kind !== 'base64') return undefined
  return { image: { format: imageFormat(source.mediaType), source: { bytes: source.data } } }
}

const documentFormats: Readonly<Record<string, string>> = {
  'application/pdf': 'pdf',
  'text/csv': 'csv',
  'application/msword': 'doc',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/vnd.ms-excel': 'xls',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  'text/html': 'html',
  'text/plain': 'txt',
  'text/markdown': 'md',
}

function documentFormat(mediaType: string): string {
  const type = mediaType.replace(/[\s;].*$/, '').toLowerCase()
  return documentFormats[type] ?? (type.startsWith('text/') ? 'txt' : subtype(type))
}

/** `undefined` where the document is not there by value. */
export function encodeDocument(block: DocumentBlock, names: DocumentNames): JsonObject | undefined {
  const content = documentContent(block)
  if (!content) return undefined
  return {
    document: {
      name: names.nameFor(block.title),
      ...content,
      ...(block.context !== undefined && { context: block.context }),
      ...(block.citationsEnabled !== undefined && { citations: { enabled: block.citationsEnabled } }),
    },
  }
}

function documentContent({ source, citationsEnabled }: DocumentBlock): JsonObject | undefined {
  if (source.kind === 'base64')
    return { format: documentFormat(source.mediaType), source: { bytes: source.data } }
  if (source.kind !== 'text') return undefined
  // Citations point at characters of `text`; models that cite nothing may know only `bytes`.
  const bytes = Buffer.from(source.text).toString('base64')
  return { format: 'txt', source: citationsEnabled ? { text: source.text } : { bytes } }
}

const longestName = 200

/**
 * Names of a request's documents: Latin letters, digits, single spaces, hyphens, parentheses, square brackets,
 * and underscores, which the documentation leaves out and the API takes; each once.
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html
 */
export class DocumentNames {
  readonly #given = new Set<string>()

  nameFor(title: string | undefined): string {
    const name = clean(title ?? '') || 'Document'
    let unique = name
    for (let count = 2; this.#given.has(unique); count++) {
      const suffix = ` ${count}`
      unique = name.slice(0, longestName - suffix.length) + suffix
    }
    this.#given.add(unique)
    return unique
  }
}

/** Without the file's extension, whose dot is refused and which `format` says. */
const clean = (title: string): string =>
  title
    .replace(/\.[a-zA-Z0-9]{1,5}$/, '')
    .replaceAll(/[^a-zA-Z0-9_()[\]-]+/g, ' ')
    .trim()
    .slice(0, longestName)
    .trim()
