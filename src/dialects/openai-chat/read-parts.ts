import type { Block, CacheMark, DocumentBlock, ImageBlock, MediaSource } from '../../canonical/chat.ts'
import { isObject, type JsonObject } from '../../canonical/json.ts'
import {
  asItem,
  at,
  readName,
  readObject,
  readString,
  readText,
  refuse,
  refuseAs,
  refuseWord,
  type UnknownFields,
} from '../openai-fields.ts'
import { fileData, mediaAt, readAudio } from '../openai-media.ts'

export type PartType = 'text' | 'image_url' | 'input_audio' | 'file' | 'document_url' | 'refusal' | 'thinking'

/** Which kinds of parts each role may send. Tool messages may hold media, beyond what OpenAI itself allows. */
export const partsOf = {
  system: ['text'],
  user: ['text', 'image_url', 'input_audio', 'file', 'document_url'],
  assistant: ['text', 'refusal', 'thinking'],
  tool: ['text', 'image_url', 'file', 'document_url'],
} as const satisfies Record<string, readonly PartType[]>

type PartReader = (part: JsonObject, path: string, unknown: UnknownFields) => Block

const partKeys = (...own: string[]): ReadonlySet<string> =>
  new Set(['type', 'cache_control', 'prompt_cache_breakpoint', ...own])

const parts: Readonly<Record<string, { keys: ReadonlySet<string>; read: PartReader }>> = {
  text: {
    keys: partKeys('text'),
    read: (part, path) => ({ type: 'text', text: readText(part, 'text', path) }),
  },
  image_url: { keys: partKeys('image_url'), read: readImage },
  input_audio: {
    keys: partKeys('input_audio'),
    read: (part, path, unknown) => readAudio(part, path, 'messages[].content[]', unknown),
  },
  file: { keys: partKeys('file'), read: readFile },
  document_url: { keys: partKeys('document_url', 'document_name'), read: readDocumentUrl },
  refusal: {
    keys: partKeys('refusal'),
    read: (part, path) => ({ type: 'refusal', text: readText(part, 'refusal', path) }),
  },
  thinking: {
    keys: partKeys('thinking', 'closed'),
    read: (part) => ({ type: 'thinking', text: thinkingText(part.thinking) }),
  },
}

/** `content` of a message: nothing, text, or a list of the kinds of parts its role may send. */
export function readContent(
  content: unknown,
  path: string,
  allowed: readonly PartType[],
  unknown: UnknownFields,
): Block[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  if (content === null || content === undefined) return []
  if (!Array.isArray(content)) refuse(path, content, 'a string or an array of content parts')
  return content.map((part, i) => readPart(asItem(part, `${path}[${i}]`), `${path}[${i}]`, allowed, unknown))
}

function readPart(
  part: JsonObject,
  path: string,
  allowed: readonly PartType[],
  unknown: UnknownFields,
): Block {
  const type = part.type
  if (!allowed.includes(type as PartType)) refuseWord(at(path, 'type'), type, allowed)
  const known = parts[type as string] as { keys: ReadonlySet<string>; read: PartReader }
  unknown.note(part, known.keys, 'messages[].content[]')
  const block = known.read(part, path, unknown)
  const cache = readCacheMark(part, path)
  return cache === undefined ? block : withCache(block, cache)
}

/** Anthropic's `cache_control` as an accepted extension, or OpenAI's own `prompt_cache_breakpoint`. */
export function readCacheMark(object: JsonObject, path: string): CacheMark | undefined {
  const mark = readObject(object, 'cache_control', path)
  if (mark === undefined) return readObject(object, 'prompt_cache_breakpoint', path) && {}
  const ttl = readString(mark, 'ttl', at(path, 'cache_control'))
  if (ttl === undefined) return {}
  if (ttl !== '5m' && ttl !== '1h') refuseWord(`${path}.cache_control.ttl`, ttl, ['5m', '1h'])
  return { ttl }
}

/** The block with the mark; refusals, thinking and audio have no place for one and stay as they are. */
export function withCache(block: Block, cache: CacheMark): Block {
  switch (block.type) {
    case 'text':
    case 'image':
    case 'document':
    case 'tool_call':
    case 'tool_result':
      return { ...block, cache }
    default:
      return block
  }
}

function readImage(part: JsonObject, path: string, unknown: UnknownFields): ImageBlock {
  const value = part.image_url
  const place = at(path, 'image_url')
  if (typeof value === 'string') return { type: 'image', source: mediaAt(value, place) }
  const image = asItem(value, place)
  unknown.note(image, imageKeys, 'messages[].content[].image_url')
  const source = mediaAt(readName(image, 'url', place), `${place}.url`)
  const detail = readString(image, 'detail', place)
  return detail === undefined ? { type: 'image', source } : { type: 'image', source, detail }
}
const imageKeys = new Set(['url', 'detail'])

function readFile(part: JsonObject, path: string, unknown: UnknownFields): DocumentBlock {
  const place = at(path, 'file')
  const file = asItem(part.file, place)
  unknown.note(file, fileKeys, 'messages[].content[].file')
  const title = readString(file, 'filename', place)
  const source = fileSource(file, place)
  return title === undefined ? { type: 'document', source } : { type: 'document', source, title }
}
const fileKeys = new Set(['file_data', 'file_id', 'filename'])

function fileSource(file: JsonObject, place: string): MediaSource {
  const data = readString(file, 'file_data', place)
  if (data === undefined) {
    const id = readString(file, 'file_id', place)
    if (id) return { kind: 'file', dialect: 'openai-chat', id }
    refuseAs(place, 'without `file_data` and `file_id`', 'one of both')
  }
  return fileData(data, `${place}.file_data`)
}

/** Mistral's part for documents by address; it takes data URLs too. */
function readDocumentUrl(part: JsonObject, path: string): DocumentBlock {
  const place = at(path, 'document_url')
  const source = mediaAt(readName(part, 'document_url', path), place)
  const title = readString(part, 'document_name', path)
  return title === undefined ? { type: 'document', source } : { type: 'document', source, title }
}

/** Mistral's thinking: a list of text parts; other servers write the text itself. */
export function thinkingText(value: unknown): string {
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) return ''
  return value.map((part) => (isObject(part) && typeof part.text === 'string' ? part.text : '')).join('')
}
