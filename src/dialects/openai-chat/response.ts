import type { Block, ChatResponse, Choice, ToolCallBlock } from '../../canonical/chat.ts'
import { isObject, type JsonObject } from '../../canonical/json.ts'
import { defined } from '../openai-fields.ts'
import {
  answerParts,
  callBlock,
  callPiece,
  integer,
  isExtension,
  list,
  notAnAnswer,
  readFinish,
  reasoningText,
  text,
  writeFinish,
  writeLogprobs,
  writeTier,
} from './answer.ts'
import { isErrorObject, readError } from '../openai-error.ts'
import { readThinkingBlock, writeThinkingBlock } from './thinking-blocks.ts'
import { readUsage, writeUsage } from './usage.ts'

/** @throws GatewayError `upstream_error` when the body is no chat completion. */
export function decodeResponse(body: unknown): ChatResponse {
  if (!isObject(body)) throw notAnAnswer('it is no object')
  if (isErrorObject(body)) throw notAnAnswer(`it is an error: ${readError(200, body).message}`)
  const choices = list(body.choices).filter(isObject)
  if (choices.length === 0) throw notAnAnswer('it has no choices')
  const response: ChatResponse = {
    ...readHead(body),
    choices: choices.map(readChoice).sort((one, other) => one.index - other.index),
  }
  const usage = readUsage(body.usage)
  if (usage) response.usage = usage
  const fields: JsonObject = {}
  for (const name in body) if (isExtension(name, body[name])) fields[name] = body[name]
  if (Object.keys(fields).length > 0) response.extensions = { dialect: 'openai-chat', fields }
  return response
}

/** What an answer and each of a stream's chunks say of themselves. */
export function readHead(body: JsonObject): Omit<ChatResponse, 'choices'> {
  const head: Omit<ChatResponse, 'choices'> = { id: text(body.id), model: text(body.model) }
  const created = integer(body.created)
  const serviceTier = text(body.service_tier)
  const systemFingerprint = text(body.system_fingerprint)
  if (created !== undefined) head.created = created
  if (serviceTier !== '') head.serviceTier = serviceTier
  if (systemFingerprint !== '') head.systemFingerprint = systemFingerprint
  return head
}

function readChoice(choice: JsonObject, position: number): Choice {
  const message = isObject(choice.message) ? choice.message : {}
  const content = readMessage(message)
  const read: Choice = {
    index: integer(choice.index) ?? position,
    content,
    finish: readFinish(choice, kindsIn(content)),
  }
  if (isObject(choice.logprobs)) read.logprobs = choice.logprobs
  return read
}

const kindsIn = (blocks: readonly Block[]) => ({
  calls: blocks.some((block) => block.type === 'tool_call'),
  refusal: blocks.some((block) => block.type === 'refusal'),
})

function readMessage(message: JsonObject): Block[] {
  const blocks: Block[] = list(message.thinking_blocks)
    .map(readThinkingBlock)
    .filter((block) => block !== undefined)
  const reasoning = reasoningText(message)
  // Signed thinking repeats the text; what is redacted has none.
  const isSigned = blocks.some(({ type }) => type === 'thinking')
  if (reasoning !== '' && !isSigned) blocks.unshift({ type: 'thinking', text: reasoning })
  for (const part of answerParts(message.content)) {
    if (part.kind !== 'opaque') append(blocks, part.kind, part.text)
    else blocks.push({ type: 'opaque', block: { dialect: 'openai-chat', value: part.value } })
  }
  cite(blocks, message.annotations)
  const refusal = text(message.refusal)
  if (refusal !== '') blocks.push({ type: 'refusal', text: refusal })
  if (isObject(message.audio))
    blocks.push({
      type: 'opaque',
      block: { dialect: 'openai-chat', value: { type: 'audio', ...message.audio } },
    })
  const calls = list(message.tool_calls).filter(isObject)
  if (isObject(message.function_call)) calls.push({ function: message.function_call })
  for (const call of calls) {
    const piece = callPiece(call)
    blocks.push(callBlock(piece, piece.id || madeUpCallId(blocks.length), piece.arguments))
  }
  return blocks
}

/** The id of a call that came without one, by the place of its block in the answer. */
export const madeUpCallId = (block: number): string => `call_${block}`

/** A stream joins neighbouring parts of one kind, so the whole answer does it too. */
function append(blocks: Block[], type: 'text' | 'thinking', more: string): void {
  const last = blocks.at(-1)
  if (more === '') return
  if (last?.type === type && !(last.type === 'thinking' && last.signature)) last.text += more
  else blocks.push({ type, text: more })
}

/** `annotations` cite for the text as a whole. */
function cite(blocks: Block[], annotations: unknown): void {
  const last = blocks.findLast((block) => block.type === 'text')
  const value = list(annotations)
  if (last && value.length > 0) last.citations = { dialect: 'openai-chat', value }
}

/** A `chat.completion`; `now` in Unix seconds where the answer does not say when it was made. */
export function encodeResponse(response: ChatResponse, now: number): JsonObject {
  return {
    ...(response.extensions?.dialect === 'openai-chat' && ownExtensions(response.extensions.fields)),
    ...defined({
      id: response.id,
      object: 'chat.completion',
      created: response.created ?? now,
      model: response.model,
      choices: response.choices.map(writeChoice),
      usage: response.usage && writeUsage(response.usage),
      service_tier: writeTier(response.serviceTier),
      system_fingerprint: response.systemFingerprint,
    }),
  }
}

export function ownExtensions(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([name, value]) => isExtension(name, value)))
}

function writeChoice({ index, content, finish, logprobs }: Choice): JsonObject {
  return {
    index,
    message: writeMessage(content),
    logprobs: writeLogprobs(logprobs),
    finish_reason: writeFinish(finish, kindsIn(content)),
  }
}

/** The assistant's message. Texts are joined; what no OpenAI message can hold (images, server tools) stays out. */
function writeMessage(blocks: readonly Block[]): JsonObject {
  let content: string | undefined
  let refusal: string | undefined
  let reasoning = ''
  const extra: JsonObject = {}
  const thinking: JsonObject[] = []
  const calls: JsonObject[] = []
  const annotations: unknown[] = []
  for (const block of blocks) {
    if (block.type === 'text') {
      content = (content ?? '') + block.text
      if (block.citations?.dialect === 'openai-chat') annotations.push(...list(block.citations.value))
    } else if (block.type === 'refusal') refusal = (refusal ?? '') + block.text
    else if (block.type === 'tool_call') calls.push(writeCall(withArguments(block)))
    else if (block.type === 'thinking' || block.type === 'redacted_thinking') {
      if (block.type === 'thinking') reasoning += block.text
      const entry = writeThinkingBlock(block)
      if (entry) thinking.push(entry)
    } else if (block.type === 'opaque') Object.assign(extra, writeOwnBlock(block.block))
  }
  const isAbsent = calls.length > 0 || refusal !== undefined || extra.audio !== undefined
  return defined({
    role: 'assistant',
    content: content ?? (isAbsent ? null : ''),
    refusal: refusal ?? null,
    reasoning_content: reasoning || undefined,
    thinking_blocks: thinking.length > 0 ? thinking : undefined,
    annotations: annotations.length > 0 ? annotations : undefined,
    tool_calls: calls.length > 0 ? calls : undefined,
    ...extra,
  })
}

/** A block that this dialect made: an answer's `audio`. */
export function writeOwnBlock(block: { dialect: string; value: unknown }): JsonObject {
  if (block.dialect !== 'openai-chat' || !isObject(block.value) || block.value.type !== 'audio') return {}
  const { type: _type, ...audio } = block.value
  return { audio }
}

/** A call without arguments may have come without a text; callers parse it as JSON. */
export const noArguments = '{}'

const withArguments = (block: ToolCallBlock): ToolCallBlock =>
  block.arguments === '' && block.kind !== 'custom' ? { ...block, arguments: noArguments } : block

export function writeCall(block: ToolCallBlock): JsonObject {
  const { id, name, signature } = block
  if (block.kind === 'custom') return { id, type: 'custom', custom: { name, input: block.arguments } }
  const call: JsonObject = { id, type: 'function', function: { name, arguments: block.arguments } }
  if (signature?.dialect === 'gemini') call.extra_content = { google: { thought_signature: signature.value } }
  return call
}
