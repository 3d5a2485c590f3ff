import type { ResponseFormat } from '../canonical/chat.ts'
import type { JsonObject } from '../canonical/json.ts'
import { at, readBoolean, readObject, readString, refuse } from './openai-fields.ts'

/** The schema of an answer as both of OpenAI's chat APIs write it: `{ name, description?, schema, strict? }`. */
export function readJsonSchema(holder: JsonObject, place: string): ResponseFormat {
  const schema = readObject(holder, 'schema', place)
  if (!schema) refuse(at(place, 'schema'), holder.schema, 'a JSON Schema')
  const read: ResponseFormat = { type: 'json_schema', schema }
  const name = readString(holder, 'name', place)
  const description = readString(holder, 'description', place)
  const strict = readBoolean(holder, 'strict', place)
  if (name !== undefined) read.name = name
  if (description !== undefined) read.description = description
  if (strict !== undefined) read.strict = strict
  return read
}
