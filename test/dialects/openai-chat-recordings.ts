import { readdirSync, readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { ChatEvent } from '../../src/canonical/chat-events.ts'
import type { JsonObject } from '../../src/canonical/json.ts'
import { parseJson } from '../../src/canonical/json.ts'
import type { ChatDialect } from '../../src/dialects/dialect.ts'
import { mistralChat, openaiChat, openaiCompatibleChat } from '../../src/dialects/openai-chat/index.ts'
import { parseEvent } from '../../src/framing/sse.ts'
import type { Frame } from '../../src/framing/frame.ts'

const fixtures = new URL('../fixtures/', import.meta.url)
const providers = [
  'openai',
  'azure',
  'together',
  'vllm',
  'deepseek',
  'groq',
  'openrouter',
  'mistral',
  'ollama',
]

export interface Recording {
  id: string
  provider: string
  dialect: string
  request: { body: JsonObject | null }
  response: { status: number; body?: JsonObject; bodyText?: string }
}

/** The recordings of these dialects, in the order of their names. */
export function recordings(...dialects: string[]): Recording[] {
  const all = providers.flatMap((provider) =>
    readdirSync(new URL(provider, fixtures))
      .sort()
      .map((file) => parseJson(readFileSync(new URL(`${provider}/${file}`, fixtures), 'utf8')) as Recording),
  )
  return all.filter((recording) => dialects.includes(recording.dialect))
}

/** The dialect that the gateway would speak with the recording's provider. */
export function flavorOf({ provider }: Recording): ChatDialect {
  if (provider === 'mistral') return mistralChat
  return provider === 'openai' || provider === 'azure' ? openaiChat : openaiCompatibleChat
}

export const framesOf = (text: string): Frame[] =>
  text
    .split(/\r?\n\r?\n/)
    .map((event) => parseEvent(event))
    .filter((frame) => frame !== undefined)

export const chunkFrame = (chunk: unknown): Frame => ({ data: JSON.stringify(chunk) })
export const done: Frame = { data: '[DONE]' }

/** Everything a decoder makes of the frames, the closed connection at their end included. */
export function decode(frames: readonly Frame[], dialect: ChatDialect = openaiChat): ChatEvent[] {
  const decoder = dialect.streamDecoder()
  return [...frames.flatMap((frame) => decoder.push(frame)), ...decoder.close()]
}

export function encode(events: readonly ChatEvent[], includeUsage = true, now = 1_700_000_000): Frame[] {
  const encoder = openaiChat.streamEncoder({ includeUsage, now })
  return events.flatMap((event) => [...encoder.push(event)])
}

const spec = JSON.parse(
  readFileSync(new URL('../specs/openai.openapi.trimmed.json', import.meta.url), 'utf8'),
) as JsonObject
const ajv = new Ajv2020({ strict: false, validateFormats: false })
ajv.addSchema(spec, 'spec')

/** What OpenAI's own description finds wrong with the value; empty when it is valid. */
export function problemsBySpec(schema: string, value: unknown): string[] {
  const validate = ajv.getSchema(`spec#/components/schemas/${schema}`)
  if (!validate) throw new Error(`no schema ${schema}`)
  void validate(value)
  return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`)
}
