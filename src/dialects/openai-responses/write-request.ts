import type { ChatRequest, ResponseFormat, Thinking } from '../../canonical/chat.ts'
import type { JsonObject } from '../../canonical/json.ts'
import type { EncodedRequest, EncodeOptions } from '../dialect.ts'
import { defined } from '../openai-fields.ts'
import { dialect, includeEncryptedReasoning, includeLogprobs, own } from './types.ts'
import { writeInput } from './write-items.ts'
import type { Lost } from './write-parts.ts'

const minimumOutputTokens = 16
const maximumTemperature = 2

/**
 * Writes a request that holds only what the table carries. Nothing is stored at the provider, so reasoning comes and
 * goes encrypted within the items.
 */
export function encodeRequest(
  request: ChatRequest,
  { modelMaxOutputTokens = Infinity }: EncodeOptions,
): EncodedRequest {
  const lost: Lost = new Set()
  if (request.store) lost.add('store')
  const tools = writeTools(request, lost)
  const reasoning = request.thinking && writeReasoning(request.thinking, lost)
  const { responseFormat, verbosity } = request
  const text = defined({ format: responseFormat && writeFormat(responseFormat), verbosity })
  const body = defined({
    model: request.model,
    input: writeInput(request.messages, lost),
    stream: request.stream || undefined,
    store: false,
    tools,
    // Both are refused where there are no tools.
    tool_choice: tools && writeToolChoice(request),
    parallel_tool_calls: tools && request.parallelToolCalls,
    text: Object.keys(text).length > 0 ? text : undefined,
    reasoning,
    max_output_tokens: clamp(
      request.maxOutputTokens,
      [minimumOutputTokens, modelMaxOutputTokens],
      'max_output_tokens',
      lost,
    ),
    temperature: clamp(request.temperature, [0, maximumTemperature], 'temperature', lost),
    top_p: request.topP,
    top_logprobs: request.topLogprobs,
    include: writeInclude(request, reasoning),
    user: request.user,
    metadata: request.metadata,
    service_tier: writeServiceTier(request.serviceTier, lost),
    prompt_cache_key: request.promptCacheKey,
    safety_identifier: request.safetyIdentifier,
  })
  return { body: addExtensions(body, request), lost: [...lost] }
}

/** The value within the range; one that had to change is named in `lost`. */
function clamp(
  value: number | undefined,
  [minimum, maximum]: readonly [number, number],
  feature: string,
  lost: Lost,
): number | undefined {
  if (value === undefined) return undefined
  const clamped = Math.min(Math.max(value, minimum), maximum)
  if (clamped !== value) lost.add(feature)
  return clamped
}

function writeTools(request: ChatRequest, lost: Lost): JsonObject[] | undefined {
  const tools: JsonObject[] = []
  for (const tool of request.tools ?? []) {
    if (tool.type === 'opaque') {
      const value = own(tool.tool)
      if (value === undefined) lost.add('foreign_tool')
      else tools.push(value as JsonObject)
      continue
    }
    if (tool.cache) lost.add('cache_control')
    const { name, description, parameters = { type: 'object', properties: {} } } = tool
    // Left out it would mean true here, unlike in any other dialect.
    const strict = tool.strict ?? false
    tools.push(defined({ type: 'function', name, description, parameters, strict }))
  }
  return tools.length > 0 ? tools : undefined
}

function writeToolChoice({ toolChoice, tools }: ChatRequest): unknown {
  if (!toolChoice) return undefined
  if (toolChoice.type !== 'tool') return toolChoice.type
  const { name } = toolChoice
  const isCustom = tools?.some((tool) => tool.type === 'opaque' && isCustomTool(own(tool.tool), name))
  return { type: isCustom ? 'custom' : 'function', name }
}

const isCustomTool = (tool: unknown, name: string): boolean => {
  const { type, name: itsName } = (tool ?? {}) as JsonObject
  return type === 'custom' && itsName === name
}

function writeFormat(format: ResponseFormat): JsonObject {
  if (format.type !== 'json_schema') return { type: format.type }
  const { name = 'response', description, schema, strict } = format
  return defined({ type: 'json_schema', name, description, schema, strict })
}

/** A budget alone becomes the effort that spends about as much; what is thought is shown unless the caller says no. */
function writeReasoning(thinking: Thinking, lost: Lost): JsonObject | undefined {
  const { enabled, budgetTokens, display } = thinking
  if (!enabled && thinking.effort === undefined) {
    // Models that cannot think refuse the field, and which these are cannot be known here.
    lost.add('thinking')
    return undefined
  }
  const effort = thinking.effort ?? (budgetTokens === undefined ? undefined : effortOf(budgetTokens))
  return defined({ effort, summary: enabled && display !== 'omitted' ? 'auto' : undefined })
}

function effortOf(budgetTokens: number): string {
  if (budgetTokens < 2048) return 'low'
  return budgetTokens < 4096 ? 'medium' : 'high'
}

/** Models that cannot reason refuse to be asked for encrypted reasoning. */
function writeInclude(request: ChatRequest, reasoning: JsonObject | undefined): string[] | undefined {
  const reasons = reasoning !== undefined && reasoning.effort !== 'none'
  const include = [
    ...(reasons || request.messages.some(holdsOwnReasoning) ? [includeEncryptedReasoning] : []),
    ...(request.logprobs ? [includeLogprobs] : []),
  ]
  return include.length > 0 ? include : undefined
}

const holdsOwnReasoning = ({ content }: ChatRequest['messages'][number]): boolean =>
  content.some(
    (block) =>
      (block.type === 'thinking' && own(block.signature) !== undefined) ||
      (block.type === 'redacted_thinking' && own(block.data) !== undefined),
  )

const serviceTiers = new Set(['auto', 'default', 'flex', 'scale', 'priority', 'fast'])

function writeServiceTier(tier: string | undefined, lost: Lost): string | undefined {
  if (tier === undefined || serviceTiers.has(tier)) return tier
  if (tier === 'standard_only') return 'default'
  lost.add('service_tier')
  return undefined
}

function addExtensions(body: JsonObject, { extensions }: ChatRequest): JsonObject {
  if (extensions?.dialect !== dialect) return body
  const { include, tool_choice: toolChoice, ...fields } = extensions.fields
  return defined({
    ...body,
    ...fields,
    include: include ? [...((body.include ?? []) as unknown[]), ...(include as unknown[])] : body.include,
    tool_choice: body.tools ? (toolChoice ?? body.tool_choice) : undefined,
  })
}
