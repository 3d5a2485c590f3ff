import type { Block, ChatResponse, Choice } from '../../canonical/chat.ts'
import { isObject, type JsonObject } from '../../canonical/json.ts'
import { isErrorObject } from '../openai-error.ts'
import { readStreamError } from './error.ts'
import { readReasoning } from './reasoning.ts'
import { integer, list, notAnAnswer, opaque, readFinish, text, type Kinds } from './types.ts'
import { readUsage } from './usage.ts'

/** Words for an answer that is none: it failed, was given up, or is not there yet. */
const unanswered: ReadonlySet<unknown> = new Set(['failed', 'cancelled', 'queued', 'in_progress'])

/** @throws GatewayError `upstream_error` when the body is no answer. */
export function decodeResponse(body: unknown): ChatResponse {
  if (!isObject(body)) throw notAnAnswer('it is no object')
  if (isErrorObject(body)) throw notAnAnswer(`it is an error: ${readStreamError(body).message}`)
  if (unanswered.has(body.status)) throw notAnAnswer('its status says that there is none')
  if (!Array.isArray(body.output)) throw notAnAnswer('it has no output')
  const content = body.output.filter(isObject).flatMap(readItem)
  const choice: Choice = { index: 0, content, finish: readFinish(body, kindsIn(content)) }
  const logprobs = body.output.filter(isObject).flatMap(logprobsOf)
  if (logprobs.length > 0) choice.logprobs = { content: logprobs, refusal: null }
  const response: ChatResponse = { ...readHead(body), choices: [choice] }
  const serviceTier = text(body.service_tier)
  if (serviceTier !== '') response.serviceTier = serviceTier
  const usage = readUsage(body.usage)
  if (usage) response.usage = usage
  return response
}

export const kindsIn = (blocks: readonly Block[]): Kinds => ({
  calls: blocks.some((block) => block.type === 'tool_call'),
  refusal: blocks.some((block) => block.type === 'refusal'),
})

/** What an answer says of itself, at its beginning already. */
export function readHead(body: JsonObject): Pick<ChatResponse, 'id' | 'model' | 'created'> {
  const created = integer(body.created_at)
  return { id: text(body.id), model: text(body.model), ...(created !== undefined && { created }) }
}

/** The blocks of an output item; none for one that says nothing. */
export function readItem(item: JsonObject): Block[] {
  switch (item.type) {
    case 'message':
      return list(item.content).filter(isObject).flatMap(readPart)
    case 'reasoning':
      return [readReasoning(item)].filter((block) => block !== undefined)
    case 'function_call':
      return [callBlock(item, text(item.arguments))]
    case 'custom_tool_call':
      return [callBlock(item, text(item.input))]
    default:
      return [{ type: 'opaque', block: opaque(item) }]
  }
}

/** Kinds of parts that nobody has described yet have no place in a text. */
function readPart(part: JsonObject): Block[] {
  if (part.type === 'refusal') {
    const refusal = text(part.refusal)
    return refusal === '' ? [] : [{ type: 'refusal', text: refusal }]
  }
  const said = part.type === 'output_text' ? text(part.text) : ''
  if (said === '') return []
  const annotations = list(part.annotations)
  return [{ type: 'text', text: said, ...(annotations.length > 0 && { citations: opaque(annotations) }) }]
}

/** A call of a function, or of a tool that takes free text. */
export function callBlock(item: JsonObject, pieces: string): Extract<Block, { type: 'tool_call' }> {
  const id = text(item.call_id) || text(item.id)
  const block = { type: 'tool_call', id, name: text(item.name), arguments: pieces } as const
  return item.type === 'custom_tool_call' ? { ...block, kind: 'custom' } : block
}

const logprobsOf = (item: JsonObject): readonly unknown[] =>
  item.type === 'message'
    ? list(item.content)
        .filter(isObject)
        .flatMap((part) => list(part.logprobs))
    : []
