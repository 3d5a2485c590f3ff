/** What a whole answer and the lines of a stream have in common. */
import { createHash } from 'node:crypto'
import type { ChatResponse, Finish, FinishReason, ImageBlock, ToolCallBlock } from '../../canonical/chat.ts'
import { isObject, type JsonObject } from '../../canonical/json.ts'
import { noUsage, type Usage } from '../../canonical/usage.ts'
import { GatewayError } from '../../errors.ts'

export const text = (value: unknown): string => (typeof value === 'string' ? value : '')
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

export const notAnAnswer = (what: string): GatewayError =>
  new GatewayError('upstream_error', {
    cause: new Error(`the provider's answer is no answer of Ollama: ${what}`),
  })

const digest = (...values: unknown[]): string =>
  createHash('sha256').update(JSON.stringify(values)).digest('hex').slice(0, 24)

/** Answers have no id here. */
export function readHead(body: JsonObject): Pick<ChatResponse, 'id' | 'model' | 'created'> {
  const milliseconds = Date.parse(text(body.created_at))
  return {
    id: '',
    model: text(body.model),
    ...(!Number.isNaN(milliseconds) && { created: Math.floor(milliseconds / 1000) }),
  }
}

/**
 * A call comes whole, its arguments as an object. Older servers give it no id: it then gets one that no
 * other call of the conversation has, by the answer's time, which is given in nanoseconds.
 * @param createdAt of the answer; of its first line in a stream
 * @param block the place of the call in the answer
 */
export function readCall(call: unknown, createdAt: unknown, block: number): ToolCallBlock {
  const { id, function: called } = isObject(call) ? call : {}
  const { name, arguments: values = {} } = isObject(called) ? called : {}
  return {
    type: 'tool_call',
    id: text(id) || `call_${digest(createdAt, block)}`,
    name: text(name),
    arguments: typeof values === 'string' ? values : JSON.stringify(values),
  }
}

/** The first characters of base64 tell the kind of an image, which the API does not. */
const imageKinds: readonly (readonly [string, string])[] = [
  ['/9j/', 'image/jpeg'],
  ['R0lGOD', 'image/gif'],
  ['UklGR', 'image/webp'],
]

export function readImage(data: string): ImageBlock {
  const mediaType = imageKinds.find(([beginning]) => data.startsWith(beginning))?.[1] ?? 'image/png'
  return { type: 'image', source: { kind: 'base64', mediaType, data } }
}

const reasons: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  // Older servers give no reason.
  '': 'stop',
  length: 'length',
  // `load` and `unload` answer requests without messages, which only move a model in or out of memory.
}

export function readFinish(body: JsonObject, hasCalls: boolean): Finish {
  const raw = text(body.done_reason)
  const unified = (Object.hasOwn(reasons, raw) ? reasons[raw] : undefined) ?? 'other'
  return { unified: unified === 'stop' && hasCalls ? 'tool_calls' : unified, raw }
}

/** A prompt that was evaluated before is not counted: the server then leaves `prompt_eval_count` out. */
export function readUsage({ prompt_eval_count: input, eval_count: output }: JsonObject): Usage | undefined {
  if (isAbsent(input) && isAbsent(output)) return undefined
  const counts = { input: input ?? 0, output: output ?? 0 }
  return isCount(counts.input) && isCount(counts.output)
    ? { ...noUsage, input: counts.input, output: counts.output }
    : undefined
}

const isAbsent = (value: unknown): boolean => value === undefined || value === null
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

/** OpenAI's shape; `undefined` where there are none. */
export function readLogprobs(body: JsonObject): { content: JsonObject[] } | undefined {
  const tokens = list(body.logprobs).filter(isObject)
  if (tokens.length === 0) return undefined
  return {
    content: tokens.map((token) => ({
      ...withBytes(token),
      top_logprobs: list(token.top_logprobs).filter(isObject).map(withBytes),
    })),
  }
}

const withBytes = (token: JsonObject): JsonObject => ({ ...token, bytes: token.bytes ?? null })
