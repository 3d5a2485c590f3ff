import type { ChatRequest, Message, Tool, ToolChoice } from '../../canonical/chat.ts'
import { isObject, type JsonObject } from '../../canonical/json.ts'
import { type Encoding, encodeCachePoint } from './encode-content.ts'
import { own } from './types.ts'

/**
 * `toolConfig`, `undefined` without one. Two demands of the API do not fit together here: it has no choice
 * `none`, for which the tools must be left out, and it refuses a history with tool calls beside no tools.
 * - `none` without calls in the history: no `toolConfig`.
 * - `none` with calls in it: the tools stay, the choice does not, and is named in `lost`.
 * - No tools and calls in the history: the tools called there are declared, with any arguments.
 */
export function encodeToolConfig(
  request: ChatRequest,
  encoding: Encoding,
  claudeThinks: boolean,
): JsonObject | undefined {
  const { toolChoice, messages } = request
  const tools = encodeTools(request.tools, encoding)
  const called = namesOfCalls(messages)
  const demands = toolChoice?.type === 'required' || toolChoice?.type === 'tool'
  if (tools.length === 0) {
    if (demands) encoding.lost.add('tool_choice')
    return called.length === 0 ? undefined : { tools: called.map(declare) }
  }
  if (toolChoice?.type === 'none') {
    if (called.length === 0) return undefined
    encoding.lost.add('tool_choice')
    return { tools }
  }
  if (demands && claudeThinks) {
    encoding.lost.add('tool_choice')
    return { tools, toolChoice: { auto: {} } }
  }
  return { tools, ...(toolChoice && { toolChoice: encodeChoice(toolChoice) }) }
}

function encodeTools(tools: ChatRequest['tools'], encoding: Encoding): JsonObject[] {
  return (tools ?? []).flatMap((tool): JsonObject[] => {
    if (tool.type === 'function') return [encodeTool(tool), ...encodeCachePoint(tool.cache, encoding)]
    const value = own(tool.tool)
    if (value === undefined) encoding.lost.add('foreign_tool')
    return value === undefined ? [] : [value as JsonObject]
  })
}

function encodeTool(tool: Tool): JsonObject {
  // OpenAI takes a tool without parameters, and a schema without a type; this API demands an object's.
  const schema = isObject(tool.parameters) ? tool.parameters : { properties: {} }
  return {
    toolSpec: {
      name: tool.name,
      // An empty description is refused.
      ...(tool.description && { description: tool.description }),
      inputSchema: { json: 'type' in schema ? schema : { type: 'object', ...schema } },
      // `false` is what goes without saying, and models without the feature refuse the field.
      ...(tool.strict && { strict: true }),
    },
  }
}

const declare = (name: string): JsonObject => encodeTool({ type: 'function', name })

const namesOfCalls = (messages: readonly Message[]): string[] => [
  ...new Set(
    messages.flatMap(({ content }) =>
      content.flatMap((block) => (block.type === 'tool_call' ? [block.name] : [])),
    ),
  ),
]

function encodeChoice(choice: ToolChoice): JsonObject {
  if (choice.type === 'tool') return { tool: { name: choice.name } }
  return choice.type === 'required' ? { any: {} } : { auto: {} }
}
