import type { Logger } from 'pino'
import { promptTokens } from './canonical/usage.ts'
import type { GatewayError } from './errors.ts'
import type { Request } from './http/context.ts'
import type { RecordOptions } from './http/open-record.ts'
import type { AccessLog } from './observability/access-log.ts'
import { attributes } from './observability/gen-ai-attributes.ts'
import type { Metrics } from './observability/metrics.ts'
import type { Span } from './observability/span.ts'
import type { Tracer } from './observability/tracing.ts'
import type { AttemptOutcome } from './pipeline/attempt.ts'
import type { Call, CallRecord } from './pipeline/call.ts'
import type { PipelineObserver } from './pipeline/pipeline.ts'
import type { Target } from './pipeline/target.ts'

export interface Observer {
  pipeline: PipelineObserver
  records: Pick<RecordOptions, 'opened' | 'closed'>
  report: (error: GatewayError, request: Request) => void
  /** Requests under way on each provider, by its name. */
  inFlight: (provider: string) => number
}

export interface Observers {
  log: Logger
  accessLog: AccessLog
  metrics: Metrics
  tracer: Tracer
}

/** Joins what the pipeline and the routes tell with the log, the metrics and the traces. */
export function openObserver({ log, accessLog, metrics, tracer }: Observers): Observer {
  const spans = new WeakMap<CallRecord, Span>()
  const underWay = new Map<string, number>()
  const count = (target: Target, change: 1 | -1) =>
    underWay.set(target.provider.name, (underWay.get(target.provider.name) ?? 0) + change)

  return {
    inFlight: (provider) => underWay.get(provider) ?? 0,
    pipeline: {
      attemptStarted(call, target) {
        count(target, 1)
        return tracer.enabled ? attemptSpan(spans.get(call.record), call, target) : undefined
      },
      attemptEnded(target, outcome, trace) {
        count(target, -1)
        ;(trace as Span | undefined)?.end(outcome.failure?.error.code)
        metrics.recordAttempt({
          provider: target.provider.name,
          model: modelLabel(target),
          errorKind: outcome.failure?.kind,
          latencySeconds: outcome.durationMs / 1_000,
        })
        if (outcome.failure) logFailure(log, target, outcome.failure)
      },
      retried: (target) => metrics.recordRetry(target.provider.name, modelLabel(target)),
      failedOver: (from) => metrics.recordFallback(from.provider.name, modelLabel(from)),
    },
    records: {
      opened(record, traceparent) {
        metrics.inflight(1)
        const span = tracer.start(traceparent, record.method)
        if (span) spans.set(record, span)
      },
      closed(record, status, durationMs) {
        if (tracer.enabled) endSpan(spans.get(record), record, status)
        metrics.inflight(-1)
        recordMetrics(metrics, record, status, durationMs)
        accessLog.write({
          ...record,
          status,
          model: record.model ?? record.modelRequested,
          latencyMs: durationMs,
          ttftMs: record.stream ? record.firstByteMs : undefined,
          tokens: record.usage,
          cache: record.attempts > 0 ? 'bypass' : undefined,
          attempts: record.attempts > 0 ? record.attempts : undefined,
          stream: record.stream ? true : undefined,
        })
      },
    },
    report(error, request) {
      if (error.code !== 'internal_error') return
      const { requestId, route } = request.record
      log.error(
        { request_id: requestId, route, error: error.cause ?? error },
        'the gateway failed to handle a request',
      )
    },
  }
}

function recordMetrics(metrics: Metrics, record: CallRecord, status: number, durationMs: number): void {
  const { method, route, target } = record
  metrics.recordHttp({ method, route, status, durationSeconds: durationMs / 1_000 })
  if (record.modelRequested === undefined) return
  const ownMs = (record.stream ? (record.firstByteMs ?? durationMs) : durationMs) - record.upstreamMs
  metrics.recordRequest({
    route,
    status,
    provider: target?.provider.name,
    model: target === undefined ? 'other' : modelLabel(target),
    tenant: record.tenant,
    durationSeconds: durationMs / 1_000,
    ttftSeconds: record.stream && record.firstByteMs !== undefined ? record.firstByteMs / 1_000 : undefined,
    overheadSeconds: Math.max(0, ownMs) / 1_000,
    tokens: record.usage,
  })
}

function attemptSpan(
  request: Span | undefined,
  { endpoint, stream, record }: Call,
  target: Target,
): Span | undefined {
  const operation = endpoint.operation === 'embedding' ? 'embeddings' : endpoint.operation
  const span = request?.childSpan(`${operation} ${target.model}`)
  span?.setAttribute(attributes.operationName, operation)
  span?.setAttribute(attributes.providerName, target.provider.facts.type)
  span?.setAttribute(attributes.provider, target.provider.name)
  span?.setAttribute(attributes.requestModel, target.model)
  span?.setAttribute(attributes.requestStream, stream)
  if (record.attempts > 1) span?.setAttribute(attributes.httpResendCount, record.attempts - 1)
  return span
}

function endSpan(span: Span | undefined, record: CallRecord, status: number): void {
  if (!span) return
  span.setAttribute(attributes.requestId, record.requestId)
  span.setAttribute(attributes.httpRequestMethod, record.method)
  span.setAttribute(attributes.httpRoute, record.route)
  span.setAttribute(attributes.httpResponseStatusCode, status)
  span.setAttribute(attributes.attempts, record.attempts)
  if (record.tenant !== undefined) span.setAttribute(attributes.tenant, record.tenant)
  if (record.attempts > 0 && record.model !== undefined)
    span.setAttribute(attributes.responseModel, record.model)
  if (record.usage) {
    span.setAttribute(attributes.inputTokens, promptTokens(record.usage))
    span.setAttribute(attributes.outputTokens, record.usage.output)
  }
  span.end(record.errorCode ?? (status === 499 ? 'client_closed' : undefined))
}

/** Labels come from configuration, never from callers. */
const modelLabel = ({ provider, model }: Target): string => (provider.labels.has(model) ? model : 'other')

/** The provider's own words stay out of the log: they may quote the prompt. */
function logFailure(
  log: Logger,
  target: Target,
  { kind, error }: NonNullable<AttemptOutcome['failure']>,
): void {
  const cause = error.detail.cause as
    { kind?: string; code?: string; type?: string; message?: string } | undefined
  const about = {
    provider: target.provider.name,
    model: target.model,
    kind,
    error_code: error.code,
    provider_error: cause?.kind,
    provider_code: cause?.code,
  }
  if (cause?.kind === 'auth') log.error(about, 'the provider refuses the credential of the gateway')
  else if (error.entry.retryable) log.warn(about, 'the provider failed')
}
