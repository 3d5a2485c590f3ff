/**
 * Errors as OpenAI and the servers that follow it write them, read in every shape that was seen:
 * `{error:{message,type,param,code}}`, `{error:"text"}`, `{message,type,code}` at the top level (vLLM, Mistral),
 * `{detail:"text"|[…]}` (FastAPI), Azure's `innererror`, numbers as codes, plain text and pages of HTML.
 */
import { isObject, type JsonObject } from '../canonical/json.ts'
import type { WireError } from '../canonical/wire-error.ts'
import { errors } from '../errors.ts'
import type { Frame } from '../framing/frame.ts'
import type { PublicError } from './dialect.ts'

type Kind = WireError['kind']

const messageLimitBytes = 2048

/** `status` 200 stands for an error inside a stream. */
export function readError(status: number, body: unknown): WireError {
  if (!isObject(body)) return { message: readText(status, body), kind: kindOfStatus(status) ?? 'server' }
  const error = isObject(body.error) ? body.error : body
  const code = word(error.code)
  const type = word(error.type) ?? (error === body ? undefined : word(body.type))
  const param = word(error.param) ?? locationOf(error)
  const inner = isObject(error.innererror) ? word(error.innererror.code) : undefined
  const message = shorten(messageOf(body, error) ?? `The provider answered ${status} without a message.`)
  const wire: WireError = { message, kind: kindOf([code, inner, type], message, status) }
  if (type !== undefined) wire.type = type
  if (code !== undefined) wire.code = code
  if (param !== undefined) wire.param = param
  return wire
}

/** Whether a stream's object is an error: `{"error":…}`, or vLLM's and Mistral's `{"object":"error",…}`. */
export const isErrorObject = (value: JsonObject): boolean =>
  isObject(value.error) || (typeof value.error === 'string' && value.error !== '') || value.object === 'error'

/** An error that came inside a stream under status 200: as its own object or, with `event: error`, as anything. */
export function readStreamError(chunk: JsonObject, event: string | undefined): WireError | undefined {
  return event === 'error' || isErrorObject(chunk) ? readError(200, chunk) : undefined
}

/** `{"error":{message,type,param,code}}` */
export function writeError(error: PublicError): JsonObject {
  return {
    error: {
      message: error.message,
      type: errors[error.code].openaiType,
      param: error.param ?? null,
      code: error.upstreamCode ?? error.code,
    },
  }
}

/** The last frame of a stream that failed. No `[DONE]` after it: the answer is not whole. */
export const writeStreamError = (error: PublicError): readonly Frame[] => [
  { data: JSON.stringify(writeError(error)) },
]

const word = (value: unknown): string | undefined => {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value : undefined
}

function messageOf(body: JsonObject, error: JsonObject): string | undefined {
  if (typeof body.error === 'string' && body.error !== '') return body.error
  for (const value of [error.message, error.detail, body.message, body.detail]) {
    const text = textOf(value)
    if (text !== undefined) return text
  }
  return undefined
}

/** Text as it is; FastAPI's `[{loc,msg}]` and Mistral's `{detail:[…]}` as sentences. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  if (Array.isArray(value)) {
    const lines = value.slice(0, 20).map(problemText)
    return lines.filter((line) => line !== undefined).join('; ') || undefined
  }
  if (isObject(value)) return textOf(value.detail) ?? textOf(value.message)
  return undefined
}

function problemText(problem: unknown): string | undefined {
  if (!isObject(problem)) return textOf(problem)
  const text = textOf(problem.msg) ?? textOf(problem.message)
  const place = placeOf(problem.loc)
  return text !== undefined && place !== undefined ? `${place}: ${text}` : text
}

/** `["body","messages",0,"content"]` as `messages.0.content`. */
function placeOf(location: unknown): string | undefined {
  if (!Array.isArray(location)) return undefined
  const steps = location[0] === 'body' ? location.slice(1) : location
  return steps.length === 0 ? undefined : steps.join('.')
}

function locationOf(error: JsonObject): string | undefined {
  const holder = isObject(error.message) ? error.message : error
  const first: unknown = Array.isArray(holder.detail) ? holder.detail[0] : undefined
  return isObject(first) ? placeOf(first.loc) : undefined
}

/** Something that is not JSON: text, or the page of a proxy, of which only the title is worth reading. */
function readText(status: number, body: unknown): string {
  const text = typeof body === 'string' ? body.trim() : ''
  if (text === '') return `The provider answered ${status} without a message.`
  if (!text.startsWith('<')) return shorten(text)
  const title = between(text, '<title>', '</title>')
  return title === undefined
    ? `The provider answered ${status} with a page of HTML.`
    : shorten(`The provider answered ${status} with a page: ${title}`)
}

function between(text: string, opening: string, closing: string): string | undefined {
  const start = text.indexOf(opening)
  const end = start < 0 ? -1 : text.indexOf(closing, start)
  const found = end < 0 ? '' : text.slice(start + opening.length, end).trim()
  return found === '' ? undefined : found
}

const scratch = new Uint8Array(messageLimitBytes - 3)
const utf8 = new TextEncoder()

/** At most 2 KiB of UTF-8, cut between characters. */
function shorten(text: string): string {
  if (text.length <= scratch.length / 3) return text
  const { read } = utf8.encodeInto(text, scratch)
  return read === text.length ? text : `${text.slice(0, read)}…`
}

/** Words which say what is wrong more closely than a status does; compared without case, `_`, `-` and spaces. */
const kinds: ReadonlyMap<string, Kind> = new Map(
  Object.entries({
    contextlengthexceeded: 'context_length',
    modelcontextlengthexceeded: 'context_length',
    contentfilter: 'content_policy',
    contentpolicyviolation: 'content_policy',
    responsibleaipolicyviolation: 'content_policy',
    moderationblocked: 'content_policy',
    insufficientquota: 'quota',
    billinghardlimitreached: 'quota',
    billingnotactive: 'quota',
    insufficientcredits: 'quota',
    insufficientbalance: 'quota',
    invalidapikey: 'auth',
    authenticationerror: 'auth',
    unauthorized: 'auth',
    permissiondenied: 'auth',
    permissionerror: 'auth',
    ratelimitexceeded: 'rate_limit',
    ratelimited: 'rate_limit',
    ratelimiterror: 'rate_limit',
    toomanyrequests: 'rate_limit',
    modelnotfound: 'not_found',
    deploymentnotfound: 'not_found',
    notfounderror: 'not_found',
    overloaded: 'overloaded',
    overloadederror: 'overloaded',
    engineoverloaded: 'overloaded',
    serviceunavailable: 'overloaded',
    capacityexceeded: 'overloaded',
  } as const),
)

/** Words so general that servers put them beside any status; they only count where there is no status. */
const generalKinds: ReadonlyMap<string, Kind> = new Map(
  Object.entries({
    invalidrequesterror: 'request',
    badrequesterror: 'request',
    toolusefailed: 'request',
  } as const),
)

// Servers without an own word for it (vLLM, llama.cpp, Mistral) say it in the message of a plain 400.
const contextLength =
  /maximum context length|context length exceeded|context window|too large for model with/i

function kindOf(words: (string | undefined)[], message: string, status: number): Kind {
  const plain = words.map((each) => each?.toLowerCase().replace(/[^a-z0-9]/g, '') ?? '')
  const special = firstOf(kinds, plain)
  if (special) return special
  const kind =
    kindOfStatus(status) ?? kindOfStatus(codeAsStatus(words)) ?? firstOf(generalKinds, plain) ?? 'server'
  return kind === 'request' && contextLength.test(message) ? 'context_length' : kind
}

const firstOf = (table: ReadonlyMap<string, Kind>, words: readonly string[]): Kind | undefined =>
  table.get(words.find((each) => table.has(each)) ?? '')

const codeAsStatus = (words: (string | undefined)[]): number =>
  Number(words.find((each) => each !== undefined && /^[45]\d\d$/.test(each)))

function kindOfStatus(status: number): Kind | undefined {
  if (!(status >= 400 && status <= 599)) return undefined
  if (status === 401 || status === 403) return 'auth'
  if (status === 402) return 'quota'
  if (status === 404) return 'not_found'
  if (status === 429) return 'rate_limit'
  if (status === 503 || status === 529 || status === 498) return 'overloaded'
  if (status === 408 || status >= 500) return 'server'
  return 'request'
}
