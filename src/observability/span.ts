/** What the two halves of tracing agree on: who decides (`tracing.ts`) and who records (`otlp-spans.ts`). */
import type { AttributeName, AttributeValue } from './gen-ai-attributes.ts'
import type { TraceParent } from './traceparent.ts'

export interface TracingOptions {
  enabled: boolean
  /** `http://collector:4318`, or with a path of its own. Needed where enabled. */
  otlpEndpoint?: string
  /** Share of the requests to trace that come without a decision of their caller's, 0 to 1. */
  sampleRate: number
  serviceName: string
  serviceVersion: string
  /** Hears, at most once a minute, that traces do not arrive. */
  warn?: (message: string) => void
  /** The longest `close` waits for the last spans to leave; 5,000 by default. */
  closeTimeoutMs?: number
}

export interface Span {
  /** For the header of what this span sends. */
  readonly traceparent: string
  setAttribute(name: AttributeName, value: AttributeValue): void
  event(name: string, attributes?: Partial<Record<AttributeName, AttributeValue>>): void
  /** For one attempt on a provider. */
  childSpan(name: string): Span
  /** @param errorType a code or a status, where it failed; never a message, which may quote the prompt. */
  end(errorType?: string): void
}

/** A trace that begins here carries its lot in its id; one that goes on keeps its parent. */
export type Beginning = { traceId: string; parent?: undefined } | { traceId?: undefined; parent: TraceParent }

/** Makes recorded spans; the OpenTelemetry part. */
export interface SpanSource {
  start(beginning: Beginning, name: string): Span
  close(): Promise<void>
}
