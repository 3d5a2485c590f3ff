/** What OpenAI's APIs write alike in the parts of a message: addresses, data URLs, files and sound. */
import type { AudioBlock, MediaSource } from '../canonical/chat.ts'
import type { JsonObject } from '../canonical/json.ts'
import { isDataUrl, readDataUrl } from './data-url.ts'
import { asItem, at, readName, refuseAs, type UnknownFields } from './openai-fields.ts'

/** An address, or a data URL taken apart. @throws GatewayError `invalid_request` for one without base64 */
export function mediaAt(url: string, place: string): MediaSource {
  if (!isDataUrl(url)) return { kind: 'url', url }
  const found = readDataUrl(url)
  if (!found) refuseAs(place, 'a data URL without base64', 'an http(s) URL, or data:image/png;base64,…')
  return { kind: 'base64', ...found }
}

/** `file_data`: the description says "base64 encoded", the service wants a data URL; callers send either. */
export function fileData(data: string, place: string): MediaSource {
  if (!isDataUrl(data)) return { kind: 'base64', mediaType: 'application/pdf', data }
  const found = readDataUrl(data)
  if (!found) refuseAs(place, 'a data URL without base64', 'data:application/pdf;base64,…')
  if (found.mediaType !== 'text/plain') return { kind: 'base64', ...found }
  return { kind: 'text', text: Buffer.from(found.data, 'base64').toString('utf8') }
}

const audioKeys = new Set(['data', 'format'])

/** `input_audio`. `list` is where such parts stand: `messages[].content[]`. */
export function readAudio(part: JsonObject, path: string, list: string, unknown: UnknownFields): AudioBlock {
  const place = at(path, 'input_audio')
  const audio = asItem(part.input_audio, place)
  unknown.note(audio, audioKeys, `${list}.input_audio`)
  return { type: 'audio', format: readName(audio, 'format', place), data: readName(audio, 'data', place) }
}
