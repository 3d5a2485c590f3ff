import type { ChatRequest, Tool } from '../../canonical/chat.ts'
import { isObject, type JsonObject } from '../../canonical/json.ts'
import { own, type Lost } from './types.ts'

/** `tools` and `toolConfig`. */
export function encodeTools(request: ChatRequest, lost: Lost): JsonObject {
  // There is no such switch: calls are always parallel.
  if (request.parallelToolCalls === false) lost.add('parallel_tool_calls')
  const functionDeclarations: JsonObject[] = []
  const others: JsonObject[] = []
  for (const tool of request.tools ?? []) {
    if (tool.type === 'function') {
      functionDeclarations.push(declare(tool))
      continue
    }
    const value = own(tool.tool)
    if (value === undefined) lost.add('foreign_tool')
    else others.push(value as JsonObject)
  }
  const tools = functionDeclarations.length > 0 ? [{ functionDeclarations }, ...others] : others
  const functionCallingConfig = encodeChoice(request, functionDeclarations.length > 0, lost)
  return {
    ...(tools.length > 0 && { tools }),
    ...(functionCallingConfig && { toolConfig: { functionCallingConfig } }),
  }
}

/** `parametersJsonSchema` takes any JSON Schema; `parameters` only Google's own subset, in its own spelling. */
const declare = ({ name, description, parameters }: Tool): JsonObject => ({
  name,
  ...(description !== undefined && { description }),
  ...(isObject(parameters) && { parametersJsonSchema: parameters }),
})

const modes = { auto: 'AUTO', none: 'NONE', required: 'ANY', tool: 'ANY' } as const

/** `ANY` holds calls to their schemas; `VALIDATED` does where the model may also answer in words. */
function encodeChoice(
  { toolChoice, tools }: ChatRequest,
  hasFunctions: boolean,
  lost: Lost,
): JsonObject | undefined {
  const demands = toolChoice?.type === 'required' || toolChoice?.type === 'tool'
  if (!hasFunctions) {
    if (demands) lost.add('tool_choice')
    return undefined
  }
  const isStrict = tools?.some((tool) => tool.type === 'function' && tool.strict === true) ?? false
  if (isStrict && (toolChoice === undefined || toolChoice.type === 'auto')) return { mode: 'VALIDATED' }
  if (!toolChoice) return undefined
  return {
    mode: modes[toolChoice.type],
    ...(toolChoice.type === 'tool' && { allowedFunctionNames: [toolChoice.name] }),
  }
}
