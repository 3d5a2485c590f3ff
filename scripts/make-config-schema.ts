/** Writes config.schema.json from the schema in the code: `node scripts/make-config-schema.ts`. */
import { writeFileSync } from 'node:fs'
import { format } from 'prettier'
import { configJsonSchema } from '../src/config/json-schema.ts'

export const schemaFile = new URL('../config.schema.json', import.meta.url)

export const schemaText = (): Promise<string> =>
  format(JSON.stringify(configJsonSchema()), { parser: 'json', printWidth: 110 })

if (import.meta.main) writeFileSync(schemaFile, await schemaText())
