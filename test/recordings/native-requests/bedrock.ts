import type {
  Block,
  ChatRequest,
  Message,
  OpaqueBlock,
  ResponseFormat,
  Thinking,
  Tool,
  ToolChoice,
  ToolResultBlock,
} from '../../../src/canonical/chat.ts'
import { Members, present, type ReadRequest } from './reading.ts'

/** A request of Converse. Source: docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html. */
export function readBedrockRequest(body: unknown, model: string, stream: boolean): ReadRequest {
  const members = new Members(body)
  const unknown: string[] = []
  const system = readBlocks(members.list('system'), unknown)
  const inference = members.within('inferenceConfig')
  const config = members.within('toolConfig')
  const extra = members.within('additionalModelRequestFields')
  const messages = members.list('messages').map((message) => readMessage(message, unknown))
  const tools = readTools(config.list('tools'), unknown)
  const request: ChatRequest = present({
    model,
    stream,
    messages: [...(system.length > 0 ? [{ role: 'system' as const, content: system }] : []), ...messages],
    tools: tools.length > 0 ? tools : undefined,
    toolChoice: readToolChoice(config.take('toolChoice')),
    responseFormat: readFormat(members.within('outputConfig')),
    thinking: readThinking(extra.take('thinking')),
    topK: extra.number('topK'),
    maxOutputTokens: inference.number('maxTokens'),
    temperature: inference.number('temperature'),
    topP: inference.number('topP'),
    stop: inference.take('stopSequences') as string[] | undefined,
  })
  for (const each of [inference, config, extra, members]) unknown.push(...each.rest())
  return { request, unknown: [...new Set(unknown)] }
}

function readMessage(value: unknown, unknown: string[]): Message {
  const members = new Members(value, 'messages[]')
  const role = members.text('role') as 'user' | 'assistant'
  const content = readBlocks(members.list('content'), unknown)
  members.done()
  return { role, content }
}

/** A cache point marks the block before it. */
function readBlocks(list: readonly unknown[], unknown: string[]): Block[] {
  const blocks: Block[] = []
  for (const value of list) {
    const members = new Members(value, 'content[]')
    if (members.take('cachePoint') === undefined) blocks.push(...readBlock(members, unknown))
    else (blocks.at(-1) as { cache?: object }).cache = {}
    members.done()
  }
  return blocks
}

function readBlock(members: Members, unknown: string[]): Block[] {
  const text = members.text('text')
  if (text !== undefined) return [{ type: 'text', text }]
  const image = members.take('image')
  if (image !== undefined) return [readImage(image)]
  const document = members.take('document')
  if (document !== undefined) return [readDocument(document)]
  const use = members.take('toolUse')
  if (use !== undefined) return [readToolUse(use)]
  const result = members.take('toolResult')
  if (result !== undefined) return [readToolResult(result)]
  const reasoning = members.take('reasoningContent')
  if (reasoning !== undefined) return [readReasoning(reasoning)]
  members.take('citationsContent')
  unknown.push('messages[].content[].citationsContent')
  return []
}

function readImage(value: unknown): Block & { type: 'image' } {
  const members = new Members(value, 'image')
  const mediaType = `image/${members.text('format')}`
  const source = members.within('source')
  const data = source.text('bytes')!
  source.done()
  members.done()
  return { type: 'image', source: { kind: 'base64', mediaType, data } }
}

const documentTypes: Readonly<Record<string, string>> = { pdf: 'application/pdf', txt: 'text/plain' }

function readDocument(value: unknown): Block & { type: 'document' } {
  const members = new Members(value, 'document')
  const mediaType = documentTypes[members.text('format') ?? 'txt']!
  const source = members.within('source')
  const text = source.text('text')
  const data = source.text('bytes')
  source.done()
  const citations = members.take('citations') as { enabled?: boolean } | undefined
  const block = present({
    type: 'document' as const,
    source:
      text === undefined
        ? ({ kind: 'base64', mediaType, data: data! } as const)
        : ({ kind: 'text', text } as const),
    title: members.text('name'),
    context: members.text('context'),
    citationsEnabled: citations?.enabled,
  })
  members.done()
  return block
}

function readToolUse(value: unknown): Block {
  const members = new Members(value, 'toolUse')
  if (members.take('type') !== undefined) return ofServer({ toolUse: value })
  const block: Block = {
    type: 'tool_call',
    id: members.text('toolUseId')!,
    name: members.text('name')!,
    arguments: JSON.stringify(members.take('input') ?? {}),
  }
  members.done()
  return block
}

/** Calls that the provider runs by itself, and their results. */
const ofServer = (value: unknown): OpaqueBlock => ({
  type: 'opaque',
  block: { dialect: 'bedrock-converse', value },
})

function readToolResult(value: unknown): ToolResultBlock | OpaqueBlock {
  const members = new Members(value, 'toolResult')
  if (members.take('type') !== undefined) return ofServer({ toolResult: value })
  const content = members.list('content').map((item) => {
    const part = new Members(item, 'toolResult.content[]')
    const json = part.take('json')
    const image = part.take('image')
    const document = part.take('document')
    const text = part.text('text')
    part.done()
    if (image !== undefined) return readImage(image)
    if (document !== undefined) return readDocument(document)
    return { type: 'text' as const, text: text ?? JSON.stringify(json) }
  })
  const isError = members.text('status') === 'error' ? true : undefined
  const block = present({
    type: 'tool_result' as const,
    toolCallId: members.text('toolUseId')!,
    content,
    isError,
  })
  members.done()
  return block
}

function readReasoning(value: unknown): Block {
  const members = new Members(value, 'reasoningContent')
  const redacted = members.take('redactedContent')
  if (redacted !== undefined)
    return { type: 'redacted_thinking', data: { dialect: 'bedrock-converse', value: redacted } }
  const reasoning = members.within('reasoningText')
  const signature = reasoning.text('signature')
  const block: Block = {
    type: 'thinking',
    text: reasoning.text('text')!,
    ...(signature !== undefined && { signature: { dialect: 'bedrock-converse', value: signature } }),
  }
  reasoning.done()
  members.done()
  return block
}

function readTools(list: readonly unknown[], unknown: string[]): Tool[] {
  const tools: Tool[] = []
  for (const value of list) {
    const members = new Members(value, 'toolConfig.tools[]')
    const spec = members.take('toolSpec')
    if (members.take('cachePoint') !== undefined) tools.at(-1)!.cache = {}
    else if (spec === undefined) unknown.push(...members.rest())
    else {
      const read = new Members(spec, 'toolSpec')
      const schema = read.within('inputSchema')
      tools.push(
        present({
          type: 'function' as const,
          name: read.text('name')!,
          description: read.text('description'),
          parameters: schema.take('json'),
          strict: read.take('strict') as boolean | undefined,
        }),
      )
      read.done()
    }
  }
  return tools
}

function readToolChoice(value: unknown): ToolChoice | undefined {
  if (value === undefined) return undefined
  const members = new Members(value, 'toolChoice')
  const tool = members.take('tool') as { name: string } | undefined
  if (tool) return { type: 'tool', name: tool.name }
  return { type: members.take('any') === undefined ? 'auto' : 'required' }
}

function readFormat(output: Members): ResponseFormat | undefined {
  const format = output.within('textFormat')
  format.take('type')
  const schema = format.within('structure').within('jsonSchema')
  const text = schema.text('schema')
  if (text === undefined) return undefined
  return present({
    type: 'json_schema' as const,
    name: schema.text('name'),
    description: schema.text('description'),
    schema: JSON.parse(text) as unknown,
  })
}

function readThinking(value: unknown): Thinking | undefined {
  if (value === undefined) return undefined
  const members = new Members(value, 'thinking')
  const type = members.text('type')
  const thinking = present({
    enabled: type !== 'disabled',
    budgetTokens: members.number('budgetTokens'),
    adaptive: type === 'adaptive' ? true : undefined,
    display: members.text('display'),
  })
  members.done()
  return thinking
}
