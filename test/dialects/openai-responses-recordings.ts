import { readdirSync, readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { ChatEvent } from '../../src/canonical/chat-events.ts'
import { parseJson, type JsonObject } from '../../src/canonical/json.ts'
import { openaiResponses } from '../../src/dialects/openai-responses/index.ts'
import type { Frame } from '../../src/framing/frame.ts'
import { parseEvent } from '../../src/framing/sse.ts'

const fixtures = new URL('../fixtures/', import.meta.url)

export interface Recording {
  id: string
  dialect: string
  request: { body: JsonObject | null }
  response: { status: number; body?: JsonObject; bodyText?: string }
}

/** Everything that was recorded of this API, in the order of the names. */
export const recordings: Recording[] = ['azure', 'openai']
  .flatMap((provider) =>
    readdirSync(new URL(provider, fixtures))
      .sort()
      .map((file) => parseJson(readFileSync(new URL(`${provider}/${file}`, fixtures), 'utf8')) as Recording),
  )
  .filter(({ dialect }) => dialect === 'openai-responses')

export const recorded = (id: string): Recording => {
  const found = recordings.find((recording) => recording.id === id)
  if (!found) throw new Error(`no recording ${id}`)
  return found
}

export const framesOf = (text: string): Frame[] =>
  text
    .split(/\r?\n\r?\n/)
    .map((event) => parseEvent(event))
    .filter((frame) => frame !== undefined)

/** An event as the provider sends it. */
export const event = (type: string, fields: JsonObject = {}): Frame => ({
  event: type,
  data: JSON.stringify({ type, ...fields }),
})

export function decode(frames: readonly Frame[]): ChatEvent[] {
  const decoder = openaiResponses.streamDecoder()
  return [...frames.flatMap((frame) => decoder.push(frame)), ...decoder.close()]
}

export function encode(events: readonly ChatEvent[], now = 1_700_000_000): Frame[] {
  const encoder = openaiResponses.streamEncoder({ includeUsage: false, now })
  return events.flatMap((each) => [...encoder.push(each)])
}

export const dataOf = (frames: readonly Frame[]): JsonObject[] =>
  frames.map(({ data }) => JSON.parse(data) as JsonObject)

/** The response that a stream's last event tells. */
export const lastResponse = (frames: readonly Frame[]): JsonObject =>
  dataOf(frames).at(-1)!.response as JsonObject

const spec = JSON.parse(
  readFileSync(new URL('../specs/openai.openapi.trimmed.json', import.meta.url), 'utf8'),
) as JsonObject
const ajv = new Ajv2020({ strict: false, validateFormats: false })
ajv.addSchema(spec, 'spec')

/** What OpenAI's own description finds wrong with the value; empty when it is valid. */
export function problemsBySpec(schema: string, value: unknown): string[] {
  const validate = ajv.getSchema(`spec#/components/schemas/${schema}`)
  if (!validate) throw new Error(`no schema ${schema}`)
  if (validate(value)) return []
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}

type EventSchema = { properties?: { type?: { enum?: string[] } } }

/** The names of the schemas in the description, by the type of event that they describe. */
const eventSchemas = new Map(
  Object.entries((spec.components as { schemas: Record<string, EventSchema> }).schemas)
    .filter(([name]) => /^Response.*Event$/.test(name))
    .map(([name, schema]) => [schema.properties?.type?.enum?.[0], name]),
)

export function eventProblemsBySpec(value: JsonObject): string[] {
  const schema = eventSchemas.get(value.type as string)
  if (schema === undefined) return [`no event of the type ${String(value.type)} is described`]
  return problemsBySpec(schema, value)
}
