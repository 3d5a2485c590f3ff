import type {
  Block,
  CacheMark,
  DocumentBlock,
  ImageBlock,
  MediaSource,
  TextBlock,
} from '../../canonical/chat.ts'
import type { JsonObject } from '../../canonical/json.ts'
import {
  asItem,
  at,
  readArray,
  readObject,
  readString,
  readText,
  refuse,
  refuseAs,
  refuseWord,
  type UnknownFields,
} from '../openai-fields.ts'
import { fileData, mediaAt, readAudio } from '../openai-media.ts'
import { dialect, opaque } from './types.ts'

type PartType = 'input_text' | 'input_image' | 'input_file' | 'input_audio' | 'output_text' | 'refusal'

/** Which kinds of parts may stand where. Frameworks send an assistant's earlier texts back as either kind of text. */
export const partsOf = {
  system: ['input_text'],
  user: ['input_text', 'input_image', 'input_file', 'input_audio'],
  assistant: ['output_text', 'refusal', 'input_text'],
  tool: ['input_text', 'input_image', 'input_file'],
} as const satisfies Record<string, readonly PartType[]>

type PartReader = (part: JsonObject, path: string, unknown: UnknownFields) => Block

const keys = (...names: string[]): ReadonlySet<string> => new Set(['type', ...names])
const inputKeys = (...names: string[]): ReadonlySet<string> => keys('prompt_cache_breakpoint', ...names)

const parts: Readonly<Record<PartType, { keys: ReadonlySet<string>; read: PartReader }>> = {
  input_text: { keys: inputKeys('text'), read: readInputText },
  input_image: { keys: inputKeys('image_url', 'file_id', 'detail'), read: readImage },
  input_file: { keys: inputKeys('file_data', 'file_url', 'file_id', 'filename'), read: readFile },
  input_audio: {
    keys: inputKeys('input_audio'),
    read: (part, path, unknown) => readAudio(part, path, 'input[].content[]', unknown),
  },
  // An answer's log probabilities say nothing to the model.
  output_text: { keys: keys('text', 'annotations', 'logprobs'), read: readOutputText },
  refusal: {
    keys: keys('refusal'),
    read: (part, path) => ({ type: 'refusal', text: readText(part, 'refusal', path) }),
  },
}

/** `content` of a message, `output` of a tool's result: text, or a list of the kinds of parts that may stand there. */
export function readContent(
  content: unknown,
  path: string,
  allowed: readonly PartType[],
  unknown: UnknownFields,
): Block[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  if (!Array.isArray(content)) refuse(path, content, 'a string or an array of content parts')
  return content.map((part, i) => readPart(asItem(part, `${path}[${i}]`), `${path}[${i}]`, allowed, unknown))
}

function readPart(
  part: JsonObject,
  path: string,
  allowed: readonly PartType[],
  unknown: UnknownFields,
): Block {
  const type = allowed.find((each) => each === part.type)
  if (type === undefined) refuseWord(at(path, 'type'), part.type, allowed)
  const { keys: known, read } = parts[type]
  unknown.note(part, known, 'input[].content[]')
  return read(part, path, unknown)
}

/** OpenAI's lifetimes are longer than any other dialect's; the mark itself is what counts. */
function cacheOf(part: JsonObject, path: string): { cache?: CacheMark } {
  return readObject(part, 'prompt_cache_breakpoint', path) ? { cache: {} } : {}
}

function readInputText(part: JsonObject, path: string): TextBlock {
  return { type: 'text', text: readText(part, 'text', path), ...cacheOf(part, path) }
}

function readOutputText(part: JsonObject, path: string): TextBlock {
  const block: TextBlock = { type: 'text', text: readText(part, 'text', path) }
  const annotations = readArray(part, 'annotations', path) ?? []
  if (annotations.length > 0) block.citations = opaque(annotations)
  return block
}

function readImage(part: JsonObject, path: string): ImageBlock {
  const url = readString(part, 'image_url', path)
  const id = readString(part, 'file_id', path)
  const detail = readString(part, 'detail', path)
  if (!url && !id) refuseAs(path, 'an image without `image_url` and `file_id`', 'one of both')
  const source: MediaSource = url
    ? mediaAt(url, at(path, 'image_url'))
    : { kind: 'file', dialect, id: id as string }
  // The API's types demand `detail`; `auto` is what leaving it out means.
  const wanted = detail === undefined || detail === 'auto' ? {} : { detail }
  return { type: 'image', source, ...wanted, ...cacheOf(part, path) }
}

function readFile(part: JsonObject, path: string): DocumentBlock {
  const title = readString(part, 'filename', path)
  const source = fileSource(part, path)
  return { type: 'document', source, ...(title !== undefined && { title }), ...cacheOf(part, path) }
}

function fileSource(part: JsonObject, path: string): MediaSource {
  const data = readString(part, 'file_data', path)
  if (data) return fileData(data, at(path, 'file_data'))
  const url = readString(part, 'file_url', path)
  if (url) return { kind: 'url', url }
  const id = readString(part, 'file_id', path)
  if (id) return { kind: 'file', dialect, id }
  refuseAs(path, 'a file without `file_data`, `file_url` and `file_id`', 'one of them')
}
