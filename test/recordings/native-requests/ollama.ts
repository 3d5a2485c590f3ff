import type { Block, ChatRequest, Message, ResponseFormat, Thinking } from '../../../src/canonical/chat.ts'
import { readCalls, readFunctionTools } from './openai-like.ts'
import { Members, present, type ReadRequest } from './reading.ts'

/** A request of /api/chat. Source: docs.ollama.com/api/chat. */
export function readOllamaRequest(body: unknown): ReadRequest {
  const members = new Members(body)
  const options = members.within('options')
  const calls: string[] = []
  const messages = members.list('messages').map((message) => readMessage(message, calls))
  const request: ChatRequest = present({
    model: members.text('model')!,
    stream: members.take('stream') === true,
    messages,
    tools: readFunctionTools(members.list('tools')),
    responseFormat: readFormat(members.take('format')),
    thinking: readThinking(members.take('think')),
    maxOutputTokens: options.number('numPredict'),
    temperature: options.number('temperature'),
    topP: options.number('topP'),
    topK: options.number('topK'),
    seed: options.number('seed'),
    stop: options.take('stop') as string[] | undefined,
  })
  return { request, unknown: [...options.rest(), ...members.rest()] }
}

/** Calls have no ids here: results follow in the order of the calls. */
function readMessage(value: unknown, open: string[]): Message {
  const members = new Members(value, 'messages[]')
  const role = members.text('role')
  const text = members.text('content') ?? ''
  const thinking = members.text('thinking')
  const images = members.take('images') as string[] | undefined
  const calls = readCalls(members.list('toolCalls'), (index) => `call-${open.length + index}`)
  open.push(...calls.map((call) => (call as { id: string }).id))
  members.take('toolName')
  members.take('toolCallId')
  members.done()
  const said: Block[] = text === '' ? [] : [{ type: 'text', text }]
  if (role === 'tool') {
    return {
      role: 'user',
      content: [
        { type: 'tool_result', toolCallId: open.shift() ?? 'call-0', content: [{ type: 'text', text }] },
      ],
    }
  }
  const seen = (images ?? []).map((data): Block => ({
    type: 'image',
    source: { kind: 'base64', mediaType: 'image/png', data },
  }))
  const thought: Block[] = thinking === undefined ? [] : [{ type: 'thinking', text: thinking }]
  return { role: role as 'system' | 'user' | 'assistant', content: [...thought, ...said, ...seen, ...calls] }
}

function readFormat(value: unknown): ResponseFormat | undefined {
  // The library's word for none is the empty text.
  if (value === undefined || value === '') return undefined
  return value === 'json' ? { type: 'json_object' } : { type: 'json_schema', schema: value }
}

function readThinking(value: unknown): Thinking | undefined {
  if (value === undefined) return undefined
  return typeof value === 'string' ? { enabled: true, effort: value } : { enabled: value === true }
}
