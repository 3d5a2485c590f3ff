import { isObject, type JsonObject } from './request.ts'

/** The text of a message, whether its content is a string or a list of parts. */
export function textOf(message: JsonObject | undefined): string {
  const content = message?.content
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  let text = ''
  for (const part of content as unknown[])
    if (isObject(part) && typeof part.text === 'string') text += part.text
  return text
}

/** What the user said last; where no user spoke, the last message. */
export function lastUserText(messages: JsonObject[]): string {
  return textOf(messages.findLast((message) => message.role === 'user') ?? messages.at(-1))
}

/** Characters of all messages, for the estimate of the prompt's tokens. */
export function countCharacters(messages: JsonObject[]): number {
  let characters = 0
  for (const message of messages) {
    characters += textOf(message).length
    for (const call of toolCallsOf(message)) characters += call.name.length + call.arguments.length
  }
  return characters
}

export interface ToolResult {
  name: string
  text: string
}

/** Results that came after the user's last word: the answer is due now, not another call. */
export function freshToolResults(messages: JsonObject[]): ToolResult[] {
  const called = messages.findLastIndex((message) => message.role === 'assistant')
  if (!messages.slice(called + 1).some((message) => message.role === 'tool')) return []
  const asked = messages.slice(0, Math.max(0, called)).findLastIndex((message) => message.role === 'user')
  const fresh = messages.slice(asked + 1)
  const results = fresh.filter((message) => message.role === 'tool')
  const names = new Map(fresh.flatMap(toolCallsOf).map((call) => [call.id, call.name]))
  return results.map((message) => ({
    name: names.get(message.tool_call_id) ?? 'you called',
    text: textOf(message),
  }))
}

function toolCallsOf(message: JsonObject): { id: unknown; name: string; arguments: string }[] {
  if (!Array.isArray(message.tool_calls)) return []
  return (message.tool_calls as unknown[]).filter(isObject).map((call) => {
    const called = isObject(call.function) ? call.function : {}
    return {
      id: call.id,
      name: typeof called.name === 'string' ? called.name : '',
      arguments: typeof called.arguments === 'string' ? called.arguments : '',
    }
  })
}

/** The beginning of a text on one line, not cut inside a character. */
export function excerpt(text: string, longest: number): string {
  const line = text
    .slice(0, longest * 2)
    .replace(/\s+/g, ' ')
    .trim()
  if (line.length <= longest) return line
  return `${line.slice(0, longest).replace(/[\ud800-\udbff]$/, '')}…`
}
