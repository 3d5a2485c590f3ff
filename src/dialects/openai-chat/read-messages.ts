import type { Block, Message, ToolCallBlock, ToolResultBlock } from '../../canonical/chat.ts'
import type { JsonObject } from '../../canonical/json.ts'
import {
  asItem,
  at,
  readArray,
  readName,
  readObject,
  readString,
  readText,
  refuse,
  refuseAs,
  refuseWord,
  type UnknownFields,
} from '../openai-fields.ts'
import { partsOf, readCacheMark, readContent, withCache } from './read-parts.ts'
import { readThinkingBlock } from './thinking-blocks.ts'

const roles = ['system', 'developer', 'user', 'assistant', 'tool', 'function'] as const

const common = ['role', 'content', 'name', 'cache_control']
const keysOf: Readonly<Record<string, ReadonlySet<string>>> = {
  system: new Set(common),
  developer: new Set(common),
  user: new Set(common),
  assistant: new Set([
    ...common,
    'tool_calls',
    'function_call',
    'refusal',
    'audio',
    'reasoning_content',
    'reasoning',
    'thinking_blocks',
    'prefix',
    // Part of an answer that is sent back; says nothing to the model.
    'annotations',
  ]),
  tool: new Set([...common, 'tool_call_id']),
  function: new Set(common),
}

/** What is carried from one message to the next while reading. */
interface Reading {
  messages: Message[]
  unknown: UnknownFields
  /** The tool results that the next `tool` message joins. */
  results: Block[] | undefined
  /** Legacy `function` messages name the function; its last call's made-up id is kept here. */
  functionCallIds: Map<string, string>
  functionCalls: number
}

export function readMessages(
  list: unknown,
  unknown: UnknownFields,
): { messages: Message[]; isPrefix: boolean } {
  if (!Array.isArray(list) || list.length === 0) refuse('messages', list, 'an array of at least one message')
  const reading: Reading = {
    messages: [],
    unknown,
    results: undefined,
    functionCallIds: new Map(),
    functionCalls: 0,
  }
  for (let i = 0; i < list.length; i++)
    readMessage(asItem(list[i], `messages[${i}]`), `messages[${i}]`, reading)
  return { messages: reading.messages, isPrefix: (list.at(-1) as JsonObject).prefix === true }
}

function readMessage(message: JsonObject, path: string, reading: Reading): void {
  const role = message.role
  const keys = typeof role === 'string' && Object.hasOwn(keysOf, role) ? keysOf[role] : undefined
  if (!keys) refuseWord(at(path, 'role'), role, roles)
  reading.unknown.note(message, keys, 'messages[]')
  if (role === 'tool' || role === 'function') {
    addResult(readResult(message, path, role, reading), reading)
    return
  }
  reading.results = undefined
  const content =
    role === 'assistant' ? readAssistant(message, path, reading) : readPlain(message, path, reading)
  const name = readString(message, 'name', path)
  const cache = readCacheMark(message, path)
  const last = content.at(-1)
  if (cache && last) content[content.length - 1] = withCache(last, cache)
  const read: Message = { role: role as Message['role'], content }
  reading.messages.push(name === undefined ? read : { ...read, name })
}

function readPlain(message: JsonObject, path: string, { unknown }: Reading): Block[] {
  const place = at(path, 'content')
  if (message.content === null || message.content === undefined)
    refuse(place, message.content, 'a string or an array of content parts')
  return readContent(message.content, place, message.role === 'user' ? partsOf.user : partsOf.system, unknown)
}

function readAssistant(message: JsonObject, path: string, reading: Reading): Block[] {
  const blocks = readThinking(message, path)
  blocks.push(...readContent(message.content, at(path, 'content'), partsOf.assistant, reading.unknown))
  const refusal = readString(message, 'refusal', path)
  if (refusal) blocks.push({ type: 'refusal', text: refusal })
  // An earlier spoken answer, kept by OpenAI under its id.
  const audio = readObject(message, 'audio', path)
  if (audio)
    blocks.push({ type: 'opaque', block: { dialect: 'openai-chat', value: { type: 'audio', ...audio } } })
  const calls = readArray(message, 'tool_calls', path) ?? []
  calls.forEach((call, i) => {
    const place = `${path}.tool_calls[${i}]`
    blocks.push(readToolCall(asItem(call, place), place, reading.unknown))
  })
  const legacy = readObject(message, 'function_call', path)
  if (legacy) blocks.push(readFunctionCall(legacy, at(path, 'function_call'), reading))
  return blocks
}

/** Signed blocks say all that `reasoning_content` says; without them its text is unsigned thinking. */
function readThinking(message: JsonObject, path: string): Block[] {
  const entries = readArray(message, 'thinking_blocks', path) ?? []
  const signed = entries.map(readThinkingBlock).filter((block) => block !== undefined)
  if (signed.length > 0) return signed
  const text = readString(message, 'reasoning_content', path) || readString(message, 'reasoning', path)
  return text ? [{ type: 'thinking', text }] : []
}

const callKeys = new Set(['id', 'type', 'function', 'custom', 'index', 'extra_content'])
const functionKeys = new Set(['name', 'arguments'])
const customKeys = new Set(['name', 'input'])

function readToolCall(call: JsonObject, path: string, unknown: UnknownFields): ToolCallBlock {
  unknown.note(call, callKeys, 'messages[].tool_calls[]')
  const id = readName(call, 'id', path)
  const type = call.type ?? (call.custom ? 'custom' : 'function')
  if (type === 'custom') {
    const custom = asItem(call.custom, at(path, 'custom'))
    unknown.note(custom, customKeys, 'messages[].tool_calls[].custom')
    const name = readName(custom, 'name', `${path}.custom`)
    return {
      type: 'tool_call',
      id,
      name,
      arguments: readText(custom, 'input', `${path}.custom`),
      kind: 'custom',
    }
  }
  if (type !== 'function') refuseWord(at(path, 'type'), type, ['function', 'custom'])
  const called = asItem(call.function, at(path, 'function'))
  unknown.note(called, functionKeys, 'messages[].tool_calls[].function')
  const name = readName(called, 'name', `${path}.function`)
  const block: ToolCallBlock = {
    type: 'tool_call',
    id,
    name,
    arguments: readText(called, 'arguments', `${path}.function`),
  }
  const signature = thoughtSignature(call)
  return signature === undefined ? block : { ...block, signature: { dialect: 'gemini', value: signature } }
}

/** Gemini's signature over the thought before a call: `extra_content.google.thought_signature`. */
export function thoughtSignature(call: JsonObject): string | undefined {
  const google = (call.extra_content as { google?: { thought_signature?: unknown } } | null | undefined)
    ?.google
  const signature = google?.thought_signature
  return typeof signature === 'string' && signature !== '' ? signature : undefined
}

/** The `function_call` of before November 2023: it has no id, so it gets one by its place in the conversation. */
function readFunctionCall(call: JsonObject, path: string, reading: Reading): ToolCallBlock {
  reading.unknown.note(call, functionKeys, 'messages[].function_call')
  const name = readName(call, 'name', path)
  const id = `call_function_${reading.functionCalls++}`
  reading.functionCallIds.set(name, id)
  return { type: 'tool_call', id, name, arguments: readText(call, 'arguments', path) }
}

function readResult(
  message: JsonObject,
  path: string,
  role: 'tool' | 'function',
  reading: Reading,
): ToolResultBlock {
  const toolCallId =
    role === 'tool' ? readName(message, 'tool_call_id', path) : calledBefore(message, path, reading)
  const blocks = readContent(message.content, at(path, 'content'), partsOf.tool, reading.unknown)
  const content: ToolResultBlock['content'] = []
  let cache = readCacheMark(message, path)
  // A mark on a part of a result means the end of the result, which is where it has a place.
  for (const block of blocks as ToolResultBlock['content']) {
    if (!('cache' in block)) {
      content.push(block)
      continue
    }
    const { cache: mark, ...rest } = block
    cache = mark ?? cache
    content.push(rest)
  }
  const result: ToolResultBlock = { type: 'tool_result', toolCallId, content }
  return cache === undefined ? result : { ...result, cache }
}

function calledBefore(message: JsonObject, path: string, reading: Reading): string {
  const id = reading.functionCallIds.get(readName(message, 'name', path))
  if (id === undefined)
    refuseAs(
      `${path}.name`,
      'a function that no message before has called',
      'the name of the last function_call',
    )
  return id
}

function addResult(result: ToolResultBlock, reading: Reading): void {
  if (!reading.results) {
    reading.results = []
    reading.messages.push({ role: 'user', content: reading.results })
  }
  reading.results.push(result)
}
