import { isObject, type JsonObject } from '../../src/canonical/json.ts'
import { framesOf, jsonEvents } from './events.ts'
import { nativeFolds } from './fold-native.ts'
import type { FramingName } from '../../src/framing/frame.ts'

/** The JSON answer that a stream adds up to, folded as each API's documentation tells its callers to. */
export function foldStream(
  dialect: string,
  stream: Buffer | string,
  framing: FramingName = 'sse',
): JsonObject {
  const fold = nativeFolds[dialect]
  if (fold) return fold(framesOf(Buffer.from(stream), framing))
  if (dialect === 'openai-responses') return foldResponse(stream.toString())
  return dialect === 'anthropic-messages' ? foldMessage(stream.toString()) : foldChunks(stream.toString())
}

const list = (value: unknown): JsonObject[] => (Array.isArray(value) ? (value as JsonObject[]) : [])

/** The last event has the whole answer, but for what OpenAI encrypts anew: its items came before. */
function foldResponse(stream: string): JsonObject {
  const events = jsonEvents(stream)
  const items = events.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item)
  return { ...(events.at(-1)!.response as JsonObject), output: items }
}

function foldChunks(stream: string): JsonObject {
  const answer: JsonObject = {}
  const choices = new Map<number, JsonObject & { message: JsonObject }>()
  for (const chunk of jsonEvents(stream)) {
    for (const [name, value] of Object.entries(chunk)) {
      if (name !== 'choices' && value !== null && value !== '') answer[name] = value
    }
    for (const { index = 0, delta, logprobs, ...rest } of list(chunk.choices)) {
      const choice = choices.get(index as number) ?? { index, message: {}, logprobs: null }
      choices.set(index as number, choice)
      for (const [name, value] of Object.entries(rest)) {
        if (name === 'text') choice.text = ((choice.text ?? '') as string) + (value as string)
        else if (value !== null) choice[name] = value
      }
      if (isObject(delta)) addDelta(choice.message, delta)
      if (isObject(logprobs)) choice.logprobs = joinLists(choice.logprobs, logprobs)
    }
  }
  return { ...answer, object: 'chat.completion', choices: [...choices.values()] }
}

function addDelta(message: JsonObject, delta: JsonObject): void {
  for (const [name, value] of Object.entries(delta)) {
    if (value === null) message[name] ??= null
    else if (name === 'tool_calls') addCalls(message, list(value))
    else if (Array.isArray(value)) message[name] = [...asParts(message[name]), ...(value as unknown[])]
    else if (typeof value === 'string' && name !== 'role') {
      const known = message[name]
      if (Array.isArray(known)) known.push(...asParts(value))
      else message[name] = ((known ?? '') as string) + value
    } else message[name] = value
  }
}

const asParts = (content: unknown): unknown[] => {
  if (Array.isArray(content)) return content as unknown[]
  return typeof content === 'string' && content !== '' ? [{ type: 'text', text: content }] : []
}

/** Pieces with the same index are one call; a whole call (Mistral, Ollama) stands for itself. */
function addCalls(message: JsonObject, pieces: JsonObject[]): void {
  const calls = (message.tool_calls ??= []) as JsonObject[]
  for (const { function: called, ...piece } of pieces) {
    const { name, arguments: text } = (called ?? {}) as { name?: string; arguments?: string }
    const open = calls.find(
      (call) =>
        piece.index !== undefined &&
        call.index === piece.index &&
        (!name || !piece.id || call.id === piece.id),
    )
    if (!open) calls.push({ ...piece, function: { name, arguments: text ?? '' } })
    else (open.function as { arguments: string }).arguments += text ?? ''
  }
}

function joinLists(known: unknown, more: JsonObject): JsonObject {
  const joined: JsonObject = {}
  for (const [name, value] of Object.entries(more)) {
    const before = isObject(known) ? known[name] : undefined
    joined[name] = Array.isArray(before) ? [...(before as unknown[]), ...list(value)] : value
  }
  return joined
}

function foldMessage(stream: string): JsonObject {
  let message: JsonObject = {}
  const blocks: JsonObject[] = []
  const inputs: string[] = []
  for (const event of jsonEvents(stream)) {
    const index = event.index as number
    if (event.type === 'message_start') message = { ...(event.message as JsonObject) }
    if (event.type === 'content_block_start') blocks[index] = { ...(event.content_block as JsonObject) }
    if (event.type === 'content_block_delta')
      addBlockDelta(blocks[index]!, event.delta as JsonObject, inputs, index)
    if (event.type === 'content_block_stop' && inputs[index]) blocks[index]!.input = JSON.parse(inputs[index])
    if (event.type === 'message_delta') {
      const usage = { ...(message.usage as JsonObject), ...withoutNulls(event.usage) }
      message = { ...message, ...(event.delta as JsonObject), usage }
    }
  }
  return { ...message, content: blocks }
}

function addBlockDelta(block: JsonObject, delta: JsonObject, inputs: string[], index: number): void {
  if (delta.type === 'text_delta') block.text = (block.text as string) + (delta.text as string)
  if (delta.type === 'thinking_delta')
    block.thinking = (block.thinking as string) + (delta.thinking as string)
  if (delta.type === 'signature_delta') block.signature = delta.signature
  if (delta.type === 'citations_delta') block.citations = [...list(block.citations), delta.citation]
  if (delta.type === 'input_json_delta')
    inputs[index] = (inputs[index] ?? '') + (delta.partial_json as string)
}

const withoutNulls = (value: unknown): JsonObject =>
  isObject(value) ? Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null)) : {}
