import type { ChatRequest, Message } from '../../src/canonical/chat.ts'
import type { JsonObject } from '../../src/canonical/json.ts'
import { carry } from '../../src/dialects/features.ts'
import { anthropicMessages } from '../../src/dialects/anthropic-messages/index.ts'
import { openaiChat } from '../../src/dialects/openai-chat/index.ts'
import { openaiResponses } from '../../src/dialects/openai-responses/index.ts'
import { readRequest, type Recording, type Route } from './recordings.ts'

/** A recorded request as a caller of another route would say it. */
export interface Expressed {
  body: JsonObject
  /** What that route has no words for. */
  cannotSay: string[]
}

/** Thinking and its signatures are an answer's: they go back as the route gave them, and not as requests write them. */
const ofAnswers = new Set(['messages[].reasoning_content', 'foreign_thinking', 'signature'])

export function express(recording: Recording, route: Route): Expressed {
  // Mistral's own fields and parts are understood on the chat route.
  if (route === '/v1/chat/completions' && recording.fixture.dialect === 'mistral-chat') {
    return { body: recording.body, cannotSay: [] }
  }
  const { request, unknown } = readRequest(recording, recording.body)
  const { body, cannotSay } = writers[route]!(request)
  const own = Object.keys(request.extensions?.fields ?? {})
  const names = [...cannotSay, ...own, ...unknown].filter((name) => !ofAnswers.has(name))
  return { body, cannotSay: [...new Set(names)].sort() }
}

/** Assistant turns are written as the route's own answers are: callers send them back as they came. */
const answerOf = ({ content }: Message) => ({
  id: 'answer',
  model: 'any',
  choices: [{ index: 0, content, finish: { unified: 'stop', raw: 'stop' } as const }],
})

function asMessages(request: ChatRequest): Expressed {
  const { request: carried, lost } = carry(asAdaptive(request), openaiChat.features, anthropicMessages)
  // 0 tokens stand for no limit at some servers; there is no such word here.
  if (carried.maxOutputTokens === 0) lost.push('max_tokens')
  const written = anthropicMessages.encodeRequest(
    { ...carried, maxOutputTokens: carried.maxOutputTokens || undefined },
    {},
  )
  const others = request.messages.filter(({ role }) => role !== 'system' && role !== 'developer')
  const messages = others.flatMap((message): JsonObject[] => {
    if (message.role !== 'assistant') return writtenAlone(carried, message).messages as JsonObject[]
    const { content } = anthropicMessages.encodeResponse(answerOf(message), 0)
    return (content as unknown[]).length === 0 ? [] : [{ role: 'assistant', content }]
  })
  return { body: { ...written.body, messages }, cannotSay: [...lost, ...written.lost] }
}

function asResponses(request: ChatRequest): Expressed {
  const { request: carried, lost } = carry(request, openaiChat.features, openaiResponses)
  const written = openaiResponses.encodeRequest(carried, {})
  const input = request.messages.flatMap((message): JsonObject[] => {
    if (message.role === 'assistant')
      return openaiResponses.encodeResponse(answerOf(message), 0).output as JsonObject[]
    return openaiResponses.encodeRequest({ ...carried, messages: [{ ...message, name: undefined }] }, {}).body
      .input as JsonObject[]
  })
  // Nothing is to be kept: that is how the gateway asks, not what a caller must say.
  const { store: _store, ...body } = written.body
  const { enabled, budgetTokens } = request.thinking ?? {}
  // A budget becomes an effort there, and an effort is always about thinking.
  const says = enabled === undefined || (enabled && budgetTokens === undefined)
  return { body: { ...body, input }, cannotSay: [...lost, ...written.lost, ...(says ? [] : ['thinking'])] }
}

/** An effort is said as such, and not as the number of tokens that it may come to. */
const asAdaptive = (request: ChatRequest): ChatRequest =>
  request.thinking?.enabled && request.thinking.budgetTokens === undefined
    ? { ...request, thinking: { ...request.thinking, adaptive: true } }
    : request

function writtenAlone(request: ChatRequest, message: Message): JsonObject {
  const messages = [{ ...message, name: undefined }]
  return anthropicMessages.encodeRequest({ ...request, messages }, {}).body
}

/** With what the chat route takes beyond OpenAI's own fields: `thinking`, `top_k`, cache marks, signed blocks. */
function asChat(request: ChatRequest): Expressed {
  const { body, lost } = openaiChat.encodeRequest({ ...request, thinking: undefined }, {})
  const messages = request.messages.flatMap((message): JsonObject[] => {
    if (message.role !== 'assistant') {
      return openaiChat.encodeRequest({ ...request, messages: [message] }, {}).body.messages as JsonObject[]
    }
    const { choices } = openaiChat.encodeResponse(answerOf(message), 0)
    return [(choices as [{ message: JsonObject }])[0].message]
  })
  const cannotSay = [...lost]
  // There an effort is always about thinking.
  if (request.thinking?.enabled === false) cannotSay.push('thinking')
  return { body: { ...body, messages, ...thinkingFields(request) }, cannotSay }
}

function thinkingFields({ thinking }: ChatRequest): JsonObject {
  if (!thinking?.enabled) return {}
  const { budgetTokens, effort, display } = thinking
  return {
    ...(effort !== undefined && { reasoning_effort: effort }),
    thinking: { type: 'enabled', budget_tokens: budgetTokens, display },
  }
}

const writers: Readonly<Partial<Record<Route, (request: ChatRequest) => Expressed>>> = {
  '/v1/chat/completions': asChat,
  '/v1/messages': asMessages,
  '/v1/responses': asResponses,
}
