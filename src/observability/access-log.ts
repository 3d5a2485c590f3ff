/**
 * One line per request, built by hand: this runs for every request and has 0.4 µs.
 * There is no field for a prompt or an answer, and none for a header, so none can be logged.
 */
import type { Logger } from 'pino'
import type { Usage } from '../canonical/usage.ts'
import type { LineSink } from './line-writer.ts'
import { cut, escaped, Pieces, tenths } from './line-text.ts'
import { redactText } from './redact.ts'
import { timestamp } from './timestamp.ts'

/** What is absent is left out of the line. */
export interface AccessRecord {
  /** The gateway's own id (UUID): written unescaped. */
  requestId: string
  /** The caller's `x-request-id`. */
  clientRequestId?: string
  /** The provider's own request id. */
  upstreamRequestId?: string
  method: string
  /** The route's pattern, never the address the caller wrote. */
  route: string
  /** What the caller got; 499 where the caller hung up. */
  status: number
  /** Names from configuration, not the caller's words. */
  tenant?: string
  keyName?: string
  provider?: string
  /** May be the caller's word, where no model of ours matched. */
  model?: string
  latencyMs: number
  /** To the first byte of the answer. */
  ttftMs?: number
  tokens?: Usage
  /** A decimal in US dollars: `0.00012`. */
  costUsd?: string
  /** `hit`, `semantic`, `coalesced`, `miss`, `bypass`. */
  cache?: string
  attempts?: number
  stream?: boolean
  /** Fields that the target could not carry. */
  dropped?: readonly string[]
  /** A code of the error catalogue. */
  errorCode?: string
  /** Why this target: names of targets and reasons, as the router writes them. */
  decision?: string
}

export interface AccessLog {
  write(record: AccessRecord): void
}

const longestModel = 200
const longestDecision = 1_000
const mostDropped = 32

const levelOf = (status: number): 'info' | 'warn' | 'error' =>
  status >= 500 ? 'error' : status >= 400 ? 'warn' : 'info'
/** pino's numbers. */
const severity = { info: 30, warn: 40, error: 50 }

/** Follows the level of `log`: a line below it is not even built. */
export function openAccessLog({ log, lines }: { log: Logger; lines: LineSink }): AccessLog {
  let threshold = log.levelVal
  log.on('level-change', (_label, value) => {
    threshold = value
  })
  return {
    write(record) {
      if (severity[levelOf(record.status)] >= threshold) lines.write(accessLine(record))
    },
  }
}

function accessLine(record: AccessRecord): string {
  let line = `{"timestamp":"${timestamp()}"${head(record)}${record.requestId}"`
  if (record.clientRequestId !== undefined)
    line += `,"client_request_id":"${escaped(record.clientRequestId)}"`
  if (record.upstreamRequestId !== undefined)
    line += `,"upstream_request_id":"${escaped(record.upstreamRequestId)}"`
  line += callers.of(record.tenant, record.keyName)
  line += target(record.provider, record.model)
  line += `,"latency_ms":${tenths(record.latencyMs)}`
  if (record.ttftMs !== undefined) line += `,"ttft_ms":${tenths(record.ttftMs)}`
  if (record.tokens !== undefined) line += tokens(record.tokens)
  if (record.costUsd !== undefined) line += `,"cost_usd":"${escaped(record.costUsd)}"`
  line += ways.of(record.cache, record.attempts)
  if (record.stream !== undefined) line += record.stream ? ',"stream":true' : ',"stream":false'
  if (record.dropped !== undefined && record.dropped.length > 0) line += dropped(record.dropped)
  if (record.errorCode !== undefined) line += `,"error_code":"${escaped(record.errorCode)}"`
  if (record.decision !== undefined) line += `,"decision":"${escaped(record.decision, longestDecision)}"`
  return `${line}}\n`
}

const textField = (name: string, value: string | undefined): string =>
  value === undefined ? '' : `,"${name}":"${escaped(value)}"`

const callers = new Pieces<string | undefined, string | undefined>(
  (tenant, keyName) => textField('tenant', tenant) + textField('key_name', keyName),
)
const targets = new Pieces<string | undefined, string | undefined>(targetFields)

// An unknown model is the caller's own text, a key in the wrong field perhaps.
function targetFields(provider: string | undefined, model: string | undefined): string {
  return (
    textField('provider', provider) + textField('model', model === undefined ? undefined : redactText(model))
  )
}

// A cut string keeps the whole one alive, so it is not remembered.
const target = (provider: string | undefined, model: string | undefined): string =>
  model !== undefined && model.length > longestModel
    ? targetFields(provider, cut(model, longestModel))
    : targets.of(provider, model)

const ways = new Pieces<string | undefined, number | undefined>(
  (cache, attempts) => textField('cache', cache) + (attempts === undefined ? '' : `,"attempts":${attempts}`),
)

const headsByMethod = new Map<string, Pieces<string, number>>()

/** From the level to the opening quote of the request id. */
function head({ method, route, status }: AccessRecord): string {
  let heads = headsByMethod.get(method)
  if (heads === undefined) {
    heads = new Pieces((path, code) => {
      return `,"level":"${levelOf(code)}","message":"${escaped(`${method} ${path} ${code}`)}","route":"${escaped(path)}","status":${code},"request_id":"`
    })
    headsByMethod.set(method, heads)
  }
  return heads.of(route, status)
}

/** `input` is the prompt that was not read from the provider's cache (what was written to it included). */
const tokens = (usage: Usage): string =>
  `,"tokens":{"input":${usage.input + usage.cacheWrite5m + usage.cacheWrite1h},"output":${usage.output},"cached":${usage.cached}}`

const dropped = (fields: readonly string[]): string =>
  `,"dropped":[${fields
    .slice(0, mostDropped)
    .map((name) => `"${escaped(name)}"`)
    .join(',')}${fields.length > mostDropped ? `,"and ${fields.length - mostDropped} more"` : ''}]`
