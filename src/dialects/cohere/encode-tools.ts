import type { ChatRequest, ResponseFormat, Tool } from '../../canonical/chat.ts'
import { isObject, type JsonObject } from '../../canonical/json.ts'
import { defined } from '../openai-fields.ts'
import { GatewayError } from '../../errors.ts'
import type { Lost } from './types.ts'

/** `tools`, `tool_choice`, `strict_tools`; nothing where there are no tools, beside which alone they are taken. */
export function encodeTools({ tools, toolChoice }: ChatRequest, lost: Lost): JsonObject {
  const all = tools?.filter((tool) => tool.type === 'function') ?? []
  if (all.length === 0) {
    if (toolChoice?.type === 'required' || toolChoice?.type === 'tool') lost.add('tool_choice')
    return {}
  }
  const offered = toolChoice?.type === 'tool' ? named(all, toolChoice.name) : all
  return defined({
    tools: offered.map(encodeTool),
    tool_choice: toolChoice && choiceWords[toolChoice.type],
    strict_tools: encodeStrict(offered, lost),
  })
}

/** `auto` is what happens without a word. */
const choiceWords = { auto: undefined, none: 'NONE', required: 'REQUIRED', tool: 'REQUIRED' } as const

/** The API cannot name a tool; where only one is offered, `REQUIRED` is it. */
function named(tools: Tool[], name: string): Tool[] {
  const found = tools.filter((tool) => tool.name === name)
  if (found.length > 0) return found
  throw new GatewayError('invalid_request', {
    message: 'tool_choice: found a name that is none of the tools, allowed: the name of one of the tools.',
    param: 'tool_choice',
  })
}

/** A function must say its parameters even if it takes none. */
const encodeTool = ({ name, description, parameters }: Tool): JsonObject => ({
  type: 'function',
  function: defined({ name, description, parameters: parameters ?? { type: 'object', properties: {} } }),
})

/** One word for all tools. The API refuses it where a tool has optional parameters alone. */
function encodeStrict(tools: Tool[], lost: Lost): true | undefined {
  if (!tools.some((tool) => tool.strict)) return undefined
  if (tools.every((tool) => tool.strict && demandsParameter(tool.parameters))) return true
  lost.add('strict_tools')
  return undefined
}

const demandsParameter = (schema: unknown): boolean =>
  isObject(schema) && Array.isArray(schema.required) && schema.required.length > 0

/** Plain text is what happens without a word. The API refuses a format beside tools. */
export function encodeFormat(
  format: ResponseFormat | undefined,
  hasTools: boolean,
  lost: Lost,
): JsonObject | undefined {
  if (!format || format.type === 'text') return undefined
  if (hasTools) {
    lost.add(format.type)
    return undefined
  }
  return format.type === 'json_schema'
    ? { type: 'json_object', json_schema: format.schema }
    : { type: 'json_object' }
}
