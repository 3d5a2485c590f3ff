/** Where traces go, from the older Jaeger setting too. */

interface Tracing {
  otlp_endpoint?: string | undefined
  jaeger_endpoint?: string | undefined
}

/**
 * The OTLP-over-HTTP address for what is configured, with the usual path on an origin alone. Jaeger takes OTLP
 * on 4318 since 1.35, and its own Thrift on 14268, which the exporter does not speak.
 */
export function tracingEndpoint(tracing: Tracing): { endpoint?: string; warning?: string } {
  const written = tracing.otlp_endpoint ?? tracing.jaeger_endpoint
  const url = written === undefined ? null : URL.parse(written)
  if (url === null) return {}
  const isThrift = tracing.otlp_endpoint === undefined && url.port === '14268'
  if (isThrift) {
    url.port = '4318'
    url.pathname = '/v1/traces'
  }
  if (url.pathname === '/') url.pathname = '/v1/traces'
  if (!isThrift) return { endpoint: url.href }
  return {
    endpoint: url.href,
    warning: `${written} is Jaeger's own protocol; traces go to ${url.href} as OTLP over HTTP instead. Set telemetry.tracing.otlp_endpoint to that.`,
  }
}
