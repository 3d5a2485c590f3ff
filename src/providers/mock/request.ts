import { described, invalid } from './refusal.ts'

export type JsonObject = Record<string, unknown>
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The `mock` object of a request: what a test or a curious user asks this very answer to be like. */
export interface MockWishes {
  latencyMs?: number
  tokensPerSecond?: number
  tokens?: number
  status?: number
}

export interface MockTool {
  name: string
  parameters: unknown
}

export interface ChatAsked {
  messages: JsonObject[]
  stream: boolean
  includeUsage: boolean
  choices: number
  maxTokens: number
  stop: string[]
  tools: MockTool[]
  /** `none`, `auto`, `required`, or the name of the tool that must be called. */
  toolChoice: 'none' | 'auto' | 'required' | { name: string }
  parallelToolCalls: boolean
  responseFormat: { type: 'text' } | { type: 'json_object' } | { type: 'json_schema'; schema: unknown }
}

/** @throws MockRefusal 400 with `param` for a field of the wrong shape. */
export function readChat(body: JsonObject): ChatAsked {
  const tools = readTools(body.tools)
  return {
    messages: readMessages(body.messages),
    stream: boolean(body, 'stream', false),
    includeUsage: isObject(body.stream_options) && body.stream_options.include_usage === true,
    choices: whole(body, 'n', 1, 128) ?? 1,
    maxTokens:
      whole(body, 'max_completion_tokens', 1, Number.MAX_SAFE_INTEGER) ??
      whole(body, 'max_tokens', 1, Number.MAX_SAFE_INTEGER) ??
      Infinity,
    stop: readStop(body.stop),
    ...readToolChoice(body.tool_choice, tools),
    parallelToolCalls: boolean(body, 'parallel_tool_calls', true),
    responseFormat: readResponseFormat(body.response_format),
  }
}

const wishes = {
  latency_ms: [0, 600_000],
  tokens_per_second: [0.1, 1_000_000],
  tokens: [1, 100_000],
  status: [200, 599],
} as const

/** @throws MockRefusal 400 that lists what `mock` may hold. */
export function readWishes(value: unknown): MockWishes {
  if (value === undefined || value === null) return {}
  if (!isObject(value)) throw invalid('mock', `'mock' must be an object, found ${described(value)}.`)
  for (const [name, wish] of Object.entries(value)) {
    if (!Object.hasOwn(wishes, name)) {
      const known = Object.keys(wishes).join(', ')
      throw invalid('mock', `'mock' has an unknown field; allowed are ${known}.`)
    }
    const [least, most] = wishes[name as keyof typeof wishes]
    const isWhole = name === 'latency_ms' || name === 'tokens_per_second' || Number.isInteger(wish)
    if (typeof wish !== 'number' || !isWhole || !(wish >= least && wish <= most)) {
      throw invalid(`mock.${name}`, `'mock.${name}' must be ${least} to ${most}, found ${described(wish)}.`)
    }
  }
  const { latency_ms, tokens_per_second, tokens, status } = value as Record<string, number>
  if (status !== undefined && status !== 200 && status < 400) {
    throw invalid('mock.status', `'mock.status' must be 200 or 400 to 599, found ${status}.`)
  }
  return { latencyMs: latency_ms, tokensPerSecond: tokens_per_second, tokens, status }
}

function readMessages(value: unknown): JsonObject[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw invalid('messages', `'messages' must be a non-empty array, found ${described(value)}.`)
  }
  for (const [i, message] of value.entries()) {
    if (!isObject(message) || typeof message.role !== 'string') {
      throw invalid(`messages[${i}]`, `'messages[${i}]' must be an object with a role.`)
    }
  }
  return value as JsonObject[]
}

function boolean(body: JsonObject, name: string, otherwise: boolean): boolean {
  const value = body[name] ?? otherwise
  if (typeof value === 'boolean') return value
  throw invalid(name, `'${name}' must be true or false, found ${described(value)}.`)
}

export function whole(body: JsonObject, name: string, least: number, most: number): number | undefined {
  const value = body[name] ?? undefined
  if (value === undefined) return undefined
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most)
    return value as number
  const allowed = most === Number.MAX_SAFE_INTEGER ? `at least ${least}` : `${least} to ${most}`
  throw invalid(name, `'${name}' must be an integer, ${allowed}, found ${described(value)}.`)
}

function readStop(value: unknown): string[] {
  if (value === undefined || value === null) return []
  const list: unknown[] = Array.isArray(value) ? value : [value]
  if (list.every((text) => typeof text === 'string' && text !== '')) return list as string[]
  throw invalid('stop', `'stop' must be a string or an array of strings, none of them empty.`)
}

/** Function tools only: a tool of another type is the provider's own, and the mock has none. */
function readTools(value: unknown): MockTool[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw invalid('tools', `'tools' must be an array, found ${described(value)}.`)
  return value.map((tool: unknown, i) => {
    if (isObject(tool) && tool.type === 'function' && isObject(tool.function)) {
      const { name, parameters } = tool.function
      if (typeof name === 'string' && name !== '') return { name, parameters }
    }
    throw invalid(`tools[${i}]`, `'tools[${i}]' must be of type "function" and have a 'function.name'.`)
  })
}

function readToolChoice(value: unknown, tools: MockTool[]): Pick<ChatAsked, 'tools' | 'toolChoice'> {
  if (value === undefined || value === null) return { tools, toolChoice: 'auto' }
  if (value === 'none' || value === 'auto') return { tools, toolChoice: value }
  if (tools.length === 0)
    throw invalid('tool_choice', `'tool_choice' is only allowed when 'tools' are specified.`)
  if (value === 'required') return { tools, toolChoice: value }
  if (isObject(value) && value.type === 'function' && isObject(value.function)) {
    const { name } = value.function
    if (!tools.some((tool) => tool.name === name))
      throw invalid('tool_choice', 'That tool is not among the tools.')
    return { tools, toolChoice: { name: name as string } }
  }
  if (isObject(value) && value.type === 'allowed_tools' && isObject(value.allowed_tools)) {
    return readAllowedTools(value.allowed_tools, tools)
  }
  throw invalid('tool_choice', `'tool_choice' must be none, auto, required, a function or allowed_tools.`)
}

function readAllowedTools(value: JsonObject, tools: MockTool[]): Pick<ChatAsked, 'tools' | 'toolChoice'> {
  const list: unknown[] = Array.isArray(value.tools) ? value.tools : []
  const names = list.map((tool) =>
    isObject(tool) && isObject(tool.function) ? tool.function.name : undefined,
  )
  const allowed = tools.filter((tool) => names.includes(tool.name))
  return { tools: allowed, toolChoice: value.mode === 'required' && allowed.length > 0 ? 'required' : 'auto' }
}

function readResponseFormat(value: unknown): ChatAsked['responseFormat'] {
  if (value === undefined || value === null) return { type: 'text' }
  if (isObject(value)) {
    if (value.type === 'text' || value.type === 'json_object') return { type: value.type }
    if (value.type === 'json_schema' && isObject(value.json_schema)) {
      return { type: 'json_schema', schema: value.json_schema.schema ?? {} }
    }
  }
  throw invalid('response_format', `'response_format.type' must be text, json_object or json_schema.`)
}
