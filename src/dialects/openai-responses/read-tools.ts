import type {
  ChatRequest,
  OpaqueTool,
  ResponseFormat,
  Thinking,
  Tool,
  ToolChoice,
} from '../../canonical/chat.ts'
import { isObject, type JsonObject } from '../../canonical/json.ts'
import {
  asItem,
  at,
  readArray,
  readBoolean,
  readName,
  readObject,
  readString,
  refuseWord,
  type UnknownFields,
} from '../openai-fields.ts'
import { readJsonSchema } from '../openai-schema.ts'
import { opaque } from './types.ts'

const toolKeys = new Set(['type', 'name', 'description', 'parameters', 'strict'])

/** `undefined` where there are none. */
export function readTools(body: JsonObject, unknown: UnknownFields): ChatRequest['tools'] {
  const tools = (readArray(body, 'tools') ?? []).map((tool, i) => readTool(tool, `tools[${i}]`, unknown))
  return tools.length > 0 ? tools : undefined
}

function readTool(value: unknown, path: string, unknown: UnknownFields): Tool | OpaqueTool {
  const tool = asItem(value, path)
  const type = readName(tool, 'type', path)
  // `custom`, and tools that the provider runs itself.
  if (type !== 'function') return { type: 'opaque', tool: opaque(tool) }
  unknown.note(tool, toolKeys, 'tools[]')
  const read: Tool = { type, name: readName(tool, 'name', path) }
  const description = readString(tool, 'description', path)
  const parameters = readObject(tool, 'parameters', path)
  // Left out it means "strict if the schema allows"; other dialects would take `true` as a demand.
  const strict = readBoolean(tool, 'strict', path)
  if (description !== undefined) read.description = description
  if (parameters !== undefined) read.parameters = parameters
  if (strict !== undefined) read.strict = strict
  return read
}

const choiceWords = ['auto', 'none', 'required'] as const

/** `tool_choice` in all its forms; `kept` is what only this dialect can say (`allowed_tools`, a tool of the provider's). */
export function readToolChoice(body: JsonObject): { toolChoice?: ToolChoice; kept?: JsonObject } {
  const value = body.tool_choice ?? undefined
  if (value === undefined) return {}
  const word = choiceWords.find((each) => each === value)
  if (word !== undefined) return { toolChoice: { type: word } }
  if (!isObject(value)) refuseWord('tool_choice', value, [...choiceWords, 'an object that names a tool'])
  if (value.type === 'function' || value.type === 'custom')
    return { toolChoice: { type: 'tool', name: readName(value, 'name', 'tool_choice') } }
  if (value.type !== 'allowed_tools') {
    readName(value, 'type', 'tool_choice')
    return { kept: value }
  }
  const { mode } = value
  if (mode !== 'auto' && mode !== 'required') refuseWord('tool_choice.mode', mode, ['auto', 'required'])
  return { toolChoice: { type: mode }, kept: value }
}

const textKeys = new Set(['format', 'verbosity'])
const formatKeys = new Set(['type', 'name', 'description', 'schema', 'strict'])

/** `text`: the format of the answer, and how long it should be. */
export function readTextConfig(
  body: JsonObject,
  unknown: UnknownFields,
): { responseFormat?: ResponseFormat; verbosity?: string } {
  const config = readObject(body, 'text')
  if (!config) return {}
  unknown.note(config, textKeys, 'text')
  const responseFormat = readFormat(config, unknown)
  const verbosity = readString(config, 'verbosity', 'text')
  return { ...(responseFormat && { responseFormat }), ...(verbosity !== undefined && { verbosity }) }
}

function readFormat(config: JsonObject, unknown: UnknownFields): ResponseFormat | undefined {
  const format = readObject(config, 'format', 'text')
  if (!format) return undefined
  const place = 'text.format'
  unknown.note(format, formatKeys, place)
  const { type } = format
  if (type === 'text' || type === 'json_object') return { type }
  if (type !== 'json_schema') refuseWord(at(place, 'type'), type, ['text', 'json_object', 'json_schema'])
  return readJsonSchema(format, place)
}

const reasoningKeys = new Set(['effort', 'summary', 'generate_summary'])

/** `reasoning`: the effort, and whether the thinking is to be shown. */
export function readThinking(body: JsonObject, unknown: UnknownFields): Thinking | undefined {
  const reasoning = readObject(body, 'reasoning')
  if (!reasoning) return undefined
  unknown.note(reasoning, reasoningKeys, 'reasoning')
  const effort = readString(reasoning, 'effort', 'reasoning')
  const summary =
    readString(reasoning, 'summary', 'reasoning') ?? readString(reasoning, 'generate_summary', 'reasoning')
  if (effort === undefined && summary === undefined) return undefined
  const thinking: Thinking = { enabled: effort !== 'none' }
  if (effort !== undefined) thinking.effort = effort
  if (summary !== undefined) thinking.display = 'summarized'
  return thinking
}
