/**
 * Ways of one dialect to say the same, written in one way, so that a test can compare what five SDKs send. Nothing
 * is taken out but what says nothing: `null` and empty contents, `strict` of nobody's asking.
 */
import type { PlayedProvider } from './world.ts'

type Wire = Record<string, unknown>

const parts = (content: unknown): unknown =>
  typeof content === 'string' ? (content === '' ? [] : [{ type: 'text', text: content }]) : (content ?? [])

/** A request's body as the tables in this folder write it. */
export function plain(provider: PlayedProvider, body: Wire | undefined): Wire {
  if (!body) throw new Error('the provider got no JSON')
  return provider === 'anthropic' ? plainMessages(body) : plainChat(body)
}

function plainChat(body: Wire): Wire {
  const messages = (body.messages as Wire[]).map((message) => ({
    ...message,
    content: parts(message.content),
    ...(Array.isArray(message.tool_calls) && { tool_calls: (message.tool_calls as Wire[]).map(plainCall) }),
  }))
  return { ...body, messages }
}

/** Arguments as the object that they tell: their spaces and the order of their keys mean nothing. */
function plainCall(call: Wire): Wire {
  const called = call.function as { name: string; arguments: string }
  return { ...call, function: { ...called, arguments: JSON.parse(called.arguments) as unknown } }
}

function plainMessages(body: Wire): Wire {
  const messages = (body.messages as Wire[]).map((message) => ({
    ...message,
    content: (parts(message.content) as Wire[]).map((block) =>
      block.type === 'tool_result' ? { ...block, content: parts(block.content) } : block,
    ),
  }))
  return { ...body, messages, ...(body.system !== undefined && { system: parts(body.system) }) }
}
