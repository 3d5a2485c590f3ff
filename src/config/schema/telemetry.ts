import { z } from 'zod'
import { crossCheck, asRecord, httpAddress } from './fields.ts'

const loggingSchema = z.strictObject({
  level: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('Least important line that is written.'),
  format: z.enum(['json', 'pretty']).default('json').describe('One JSON object per line, or for people.'),
  output: z.enum(['stdout', 'stderr']).default('stdout').describe('Where lines go.'),
  content: z.boolean().default(false).describe('true writes prompts and answers to the log.'),
  pii_redaction: z.boolean().default(false).describe('Keep personal data out of the log.'),
})

const metricsSchema = z.strictObject({
  enabled: z.boolean().default(true).describe('Serve /metrics.'),
  legacy_names: z.boolean().default(false).describe('Also serve the older llm_* names.'),
})

const tracingSchema = z
  .strictObject({
    enabled: z.boolean().default(false).describe('Send traces.'),
    otlp_endpoint: httpAddress()
      .optional()
      .describe('OTLP over HTTP: http://collector:4318 (/v1/traces is added to an origin alone).'),
    jaeger_endpoint: httpAddress()
      .optional()
      .describe('Older name. Port 14268 is mapped to OTLP over HTTP on 4318, with a warning.'),
    sample_rate: z.number().min(0).max(1).default(0.1).describe('Share of requests that are traced.'),
  })
  .check(
    crossCheck<unknown>((value, report) => {
      const tracing = asRecord(value)
      if (tracing.otlp_endpoint !== undefined && tracing.jaeger_endpoint !== undefined)
        report(['jaeger_endpoint'], 'stands beside otlp_endpoint', 'one of the two')
    }),
  )

export const telemetrySchema = z.strictObject({
  logging: loggingSchema.prefault({}).describe('The log.'),
  metrics: metricsSchema.prefault({}).describe('Prometheus metrics; their port is server.metrics_port.'),
  tracing: tracingSchema.prefault({}).describe('OpenTelemetry traces.'),
})
