import { argumentsOf, finishOf, textOf, tokens, type Said, type SaidCall, type Wire } from '../said.ts'
import { sse, wordFor, type ProviderWire } from './provider-wire.ts'

/** Source: platform.openai.com/docs/api-reference/chat (checked 2026-11-21). */
const finishes = {
  stop: 'stop',
  stop_sequence: 'stop',
  length: 'length',
  tool_calls: 'tool_calls',
  content_filter: 'content_filter',
} as const

export const chatUsage: Wire = {
  prompt_tokens: tokens.prompt,
  completion_tokens: tokens.output,
  total_tokens: tokens.prompt + tokens.output,
  prompt_tokens_details: { cached_tokens: tokens.cached },
}

const head = { id: 'chatcmpl-1', created: 1_700_000_000, model: 'the-model' }

export const chatCall = (call: SaidCall): Wire => ({
  id: call.id,
  type: 'function',
  function: { name: call.name, arguments: argumentsOf(call) },
})

export const chatChoice = (index: number, message: Wire, finish: string, more: Wire = {}): Wire => ({
  index,
  message: { role: 'assistant', content: null, refusal: null, ...message },
  logprobs: null,
  finish_reason: finish,
  ...more,
})

export const chatAnswer = (choices: Wire[]): Wire => ({
  ...head,
  object: 'chat.completion',
  choices,
  usage: chatUsage,
})

export const chatChunk = (delta: Wire, finish: string | null = null, more: Wire = {}): Buffer =>
  sse({
    ...head,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: finish, ...more }],
  })

export const chatUsageChunk: Buffer = sse({
  ...head,
  object: 'chat.completion.chunk',
  choices: [],
  usage: chatUsage,
})
export const chatDone: Buffer = Buffer.from('data: [DONE]\n\n')

function callChunks({ id, name, pieces }: SaidCall, index: number): Buffer[] {
  const first = { index, id, type: 'function', function: { name, arguments: '' } }
  const rest = pieces.map((piece) => ({ index, function: { arguments: piece } }))
  return [first, ...rest].map((piece) => chatChunk({ tool_calls: [piece] }))
}

/** The usage chunk is sent whether it was asked for or not: a script does not read. */
function stream(said: Said): Buffer[] {
  return [
    chatChunk({ role: 'assistant', content: '', refusal: null }),
    ...(said.texts ?? []).map((content) => chatChunk({ content })),
    ...(said.calls ?? []).flatMap(callChunks),
    chatChunk({}, wordFor(openaiChatWire, finishOf(said))),
    chatUsageChunk,
    chatDone,
  ]
}

export const openaiChatWire: Omit<ProviderWire, 'entry' | 'model'> = {
  streamType: 'text/event-stream; charset=utf-8',
  json(said) {
    const { calls = [] } = said
    const content = textOf(said)
    const message = {
      content: content === '' ? null : content,
      ...(calls.length > 0 && { tool_calls: calls.map(chatCall) }),
    }
    return chatAnswer([chatChoice(0, message, wordFor(openaiChatWire, finishOf(said)))])
  },
  stream,
  unknownEvent: sse({ ...head, object: 'chat.completion.novelty', choices: [], novelty: { a: 1 } }),
  failure: (message) => sse({ error: { message, type: 'server_error', param: null, code: null } }),
  error: (message) => ({ error: { message, type: 'server_error', param: null, code: null } }),
  finishes,
}
