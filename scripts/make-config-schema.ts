/**
 * Writes config.schema.json, the configuration's shape for editors, older spellings included:
 * `node scripts/make-config-schema.ts`.
 */
import { writeFileSync } from 'node:fs'
import { z } from 'zod'
import { fieldAliases } from '../src/config/aliases.ts'
import { pathText } from '../src/config/path.ts'
import { configSchema } from '../src/config/schema.ts'

export interface JsonSchema {
  properties?: Record<string, JsonSchema>
  [keyword: string]: unknown
}

export function configJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(configSchema, { io: 'input' }) as JsonSchema
  for (const { older, field } of fieldAliases) {
    const original = field.reduce<JsonSchema | undefined>((at, step) => at?.properties?.[step], schema)
    const section = older
      .slice(0, -1)
      .reduce<JsonSchema | undefined>((at, step) => at?.properties?.[step], schema)
    const name = older.at(-1)
    if (original === undefined || section?.properties === undefined || name === undefined) continue
    const { default: _, ...shape } = original
    section.properties[name] = {
      ...shape,
      description: `Older spelling of ${pathText(field)}.`,
      deprecated: true,
    }
  }
  allowReferences(schema)
  return { title: 'llm-gateway configuration', ...schema }
}

/** A number or a word may also be written as `${NAME}`, which an editor should not underline. */
function allowReferences(schema: JsonSchema): void {
  for (const value of Object.values(schema)) {
    if (Array.isArray(value)) value.forEach((item) => isSchema(item) && allowReferences(item))
    else if (isSchema(value)) allowReferences(value)
  }
  const isScalar = schema.type === 'number' || schema.type === 'integer' || schema.type === 'boolean'
  if (!isScalar && schema.enum === undefined) return
  const { default: usual, description, deprecated, ...own } = schema
  for (const keyword of Object.keys(own)) delete schema[keyword]
  schema.anyOf = [own, { type: 'string', pattern: '\\$\\{.*\\}' }]
  Object.assign(
    schema,
    usual !== undefined && { default: usual },
    description !== undefined && { description },
  )
  if (deprecated !== undefined) schema.deprecated = deprecated
}

const isSchema = (value: unknown): value is JsonSchema => typeof value === 'object' && value !== null

export const schemaFile = new URL('../config.schema.json', import.meta.url)

export const schemaText = (): string => `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`

if (import.meta.main) writeFileSync(schemaFile, schemaText())
