/** A configuration for eyes: every secret is replaced, everything else is as it is. */
import { isSecret } from './schema-walk.ts'
import type { AnySchema } from './schema-walk.ts'
import type { Path } from './path.ts'

export const redactedText = '[redacted]'

export function redact(value: unknown, schema: AnySchema, path: Path = []): unknown {
  if (Array.isArray(value)) return value.map((item, index) => redact(item, schema, [...path, index]))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, redact(item, schema, [...path, key])]),
    )
  return value !== undefined && isSecret(schema, path) ? redactedText : value
}
