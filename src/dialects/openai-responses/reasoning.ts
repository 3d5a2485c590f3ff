import type { Opaque, RedactedThinkingBlock, ThinkingBlock } from '../../canonical/chat.ts'
import { isObject, type JsonObject } from '../../canonical/json.ts'
import { isCarried, readCarried } from '../carried-reasoning.ts'
import { list, opaque, text } from './types.ts'
import { readable } from './wire-event.ts'

/** What stands between the parts of a summary when they become one text. */
export const betweenParts = '\n\n'

/**
 * A reasoning item as thinking: its own text (servers of open models give it), then the summary. Without encrypted
 * content nobody can replay it, so it is unsigned; `undefined` where there is no text either.
 */
export function readReasoning(item: JsonObject): ThinkingBlock | RedactedThinkingBlock | undefined {
  const thought = reasoningText(item)
  const encrypted = text(item.encrypted_content)
  const carried = readCarried(encrypted)
  if (carried?.isRedacted) return { type: 'redacted_thinking', data: carried.maker }
  if (carried) return { type: 'thinking', text: thought, signature: carried.maker }
  const isSigned = encrypted !== '' && !isCarried(encrypted)
  if (thought === '') return isSigned ? { type: 'redacted_thinking', data: signatureOf(item) } : undefined
  const block: ThinkingBlock = { type: 'thinking', text: thought }
  return isSigned ? { ...block, signature: signatureOf(item) } : block
}

const reasoningText = ({ content, summary }: JsonObject): string =>
  [...list(content), ...list(summary)]
    .map((part) => (isObject(part) ? text(part.text) : ''))
    .filter((part) => part !== '')
    .join(betweenParts)

/**
 * A reasoning item of OpenAI's own, as the signature of its thinking: the whole item as JSON text, because other
 * dialects' messages have room for a text only.
 */
const signatureOf = (item: JsonObject): Opaque => opaque(JSON.stringify(item))

/** The item that was a signature's value; `undefined` for anything else. */
export function itemOf(signature: unknown): JsonObject | undefined {
  const item = typeof signature === 'string' ? readable(signature) : undefined
  return item?.type === 'reasoning' ? item : undefined
}
