/**
 * Traces over OTLP/HTTP (JSON). Whether a request is traced is decided before anything is made for it: off or
 * not sampled means no span, no id, no allocation. OpenTelemetry is loaded only when tracing is on; nothing is
 * instrumented automatically, and no context follows the code around: spans are passed by hand.
 *
 * What providers get: a `traceparent` only on calls that we trace (`span.traceparent` of the attempt). With
 * tracing off, or for a request that is not sampled, the caller's own header ends here: relayed calls pass on
 * no headers but those the public interface names.
 */
import { traceIdOf } from './trace-ids.ts'
import { parseTraceParent } from './traceparent.ts'
import type { Span, TracingOptions } from './span.ts'

export interface Tracer {
  readonly enabled: boolean
  /**
   * A span for a request, or undefined where it is not to be traced. A well-formed parent decides by its
   * sampled flag; else the lot falls by `sampleRate`.
   */
  start(parentTraceparent: string | undefined, name: string): Span | undefined
  /** Sends what is left. Never rejects. */
  close(): Promise<void>
}

const off: Tracer = { enabled: false, start: () => undefined, close: () => Promise.resolve() }

/** @throws Error for an endpoint or a rate that cannot be, or where tracing is already open in this process. */
export async function openTracing(options: TracingOptions): Promise<Tracer> {
  if (!options.enabled) return off
  const { sampleRate } = options
  if (!(sampleRate >= 0 && sampleRate <= 1))
    throw new Error(`The trace sample rate must be from 0 to 1, found ${sampleRate}`)
  const url = tracesUrl(options.otlpEndpoint)
  const { openSpanSource } = await import('./otlp-spans.ts')
  const source = openSpanSource({ ...options, url })
  if (source === undefined) {
    options.warn?.('Tracing is configured, but OTEL_SDK_DISABLED turns it off')
    return off
  }
  return {
    enabled: true,
    start(parentTraceparent, name) {
      const parent = parentTraceparent === undefined ? undefined : parseTraceParent(parentTraceparent)
      if (parent !== undefined) return parent.sampled ? source.start({ parent }, name) : undefined
      const lot = Math.random()
      return lot < 1 - sampleRate ? undefined : source.start({ traceId: traceIdOf(lot) }, name)
    },
    close: () => source.close(),
  }
}

/** An origin alone gets OTLP's path; an address with a path is taken as it is. */
export function tracesUrl(endpoint: string | undefined): string {
  const url = endpoint === undefined ? null : URL.parse(endpoint)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw new Error(
      `The OTLP endpoint must be an http or https address, found ${JSON.stringify(endpoint ?? null)}`,
    )
  if (url.pathname === '/') url.pathname = '/v1/traces'
  return url.href
}
