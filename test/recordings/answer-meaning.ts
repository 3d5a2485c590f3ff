import { accumulate } from '../support/accumulate.ts'
import type { ChatEvent } from '../../src/canonical/chat-events.ts'
import type { Block, ChatResponse, Choice, FinishReason, Opaque } from '../../src/canonical/chat.ts'
import { parseJson, type JsonObject } from '../../src/canonical/json.ts'
import { isCarried, readCarried } from '../../src/dialects/carried-reasoning.ts'
import { noUsage, type Usage } from '../../src/canonical/usage.ts'
import type { ChatProviderDialect } from '../../src/dialects/dialect.ts'
import { framesOf } from './events.ts'
import type { Route } from './recordings.ts'

/** The events that a dialect reads from a whole stream, its end included. */
export function eventsOf(stream: Buffer, dialect: ChatProviderDialect): ChatEvent[] {
  const decoder = dialect.streamDecoder()
  const frames = framesOf(stream, dialect.framing)
  return [...frames.flatMap((frame) => [...decoder.push(frame)]), ...decoder.close()]
}

/** An answer in the canonical form, whether it came as a stream or whole. */
export const readAnswer = (
  answer: Buffer | string,
  isStream: boolean,
  dialect: ChatProviderDialect,
): ChatResponse =>
  isStream
    ? accumulate(eventsOf(Buffer.from(answer), dialect))
    : dialect.decodeResponse(parseJson(answer.toString()))

/** What an answer says to a caller of `route`, without what another dialect on that side cannot show. */
export function answerMeaning({ id, model, choices, usage }: ChatResponse, route: Route): JsonObject {
  const { hasChoices } = shows[route] ?? everything
  const shown = hasChoices ? choices : choices.slice(0, 1)
  return {
    // What Responses call an answer begins with `resp_`, whoever gave it.
    id: route === '/v1/responses' ? id.replace(/^resp_/, '') : id,
    model,
    usage: usageMeaning(usage, route),
    choices: shown.map((choice) => choiceMeaning(choice, route)),
  }
}

/** What a route's dialect has no place for. */
interface Shown {
  hasChoices: boolean
  hasLogprobs: boolean
  hasStopSequence: boolean
  /** Words that it has no own word for. */
  finishes: Readonly<Partial<Record<FinishReason, FinishReason>>>
}
const everything: Shown = {
  hasChoices: true,
  hasLogprobs: true,
  hasStopSequence: false,
  finishes: {
    stop_sequence: 'stop',
    refusal: 'content_filter',
    pause: 'stop',
    context_length: 'length',
    other: 'stop',
  },
}
const shows: Readonly<Partial<Record<Route, Shown>>> = {
  '/v1/messages': {
    hasChoices: false,
    hasLogprobs: false,
    hasStopSequence: true,
    finishes: { content_filter: 'refusal', other: 'stop' },
  },
  '/v1/responses': { ...everything, hasChoices: false },
}

/** The Messages API always counts, 0 where nobody knows, and has no audio; Responses count no writing to caches. */
function usageMeaning(usage: Usage | undefined, route: Route): Usage | undefined {
  if (route === '/v1/messages') return { ...noUsage, ...usage, inputAudio: 0, outputAudio: 0 }
  if (route !== '/v1/responses' || !usage) return usage
  const { input, cacheWrite5m, cacheWrite1h } = usage
  const uncached = input + cacheWrite5m + cacheWrite1h
  return { ...usage, input: uncached, cacheWrite5m: 0, cacheWrite1h: 0, inputAudio: 0, outputAudio: 0 }
}

function choiceMeaning({ index, content, finish, logprobs }: Choice, route: Route): JsonObject {
  const isMessages = route === '/v1/messages'
  const { hasLogprobs, hasStopSequence, finishes } = shows[route] ?? everything
  return {
    index,
    thinking: content.filter(isThinking).flatMap(thinkingMeaning),
    text: textOf(content, isMessages ? ['text', 'refusal'] : ['text']),
    refusal: isMessages ? '' : textOf(content, ['refusal']),
    calls: content
      .filter((block) => block.type === 'tool_call')
      .map(({ id, name, arguments: text }) => ({ id, name, arguments: JSON.parse(text || '{}') as unknown })),
    finish: finishes[finish.unified] ?? finish.unified,
    stopSequence: hasStopSequence ? finish.stopSequence : undefined,
    logprobs: hasLogprobs ? withBytes(logprobs) : undefined,
  }
}

/** A token without bytes has none: an empty list on the Responses route, `null` elsewhere. */
const withBytes = (logprobs: unknown): unknown =>
  logprobs === undefined
    ? undefined
    : JSON.parse(JSON.stringify(logprobs), (key, value: unknown) =>
        key === 'bytes' && Array.isArray(value) && value.length === 0 ? null : value,
      )

const textOf = (content: readonly Block[], types: readonly string[]): string =>
  content.map((block) => (types.includes(block.type) ? (block as { text: string }).text : '')).join('')

const isThinking = (block: Block) => block.type === 'thinking' || block.type === 'redacted_thinking'

/** What another dialect signed is carried along, and read here as the caller's next request would be. */
function thinkingMeaning(block: Block): unknown[] {
  if (block.type === 'thinking') {
    // Of the Responses route: the signature of a call, which has no thought of its own.
    if (block.text === '' && block.signature?.dialect === 'gemini') return []
    return [{ text: block.text, signature: block.signature && uncarried(block.signature).maker }]
  }
  if (block.type !== 'redacted_thinking') return [block]
  const { maker, callId } = uncarried(block.data)
  return callId === undefined ? [{ type: block.type, data: maker }] : []
}

function uncarried(signature: Opaque): { maker: Opaque | undefined; callId?: string | undefined } {
  const { value } = signature
  const carried = typeof value === 'string' ? readCarried(value) : undefined
  // Thinking that nobody signed.
  if (!carried && typeof value === 'string' && isCarried(value)) return { maker: undefined }
  const { maker, callId } = carried ?? { maker: signature, callId: undefined }
  // An item of reasoning is the same item whatever the order of its fields.
  if (maker.dialect !== 'openai-responses') return { maker, callId }
  return { maker: { ...maker, value: JSON.parse(maker.value as string) as unknown }, callId }
}
