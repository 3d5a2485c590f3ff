import type { Block, Message, OpaqueBlock, ToolCallBlock, ToolResultBlock } from '../../canonical/chat.ts'
import type { JsonObject } from '../../canonical/json.ts'
import { readCarried } from '../carried-reasoning.ts'
import {
  asItem,
  at,
  readName,
  readString,
  readText,
  refuse,
  refuseWord,
  type UnknownFields,
} from '../openai-fields.ts'
import { partsOf, readContent } from './read-parts.ts'
import { readReasoning } from './reasoning.ts'
import { refuseState } from './state.ts'
import { opaque } from './types.ts'

type Side = 'user' | 'assistant'

/** What is carried from one item to the next while reading. */
interface Reading {
  messages: Message[]
  unknown: UnknownFields
  /** The side whose items the next one may join: the model's own turn, or a row of tool results. */
  joining: Side | undefined
  /** Signatures of tool calls to come, by the id of the call. */
  signatures: Map<string, NonNullable<ToolCallBlock['signature']>>
}

/** `input`: a text, or items, of which those of one turn become one message. */
export function readInput(input: unknown, unknown: UnknownFields): Message[] {
  if (typeof input === 'string') return [{ role: 'user', content: [{ type: 'text', text: input }] }]
  if (!Array.isArray(input) || input.length === 0)
    refuse('input', input, 'a string, or an array of at least one item')
  const reading: Reading = { messages: [], unknown, joining: undefined, signatures: new Map() }
  input.forEach((value, i) => readItem(asItem(value, `input[${i}]`), `input[${i}]`, reading))
  return reading.messages
}

const messageKeys = new Set(['type', 'id', 'role', 'content', 'status'])
const callKeys = new Set(['type', 'id', 'call_id', 'name', 'arguments', 'status'])
const customCallKeys = new Set(['type', 'id', 'call_id', 'name', 'input', 'status'])
const resultKeys = new Set(['type', 'id', 'call_id', 'name', 'output', 'status'])
const reasoningKeys = new Set(['type', 'id', 'summary', 'content', 'encrypted_content', 'status'])

function readItem(item: JsonObject, path: string, reading: Reading): void {
  switch (typeOf(item, path)) {
    case 'message':
      reading.unknown.note(item, messageKeys, 'input[]')
      return readMessage(item, path, reading)
    case 'function_call':
      reading.unknown.note(item, callKeys, 'input[]')
      return join('assistant', [readCall(item, path, reading)], reading)
    case 'custom_tool_call':
      reading.unknown.note(item, customCallKeys, 'input[]')
      return join('assistant', [{ ...readCall(item, path, reading), kind: 'custom' }], reading)
    case 'function_call_output':
    case 'custom_tool_call_output':
      reading.unknown.note(item, resultKeys, 'input[]')
      return join('user', [readResult(item, path, reading)], reading)
    case 'reasoning':
      reading.unknown.note(item, reasoningKeys, 'input[]')
      return readReasoningItem(item, path, reading)
    case 'item_reference':
      return refuseState('input', path)
    default:
      return join(sideOf(item.type as string), [whole(item)], reading)
  }
}

/** Messages may leave out their type, and so may references, which then are an id alone. */
function typeOf(item: JsonObject, path: string): string {
  const { type } = item
  if (typeof type === 'string' && type !== '') return type
  if (type !== undefined && type !== null) refuse(at(path, 'type'), type, 'a string that is not empty')
  return item.role === undefined && item.content === undefined && item.id !== undefined
    ? 'item_reference'
    : 'message'
}

const roles = ['user', 'assistant', 'system', 'developer'] as const

function readMessage(item: JsonObject, path: string, reading: Reading): void {
  const role = roles.find((each) => each === item.role)
  if (role === undefined) refuseWord(at(path, 'role'), item.role, roles)
  const allowed = role === 'user' || role === 'assistant' ? partsOf[role] : partsOf.system
  const content = readContent(item.content, at(path, 'content'), allowed, reading.unknown)
  if (role === 'assistant') return join(role, content, reading)
  reading.joining = undefined
  reading.messages.push({ role, content })
}

/** Items of the model's turn are one message, and so are tool results in a row; a user's own message stands alone. */
function join(side: Side, blocks: readonly Block[], reading: Reading): void {
  const last = reading.messages.at(-1)
  if (reading.joining === side && last) last.content.push(...blocks)
  else reading.messages.push({ role: side, content: [...blocks] })
  reading.joining = side
}

function readCall(item: JsonObject, path: string, reading: Reading): ToolCallBlock {
  const id = readName(item, 'call_id', path)
  const field = item.type === 'custom_tool_call' ? 'input' : 'arguments'
  const block: ToolCallBlock = {
    type: 'tool_call',
    id,
    name: readName(item, 'name', path),
    arguments: readText(item, field, path),
  }
  const signature = reading.signatures.get(id)
  return signature === undefined ? block : { ...block, signature }
}

function readResult(item: JsonObject, path: string, reading: Reading): ToolResultBlock {
  return {
    type: 'tool_result',
    toolCallId: readName(item, 'call_id', path),
    content: readContent(
      item.output,
      at(path, 'output'),
      partsOf.tool,
      reading.unknown,
    ) as ToolResultBlock['content'],
  }
}

function readReasoningItem(item: JsonObject, path: string, reading: Reading): void {
  const encrypted = readString(item, 'encrypted_content', path)
  const carried = encrypted === undefined ? undefined : readCarried(encrypted)
  if (carried?.callId !== undefined) {
    reading.signatures.set(carried.callId, carried.maker)
    return
  }
  const block = readReasoning(item)
  if (block) join('assistant', [block], reading)
}

/** An item of a kind that only this API knows: calls of tools that it runs, their results, compactions. */
const whole = (item: JsonObject): OpaqueBlock => ({ type: 'opaque', block: opaque(item) })

/** Who sends an item of another kind: results and approvals come from the caller. */
const sideOf = (type: string): Side => (/_(?:output|response)$/.test(type) ? 'user' : 'assistant')
