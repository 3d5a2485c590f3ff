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
  readInteger,
  readName,
  readObject,
  readString,
  refuseWord,
  type UnknownFields,
} from '../openai-fields.ts'
import { readJsonSchema } from '../openai-schema.ts'
import { readCacheMark } from './read-parts.ts'

const toolKeys = new Set(['type', 'function', 'cache_control'])
// `type` inside is redundant; one framework writes it into every tool.
const functionKeys = new Set(['type', 'name', 'description', 'parameters', 'strict', 'cache_control'])

/** `tools`, and the `functions` of before November 2023. `undefined` where there are none. */
export function readTools(body: JsonObject, unknown: UnknownFields): ChatRequest['tools'] {
  const tools = (readArray(body, 'tools') ?? []).map((tool, i) => readTool(tool, `tools[${i}]`, unknown))
  const functions = (readArray(body, 'functions') ?? []).map((item, i) =>
    readFunction(asItem(item, `functions[${i}]`), `functions[${i}]`, 'functions[]', unknown),
  )
  return tools.length + functions.length > 0 ? [...tools, ...functions] : undefined
}

function readTool(value: unknown, path: string, unknown: UnknownFields): Tool | OpaqueTool {
  const tool = asItem(value, path)
  const type = tool.type ?? (tool.function ? 'function' : undefined)
  if (typeof type !== 'string' || type === '') refuseWord(at(path, 'type'), tool.type, ['function', 'custom'])
  // `custom`, and tools that the provider runs itself.
  if (type !== 'function') return { type: 'opaque', tool: { dialect: 'openai-chat', value: tool } }
  unknown.note(tool, toolKeys, 'tools[]')
  const place = at(path, 'function')
  const read = readFunction(asItem(tool.function, place), place, 'tools[].function', unknown)
  const cache = readCacheMark(tool, path)
  return cache === undefined ? read : { ...read, cache }
}

function readFunction(item: JsonObject, path: string, place: string, unknown: UnknownFields): Tool {
  unknown.note(item, functionKeys, place)
  const tool: Tool = { type: 'function', name: readName(item, 'name', path) }
  const description = readString(item, 'description', path)
  const parameters = readObject(item, 'parameters', path)
  const strict = readBoolean(item, 'strict', path)
  const cache = readCacheMark(item, path)
  if (description !== undefined) tool.description = description
  if (parameters !== undefined) tool.parameters = parameters
  if (strict !== undefined) tool.strict = strict
  if (cache !== undefined) tool.cache = cache
  return tool
}

const choices: Readonly<Record<string, ToolChoice>> = {
  auto: { type: 'auto' },
  none: { type: 'none' },
  required: { type: 'required' },
  any: { type: 'required' },
}
const choiceWords = ['auto', 'none', 'required']

/** `tool_choice` in all its forms; `kept` is the one that only OpenAI's dialect can say (`allowed_tools`). */
export function readToolChoice(body: JsonObject): { toolChoice?: ToolChoice; kept?: JsonObject } {
  const value = body.tool_choice ?? undefined
  if (value === undefined) return readFunctionChoice(body)
  if (typeof value === 'string' && Object.hasOwn(choices, value)) return { toolChoice: choices[value] }
  if (!isObject(value)) refuseWord('tool_choice', value, [...choiceWords, 'an object that names a function'])
  if (value.type === 'function' || value.type === 'custom') {
    const place = `tool_choice.${value.type}`
    return { toolChoice: { type: 'tool', name: readName(asItem(value[value.type], place), 'name', place) } }
  }
  if (value.type !== 'allowed_tools')
    refuseWord('tool_choice.type', value.type, ['function', 'custom', 'allowed_tools'])
  const mode = asItem(value.allowed_tools, 'tool_choice.allowed_tools').mode
  if (mode !== 'auto' && mode !== 'required')
    refuseWord('tool_choice.allowed_tools.mode', mode, ['auto', 'required'])
  return { toolChoice: { type: mode }, kept: value }
}

function readFunctionChoice(body: JsonObject): { toolChoice?: ToolChoice } {
  const value = body.function_call ?? undefined
  if (value === undefined) return {}
  if (isObject(value)) return { toolChoice: { type: 'tool', name: readName(value, 'name', 'function_call') } }
  if (value !== 'auto' && value !== 'none')
    refuseWord('function_call', value, ['auto', 'none', 'an object that names a function'])
  return { toolChoice: choices[value] }
}

const formatKeys = new Set(['type', 'json_schema'])
const schemaKeys = new Set(['name', 'description', 'schema', 'strict'])

export function readResponseFormat(body: JsonObject, unknown: UnknownFields): ResponseFormat | undefined {
  const format = readObject(body, 'response_format')
  if (!format) return undefined
  unknown.note(format, formatKeys, 'response_format')
  const type = format.type
  if (type === 'text' || type === 'json_object') return { type }
  if (type !== 'json_schema') refuseWord('response_format.type', type, ['text', 'json_object', 'json_schema'])
  const place = 'response_format.json_schema'
  const wrapper = asItem(format.json_schema, place)
  unknown.note(wrapper, schemaKeys, place)
  return readJsonSchema(wrapper, place)
}

const thinkingKeys = new Set(['type', 'budget_tokens', 'display'])

/** `reasoning_effort`, and Anthropic's `thinking` as an accepted extension; both may be there. */
export function readThinking(body: JsonObject, unknown: UnknownFields): Thinking | undefined {
  const effort = readString(body, 'reasoning_effort')
  const object = readObject(body, 'thinking')
  if (!object) return effort === undefined ? undefined : { enabled: effort !== 'none', effort }
  unknown.note(object, thinkingKeys, 'thinking')
  const type = object.type
  if (type !== 'enabled' && type !== 'disabled' && type !== 'adaptive')
    refuseWord('thinking.type', type, ['enabled', 'disabled', 'adaptive'])
  const thinking: Thinking = { enabled: type !== 'disabled' }
  const budgetTokens = readInteger(object, 'budget_tokens', 1, 'thinking')
  const display = readString(object, 'display', 'thinking')
  if (type === 'adaptive') thinking.adaptive = true
  if (budgetTokens !== undefined) thinking.budgetTokens = budgetTokens
  if (display !== undefined) thinking.display = display
  if (effort !== undefined) thinking.effort = effort
  return thinking
}
