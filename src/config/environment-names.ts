/** Which field an environment variable sets. Knows names only; `load.ts` reads the values. */
import { fieldAliases } from './aliases.ts'
import { elementOf, fieldsOf, kindOf, schemaAt } from './schema-walk.ts'
import type { AnySchema } from './schema-walk.ts'

export const prefix = 'LLM_GATEWAY_'

/** Names that many programs share. */
export const usualNames: Readonly<Record<string, readonly string[]>> = {
  SERVER_HOST: ['server', 'host'],
  SERVER_PORT: ['server', 'port'],
  METRICS_PORT: ['server', 'metrics_port'],
  LOG_LEVEL: ['telemetry', 'logging', 'level'],
  DATABASE_URL: ['database', 'url'],
  REDIS_URL: ['redis', 'url'],
}

const shortNames: Readonly<Record<string, readonly string[]>> = {
  LOG_LEVEL: ['telemetry', 'logging', 'level'],
  PROVIDERS_DEFAULT: ['routing', 'default_provider'],
}

/** The capitals under which a key stands in a variable's name. */
export const environmentWord = (key: string): string => key.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')

/**
 * Kubernetes tells every pod about the services of its namespace; for one that is called `llm-gateway` the
 * names begin like ours: LLM_GATEWAY_SERVICE_HOST, LLM_GATEWAY_PORT=tcp://10.0.0.1:80, ..._PORT_80_TCP_ADDR.
 */
export function isServiceLink(name: string, value: string): boolean {
  return (
    /_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)$/.test(name) ||
    /_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/.test(name) ||
    (name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(value))
  )
}

export interface NameMatch {
  path: string[]
  /** Entries of a record whose names look the same in capitals: `my-vllm` and `my_vllm`. */
  alike?: string[]
}

/** What the names of a record's entries may be. */
export interface EntryNames {
  /** The entries there are. */
  known: (path: readonly string[]) => string[]
  /** Whether a name that is not there makes a new entry. */
  mayAdd: (path: readonly string[]) => boolean
}

/** The field that a variable with our prefix sets; nothing where no field has that name. */
export function matchName(root: AnySchema, name: string, entries: EntryNames): NameMatch | undefined {
  const rest = name.slice(prefix.length)
  const short = shortNames[rest]
  if (short !== undefined) return { path: [...short] }
  const match = matchWithin(root, rest, [], entries)
  if (match !== undefined) return match
  for (const { older, field } of fieldAliases) {
    const word = environmentWord(older.join('_'))
    const schema = schemaAt(root, field)
    if (rest === word) return { path: [...field] }
    if (schema !== undefined && rest.startsWith(`${word}_`)) {
      const inner = matchWithin(schema, rest.slice(word.length + 1), [...field], entries)
      if (inner !== undefined) return inner
    }
  }
  return undefined
}

/** The longest key that begins the rest is tried first; where the remainder leads nowhere, the next. */
function matchWithin(
  schema: AnySchema,
  rest: string,
  path: string[],
  entries: EntryNames,
): NameMatch | undefined {
  const kind = kindOf(schema)
  if (kind !== 'object' && kind !== 'record') return undefined
  const keys = kind === 'object' ? Object.keys(fieldsOf(schema)) : entries.known(path)
  for (const key of [...keys].sort((a, b) => b.length - a.length)) {
    const inner = kind === 'object' ? fieldsOf(schema)[key] : elementOf(schema)
    const match = inner && matchKey(inner, rest, [...path, key], entries)
    if (match === undefined) continue
    const alike = keys.filter((other) => environmentWord(other) === environmentWord(key))
    return alike.length > 1 ? { ...match, alike } : match
  }
  const element = elementOf(schema)
  return kind === 'record' && element && entries.mayAdd(path)
    ? newEntry(element, rest, path, entries)
    : undefined
}

function matchKey(
  schema: AnySchema,
  rest: string,
  path: string[],
  entries: EntryNames,
): NameMatch | undefined {
  const word = environmentWord(path.at(-1) ?? '')
  if (rest === word) return { path }
  return rest.startsWith(`${word}_`)
    ? matchWithin(schema, rest.slice(word.length + 1), path, entries)
    : undefined
}

/** `MY_VLLM_API_KEY` → `my_vllm`, `api_key`: the shortest name leaves the longest field. */
function newEntry(
  element: AnySchema,
  rest: string,
  path: string[],
  entries: EntryNames,
): NameMatch | undefined {
  const words = rest.toLowerCase().split('_')
  // Header names have dashes, our own names underscores.
  const dash = path.at(-1) === 'headers' ? '-' : '_'
  for (let length = 1; length <= words.length; length += 1) {
    const name = words.slice(0, length).join(dash)
    if (name === '' || name.startsWith('_')) continue
    const match = matchKey(element, rest, [...path, name], entries)
    if (match !== undefined) return match
  }
  return undefined
}

/** The names of all fields, for a hint about one that was misspelt. */
export function allNames(root: AnySchema, entries: EntryNames): string[] {
  const names = Object.keys(shortNames).map((name) => prefix + name)
  collect(root, [], entries, names)
  return names
}

function collect(schema: AnySchema, path: string[], entries: EntryNames, names: string[]): void {
  if (path.length > 0) names.push(prefix + environmentWord(path.join('_')))
  const element = kindOf(schema) === 'record' ? elementOf(schema) : undefined
  if (element !== undefined)
    for (const name of entries.known(path)) collect(element, [...path, name], entries, names)
  for (const [key, field] of Object.entries(fieldsOf(schema))) collect(field, [...path, key], entries, names)
}
