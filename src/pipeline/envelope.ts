import { isUtf8 } from 'node:buffer'
import { z } from 'zod'
import { isObject, parseJson, type JsonObject } from '../canonical/json.ts'
import { GatewayError } from '../errors.ts'
import type { Endpoint } from './endpoints.ts'
import { duplicateKey } from './splice.ts'

/**
 * The first look at a body: is it JSON that can be handled safely, and does it have the members that this gateway
 * itself needs? Everything else is the dialect's and the provider's to judge; unknown fields survive.
 */

export interface InputLimits {
  maxDepth: number
  /** `undefined`: as many as fit into the body. */
  maxMessages: number | undefined
  /** Characters of text in one message; images and other data do not count. */
  maxMessageLength: number | undefined
}

export interface Envelope {
  body: JsonObject
  model: string
  stream: boolean
}

/** @throws GatewayError `invalid_request` */
export function readEnvelope(raw: Buffer, endpoint: Endpoint, limits: InputLimits): Envelope {
  const body = parseBody(raw, limits.maxDepth)
  const shape = shapes[endpoint.path] as z.ZodType<{ model: string; stream?: boolean | null }>
  const result = shape.safeParse(body)
  if (!result.success) throw describe(result.error.issues[0], body)
  const duplicate = duplicateKey(raw, body)
  if (duplicate !== undefined) {
    throw invalid(`The key ${quote(duplicate)} stands twice in the body; keep one of them.`, duplicate)
  }
  if (Array.isArray(body.messages)) checkMessages(body.messages as JsonObject[], limits)
  return { body, model: body.model as string, stream: body.stream === true }
}

const invalid = (message: string, param?: string) => new GatewayError('invalid_request', { message, param })

function parseBody(raw: Buffer, maxDepth: number): JsonObject {
  if (raw.length === 0) throw invalid('The body is empty; send a JSON object.')
  if (!isUtf8(raw)) throw invalid('The body is not valid UTF-8.')
  const text = raw.toString()
  let body: unknown
  try {
    body = parseJson(text)
  } catch {
    // V8's own message quotes the text around the fault, which may be a prompt.
    throw invalid('The body is not valid JSON.')
  }
  if (!isObject(body)) throw invalid(`The body must be a JSON object, found ${nameOf(body)}.`)
  if (couldBeHostile(raw, text, maxDepth)) refuseHostile(body, maxDepth)
  return body
}

/**
 * Whether the values must be walked at all. Depth needs two bytes a level; a forbidden key is either in plain
 * sight or written with escapes.
 */
function couldBeHostile(raw: Buffer, text: string, maxDepth: number): boolean {
  if (raw.length > 2 * maxDepth && deepEnough(text, maxDepth)) return true
  return text.includes('__proto__') || text.includes('\\u')
}

/** A body of a few long strings has few brackets: counting them is much cheaper than walking the values. */
function deepEnough(text: string, maxDepth: number): boolean {
  let opened = 0
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
      if (++opened > maxDepth) return true
    }
  }
  return false
}

/** Without recursion: a million levels must not overflow the stack. */
function refuseHostile(body: JsonObject, maxDepth: number): void {
  let level: unknown[] = [body]
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > maxDepth) throw invalid(`The body is nested deeper than ${maxDepth} levels.`)
    const next: unknown[] = []
    for (const value of level) {
      if (Array.isArray(value)) pushContainers(next, value)
      else {
        if (Object.hasOwn(value as object, '__proto__')) throw invalid('The key "__proto__" is not allowed.')
        pushContainers(next, Object.values(value as object))
      }
    }
    level = next
  }
}

function pushContainers(target: unknown[], values: readonly unknown[]): void {
  for (const value of values) if (typeof value === 'object' && value !== null) target.push(value)
}

const absent = z.undefined().or(z.null()).optional()
const optionalNumber = z.number().or(absent)
const count = z.number().int().min(1).or(absent)
const flag = z.boolean().or(absent)
const model = z.string().min(1).max(512)

const content = z.string().or(z.array(z.looseObject({ type: z.string() })))

// Which roles there are is the provider's to say: new ones keep coming.
const role = z.string().min(1)
const openaiMessage = z.looseObject({ role, content: content.or(absent) })
const anthropicMessage = z.looseObject({ role, content })

const sampling = { temperature: optionalNumber, top_p: optionalNumber, stream: flag }

const shapes: Record<string, z.ZodType> = {
  '/v1/chat/completions': z.looseObject({
    model,
    messages: z.array(openaiMessage).min(1),
    ...sampling,
    max_tokens: count,
    max_completion_tokens: count,
    n: z.number().int().min(1).max(128).or(absent),
    tools: z.array(z.looseObject({})).or(absent),
    stop: z.string().or(z.array(z.string())).or(absent),
    stream_options: z.looseObject({ include_usage: flag }).or(absent),
    response_format: z.looseObject({ type: z.string() }).or(absent),
  }),
  '/v1/messages': z.looseObject({
    model,
    messages: z.array(anthropicMessage).min(1),
    max_tokens: z.number().int().min(1),
    ...sampling,
    system: content.or(absent),
    tools: z.array(z.looseObject({})).or(absent),
    stop_sequences: z.array(z.string()).or(absent),
  }),
  '/v1/embeddings': z.looseObject({
    model,
    input: z
      .string()
      .or(z.array(z.string()).min(1))
      .or(z.array(z.number().int()).min(1))
      .or(z.array(z.array(z.number().int())).min(1)),
    dimensions: count,
    encoding_format: z.enum(['float', 'base64']).or(absent),
  }),
}

function checkMessages(messages: readonly JsonObject[], limits: InputLimits): void {
  const { maxMessages, maxMessageLength } = limits
  if (maxMessages !== undefined && messages.length > maxMessages) {
    throw invalid(`There are ${messages.length} messages; at most ${maxMessages} are allowed.`, 'messages')
  }
  if (maxMessageLength === undefined) return
  for (const [index, message] of messages.entries()) {
    const length = textLength(message.content)
    if (length > maxMessageLength) {
      const param = `messages[${index}].content`
      throw invalid(`The text is ${length} characters long; at most ${maxMessageLength} are allowed.`, param)
    }
  }
}

function textLength(content: unknown): number {
  if (typeof content === 'string') return content.length
  if (!Array.isArray(content)) return 0
  let length = 0
  for (const part of content as JsonObject[]) {
    if (typeof part.text === 'string') length += part.text.length
    else if (part.content !== undefined) length += textLength(part.content)
  }
  return length
}

type Issue = z.core.$ZodIssue | undefined

/** Says where, what was found and what is allowed. */
function describe(issue: Issue, body: JsonObject): GatewayError {
  const leaf = deepestIssue(issue)
  const param = pathText(leaf.path)
  const found = valueAt(body, leaf.path)
  if (found === undefined) return invalid(`${quote(param)} is required${expectation(leaf)}.`, param)
  return invalid(`${quote(param)} is not valid: found ${nameOf(found)}${expectation(leaf)}.`, param)
}

/** A failed union says nothing by itself: the branch that came furthest does. */
function deepestIssue(issue: Issue, base: PropertyKey[] = []): { issue: Issue; path: PropertyKey[] } {
  const path = [...base, ...(issue?.path ?? [])]
  if (issue?.code !== 'invalid_union') return { issue, path }
  const branches = issue.errors.map((errors) => deepestIssue(errors[0], path))
  const furthest = branches.reduce((best, branch) => (branch.path.length > best.path.length ? branch : best))
  return furthest.path.length > path.length ? furthest : { issue, path }
}

function expectation({ issue }: { issue: Issue }): string {
  const allowed = allowedText(issue)
  return allowed === '' ? '' : `, allowed is ${allowed}`
}

function allowedText(issue: Issue): string {
  switch (issue?.code) {
    case 'invalid_type':
      return issue.expected === 'int' ? 'a whole number' : articled(issue.expected)
    case 'invalid_value':
      return issue.values.map((value) => quote(String(value))).join(', ')
    case 'too_small':
      return issue.origin === 'array' || issue.origin === 'string' ? 'one that is not empty' : `at least ${issue.minimum}`
    case 'too_big':
      return issue.origin === 'string' ? `at most ${issue.maximum} characters` : `at most ${issue.maximum}`
    case 'invalid_union':
      return [...new Set(issue.errors.map((errors) => allowedText(errors[0])).filter((text) => text && text !== 'null'))].join(
        ' or ',
      )
    default:
      return ''
  }
}

const articled = (type: string) => {
  if (type === 'undefined' || type === 'null') return ''
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`
}

function pathText(path: readonly PropertyKey[]): string {
  let text = ''
  for (const step of path) text += typeof step === 'number' ? `[${step}]` : `${text ? '.' : ''}${String(step)}`
  return text
}

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  let value = body
  for (const step of path) value = (value as Record<PropertyKey, unknown> | null | undefined)?.[step]
  return value
}

const quote = (text: string) => JSON.stringify(text.slice(0, 100))

/** The kind of a value, and the value itself where it cannot be a piece of a prompt. */
function nameOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
  if (typeof value === 'object') return 'an object'
  if (typeof value === 'string') return value === '' ? 'an empty string' : 'a string'
  return String(value)
}
