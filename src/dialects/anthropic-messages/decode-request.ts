import type { ChatRequest, OpaqueTool, ResponseFormat, Tool, ToolChoice } from '../../canonical/chat.ts'
import type { JsonObject } from '../../canonical/json.ts'
import { GatewayError } from '../../errors.ts'
import type { DecodedRequest } from '../dialect.ts'
import { decodeCache, decodeMessage, decodeTexts } from './decode-content.ts'
import { decodeThinking } from './thinking.ts'
import {
  array,
  count,
  object,
  optionalBoolean,
  optionalCount,
  optionalNumber,
  optionalObject,
  optionalString,
  string,
  UnknownFields,
  word,
  wrongShape,
} from './shape.ts'
import { dialect, extensionFields, opaque, requestFields } from './types.ts'

const knownFields: ReadonlySet<string> = new Set([...requestFields, ...extensionFields])
const metadataFields = new Set(['user_id'])

/** @throws GatewayError `invalid_request` with `param`. */
export function decodeRequest(body: JsonObject): DecodedRequest {
  refuseHeldHistory(body)
  const unknown = new UnknownFields()
  unknown.beyond(knownFields, body, '')
  const output = decodeOutput(body, unknown)
  const { thinking, ownThinking, ownEffort } = decodeThinking(body, output.effort, unknown)
  const choice = decodeToolChoice(body, unknown)
  const metadata = optionalObject(body, 'metadata', '')
  if (metadata) unknown.beyond(metadataFields, metadata, 'metadata')
  if (string(body, 'model', '') === '') throw wrongShape('model', '', 'the name of a model')

  const request: ChatRequest = {
    model: string(body, 'model', ''),
    messages: decodeMessages(body, unknown),
    stream: optionalBoolean(body, 'stream', '') ?? false,
    tools: decodeTools(body, unknown),
    toolChoice: choice.toolChoice,
    parallelToolCalls: choice.parallelToolCalls,
    responseFormat: output.responseFormat,
    thinking,
    maxOutputTokens: count(body, 'max_tokens', ''),
    temperature: optionalNumber(body, 'temperature', ''),
    topP: optionalNumber(body, 'top_p', ''),
    topK: optionalCount(body, 'top_k', ''),
    stop: decodeStop(body),
    user: metadata && optionalString(metadata, 'user_id', 'metadata'),
    serviceTier: optionalString(body, 'service_tier', ''),
    extensions: collectExtensions(body, {
      thinking: ownThinking,
      output_config: { ...output.rest, ...(ownEffort !== undefined && { effort: ownEffort }) },
    }),
  }
  return { request: withoutUndefined(request), unknown: unknown.list() }
}

/** Absent fields are absent, not `undefined`: requests are compared and merged. */
const withoutUndefined = (request: ChatRequest): ChatRequest =>
  Object.fromEntries(
    Object.entries(request).filter(([, value]) => value !== undefined),
  ) as unknown as ChatRequest

function decodeMessages(body: JsonObject, unknown: UnknownFields): ChatRequest['messages'] {
  const list = array(body.messages, 'messages')
  if (list.length === 0)
    throw new GatewayError('invalid_request', {
      message: 'messages: found an empty array, allowed: at least one message.',
      param: 'messages',
    })
  const messages = list.map((message, index) => decodeMessage(message, `messages[${index}]`, unknown))
  if (body.system === undefined || body.system === null) return messages
  const system = decodeTexts(body.system, 'system', unknown)
  return system.length === 0 ? messages : [{ role: 'system', content: system }, ...messages]
}

function decodeStop(body: JsonObject): string[] | undefined {
  if (body.stop_sequences === undefined || body.stop_sequences === null) return undefined
  return array(body.stop_sequences, 'stop_sequences').map((value, index) => {
    if (typeof value !== 'string') throw wrongShape(`stop_sequences[${index}]`, value, 'a string')
    return value
  })
}

const toolFields = new Set(['type', 'name', 'description', 'input_schema', 'strict', 'cache_control'])

function decodeTools(body: JsonObject, unknown: UnknownFields): ChatRequest['tools'] {
  if (body.tools === undefined || body.tools === null) return undefined
  return array(body.tools, 'tools').map((value, index) => decodeTool(value, `tools[${index}]`, unknown))
}

function decodeTool(value: unknown, path: string, unknown: UnknownFields): Tool | OpaqueTool {
  const tool = object(value, path)
  const type = optionalString(tool, 'type', path) ?? 'custom'
  if (type !== 'custom') return { type: 'opaque', tool: opaque(tool) }
  unknown.beyond(toolFields, tool, path)
  const decoded: Tool = {
    type: 'function',
    name: string(tool, 'name', path),
    parameters: object(tool.input_schema, `${path}.input_schema`),
  }
  const description = optionalString(tool, 'description', path)
  if (description !== undefined) decoded.description = description
  const strict = optionalBoolean(tool, 'strict', path)
  if (strict !== undefined) decoded.strict = strict
  const cache = decodeCache(tool, path, unknown)
  if (cache) decoded.cache = cache
  return decoded
}

const choiceFields = new Set(['type', 'name', 'disable_parallel_tool_use'])

function decodeToolChoice(
  body: JsonObject,
  unknown: UnknownFields,
): { toolChoice?: ToolChoice; parallelToolCalls?: boolean } {
  const path = 'tool_choice'
  const wire = optionalObject(body, path, '')
  if (!wire) return {}
  unknown.beyond(choiceFields, wire, path)
  const type = word(wire, 'type', path, ['auto', 'any', 'none', 'tool'])
  const toolChoice: ToolChoice =
    type === 'tool'
      ? { type, name: string(wire, 'name', path) }
      : { type: type === 'any' ? 'required' : type }
  const disabled = optionalBoolean(wire, 'disable_parallel_tool_use', path)
  return { toolChoice, ...(disabled !== undefined && { parallelToolCalls: !disabled }) }
}

const formatFields = new Set(['type', 'schema'])

interface DecodedOutput {
  responseFormat?: ResponseFormat
  effort?: string
  /** What else `output_config` says (`task_budget`, …), for `extensions`. */
  rest: JsonObject
}

/** `output_config` and its older spelling for the format, `output_format`. */
function decodeOutput(body: JsonObject, unknown: UnknownFields): DecodedOutput {
  const config = optionalObject(body, 'output_config', '') ?? {}
  const { effort: _effort, format: _format, ...others } = config
  const effort = optionalString(config, 'effort', 'output_config')
  const [format, path] = config.format
    ? [config.format, 'output_config.format']
    : [body.output_format, 'output_format']
  const decoded: DecodedOutput = { rest: others }
  if (effort !== undefined) decoded.effort = effort
  if (format === undefined || format === null) return decoded
  const wire = object(format, path)
  word(wire, 'type', path, ['json_schema'])
  unknown.beyond(formatFields, wire, path)
  decoded.responseFormat = { type: 'json_schema', schema: object(wire.schema, `${path}.schema`) }
  return decoded
}

/** This API's own fields as they came, and those parts of others that no other dialect knows. */
function collectExtensions(
  body: JsonObject,
  parts: { thinking?: JsonObject; output_config: JsonObject },
): ChatRequest['extensions'] {
  const fields: JsonObject = {}
  for (const name of extensionFields)
    if (body[name] !== undefined && body[name] !== null) fields[name] = body[name]
  if (parts.thinking) fields.thinking = parts.thinking
  if (Object.keys(parts.output_config).length > 0) fields.output_config = parts.output_config
  return Object.keys(fields).length > 0 ? { dialect, fields } : undefined
}

/** `continue` leaves out the turns that Anthropic's server holds; on these words its SDK sends the whole history again. */
function refuseHeldHistory(body: JsonObject): void {
  if (optionalObject(body, 'thread', '')?.type !== 'continue') return
  throw new GatewayError('invalid_request', {
    message: 'thread: this conversation is not held here; send all of its messages.',
    param: 'thread',
    upstreamCode: 'thread_not_found',
  })
}
