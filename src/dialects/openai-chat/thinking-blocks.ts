/**
 * `thinking_blocks`: signed and redacted thinking on OpenAI-shaped assistant messages, whole, so that a caller
 * who sends the message back as it came replays them to the dialect that made them. `dialect` is written
 * only where that is not `anthropic-messages`.
 */
import type { DialectName, Opaque, RedactedThinkingBlock, ThinkingBlock } from '../../canonical/chat.ts'
import { isObject, type JsonObject } from '../../canonical/json.ts'

const makers: ReadonlySet<string> = new Set<DialectName>(['openai-responses', 'gemini', 'bedrock-converse'])

const opaque = (entry: JsonObject, value: unknown): Opaque => ({
  dialect:
    typeof entry.dialect === 'string' && makers.has(entry.dialect)
      ? (entry.dialect as DialectName)
      : 'anthropic-messages',
  value,
})

/** One entry, `undefined` where it has nothing that only its maker could read. */
export function readThinkingBlock(entry: unknown): ThinkingBlock | RedactedThinkingBlock | undefined {
  if (!isObject(entry)) return undefined
  if (entry.type === 'redacted_thinking' && entry.data !== undefined && entry.data !== null)
    return { type: 'redacted_thinking', data: opaque(entry, entry.data) }
  const signature = entry.signature ?? ''
  if (entry.type !== 'thinking' || signature === '') return undefined
  const text = typeof entry.thinking === 'string' ? entry.thinking : ''
  return { type: 'thinking', text, signature: opaque(entry, signature) }
}

/** The entry for a block, `undefined` for unsigned thinking, which `reasoning_content` says already. */
export function writeThinkingBlock(block: ThinkingBlock | RedactedThinkingBlock): JsonObject | undefined {
  const maker = block.type === 'thinking' ? block.signature : block.data
  if (maker === undefined) return undefined
  const entry: JsonObject =
    block.type === 'thinking'
      ? { type: 'thinking', thinking: block.text, signature: maker.value }
      : { type: 'redacted_thinking', data: maker.value }
  return maker.dialect === 'anthropic-messages' ? entry : { ...entry, dialect: maker.dialect }
}
