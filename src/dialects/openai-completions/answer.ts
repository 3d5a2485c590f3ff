/** What a whole answer and the chunks of a stream have in common. */
import type { ChatResponse, Finish, FinishReason } from '../../canonical/chat.ts'
import type { JsonObject } from '../../canonical/json.ts'
import { GatewayError } from '../../errors.ts'

export const text = (value: unknown): string => (typeof value === 'string' ? value : '')
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
export const integer = (value: unknown): number | undefined =>
  Number.isSafeInteger(value) ? (value as number) : undefined

export const notAnAnswer = (what: string): GatewayError =>
  new GatewayError('upstream_error', {
    cause: new Error(`the provider's answer is not a text completion: ${what}`),
  })

export type Head = Pick<ChatResponse, 'id' | 'model' | 'created' | 'systemFingerprint'>

export function readHead(body: JsonObject): Head {
  const created = integer(body.created)
  const systemFingerprint = text(body.system_fingerprint)
  return {
    id: text(body.id),
    model: text(body.model),
    ...(created !== undefined && { created }),
    ...(systemFingerprint !== '' && { systemFingerprint }),
  }
}

const reasons: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  // Together, and servers that pass the model's own word on.
  eos: 'stop',
  length: 'length',
  content_filter: 'content_filter',
}

/** vLLM names the stop sequence that it met beside the reason. */
export function readFinish(choice: JsonObject): Finish {
  const raw = text(choice.finish_reason)
  const unified = (Object.hasOwn(reasons, raw) ? reasons[raw] : undefined) ?? 'other'
  const met = text(choice.stop_reason)
  return unified === 'stop' && met !== ''
    ? { unified: 'stop_sequence', raw, stopSequence: met }
    : { unified, raw }
}

const words: Readonly<Record<FinishReason, string>> = {
  stop: 'stop',
  stop_sequence: 'stop',
  length: 'length',
  // No tools can be asked for here, so none are called.
  tool_calls: 'stop',
  content_filter: 'content_filter',
  refusal: 'content_filter',
  pause: 'stop',
  context_length: 'length',
  other: 'stop',
}

export const writeFinish = ({ unified }: Finish): string => words[unified]
