import { isAscii, isUtf8 } from 'node:buffer'
import { isObject, type JsonObject } from '../canonical/json.ts'
import { GatewayError } from '../errors.ts'
import type { Operation } from '../providers/provider.ts'
import type { Endpoint } from './endpoints.ts'
import {
  anyObject,
  either,
  flag,
  listOf,
  name,
  number,
  objectWith,
  optional,
  text,
  wholeNumber,
  word,
  type Misfit,
  type Shape,
} from './shape.ts'
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
  /** The body's bytes as a string of one character each, in which members are found and changed. */
  bytes: string
  model: string
  stream: boolean
}

/** @throws GatewayError `invalid_request` */
export function readEnvelope(raw: Buffer, endpoint: Endpoint, limits: InputLimits): Envelope {
  if (raw.length === 0) throw invalid('The body is empty; send a JSON object.')
  const ascii = isAscii(raw)
  if (!ascii && !isUtf8(raw)) throw invalid('The body is not valid UTF-8.')
  const bytes = raw.toString('latin1')
  const body = parseBody(ascii ? bytes : raw.toString(), limits.maxDepth)
  const wrong = (shapes[endpoint.path] as Shape)(body)
  if (wrong) throw describe(wrong)
  const duplicate = duplicateKey(bytes, body)
  if (duplicate !== undefined) {
    throw invalid(`The key ${quote(duplicate)} stands twice in the body; keep one of them.`, duplicate)
  }
  if (limits.maxMessages !== undefined || limits.maxMessageLength !== undefined) checkMessages(body, limits)
  const stream = asksForStream[endpoint.operation](body)
  return { body, bytes, model: (body.model ?? endpoint.defaultModel) as string, stream }
}

/** The fields of an upload that the gateway needs; the file and all others are the provider's to judge. */
export interface UploadFields {
  model: string | undefined
  stream: string | undefined
}

/** @throws GatewayError `invalid_request` */
export function readUploadEnvelope({ model, stream }: UploadFields): Pick<Envelope, 'model' | 'stream'> {
  const wrong = hasModel({ model })
  if (wrong) throw describe(wrong)
  return { model: model as string, stream: /^(?:true|1)$/i.test(stream ?? '') }
}

const hasModel = objectWith({ model: name })

const asSaid = (body: JsonObject) => body.stream === true
const never = () => false
const always = () => true

/** Which deadlines hold. Where `stream` means nothing, it is the provider's to refuse. */
const asksForStream: Readonly<Record<Operation, (body: JsonObject) => boolean>> = {
  chat: asSaid,
  embedding: never,
  token_count: never,
  moderation: never,
  image: asSaid,
  // Audio flows as it is made, whatever it is asked for as.
  speech: always,
  transcription: asSaid,
  rerank: never,
}

const invalid = (message: string, param?: string) => new GatewayError('invalid_request', { message, param })

function parseBody(json: string, maxDepth: number): JsonObject {
  let body: unknown
  try {
    body = JSON.parse(json)
  } catch {
    // V8's own message quotes the text around the fault, which may be a prompt.
    throw invalid('The body is not valid JSON.')
  }
  if (!isObject(body)) throw invalid(`The body must be a JSON object, found ${nameOf(body)}.`)
  if (couldBeHostile(json, maxDepth)) refuseHostile(body, maxDepth)
  return body
}

/**
 * Whether the values must be walked at all. Depth needs two bytes a level; a forbidden key is either in plain
 * sight or written with escapes.
 */
function couldBeHostile(json: string, maxDepth: number): boolean {
  if (json.length > 2 * maxDepth && deepEnough(json, maxDepth)) return true
  return json.includes('__proto__') || json.includes('\\u')
}

/** A body of a few long strings has few brackets: counting them is much cheaper than walking the values. */
function deepEnough(json: string, maxDepth: number): boolean {
  let opened = 0
  for (const bracket of ['{', '[']) {
    for (let at = json.indexOf(bracket); at >= 0; at = json.indexOf(bracket, at + 1)) {
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

const sampling = { temperature: optional(number), top_p: optional(number), stream: optional(flag) }
const textOrObject = either(text, anyObject)
const content = either(text, listOf(objectWith({ type: text })))

// Which roles there are is the provider's to say: new ones keep coming.
const messages = (body: Shape) => listOf(objectWith({ role: name, content: body }), 1)

const shapes: Readonly<Record<string, Shape>> = {
  '/v1/chat/completions': objectWith({
    model: name,
    messages: messages(optional(content)),
    ...sampling,
    // Some servers take 0 as "no limit"; others refuse it themselves.
    max_tokens: optional(wholeNumber(0)),
    max_completion_tokens: optional(wholeNumber(0)),
    n: optional(wholeNumber(1, 128)),
    tools: optional(listOf(anyObject)),
    stop: optional(either(text, listOf(text))),
    stream_options: optional(objectWith({ include_usage: optional(flag) })),
    response_format: optional(objectWith({ type: text })),
  }),
  '/v1/messages': objectWith({
    model: name,
    messages: messages(content),
    max_tokens: wholeNumber(1),
    ...sampling,
    system: optional(content),
    tools: optional(listOf(anyObject)),
    stop_sequences: optional(listOf(text)),
  }),
  '/v1/responses': objectWith({
    model: name,
    input: optional(either(text, listOf(anyObject))),
    instructions: optional(either(text, listOf(anyObject))),
    ...sampling,
    max_output_tokens: optional(wholeNumber(1)),
    tools: optional(listOf(anyObject)),
    text: optional(anyObject),
    reasoning: optional(anyObject),
  }),
  '/v1/completions': objectWith({
    model: name,
    prompt: either(text, listOf(text, 1), listOf(wholeNumber(0), 1), listOf(listOf(wholeNumber(0), 1), 1)),
    ...sampling,
    max_tokens: optional(number),
    n: optional(wholeNumber(1, 128)),
    stop: optional(either(text, listOf(text))),
    stream_options: optional(objectWith({ include_usage: optional(flag) })),
  }),
  '/v1/embeddings': objectWith({
    model: name,
    input: either(text, listOf(text, 1), listOf(wholeNumber(0), 1), listOf(listOf(wholeNumber(0), 1), 1)),
    dimensions: optional(wholeNumber(1)),
    encoding_format: optional(word('float', 'base64')),
  }),
  '/v1/messages/count_tokens': objectWith({
    model: name,
    messages: messages(content),
    system: optional(content),
    tools: optional(listOf(anyObject)),
  }),
  '/v1/moderations': objectWith({
    model: optional(name),
    input: either(text, listOf(text, 1), listOf(objectWith({ type: text }), 1)),
  }),
  // OpenAI's own default was retired with DALL·E; its SDK says to name a model.
  '/v1/images/generations': objectWith({
    model: name,
    prompt: text,
    n: optional(wholeNumber(1)),
    stream: optional(flag),
  }),
  // Servers with one voice do not ask for it.
  '/v1/audio/speech': objectWith({ model: name, input: text, voice: optional(textOrObject) }),
  // Documents are texts at Cohere; vLLM also takes images, and one object of several.
  '/v1/rerank': objectWith({
    model: name,
    query: textOrObject,
    documents: either(listOf(textOrObject, 1), anyObject),
    top_n: optional(wholeNumber(0)),
  }),
}

function checkMessages(body: JsonObject, { maxMessages, maxMessageLength }: InputLimits): void {
  if (!Array.isArray(body.messages)) return
  const messages = body.messages as JsonObject[]
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

/** Says where, what was found and what is allowed. */
function describe({ path, found, allowed }: Misfit): GatewayError {
  const param = pathText(path)
  const what = found === undefined ? 'is required' : `is not valid: found ${nameOf(found)}`
  return invalid(`${quote(param)} ${what}, allowed is ${allowed}.`, param)
}

function pathText(path: Misfit['path']): string {
  let written = ''
  for (const step of path) written += typeof step === 'number' ? `[${step}]` : `${written ? '.' : ''}${step}`
  return written
}

const quote = (words: string) => JSON.stringify(words.slice(0, 100))

/** The kind of a value, and the value itself where it cannot be a piece of a prompt. */
function nameOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
  if (typeof value === 'object') return 'an object'
  if (typeof value === 'string') return value === '' ? 'an empty string' : 'a string'
  return String(value)
}
