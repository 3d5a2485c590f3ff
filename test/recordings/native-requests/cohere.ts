import type { Block, ChatRequest, Message } from '../../../src/canonical/chat.ts'
import { readCalls, readFunctionTools } from './openai-like.ts'
import { Members, present, type ReadRequest } from './reading.ts'

/** A request of Cohere's v2 chat. Source: docs.cohere.com/reference/chat. */
export function readCohereRequest(body: unknown): ReadRequest {
  const members = new Members(body)
  const choice = members.text('toolChoice')
  const thinking = members.take('thinking') as { type: string; token_budget?: number } | undefined
  const request: ChatRequest = present({
    model: members.text('model')!,
    stream: members.take('stream') === true,
    messages: members.list('messages').map(readMessage),
    tools: readFunctionTools(members.list('tools')),
    toolChoice:
      choice === undefined
        ? undefined
        : { type: choice === 'NONE' ? ('none' as const) : ('required' as const) },
    thinking:
      thinking && present({ enabled: thinking.type === 'enabled', budgetTokens: thinking.token_budget }),
    maxOutputTokens: members.number('maxTokens'),
    temperature: members.number('temperature'),
    topP: members.number('p'),
    topK: members.number('k'),
    stop: members.take('stopSequences') as string[] | undefined,
    seed: members.number('seed'),
  })
  return { request, unknown: members.rest() }
}

function readMessage(value: unknown): Message {
  const members = new Members(value, 'messages[]')
  const role = members.text('role')
  const content = readContent(members.take('content'))
  const plan = members.text('toolPlan')
  if (plan !== undefined) content.push({ type: 'text', text: plan })
  const calls = readCalls(members.list('toolCalls'), () => '')
  const toolCallId = members.text('toolCallId')
  members.done()
  if (role === 'tool') {
    const parts = content as { type: 'text'; text: string }[]
    return { role: 'user', content: [{ type: 'tool_result', toolCallId: toolCallId!, content: parts }] }
  }
  return { role: role as 'system' | 'user' | 'assistant', content: [...content, ...calls] }
}

function readContent(value: unknown): Block[] {
  if (value === undefined || value === null) return []
  if (typeof value === 'string') return value === '' ? [] : [{ type: 'text', text: value }]
  return (value as unknown[]).map((item): Block => {
    const members = new Members(item, 'messages[].content[]')
    const type = members.text('type')
    const document = members.take('document') as { data: unknown } | undefined
    const image = members.take('imageUrl') as { url: string } | undefined
    const thinking = members.text('thinking')
    const text = members.text('text')
    members.done()
    if (type === 'thinking') return { type: 'thinking', text: thinking! }
    if (type === 'document') return { type: 'text', text: textOf(document!.data) }
    if (type === 'image_url') return { type: 'image', source: sourceOf(image!.url) }
    return { type: 'text', text: text! }
  })
}

const textOf = (data: unknown): string => (typeof data === 'string' ? data : JSON.stringify(data))

function sourceOf(url: string) {
  const [, mediaType, data] = /^data:([^;]+);base64,(.*)$/s.exec(url) ?? []
  return mediaType === undefined
    ? ({ kind: 'url', url } as const)
    : ({ kind: 'base64', mediaType, data: data! } as const)
}
