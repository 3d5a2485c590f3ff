import { accumulate } from '../support/accumulate.ts'
import type { ChatEvent } from '../../src/canonical/chat-events.ts'
import type { Block, ChatResponse, Choice, FinishReason } from '../../src/canonical/chat.ts'
import { parseJson, type JsonObject } from '../../src/canonical/json.ts'
import { noUsage, type Usage } from '../../src/canonical/usage.ts'
import type { ChatDialect } from '../../src/dialects/dialect.ts'
import { eventTexts } from './events.ts'
import { parseEvent } from '../../src/framing/sse.ts'
import type { Route } from './recordings.ts'

/** The events that a dialect reads from a whole stream, its end included. */
export function eventsOf(stream: string, dialect: ChatDialect): ChatEvent[] {
  const decoder = dialect.streamDecoder()
  const frames = eventTexts(stream)
    .map(parseEvent)
    .filter((frame) => frame !== undefined)
  return [...frames.flatMap((frame) => [...decoder.push(frame)]), ...decoder.close()]
}

/** An answer in the canonical form, whether it came as a stream or whole. */
export const readAnswer = (text: string, isStream: boolean, dialect: ChatDialect): ChatResponse =>
  isStream ? accumulate(eventsOf(text, dialect)) : dialect.decodeResponse(parseJson(text))

/** What an answer says to a caller of `route`, without what another dialect on that side cannot show. */
export function answerMeaning({ id, model, choices, usage }: ChatResponse, route: Route): JsonObject {
  const shown = route === '/v1/messages' ? choices.slice(0, 1) : choices
  return {
    id,
    model,
    usage: usageMeaning(usage, route),
    choices: shown.map((choice) => choiceMeaning(choice, route)),
  }
}

/** The Messages API always counts, 0 where nobody knows, and has no audio. */
const usageMeaning = (usage: Usage | undefined, route: Route): Usage | undefined =>
  route === '/v1/messages' ? { ...noUsage, ...usage, inputAudio: 0, outputAudio: 0 } : usage

function choiceMeaning({ index, content, finish, logprobs }: Choice, route: Route): JsonObject {
  const isMessages = route === '/v1/messages'
  return {
    index,
    thinking: content.filter(isThinking).map(thinkingMeaning),
    text: textOf(content, isMessages ? ['text', 'refusal'] : ['text']),
    refusal: isMessages ? '' : textOf(content, ['refusal']),
    calls: content
      .filter((block) => block.type === 'tool_call')
      .map(({ id, name, arguments: text }) => ({ id, name, arguments: JSON.parse(text || '{}') as unknown })),
    finish: (isMessages ? inMessages : inChat)[finish.unified] ?? finish.unified,
    stopSequence: isMessages ? finish.stopSequence : undefined,
    logprobs: isMessages ? undefined : logprobs,
  }
}

/** Words that a dialect has no own word for. */
const inChat: Readonly<Partial<Record<FinishReason, FinishReason>>> = {
  stop_sequence: 'stop',
  refusal: 'content_filter',
  pause: 'stop',
  context_length: 'length',
  other: 'stop',
}
const inMessages: Readonly<Partial<Record<FinishReason, FinishReason>>> = {
  content_filter: 'refusal',
  other: 'stop',
}

const textOf = (content: readonly Block[], types: readonly string[]): string =>
  content.map((block) => (types.includes(block.type) ? (block as { text: string }).text : '')).join('')

const isThinking = (block: Block) => block.type === 'thinking' || block.type === 'redacted_thinking'

const thinkingMeaning = (block: Block): unknown =>
  block.type === 'thinking' ? { text: block.text, signature: block.signature } : block
