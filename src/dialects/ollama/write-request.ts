import type { ChatRequest, ResponseFormat, Thinking } from '../../canonical/chat.ts'
import { isObject, type JsonObject } from '../../canonical/json.ts'
import type { EncodedRequest } from '../dialect.ts'
import { defined } from '../openai-fields.ts'
import { writeMessages, type Lost } from './write-messages.ts'

/**
 * Writes `ChatRequest` of `/api/chat`. `extensions` of this dialect (`keep_alive`, `truncate`, `shift`, more
 * `options` such as `num_ctx`) are sent as they are.
 * @throws GatewayError `invalid_request` for tool arguments that are not a JSON object
 */
export function encodeRequest(request: ChatRequest): EncodedRequest {
  const lost: Lost = new Set()
  const { options: ownOptions, ...fields } =
    request.extensions?.dialect === 'ollama' ? request.extensions.fields : {}
  const options = { ...(isObject(ownOptions) && ownOptions), ...writeOptions(request) }
  const body = defined({
    ...fields,
    model: request.model,
    messages: writeMessages(request.messages, lost),
    tools: writeTools(request, lost),
    think: request.thinking && writeThink(request.thinking, lost),
    format: request.responseFormat && writeFormat(request.responseFormat),
    options: Object.keys(options).length > 0 ? options : undefined,
    logprobs: request.logprobs,
    top_logprobs: request.topLogprobs,
    // Left out it would mean a stream.
    stream: request.stream,
  })
  if (request.parallelToolCalls === false) lost.add('parallel_tool_calls')
  return { body, lost: [...lost] }
}

const writeOptions = (request: ChatRequest): JsonObject =>
  defined({
    num_predict: request.maxOutputTokens,
    temperature: request.temperature,
    top_p: request.topP,
    top_k: request.topK,
    min_p: request.minP,
    stop: request.stop,
    seed: request.seed,
    frequency_penalty: request.frequencyPenalty,
    presence_penalty: request.presencePenalty,
  })

/** Nothing here can make a model call a tool; only leaving the tools out keeps it from calling one. */
function writeTools({ tools, toolChoice }: ChatRequest, lost: Lost): JsonObject[] | undefined {
  if (toolChoice?.type === 'required' || toolChoice?.type === 'tool') lost.add('tool_choice')
  if (toolChoice?.type === 'none') return undefined
  const written: JsonObject[] = []
  for (const tool of tools ?? []) {
    if (tool.type === 'opaque') {
      lost.add('foreign_tool')
      continue
    }
    if (tool.strict) lost.add('strict_tools')
    const { name, description, parameters = { type: 'object', properties: {} } } = tool
    written.push({ type: 'function', function: defined({ name, description, parameters }) })
  }
  return written.length > 0 ? written : undefined
}

/** The level for an effort; for every other effort it is `high`. */
const levels: Readonly<Record<string, string>> = { minimal: 'low', low: 'low', medium: 'medium', max: 'max' }

/**
 * Levels are only for models that have them (gpt-oss); the others refuse them with 400. A caller who asked for
 * thinking by a budget, or left its amount to the model, is therefore served with `true`, as Ollama's own
 * Anthropic form does.
 */
function writeThink({ enabled, effort, budgetTokens, adaptive }: Thinking, lost: Lost): boolean | string {
  if (budgetTokens !== undefined) lost.add('thinking.budget_tokens')
  if (effort === undefined || effort === 'none') return enabled && effort === undefined
  if (enabled && (adaptive || budgetTokens !== undefined)) {
    lost.add('thinking.effort')
    return true
  }
  const level = Object.hasOwn(levels, effort) ? (levels[effort] as string) : 'high'
  if (level !== effort) lost.add('thinking')
  return level
}

function writeFormat(format: ResponseFormat): unknown {
  if (format.type === 'json_schema') return format.schema
  return format.type === 'json_object' ? 'json' : undefined
}
