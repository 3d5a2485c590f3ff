/** The schema's refusals as problems: where the value stands, what it is, what would be allowed. */
import { z } from 'zod'
import { nearestNode } from './draft.ts'
import type { DraftNode, MapNode, Origin } from './draft.ts'
import { nearestWord } from './nearest.ts'
import { pathText } from './path.ts'
import type { Path } from './path.ts'
import type { Problem } from './problem.ts'
import { bare, fieldsOf, isSecret, kindOf, schemaAt } from './schema-walk.ts'
import type { AnySchema } from './schema-walk.ts'

type Issue = z.core.$ZodIssue

export interface Writing {
  root: MapNode
  schema: AnySchema
  file: string | undefined
}

export function explainIssue(issue: Issue, writing: Writing): Problem[] {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)))
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey([...path, key], writing))
  if (issue.code === 'invalid_key') return [badKey(path, issue, writing)]
  const params = issue.code === 'custom' ? issue.params : undefined
  const schema = schemaAt(writing.schema, path)
  const allowed = (params?.allowed as string | undefined) ?? (schema ? allowedText(schema) : 'nothing')
  return [problemAt(path, writing, { allowed, message: reasonOf(issue) })]
}

/** A rule of a single field says no more than `allowed`; one between fields has its own sentence. */
function reasonOf(issue: Issue): string {
  return issue.code === 'custom' && !issue.message.startsWith('must be ') ? issue.message : ''
}

function unknownKey(path: Path, writing: Writing): Problem {
  const key = String(path.at(-1))
  const section = schemaAt(writing.schema, path.slice(0, -1))
  const keys = section ? Object.keys(fieldsOf(section)) : []
  const near = nearestWord(key, keys)
  return problemAt(path, writing, {
    found: `a key that is not known`,
    allowed: `one of ${keys.join(', ')}`,
    message: near === undefined ? '' : `did you mean ${near}?`,
    atKey: true,
  })
}

function badKey(path: Path, issue: Extract<Issue, { code: 'invalid_key' }>, writing: Writing): Problem {
  const inner = issue.issues.find((one) => one.code === 'custom')
  const allowed = (inner?.params?.allowed as string | undefined) ?? 'another name'
  return problemAt(path, writing, { found: 'this name', allowed, message: '', atKey: true })
}

interface Refusal {
  found?: string
  allowed: string
  message: string
  /** The key is wrong, not the value behind it. */
  atKey?: boolean
}

/** A problem of the value at a path of the schema, wherever that was written. */
export function problemAt(path: Path, writing: Writing, refusal: Refusal): Problem {
  const { node, missing } = nearestNode(writing.root, path)
  const found = refusal.found ?? (missing.length > 0 ? 'nothing' : foundText(node, path, writing.schema))
  const { allowed, message } = refusal
  const atKey = refusal.atKey === true || missing.length > 0
  return {
    ...placeOf(node.origin, writing.file, atKey),
    path: pathText([...node.origin.path, ...missing]),
    found,
    allowed: node.origin.kind === 'env' && isJsonHere(writing.schema, path) ? `${allowed}, as JSON` : allowed,
    message,
  }
}

const isJsonHere = (root: AnySchema, path: Path): boolean => {
  const schema = schemaAt(root, path)
  return schema !== undefined && ['object', 'record', 'array'].includes(kindOf(schema))
}

export function placeOf(origin: Origin, file: string | undefined, atKey = false): Partial<Problem> {
  if (origin.kind === 'env') return { variable: origin.name }
  if (origin.kind === 'flag') return { flag: origin.name }
  const line = atKey ? (origin.keyLine ?? origin.line) : origin.line
  const column = atKey ? (origin.keyColumn ?? origin.column) : origin.column
  return { ...(file !== undefined && { file }), ...(line !== undefined && { line, column }) }
}

/** The value in a word or two; never a secret, and nothing that looks like one. */
export function foundText(node: DraftNode, path: Path, root: AnySchema): string {
  if (node.kind === 'map') return 'a section'
  if (node.kind === 'list') return node.items.length === 0 ? 'an empty list' : 'a list'
  const { value } = node
  if (value === null) return 'nothing'
  if (value === '') return 'an empty string'
  if (typeof value !== 'string' && isSecret(root, path))
    return `a ${typeof value} [redacted]; put it in quotes`
  if (typeof value === 'string' && (isSecret(root, path) || looksSecret(value, node.origin)))
    return '[redacted]'
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}

/** A key that was written into the wrong field is still a key. */
function looksSecret(value: string, origin: Origin): boolean {
  if (origin.variables?.some((name) => /KEY|SECRET|TOKEN|PASS|CREDENTIAL/i.test(name))) return true
  if (/^[a-z][a-z+.-]*:\/\/[^/]*@/i.test(value)) return true
  return /^[\w+/=.~-]{20,}$/.test(value) && /\d/.test(value) && /[A-Za-z]/.test(value)
}

/** What a field takes, in words, from its own bounds. */
export function allowedText(schema: AnySchema): string {
  const inner = bare(schema)
  const json = z.toJSONSchema(inner, { io: 'input', unrepresentable: 'any' }) as JsonBounds
  if (json.enum) return json.enum.length === 1 ? String(json.enum[0]) : `one of ${json.enum.join(', ')}`
  switch (kindOf(inner)) {
    case 'number':
      return `${json.type === 'integer' ? 'a whole number' : 'a number'}${rangeText(json)}`
    case 'boolean':
      return 'true or false'
    case 'array':
      return (json.minItems ?? 0) > 0 ? 'a list of at least one' : 'a list'
    case 'object':
      return `a section with ${Object.keys(fieldsOf(inner)).join(', ')}`
    case 'record':
      return 'a section of named entries'
    default:
      return (json.minLength ?? 0) > 0 ? `a string of 1 to ${json.maxLength} characters` : 'a string'
  }
}

interface JsonBounds {
  type?: string
  enum?: unknown[]
  minimum?: number
  exclusiveMinimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  minItems?: number
}

function rangeText({ minimum, exclusiveMinimum, maximum }: JsonBounds): string {
  // The bounds that every whole number has are not worth a word.
  const most = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum
  if (exclusiveMinimum !== undefined)
    return ` above ${exclusiveMinimum}${most === undefined ? '' : ` and up to ${most}`}`
  if (minimum === undefined || minimum === Number.MIN_SAFE_INTEGER)
    return most === undefined ? '' : ` up to ${most}`
  return most === undefined ? ` of at least ${minimum}` : ` from ${minimum} to ${most}`
}
