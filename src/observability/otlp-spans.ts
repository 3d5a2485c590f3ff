/** Recorded spans by the OpenTelemetry SDK. Loading this costs 150 to 200 ms: imported only where tracing is on. */
import { randomUUID } from 'node:crypto'
import { context, diag, logs, trace, ROOT_CONTEXT } from '@opentelemetry/api'
import { DiagLogLevel, SamplingDecision, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api'
import type { Context, ContextManager, Span as SdkSpan, Tracer as SdkTracer } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { attributes } from './gen-ai-attributes.ts'
import type { AttributeName, AttributeValue } from './gen-ai-attributes.ts'
import { redactText } from './redact.ts'
import { makeSpanId } from './trace-ids.ts'
import { formatTraceParent } from './traceparent.ts'
import type { Beginning, Span, SpanSource, TracingOptions } from './span.ts'

const scope = 'llm-gateway'
const exportTimeoutMs = 5_000
const closeTimeoutMs = 5_000
const warnEveryMs = 60_000
const longestAttribute = 1_000

let isOpen = false

/**
 * Undefined where `OTEL_SDK_DISABLED` is set, which the SDK obeys by itself (as it does the other `OTEL_*`
 * variables about batches and export headers).
 * @throws Error where tracing is already open: the SDK has one place for it per process.
 */
export function openSpanSource(options: TracingOptions & { url: string }): SpanSource | undefined {
  if (isOpen) throw new Error('Tracing is already open in this process')
  const warn = atMostOnceAMinute(options.warn ?? (() => undefined))
  const ids = new Ids()
  const sdk = makeSdk(options, ids)
  isOpen = true
  hearComplaints(warn)
  sdk.start()
  let closing: Promise<void> | undefined
  const close = () => (closing ??= closeSdk(sdk, options.closeTimeoutMs ?? closeTimeoutMs, warn))
  const tracer = trace.getTracer(scope, options.serviceVersion)
  if (!tracer.startSpan('probe', {}, ROOT_CONTEXT).isRecording()) {
    void close()
    return undefined
  }
  return {
    start(beginning, name) {
      if (beginning.traceId !== undefined) ids.nextTraceId = beginning.traceId
      const clockOffsetMs = Date.now() - performance.now()
      return new RecordedSpan(tracer, name, SpanKind.SERVER, contextOf(beginning), clockOffsetMs)
    },
    close,
  }
}

class RecordedSpan implements Span {
  private readonly span: SdkSpan
  private readonly tracer: SdkTracer
  /** Unix time minus monotonic time: one for all spans of a request, so that a child never outlives its parent. */
  private readonly clockOffsetMs: number

  constructor(tracer: SdkTracer, name: string, kind: SpanKind, parent: Context, clockOffsetMs: number) {
    this.tracer = tracer
    this.clockOffsetMs = clockOffsetMs
    this.span = tracer.startSpan(name, { kind, startTime: this.now() }, parent)
  }

  get traceparent(): string {
    const { traceId, spanId } = this.span.spanContext()
    return formatTraceParent({ traceId, spanId, sampled: true })
  }

  setAttribute(name: AttributeName, value: AttributeValue): void {
    if (this.span.isRecording()) this.span.setAttribute(name, value)
  }

  event(name: string, values?: Partial<Record<AttributeName, AttributeValue>>): void {
    if (this.span.isRecording()) this.span.addEvent(name, values, this.now())
  }

  childSpan(name: string): Span {
    const parent = trace.setSpan(ROOT_CONTEXT, this.span)
    return new RecordedSpan(this.tracer, name, SpanKind.CLIENT, parent, this.clockOffsetMs)
  }

  // Success leaves the status unset: "ok" is for the application's own verdict, says the specification.
  end(errorType?: string): void {
    if (!this.span.isRecording()) return
    if (errorType !== undefined) {
      this.span.setAttribute(attributes.errorType, errorType)
      this.span.setStatus({ code: SpanStatusCode.ERROR })
    }
    this.span.end(this.now())
  }

  private now(): number {
    return this.clockOffsetMs + performance.now()
  }
}

function contextOf({ parent }: Beginning): Context {
  if (parent === undefined) return ROOT_CONTEXT
  const { traceId, spanId } = parent
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
  })
}

/** The lot was drawn before the span exists, so its trace id is handed over here. */
class Ids {
  nextTraceId = ''

  generateTraceId(): string {
    return this.nextTraceId
  }

  generateSpanId(): string {
    return makeSpanId()
  }
}

/** Everything given, so that the SDK starts no exporter, detector or propagator of its own choice. */
function makeSdk(options: TracingOptions & { url: string }, idGenerator: Ids): NodeSDK {
  const service = { 'service.version': options.serviceVersion, 'service.instance.id': randomUUID() }
  return new NodeSDK({
    serviceName: options.serviceName,
    autoDetectResources: true,
    resourceDetectors: [{ detect: () => ({ attributes: service }) }],
    traceExporter: new OTLPTraceExporter({ url: options.url, timeoutMillis: exportTimeoutMs }),
    sampler: {
      shouldSample: () => ({ decision: SamplingDecision.RECORD_AND_SAMPLED }),
      toString: () => 'decided',
    },
    idGenerator,
    spanLimits: { attributeValueLengthLimit: longestAttribute },
    contextManager: noContext,
    textMapPropagator: null,
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [],
  })
}

/** Spans are passed by hand, so nothing needs to follow asynchronous calls. */
const noContext: ContextManager = {
  active: () => ROOT_CONTEXT,
  with: (_context, run, self, ...args) => run.apply(self, args),
  bind: (_context, target) => target,
  enable: () => noContext,
  disable: () => noContext,
}

/** Failed exports and overflowing queues are only told to the SDK's diagnostic logger. */
function hearComplaints(warn: (message: string) => void): void {
  const hear = (message: string) => warn(readable(message))
  const ignore = () => undefined
  const logger = { error: hear, warn: hear, info: ignore, debug: ignore, verbose: ignore }
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
}

/** The SDK writes errors as JSON with everything in them; their message will do. */
function readable(message: string): string {
  let text = message
  try {
    const { message: inner, code } = JSON.parse(message) as { message?: string; code?: string }
    text = [inner, code].filter(Boolean).join(' ') || message
  } catch {
    // Plain text already.
  }
  return `Tracing: ${redactText(text.slice(0, 300).split('\n', 1)[0]!)}`
}

function atMostOnceAMinute(warn: (message: string) => void): (message: string) => void {
  let quietUntil = -Infinity
  let held = 0
  return (message) => {
    const now = performance.now()
    if (now < quietUntil) {
      held++
      return
    }
    quietUntil = now + warnEveryMs
    warn(held === 0 ? message : `${message} (and ${held} more like this)`)
    held = 0
  }
}

async function closeSdk(sdk: NodeSDK, timeoutMs: number, warn: (message: string) => void): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const tooLong = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`spans left behind: the collector took over ${timeoutMs} ms`)),
      timeoutMs,
    )
  })
  try {
    await Promise.race([sdk.shutdown(), tooLong])
  } catch (error) {
    warn(readable(error instanceof Error ? error.message : String(error)))
  }
  clearTimeout(timer)
  trace.disable()
  logs.disable()
  context.disable()
  diag.disable()
  isOpen = false
}
