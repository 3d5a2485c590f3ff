import type { ChatRequest, ResponseFormat, Thinking } from '../../canonical/chat.ts'
import type { JsonObject } from '../../canonical/json.ts'
import type { EncodedRequest, EncodeOptions } from '../dialect.ts'
import { defined } from '../openai-fields.ts'
import { prefixExtension } from './request.ts'
import type { RequestStyle } from './types.ts'
import { writeMessages } from './write-messages.ts'
import { marked, type Lost } from './write-parts.ts'

/** Writes a request that holds only what the style's table carries. */
export function encodeRequest(
  request: ChatRequest,
  { modelMaxOutputTokens }: EncodeOptions,
  style: RequestStyle,
): EncodedRequest {
  const lost: Lost = new Set()
  const tools = writeTools(request, style, lost)
  const body = defined({
    model: request.model,
    messages: writeMessages(request.messages, style, lost),
    stream: request.stream || undefined,
    stream_options: request.stream && style.asksForUsage ? { include_usage: true } : undefined,
    tools,
    // Both are refused where there are no tools.
    tool_choice: tools && writeToolChoice(request, style),
    parallel_tool_calls: tools && request.parallelToolCalls,
    response_format: request.responseFormat && writeResponseFormat(request.responseFormat),
    reasoning_effort: request.thinking && writeEffort(request.thinking, style, lost),
    [style.maxTokensField]: atMost(request.maxOutputTokens, modelMaxOutputTokens, 'max_output_tokens', lost),
    ...writeSampling(request, style, lost),
    user: request.user,
    metadata: request.metadata,
    service_tier: writeServiceTier(request.serviceTier, lost),
    verbosity: request.verbosity,
    prompt_cache_key: request.promptCacheKey,
    safety_identifier: request.safetyIdentifier,
    store: request.store,
    modalities: request.modalities,
  })
  addExtensions(body, request, style, lost)
  return { body, lost: [...lost] }
}

function writeSampling(request: ChatRequest, style: RequestStyle, lost: Lost): JsonObject {
  return {
    temperature: atMost(request.temperature, style.maxTemperature, 'temperature', lost),
    top_p: request.topP,
    top_k: request.topK,
    min_p: request.minP,
    stop: writeStop(request.stop, style, lost),
    [style.seedField]: request.seed,
    n: request.n,
    frequency_penalty: request.frequencyPenalty,
    presence_penalty: request.presencePenalty,
    logit_bias: request.logitBias,
    logprobs: request.logprobs,
    top_logprobs: request.topLogprobs,
  }
}

function atMost(
  value: number | undefined,
  maximum: number | undefined,
  feature: string,
  lost: Lost,
): number | undefined {
  if (value === undefined || maximum === undefined || value <= maximum) return value
  lost.add(feature)
  return maximum
}

function writeStop(stop: string[] | undefined, style: RequestStyle, lost: Lost): string[] | undefined {
  if (stop === undefined || stop.length <= style.maxStopSequences) return stop
  lost.add('stop')
  return stop.slice(0, style.maxStopSequences)
}

function writeTools(request: ChatRequest, style: RequestStyle, lost: Lost): JsonObject[] | undefined {
  const tools: JsonObject[] = []
  for (const tool of request.tools ?? []) {
    if (tool.type === 'opaque') {
      if (style.hasCustomTools && tool.tool.dialect === 'openai-chat')
        tools.push(tool.tool.value as JsonObject)
      else lost.add('foreign_tool')
      continue
    }
    const { name, description, strict } = tool
    const parameters =
      tool.parameters ?? (style.needsParameters ? { type: 'object', properties: {} } : undefined)
    tools.push(
      marked({ type: 'function', function: defined({ name, description, parameters, strict }) }, tool),
    )
  }
  return tools.length > 0 ? tools : undefined
}

function writeToolChoice({ toolChoice, tools }: ChatRequest, style: RequestStyle): unknown {
  if (!toolChoice) return undefined
  if (toolChoice.type !== 'tool')
    return toolChoice.type === 'required' ? style.requiredChoice : toolChoice.type
  const { name } = toolChoice
  const isCustom = tools?.some((tool) => tool.type === 'opaque' && customName(tool.tool.value) === name)
  return isCustom ? { type: 'custom', custom: { name } } : { type: 'function', function: { name } }
}

const customName = (tool: unknown): unknown => (tool as { custom?: { name?: unknown } }).custom?.name

function writeResponseFormat(format: ResponseFormat): JsonObject {
  if (format.type !== 'json_schema') return { type: format.type }
  const { name = 'response', description, schema, strict } = format
  return { type: 'json_schema', json_schema: defined({ name, description, schema, strict }) }
}

/** `reasoning_effort`; a budget alone becomes the effort that spends about as much (`openaiFeatures.thinking`). */
function writeEffort(thinking: Thinking, style: RequestStyle, lost: Lost): string | undefined {
  const { enabled, effort, budgetTokens } = thinking
  if (!enabled && effort === undefined) {
    // Models that cannot think refuse the field, and which these are cannot be known here.
    lost.add('thinking')
    return undefined
  }
  const wanted = effort ?? (budgetTokens === undefined ? undefined : effortOf(budgetTokens))
  if (wanted === undefined || !style.efforts || style.efforts.has(wanted)) return wanted
  if (effort !== undefined) lost.add('thinking')
  return 'high'
}

function effortOf(budgetTokens: number): string {
  if (budgetTokens < 2048) return 'low'
  return budgetTokens < 4096 ? 'medium' : 'high'
}

const serviceTiers = new Set(['auto', 'default', 'flex', 'scale', 'priority', 'fast'])

function writeServiceTier(tier: string | undefined, lost: Lost): string | undefined {
  if (tier === undefined || serviceTiers.has(tier)) return tier
  if (tier === 'standard_only') return 'default'
  lost.add('service_tier')
  return undefined
}

function addExtensions(body: JsonObject, request: ChatRequest, style: RequestStyle, lost: Lost): void {
  const fields = request.extensions?.dialect === 'openai-chat' ? request.extensions.fields : {}
  for (const [name, value] of Object.entries(fields)) {
    if (name === prefixExtension) {
      const last = (body.messages as JsonObject[]).at(-1)
      if (style.carriesExtension(name) && last?.role === 'assistant') last.prefix = value
      else lost.add(name)
    } else if (name === 'tool_choice' && !body.tools) continue
    else if (style.carriesExtension(name)) body[name] = value
    else lost.add(name)
  }
}
