import type { ChatRequest, ResponseFormat, TextBlock, Tool, ToolChoice } from '../../canonical/chat.ts'
import { isObject, type JsonObject } from '../../canonical/json.ts'
import { encodeClaudeThinking } from '../claude-thinking.ts'
import type { EncodedRequest, EncodeOptions } from '../dialect.ts'
import { encodeCache, encodeMessages, encodeText } from './encode-content.ts'
import { dialect, own } from './types.ts'

/** Where neither the caller nor the catalogue says how long an answer may be. */
const defaultMaxTokens = 4096

/** @throws GatewayError `invalid_request` for tool arguments that are not a JSON object. */
export function encodeRequest(request: ChatRequest, options: EncodeOptions): EncodedRequest {
  const lost = new Set<string>()
  const maxTokens = encodeMaxTokens(request.maxOutputTokens, options.modelMaxOutputTokens, lost)
  const thinking = encodeClaudeThinking(request, maxTokens, lost)
  const thinks = thinking.thinking !== undefined && request.thinking?.enabled === true
  const format = encodeFormat(request.responseFormat)
  const outputConfig = { ...(thinking.effort && { effort: thinking.effort }), ...(format && { format }) }

  const body: JsonObject = {
    model: request.model,
    max_tokens: maxTokens,
    ...encodeConversation(request, lost),
    ...(request.stream && { stream: true }),
    ...encodeTools(request, lost),
    ...encodeToolChoice(request, thinks, lost),
    ...(thinking.thinking && { thinking: thinking.thinking }),
    ...(Object.keys(outputConfig).length > 0 && { output_config: outputConfig }),
    ...encodeSampling(request, thinks, lost),
    ...encodeStop(request.stop, lost),
    ...(request.user !== undefined && { metadata: { user_id: request.user } }),
    ...encodeServiceTier(request.serviceTier, lost),
  }
  return { body: withExtensions(body, request.extensions), lost: [...lost] }
}

/** Required here. A number beyond what the model can produce would be refused. */
function encodeMaxTokens(asked: number | undefined, largest: number | undefined, lost: Set<string>): number {
  if (asked === undefined) return largest ?? defaultMaxTokens
  if (largest === undefined || asked <= largest) return asked
  lost.add('max_output_tokens')
  return largest
}

function withExtensions(body: JsonObject, extensions: ChatRequest['extensions']): JsonObject {
  if (extensions?.dialect !== dialect) return body
  const { output_config, ...fields } = extensions.fields
  const merged = { ...body, ...fields }
  if (isObject(output_config)) merged.output_config = { ...output_config, ...(body.output_config as object) }
  return merged
}

/**
 * System messages, wherever they stand, move to `system` in their order. A conversation of nothing else
 * becomes a user turn, because the API takes no request without one.
 */
function encodeConversation(request: ChatRequest, lost: Set<string>): JsonObject {
  const system = request.messages
    .filter(({ role }) => role === 'system' || role === 'developer')
    .flatMap(({ content }) => content)
    .filter((block): block is TextBlock => {
      if (block.type !== 'text') lost.add('system')
      return block.type === 'text' && block.text !== ''
    })
    .map((block) => encodeText(block, lost))
  const messages = encodeMessages(request.messages, lost)
  if (system.length === 0) return { messages }
  if (messages.length === 0) return { messages: [{ role: 'user', content: system }] }
  return { system, messages }
}

function encodeTools({ tools }: ChatRequest, lost: Set<string>): JsonObject {
  if (!tools || tools.length === 0) return {}
  const encoded = tools.flatMap((tool): JsonObject[] => {
    if (tool.type === 'function') return [encodeTool(tool)]
    const value = own(tool.tool)
    if (value === undefined) lost.add('foreign_tool')
    return value === undefined ? [] : [value as JsonObject]
  })
  return encoded.length > 0 ? { tools: encoded } : {}
}

function encodeTool(tool: Tool): JsonObject {
  // OpenAI takes a tool without parameters, and a schema without a type; this API demands an object's.
  const schema = isObject(tool.parameters) ? tool.parameters : { properties: {} }
  return {
    name: tool.name,
    ...(tool.description !== undefined && { description: tool.description }),
    input_schema: 'type' in schema ? schema : { type: 'object', ...schema },
    ...(tool.strict !== undefined && { strict: tool.strict }),
    ...encodeCache(tool.cache),
  }
}

/** The API takes a choice only beside tools, and beside thinking only `auto` and `none`. */
function encodeToolChoice(request: ChatRequest, thinks: boolean, lost: Set<string>): JsonObject {
  const { toolChoice, parallelToolCalls } = request
  const demands = toolChoice?.type === 'required' || toolChoice?.type === 'tool'
  if (!request.tools || request.tools.length === 0) {
    if (demands) lost.add('tool_choice')
    return {}
  }
  if (demands && thinks) lost.add('tool_choice')
  const chosen = demands && thinks ? ({ type: 'auto' } as const) : toolChoice
  if (chosen?.type === 'none') return { tool_choice: { type: 'none' } }
  if (parallelToolCalls === undefined || (parallelToolCalls && !chosen))
    return chosen ? { tool_choice: encodeChoice(chosen) } : {}
  return {
    tool_choice: {
      ...encodeChoice(chosen ?? { type: 'auto' }),
      disable_parallel_tool_use: !parallelToolCalls,
    },
  }
}

const encodeChoice = (choice: ToolChoice): JsonObject =>
  choice.type === 'tool' ? { ...choice } : { type: choice.type === 'required' ? 'any' : choice.type }

function encodeFormat(format: ResponseFormat | undefined): JsonObject | undefined {
  return format?.type === 'json_schema' ? { type: 'json_schema', schema: format.schema } : undefined
}

const clamp = (value: number | undefined, name: string, lost: Set<string>): number | undefined => {
  if (value === undefined || (value >= 0 && value <= 1)) return value
  lost.add(name)
  return value > 1 ? 1 : 0
}

const smallestTopPWithThinking = 0.95

/**
 * `temperature` and `top_p` lie in 0..1. Newer models refuse the two together, so the one that says nothing
 * (1 is the default of both) is left out, else `top_p`. Thinking allows no `temperature` but 1, no `top_p`
 * below 0.95 and no `top_k`.
 */
function encodeSampling(request: ChatRequest, thinks: boolean, lost: Set<string>): JsonObject {
  let temperature = clamp(request.temperature, 'temperature', lost)
  let topP = clamp(request.topP, 'top_p', lost)
  let { topK } = request
  if (thinks && temperature !== undefined && temperature !== 1) {
    lost.add('temperature')
    temperature = undefined
  }
  if (thinks && topP !== undefined && topP < smallestTopPWithThinking) {
    lost.add('top_p')
    topP = undefined
  }
  if (thinks && topK !== undefined) {
    lost.add('top_k')
    topK = undefined
  }
  if (temperature !== undefined && topP !== undefined) {
    if (topP !== 1 && temperature === 1) temperature = undefined
    else {
      if (topP !== 1) lost.add('top_p')
      topP = undefined
    }
  }
  return {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...(topK !== undefined && { top_k: topK }),
  }
}

/** The API refuses sequences of nothing but white space. */
function encodeStop(stop: string[] | undefined, lost: Set<string>): JsonObject {
  const sequences = stop?.filter((sequence) => sequence.trim() !== '') ?? []
  if (sequences.length < (stop?.length ?? 0)) lost.add('stop')
  return sequences.length > 0 ? { stop_sequences: sequences } : {}
}

/** OpenAI's `default` means what `standard_only` means here. */
const serviceTiers: ReadonlyMap<string, string> = new Map(
  Object.entries({
    auto: 'auto',
    default: 'standard_only',
    standard_only: 'standard_only',
  }),
)

function encodeServiceTier(tier: string | undefined, lost: Set<string>): JsonObject {
  if (tier === undefined) return {}
  const known = serviceTiers.get(tier)
  if (known === undefined) lost.add('service_tier')
  return known === undefined ? {} : { service_tier: known }
}
