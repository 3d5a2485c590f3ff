/**
 * Reasoning that another dialect signed, or nobody, as one text for a field that callers send back unread (`signature`
 * and `data` of Anthropic's thinking, `encrypted_content` of OpenAI's reasoning items): the prefix, then base64url of
 * JSON, of `{}` where nobody signed. The dialects' own values begin otherwise and stay what they are.
 */
import type { Block, DialectName, Opaque } from '../canonical/chat.ts'
import { isObject } from '../canonical/json.ts'

/** What every such text begins with. */
export const prefix = 'gateway-reasoning.'

const makers: ReadonlySet<unknown> = new Set<DialectName>([
  ...(['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini', 'bedrock-converse'] as const),
  ...(['cohere', 'ollama'] as const),
])

export interface Carried {
  maker: Opaque
  /** Redacted thinking, of which there is no text. */
  isRedacted: boolean
  /** The tool call that this signs, where it signs no thinking. */
  callId: string | undefined
}

/** Thinking that nobody signed: whoever takes only what it signed itself must not be sent it. */
const unsigned = `${prefix}${Buffer.from('{}').toString('base64url')}`

/** `undefined` for blocks that have nothing to sign. */
export function carryReasoning(block: Block): string | undefined {
  switch (block.type) {
    case 'thinking':
      return block.signature ? write(block.signature) : unsigned
    case 'redacted_thinking':
      return write(block.data, { redacted: true })
    case 'tool_call':
      return block.signature && write(block.signature, { call: block.id })
    default:
      return undefined
  }
}

function write({ dialect, value }: Opaque, more: { redacted?: true; call?: string } = {}): string {
  return prefix + Buffer.from(JSON.stringify({ dialect, value, ...more })).toString('base64url')
}

/** Whether the value was written here, and not by a provider. */
export const isCarried = (encrypted: string): boolean => encrypted.startsWith(prefix)

/** `undefined` for what was not written here, what nobody signed, and what a caller has damaged. */
export function readCarried(encrypted: string): Carried | undefined {
  if (!isCarried(encrypted)) return undefined
  const carried = parse(Buffer.from(encrypted.slice(prefix.length), 'base64url').toString())
  if (!isObject(carried) || !makers.has(carried.dialect) || carried.value === undefined) return undefined
  return {
    maker: { dialect: carried.dialect as DialectName, value: carried.value },
    isRedacted: carried.redacted === true,
    callId: typeof carried.call === 'string' ? carried.call : undefined,
  }
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
