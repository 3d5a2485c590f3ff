import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'

const file = new URL('../specs/openai.openapi.trimmed.json', import.meta.url)
const ajv = new Ajv2020({ strict: false, validateFormats: false })
ajv.addSchema(JSON.parse(readFileSync(file, 'utf8')) as object, 'openai')

/** What OpenAI's own description finds wrong with a value; empty when it is valid. */
export function problemsBySpec(schema: string, value: unknown): string[] {
  const validate = ajv.getSchema(`openai#/components/schemas/${schema}`)
  if (!validate) throw new Error(`OpenAI's description has no schema ${schema}`)
  void validate(value)
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}
