/** Questions to the schema about a path: what stands there, is it secret, what does a text mean there. */
import { z } from 'zod'
import type { Path } from './path.ts'

/** A zod schema, whichever; only its definition is read. */
export type AnySchema = z.core.$ZodType

type Definition = { type: string } & Record<string, unknown>
const definitionOf = (schema: AnySchema): Definition => schema._zod.def as unknown as Definition

/** The schema without the wrappers for defaults, absence and conversion. */
export function bare(schema: AnySchema): AnySchema {
  const definition = definitionOf(schema)
  if (definition.type === 'pipe') return bare(definition.in as AnySchema)
  return definition.innerType === undefined ? schema : bare(definition.innerType as AnySchema)
}

export type SchemaKind = 'object' | 'record' | 'array' | 'string' | 'number' | 'boolean' | 'enum'

export const kindOf = (schema: AnySchema): SchemaKind => definitionOf(bare(schema)).type as SchemaKind

/** The fields of a section with fixed keys. */
export function fieldsOf(schema: AnySchema): Record<string, AnySchema> {
  const definition = definitionOf(bare(schema))
  return definition.type === 'object' ? (definition.shape as Record<string, AnySchema>) : {}
}

/** The words of an enumeration. */
export function wordsOf(schema: AnySchema): string[] {
  const definition = definitionOf(bare(schema))
  return definition.type === 'enum' ? Object.values(definition.entries as Record<string, string>) : []
}

/** What stands under any key of a record, or at any index of a list. */
export function elementOf(schema: AnySchema): AnySchema | undefined {
  const definition = definitionOf(bare(schema))
  if (definition.type === 'record') return definition.valueType as AnySchema
  return definition.type === 'array' ? (definition.element as AnySchema) : undefined
}

export function stepInto(schema: AnySchema, step: string | number): AnySchema | undefined {
  const kind = kindOf(schema)
  if (kind === 'object') return Object.hasOwn(fieldsOf(schema), step) ? fieldsOf(schema)[step] : undefined
  return kind === (typeof step === 'number' ? 'array' : 'record') ? elementOf(schema) : undefined
}

export function schemaAt(root: AnySchema, path: Path): AnySchema | undefined {
  let schema: AnySchema | undefined = root
  for (const step of path) schema = schema && stepInto(schema, step)
  return schema
}

/** Whether a field need not be written. */
export const mayBeAbsent = (schema: AnySchema): boolean => schema._zod.optin === 'optional'

/** The value of a field that nobody wrote. */
export function defaultOf(schema: AnySchema | undefined): unknown {
  if (schema === undefined) return undefined
  const definition = definitionOf(schema)
  if (definition.type === 'default') return definition.defaultValue
  return definition.innerType === undefined ? undefined : defaultOf(definition.innerType as AnySchema)
}

/** Whether a field's value is never shown: `writeOnly` in the schema, and whatever the schema does not know. */
export function isSecret(root: AnySchema, path: Path): boolean {
  const schema = schemaAt(root, path)
  return schema === undefined || z.globalRegistry.get(bare(schema))?.writeOnly === true
}

/**
 * What a text from the environment means at a place: a number, a word, a list as JSON, or itself.
 * A text that means nothing there comes back as it is, for the schema to refuse.
 */
export function readText(schema: AnySchema | undefined, text: string): unknown {
  if (schema === undefined) return text
  const trimmed = text.trim()
  switch (kindOf(schema)) {
    case 'number':
      return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed) ? Number(trimmed) : text
    case 'boolean':
      return { true: true, '1': true, false: false, '0': false }[trimmed.toLowerCase()] ?? text
    case 'enum':
      return wordsOf(schema).find((word) => word === trimmed.toLowerCase()) ?? text
    case 'object':
    case 'record':
    case 'array':
      return parseJson(text)
    default:
      return text
  }
}

function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' ? value : text
  } catch {
    return text
  }
}
