/** What an answer and a stream have in common. */
import type { Finish, ToolCallBlock } from '../../canonical/chat.ts'
import { isObject } from '../../canonical/json.ts'
import { finishByWord, text } from './types.ts'

/** A call as it begins: the arguments are told apart. `block` is its place among the blocks of the answer. */
export function decodeCall(wire: unknown, block: number): ToolCallBlock {
  const call = isObject(wire) ? wire : {}
  const called = isObject(call.function) ? call.function : {}
  return { type: 'tool_call', id: text(call.id) || `call_${block}`, name: text(called.name), arguments: '' }
}

export function argumentsOf(wire: unknown): string {
  const called = isObject(wire) && isObject(wire.function) ? wire.function.arguments : undefined
  return isObject(called) ? JSON.stringify(called) : text(called)
}

/** Whether the text says that there are no arguments: nothing, or JSON's null. */
export const isNoArguments = (written: string): boolean => written.trim() === '' || written.trim() === 'null'

/** Calls end with `tool_calls` whatever the word; a word for calls without any call is a plain stop. */
export function decodeFinish(word: unknown, hasCalls: boolean): Finish {
  const raw = text(word)
  const unified = finishByWord.get(raw) ?? 'other'
  if (hasCalls && (unified === 'stop' || unified === 'other')) return { unified: 'tool_calls', raw }
  return { unified: unified === 'tool_calls' && !hasCalls ? 'stop' : unified, raw }
}
