import { isObject, type JsonObject } from '../../src/canonical/json.ts'
import { responseBytes } from '../support/fixtures.ts'
import { dataOf, eventTexts, jsonOf } from './events.ts'
import type { Recording } from './recordings.ts'

/** What a relay may change, written down a second time: everything else has to be the same bytes. */

/** Of the providers' types: the request fields that go by another name, and the name of reasoning in answers. */
const renamedFields: Readonly<Record<string, Record<string, string>>> = {
  together: { max_completion_tokens: 'max_tokens' },
  ollama: { max_completion_tokens: 'max_tokens' },
}
const reasoningField: Readonly<Record<string, string>> = {
  together: 'reasoning',
  vllm: 'reasoning',
  ollama: 'reasoning',
}

/** A caller's text, laid out as no gateway would do it by itself; the keys of the body stand behind one space. */
export const callerText = (body: JsonObject): string => `${JSON.stringify(body, null, 1)}\n`

/** Whether the gateway must ask a stream for its usage because the caller did not. */
export function asksForUsage({ fixture, body }: Recording): boolean {
  const options = body.stream_options as { include_usage?: boolean } | undefined
  return fixture.dialect === 'openai-chat' && body.stream === true && options?.include_usage !== true
}

/** The bytes that the provider gets for `callerText(recording.body)`. */
export function relayedRequest(recording: Recording): string {
  let text = callerText(recording.body)
  for (const [name, other] of Object.entries(renamedFields[recording.type] ?? {})) {
    text = text.replace(`\n "${name}":`, `\n "${other}":`)
  }
  if (!asksForUsage(recording)) return text
  if (recording.body.stream_options !== undefined) throw new Error(`${recording.id} has options of its own`)
  return text.replace(/\n\}\n$/, '\n,"stream_options":{"include_usage":true}}\n')
}

/** The bytes that the caller gets for the recorded answer. */
export function relayedAnswer(recording: Recording): string {
  const text = responseBytes(recording.fixture).toString()
  if (!recording.isStream) {
    const body = JSON.parse(text) as JsonObject
    return renameReasoning(body, recording) ? JSON.stringify(body) : text
  }
  return eventTexts(text)
    .filter((event) => !(asksForUsage(recording) && isUsageChunk(event)))
    .map((event) => renamedEvent(event, recording))
    .join('')
}

function isUsageChunk(event: string): boolean {
  const chunk = jsonOf(event)
  return isObject(chunk?.usage) && Array.isArray(chunk.choices) && chunk.choices.length === 0
}

function renamedEvent(event: string, recording: Recording): string {
  const chunk = dataOf(event).startsWith('{') ? jsonOf(event) : undefined
  return chunk && renameReasoning(chunk, recording) ? `data: ${JSON.stringify(chunk)}\n\n` : event
}

/** In place; the new name stands at the end. */
function renameReasoning(answer: JsonObject, { type }: Recording): boolean {
  const field = reasoningField[type]
  if (field === undefined) return false
  let renamed = false
  for (const { message, delta } of (answer.choices ?? []) as { message?: JsonObject; delta?: JsonObject }[]) {
    const holder = message ?? delta ?? {}
    if (typeof holder[field] !== 'string' || typeof holder.reasoning_content === 'string') continue
    holder.reasoning_content = holder[field]
    delete holder[field]
    renamed = true
  }
  return renamed
}
