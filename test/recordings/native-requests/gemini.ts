import type {
  Block,
  ChatRequest,
  Message,
  ResponseFormat,
  Thinking,
  Tool,
  ToolChoice,
} from '../../../src/canonical/chat.ts'
import { Members, present, type ReadRequest } from './reading.ts'

/** A request of generateContent. Source: ai.google.dev/api/generate-content. */
export function readGeminiRequest(body: unknown, model: string, stream: boolean): ReadRequest {
  const members = new Members(body)
  const system = members.take('systemInstruction')
  const config = members.within('generationConfig')
  const callIds = new Map<string, string>()
  const messages = members.list('contents').map((content) => readContent(content, callIds))
  const { tools, unknown: otherTools } = readTools(members.list('tools'))
  const request: ChatRequest = present({
    model,
    stream,
    messages: [...(system === undefined ? [] : [readSystem(system)]), ...messages],
    tools: tools.length > 0 ? tools : undefined,
    toolChoice: readToolChoice(members.within('toolConfig')),
    responseFormat: readFormat(config),
    thinking: readThinking(config.take('thinkingConfig')),
    maxOutputTokens: config.number('maxOutputTokens'),
    temperature: config.number('temperature'),
    topP: config.number('topP'),
    topK: config.number('topK'),
    seed: config.number('seed'),
    n: config.number('candidateCount'),
    stop: config.take('stopSequences') as string[] | undefined,
    frequencyPenalty: config.number('frequencyPenalty'),
    presencePenalty: config.number('presencePenalty'),
    logprobs: config.take('responseLogprobs') as boolean | undefined,
    topLogprobs: config.number('logprobs'),
  })
  const modalities = config.take('responseModalities') as string[] | undefined
  if (modalities?.some((modality) => modality !== 'TEXT')) throw new Error('nobody reads other modalities')
  return { request, unknown: [...otherTools, ...config.rest(), ...members.rest()] }
}

const readSystem = (value: unknown): Message => {
  const members = new Members(value, 'systemInstruction')
  members.take('role')
  const content = members.list('parts').map((part): Block => {
    const read = new Members(part, 'systemInstruction.parts[]')
    const block: Block = { type: 'text', text: read.text('text')! }
    read.done()
    return block
  })
  members.done()
  return { role: 'system', content }
}

function readContent(value: unknown, callIds: Map<string, string>): Message {
  const members = new Members(value, 'contents[]')
  const role = members.text('role') === 'model' ? 'assistant' : 'user'
  const content = members.list('parts').map((part) => readPart(part, callIds))
  members.done()
  return { role, content: content.filter((block, at) => !isName(block, content[at + 1])) }
}

/** The name of a document stands before it, as a text; this one is nobody's. */
const isName = (block: Block, next: Block | undefined): boolean =>
  next?.type === 'document' && block.type === 'text' && block.text === 'document.pdf'

function readPart(value: unknown, callIds: Map<string, string>): Block {
  const part = new Members(value, 'contents[].parts[]')
  const signature = part.text('thoughtSignature')
  const isThought = part.take('thought') === true
  const signed =
    signature === undefined ? {} : { signature: { dialect: 'gemini', value: signature } as const }
  const block = readPartBlock(part, isThought, signed, callIds)
  part.done()
  return block
}

type Signed = { signature?: { dialect: 'gemini'; value: string } }

function readPartBlock(
  part: Members,
  isThought: boolean,
  signed: Signed,
  callIds: Map<string, string>,
): Block {
  const text = part.text('text')
  if (text !== undefined) return isThought ? { type: 'thinking', text, ...signed } : { type: 'text', text }
  const inline = part.take('inlineData')
  if (inline !== undefined) return readInline(inline)
  const call = part.take('functionCall')
  if (call !== undefined) return readCall(call, signed, callIds)
  return readResponse(part.take('functionResponse'), callIds)
}

function readInline(value: unknown): Block {
  const members = new Members(value, 'inlineData')
  const mediaType = members.text('mimeType')!
  const source = { kind: 'base64', mediaType, data: members.text('data')! } as const
  members.done()
  return { type: mediaType.startsWith('image/') ? 'image' : 'document', source }
}

/** Older models number nothing: a result then belongs to the call of its name. */
function readCall(value: unknown, signed: Signed, callIds: Map<string, string>): Block {
  const members = new Members(value, 'functionCall')
  const name = members.text('name')!
  const id = members.text('id') ?? `call-of-${name}`
  callIds.set(name, id)
  const block: Block = {
    type: 'tool_call',
    id,
    name,
    arguments: JSON.stringify(members.take('args') ?? {}),
    ...signed,
  }
  members.done()
  return block
}

function readResponse(value: unknown, callIds: Map<string, string>): Block {
  const members = new Members(value, 'functionResponse')
  const name = members.text('name')!
  const id = members.text('id') ?? callIds.get(name) ?? `call-of-${name}`
  const response = members.take('response')
  members.done()
  return { type: 'tool_result', toolCallId: id, content: [{ type: 'text', text: resultText(response) }] }
}

/** Google's word for a result that is no object of its own is `output`. */
function resultText(response: unknown): string {
  const { output, ...others } = response as { output?: unknown }
  return typeof output === 'string' && Object.keys(others).length === 0 ? output : JSON.stringify(response)
}

function readTools(list: readonly unknown[]): { tools: Tool[]; unknown: string[] } {
  const tools: Tool[] = []
  const unknown: string[] = []
  for (const value of list) {
    const members = new Members(value, 'tools[]')
    for (const declaration of members.list('functionDeclarations')) {
      const read = new Members(declaration, 'functionDeclarations[]')
      tools.push(
        present({
          type: 'function' as const,
          name: read.text('name')!,
          description: read.text('description'),
          parameters: read.take('parametersJsonSchema') ?? read.take('parameters'),
        }),
      )
      read.done()
    }
    unknown.push(...members.rest())
  }
  return { tools, unknown }
}

function readToolChoice(config: Members): ToolChoice | undefined {
  const calling = config.within('functionCallingConfig')
  const mode = calling.text('mode')
  const names = calling.take('allowedFunctionNames') as string[] | undefined
  if (mode === 'ANY' && names?.length === 1) return { type: 'tool', name: names[0]! }
  if (mode === 'ANY') return { type: 'required' }
  if (mode === 'NONE') return { type: 'none' }
  return mode === undefined ? undefined : { type: 'auto' }
}

function readFormat(config: Members): ResponseFormat | undefined {
  const type = config.text('responseMimeType')
  const schema = config.take('responseJsonSchema') ?? config.take('responseSchema')
  if (type !== 'application/json') return undefined
  return schema === undefined ? { type: 'json_object' } : { type: 'json_schema', schema }
}

function readThinking(value: unknown): Thinking | undefined {
  if (value === undefined) return undefined
  const members = new Members(value, 'thinkingConfig')
  const budgetTokens = members.number('thinkingBudget')
  const effort = members.text('thinkingLevel')?.toLowerCase()
  members.take('includeThoughts')
  members.done()
  return present({ enabled: budgetTokens !== 0, budgetTokens, effort })
}
