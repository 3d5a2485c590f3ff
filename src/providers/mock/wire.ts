import type { Answer } from './answer.ts'
import type { Behaviour } from './models.ts'
import { refuse } from './refusal.ts'
import type { JsonObject } from './request.ts'
import { tokenEnd } from './tokens.ts'

/** What stands on every body and chunk of one completion. */
export interface Letterhead {
  id: string
  /** Unix seconds. */
  created: number
  model: string
}

const fingerprint = 'fp_mock'
/** How many tokens come before a stream breaks. */
const tokensBeforeBreak = 5

export function usageOf(answers: Answer[], promptTokens: number): JsonObject {
  let tokens = 0
  let reasoningTokens = 0
  for (const answer of answers) {
    tokens += answer.tokens
    reasoningTokens += answer.reasoningTokens
  }
  return {
    prompt_tokens: promptTokens,
    completion_tokens: tokens,
    total_tokens: promptTokens + tokens,
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: reasoningTokens },
  }
}

export function chatBody(head: Letterhead, answers: Answer[], usage: JsonObject): JsonObject {
  return {
    id: head.id,
    object: 'chat.completion',
    created: head.created,
    model: head.model,
    choices: answers.map((answer, index) => ({
      index,
      message: messageOf(answer),
      logprobs: null,
      finish_reason: answer.finish,
    })),
    usage,
    system_fingerprint: fingerprint,
  }
}

function messageOf(answer: Answer): JsonObject {
  const message: JsonObject = { role: 'assistant', content: answer.content, refusal: null }
  if (answer.reasoning !== '') message.reasoning_content = answer.reasoning
  if (answer.toolCalls.length > 0) {
    message.tool_calls = answer.toolCalls.map(({ id, name, arguments: text }) => ({
      id,
      type: 'function',
      function: { name, arguments: text },
    }))
  }
  return message
}

/**
 * The stream of a completion as SSE text, one piece per token (with what opens the answer before it) and one for
 * what closes it; an empty piece ends a batch. `usage` is `null` where the caller did not ask for it.
 */
export function* chatStream(
  head: Letterhead,
  answers: Answer[],
  usage: JsonObject | null,
  breaks: Behaviour['breaks'],
): Generator<string, void> {
  const chunk = chunkWriter(head, usage !== null)
  const writers = answers.map((answer, index) => choicePieces(chunk, answer, index))
  let tokens = 0
  for (const piece of writers.length === 1 ? writers[0]! : takeTurns(writers)) {
    if (breaks !== undefined && ++tokens > tokensBeforeBreak) break
    yield piece
  }
  if (breaks === 'error-mid-stream') {
    // In the same batch it would come before the first byte has left, and be no error in the middle.
    yield ''
    yield errorEvent()
  }
  if (breaks !== undefined) return
  let closing = ''
  for (const [index, answer] of answers.entries()) closing += chunk(index, '{}', `"${answer.finish}"`)
  if (usage !== null) closing += event(JSON.stringify(usageChunk(head, usage)))
  yield `${closing}data: [DONE]\n\n`
}

const event = (json: string): string => `data: ${json}\n\n`
const errorEvent = (): string => event(JSON.stringify(refuse(500, 'The mock failed, as asked.').body))

type WriteChunk = (index: number, delta: string, finish: string) => string

/** All but three values are the same in each chunk of a stream, so the rest is written once. */
function chunkWriter(head: Letterhead, withUsage: boolean): WriteChunk {
  const frame = JSON.stringify({
    id: head.id,
    object: 'chat.completion.chunk',
    created: head.created,
    model: head.model,
    system_fingerprint: fingerprint,
  })
  const opening = `data: ${frame.slice(0, -1)},"choices":[{"index":`
  const closing = `}]${withUsage ? ',"usage":null' : ''}}\n\n`
  return (index, delta, finish) =>
    `${opening}${index},"delta":${delta},"logprobs":null,"finish_reason":${finish}${closing}`
}

const usageChunk = (head: Letterhead, usage: JsonObject): JsonObject => ({
  ...head,
  object: 'chat.completion.chunk',
  system_fingerprint: fingerprint,
  choices: [],
  usage,
})

function* choicePieces(chunk: WriteChunk, answer: Answer, index: number): Generator<string, void> {
  const content = answer.content === null ? 'null' : '""'
  let opening = chunk(index, `{"role":"assistant","content":${content},"refusal":null}`, 'null')
  for (const delta of deltas(answer)) {
    yield opening + chunk(index, delta, 'null')
    opening = ''
  }
  if (opening !== '') yield opening
}

/** The deltas of an answer as JSON text, one per token. */
function* deltas(answer: Answer): Generator<string, void> {
  for (const token of tokensOf(answer.reasoning)) yield `{"reasoning_content":${token}}`
  for (const token of tokensOf(answer.content ?? '')) yield `{"content":${token}}`
  for (const [i, { id, name, arguments: text }] of answer.toolCalls.entries()) {
    const call = { index: i, id, type: 'function', function: { name, arguments: '' } }
    yield `{"tool_calls":[${JSON.stringify(call)}]}`
    for (const token of tokensOf(text))
      yield `{"tool_calls":[{"index":${i},"function":{"arguments":${token}}}]}`
  }
}

/** Each token as a JSON string. */
function* tokensOf(text: string): Generator<string, void> {
  let at = 0
  while (at < text.length) {
    const start = at
    at = tokenEnd(text, start)
    yield JSON.stringify(text.slice(start, at))
  }
}

/** One piece of each in turn, as a provider that writes several choices at once. */
function* takeTurns(writers: Iterator<string, void>[]): Generator<string, void> {
  let open = writers
  while (open.length > 0) {
    const next: typeof open = []
    for (const writer of open) {
      const { value, done } = writer.next()
      if (done === true) continue
      next.push(writer)
      yield value
    }
    open = next
  }
}
