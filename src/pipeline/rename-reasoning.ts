import { isObject, type JsonObject } from '../canonical/json.ts'

/**
 * Gives the reasoning text of an OpenAI-shaped answer or chunk the name `reasoning_content`, in place. A server that
 * sends both names keeps both. Says whether anything was renamed.
 */
export function renameReasoning(body: JsonObject, field: string): boolean {
  let renamed = false
  for (const choice of Array.isArray(body.choices) ? (body.choices as unknown[]) : []) {
    if (!isObject(choice)) continue
    for (const holder of [choice.message, choice.delta]) {
      if (
        !isObject(holder) ||
        typeof holder[field] !== 'string' ||
        typeof holder.reasoning_content === 'string'
      )
        continue
      holder.reasoning_content = holder[field]
      delete holder[field]
      renamed = true
    }
  }
  return renamed
}
