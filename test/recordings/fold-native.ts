import { isObject, type JsonObject } from '../../src/canonical/json.ts'
import type { Frame } from '../../src/framing/frame.ts'

/** The JSON answers that the streams of providers without a route of their own add up to. */

type Fold = (frames: readonly Frame[]) => JsonObject

const jsonOf = ({ data }: Frame): JsonObject => JSON.parse(data) as JsonObject
const list = (value: unknown): JsonObject[] => (Array.isArray(value) ? (value as JsonObject[]) : [])
const within = (value: unknown, ...path: string[]): unknown =>
  path.reduce((each: unknown, name) => (isObject(each) ? each[name] : undefined), value)

/** Parts of the same kind in a row are one; what is signed or called stands alone. */
const foldGemini: Fold = (frames) => {
  let answer: JsonObject = {}
  const candidates = new Map<number, JsonObject & { content: { parts: JsonObject[]; role: unknown } }>()
  for (const chunk of frames.map(jsonOf)) {
    answer = { ...answer, ...chunk }
    for (const { content, ...rest } of list(chunk.candidates)) {
      const index = (rest.index ?? 0) as number
      const known = candidates.get(index) ?? { content: { parts: [], role: 'model' } }
      candidates.set(index, { ...known, ...rest })
      for (const part of list(within(content, 'parts'))) addPart(known.content.parts, part)
    }
  }
  return { ...answer, ...(candidates.size > 0 && { candidates: [...candidates.values()] }) }
}

function addPart(parts: JsonObject[], part: JsonObject): void {
  const last = parts.at(-1)
  const joins =
    typeof part.text === 'string' &&
    typeof last?.text === 'string' &&
    part.thought === last.thought &&
    part.thoughtSignature === undefined &&
    last.thoughtSignature === undefined
  if (joins) last.text = `${last.text as string}${part.text as string}`
  else parts.push({ ...part })
}

const foldConverse: Fold = (frames) => {
  const blocks: JsonObject[] = []
  const answer: JsonObject = {}
  for (const frame of frames) {
    const event = jsonOf(frame)
    const index = event.contentBlockIndex as number
    if (frame.event === 'contentBlockStart')
      blocks[index] = { toolUse: { ...(within(event, 'start', 'toolUse') as JsonObject), input: '' } }
    if (frame.event === 'contentBlockDelta') addDelta((blocks[index] ??= {}), event.delta as JsonObject)
    if (frame.event === 'messageStop') {
      answer.stopReason = event.stopReason
      answer.additionalModelResponseFields = event.additionalModelResponseFields
    }
    if (frame.event === 'metadata')
      Object.assign(answer, { usage: event.usage, metrics: event.metrics, trace: event.trace })
  }
  for (const { toolUse } of blocks)
    if (isObject(toolUse)) toolUse.input = JSON.parse((toolUse.input as string) || '{}')
  return { ...answer, output: { message: { role: 'assistant', content: blocks.filter(Boolean) } } }
}

function addDelta(block: JsonObject, { text, toolUse, reasoningContent, citation }: JsonObject): void {
  if (typeof text === 'string') block.text = ((block.text ?? '') as string) + text
  if (isObject(toolUse)) {
    const known = block.toolUse as { input: string }
    known.input += toolUse.input as string
  }
  if (citation !== undefined) {
    const cited = (block.citationsContent ??= { citations: [] }) as { citations: unknown[] }
    cited.citations.push(citation)
  }
  if (isObject(reasoningContent)) addReasoning(block, reasoningContent)
}

function addReasoning(block: JsonObject, { text, signature, redactedContent }: JsonObject): void {
  const known = (block.reasoningContent ??= {}) as JsonObject
  if (redactedContent !== undefined) {
    known.redactedContent = redactedContent
    return
  }
  const reasoning = (known.reasoningText ??= { text: '' }) as JsonObject
  if (typeof text === 'string') reasoning.text = (reasoning.text as string) + text
  if (signature !== undefined) reasoning.signature = signature
}

const foldCohere: Fold = (frames) => {
  let answer: JsonObject = {}
  const content: JsonObject[] = []
  const calls: JsonObject[] = []
  const citations: unknown[] = []
  let plan = ''
  for (const event of frames.filter(({ data }) => data !== '[DONE]').map(jsonOf)) {
    const index = event.index as number
    const message = within(event, 'delta', 'message')
    if (event.type === 'message-start') answer = { id: event.id }
    if (event.type === 'content-start') content[index] = { ...(within(message, 'content') as JsonObject) }
    if (event.type === 'content-delta') appendTexts(content[index]!, within(message, 'content') as JsonObject)
    if (event.type === 'tool-plan-delta') plan += within(message, 'tool_plan') as string
    if (event.type === 'tool-call-start')
      calls[index] = structuredClone(within(message, 'tool_calls')) as JsonObject
    if (event.type === 'tool-call-delta')
      appendTexts(
        calls[index]!.function as JsonObject,
        within(message, 'tool_calls', 'function') as JsonObject,
      )
    if (event.type === 'citation-start') citations.push(within(message, 'citations'))
    if (event.type === 'message-end') answer = { ...answer, ...(event.delta as JsonObject) }
  }
  const message = {
    role: 'assistant',
    ...(content.length > 0 && { content }),
    ...(plan !== '' && { tool_plan: plan }),
    ...(calls.length > 0 && { tool_calls: calls }),
    ...(citations.length > 0 && { citations }),
  }
  return { ...answer, message }
}

function appendTexts(known: JsonObject, more: JsonObject): void {
  for (const [name, value] of Object.entries(more)) {
    known[name] = typeof value === 'string' ? ((known[name] ?? '') as string) + value : value
  }
}

const foldOllama: Fold = (frames) => {
  let answer: JsonObject = {}
  const message: JsonObject = { role: 'assistant', content: '' }
  for (const line of frames.map(jsonOf)) {
    const { content, thinking, tool_calls: calls } = line.message as JsonObject
    message.content = `${message.content as string}${(content ?? '') as string}`
    if (typeof thinking === 'string') message.thinking = ((message.thinking ?? '') as string) + thinking
    if (calls !== undefined) message.tool_calls = [...list(message.tool_calls), ...list(calls)]
    answer = { ...answer, ...line }
  }
  return { ...answer, message }
}

export const nativeFolds: Readonly<Record<string, Fold>> = {
  'gemini-generate': foldGemini,
  'bedrock-converse': foldConverse,
  'cohere-v2-chat': foldCohere,
  'ollama-chat': foldOllama,
}
