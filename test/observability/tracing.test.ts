import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { attributes } from '../../src/observability/gen-ai-attributes.ts'
import { makeSpanId, traceIdOf } from '../../src/observability/trace-ids.ts'
import { formatTraceParent, parseTraceParent } from '../../src/observability/traceparent.ts'
import { openTracing, tracesUrl } from '../../src/observability/tracing.ts'
import type { TracingOptions } from '../../src/observability/span.ts'
import type { Tracer } from '../../src/observability/tracing.ts'
import { startCollector } from './collector.ts'
import type { Collector } from './collector.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const spanId = 'b7ad6b7169203331'
const sampledParent = `00-${traceId}-${spanId}-01`
const unsampledParent = `00-${traceId}-${spanId}-00`

async function open(
  options: Partial<TracingOptions> = {},
  answer?: number | 'never',
): Promise<{ tracer: Tracer; collector: Collector; warnings: string[] }> {
  const collector = await startCollector(answer)
  onTestFinished(() => collector.close())
  const warnings: string[] = []
  const tracer = await openTracing({
    enabled: true,
    otlpEndpoint: collector.url,
    sampleRate: 1,
    serviceName: 'llm-gateway',
    serviceVersion: '1.2.3',
    warn: (message) => warnings.push(message),
    ...options,
  })
  onTestFinished(() => tracer.close())
  return { tracer, collector, warnings }
}

describe('traceparent', () => {
  const hex = (length: number) =>
    fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length })

  test('written is read back', () => {
    fc.assert(
      fc.property(hex(32), hex(16), fc.boolean(), (trace, span, sampled) => {
        fc.pre(/[^0]/.test(trace) && /[^0]/.test(span))
        const parent = { traceId: trace, spanId: span, sampled }
        expect(parseTraceParent(formatTraceParent(parent))).toEqual(parent)
      }),
    )
  })

  test('reads the sampled bit among other flags', () => {
    expect(parseTraceParent(`00-${traceId}-${spanId}-03`)?.sampled).toBe(true)
    expect(parseTraceParent(`00-${traceId}-${spanId}-02`)?.sampled).toBe(false)
  })

  const malformed = [
    '',
    'nonsense',
    sampledParent.toUpperCase(),
    `01-${traceId}-${spanId}-01`,
    `ff-${traceId}-${spanId}-01`,
    `${sampledParent}-00`,
    `${sampledParent} `,
    `${sampledParent}\n`,
    `${sampledParent}, ${sampledParent}`,
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId.slice(1)}-${spanId}-01`,
    `00-${traceId}-${spanId}-1`,
    `00-${traceId}-${spanId}-0g`,
  ]
  for (const header of malformed)
    test(`malformed is ignored: ${JSON.stringify(header)}`, () =>
      expect(parseTraceParent(header)).toBeUndefined())
})

describe('ids', () => {
  test('of spans are 16 hex digits and do not come twice', () => {
    const ids = Array.from({ length: 10_000 }, makeSpanId)
    expect(ids.filter((id) => !/^[0-9a-f]{16}$/.test(id))).toEqual([])
    expect(new Set(ids).size).toBe(10_000)
  })

  test('of traces end in the lot, bit by bit', () => {
    const ends = [0, 0.5, 0.75, 1 - 2 ** -53].map((lot) => traceIdOf(lot).slice(-14))
    expect(ends).toEqual(['00000000000000', '80000000000000', 'c0000000000000', 'fffffffffffff8'])
    expect(traceIdOf(0)).toMatch(/^[0-9a-f]{32}$/)
  })
})

describe('a traced request', () => {
  test('arrives at the collector with its attempts as children, named attributes and events', async () => {
    const { tracer, collector } = await open()
    const request = tracer.start(sampledParent, 'chat gpt-4o')!
    request.setAttribute(attributes.operationName, 'chat')
    request.setAttribute(attributes.inputTokens, 12)
    request.setAttribute(attributes.responseFinishReasons, ['stop'])
    const first = request.childSpan('openai')
    first.end('503')
    const second = request.childSpan('anthropic')
    second.event('first_byte', { [attributes.timeToFirstChunk]: 0.25 })
    second.end()
    request.end()
    await tracer.close()

    const spans = collector.spans()
    expect(spans.map(({ name }) => name)).toEqual(['openai', 'anthropic', 'chat gpt-4o'])
    const [openai, anthropic, chat] = spans as [(typeof spans)[0], (typeof spans)[0], (typeof spans)[0]]
    expect(chat).toMatchObject({ traceId, parentSpanId: spanId, kind: 2, status: { code: 0 } })
    expect(openai).toMatchObject({ traceId, parentSpanId: chat.spanId, kind: 3, status: { code: 2 } })
    expect(anthropic).toMatchObject({ traceId, parentSpanId: chat.spanId, kind: 3, status: { code: 0 } })
    expect(new Set(spans.map((span) => span.spanId)).size).toBe(3)
    expect(chat.attributes).toEqual([
      { key: 'gen_ai.operation.name', value: { stringValue: 'chat' } },
      { key: 'gen_ai.usage.input_tokens', value: { intValue: 12 } },
      { key: 'gen_ai.response.finish_reasons', value: { arrayValue: { values: [{ stringValue: 'stop' }] } } },
    ])
    expect(openai.attributes).toEqual([{ key: 'error.type', value: { stringValue: '503' } }])
    expect(anthropic.events).toMatchObject([
      {
        name: 'first_byte',
        attributes: [{ key: 'gen_ai.response.time_to_first_chunk', value: { doubleValue: 0.25 } }],
      },
    ])
    const times = [
      chat.startTimeUnixNano,
      openai.startTimeUnixNano,
      openai.endTimeUnixNano,
      anthropic.startTimeUnixNano,
      anthropic.events[0]!.timeUnixNano,
      anthropic.endTimeUnixNano,
      chat.endTimeUnixNano,
    ]
    expect(times).toEqual([...times].sort())
  })

  test('is sent as OTLP JSON to /v1/traces, under the name and version of the service', async () => {
    const { tracer, collector } = await open()
    tracer.start(undefined, 'x')!.end()
    await tracer.close()
    expect(collector.requests).toMatchObject([
      { path: '/v1/traces', headers: { 'content-type': 'application/json' } },
    ])
    expect(collector.resource()).toMatchObject({ 'service.name': 'llm-gateway', 'service.version': '1.2.3' })
  })

  test('gives each attempt a traceparent of its own for the provider', async () => {
    const { tracer, collector } = await open()
    const request = tracer.start(sampledParent, 'request')!
    const attempt = request.childSpan('attempt')
    attempt.end()
    request.end()
    await tracer.close()
    const sent = collector.spans().find(({ name }) => name === 'attempt')!
    expect(attempt.traceparent).toBe(`00-${traceId}-${sent.spanId}-01`)
  })

  test('without a parent begins a trace whose header is well-formed', async () => {
    const { tracer, collector } = await open()
    const parents = Array.from({ length: 100 }, () => {
      const span = tracer.start(undefined, 'x')!
      span.end()
      return parseTraceParent(span.traceparent)!
    })
    await tracer.close()
    expect(new Set(parents.map((parent) => parent.traceId)).size).toBe(100)
    expect(collector.spans().map((span) => span.traceId)).toEqual(parents.map((parent) => parent.traceId))
    expect(collector.spans().every((span) => !span.parentSpanId)).toBe(true)
  })

  test('ended twice, or touched after its end, is sent once as it was', async () => {
    const { tracer, collector } = await open()
    const span = tracer.start(undefined, 'x')!
    span.end()
    span.end('late')
    span.setAttribute(attributes.cache, 'hit')
    await tracer.close()
    expect(collector.spans()).toMatchObject([{ status: { code: 0 }, attributes: [] }])
  })
})

describe('sampling', () => {
  test("follows the caller's flag, whatever the rate", async () => {
    const { tracer } = await open({ sampleRate: 0 })
    expect(tracer.start(sampledParent, 'x')).toBeDefined()
    await tracer.close()
    const { tracer: always } = await open({ sampleRate: 1 })
    expect(always.start(unsampledParent, 'x')).toBeUndefined()
  })

  test('falls to the rate where the header is absent or malformed', async () => {
    const { tracer } = await open({ sampleRate: 0 })
    expect(tracer.start(undefined, 'x')).toBeUndefined()
    expect(tracer.start('nonsense', 'x')).toBeUndefined()
    await tracer.close()
    const { tracer: always } = await open({ sampleRate: 1 })
    expect(parseTraceParent(always.start('nonsense', 'x')!.traceparent)!.traceId).not.toBe(traceId)
  })

  test('keeps the share of the rate, by the last 56 bits of the trace id', async () => {
    const { tracer } = await open({ sampleRate: 0.25 })
    const spans = Array.from({ length: 20_000 }, () => tracer.start(undefined, 'x'))
    const kept = spans.filter((span) => span !== undefined)
    // 12 standard deviations on either side.
    expect(kept.length).toBeGreaterThan(5_000 - 735)
    expect(kept.length).toBeLessThan(5_000 + 735)
    for (const span of kept) {
      const randomness = BigInt(`0x${parseTraceParent(span.traceparent)!.traceId.slice(-14)}`)
      expect(randomness).toBeGreaterThanOrEqual((3n * 2n ** 56n) / 4n)
    }
  })
})

describe('tracing that is off', () => {
  test('makes no spans and needs no endpoint', async () => {
    const options = { enabled: false, sampleRate: 1, serviceName: 'x', serviceVersion: '1' }
    const tracer = await openTracing(options)
    expect(tracer.enabled).toBe(false)
    expect(tracer.start(sampledParent, 'x')).toBeUndefined()
    expect(await openTracing(options)).toBe(tracer)
    await tracer.close()
  })

  test('does not load OpenTelemetry', async () => {
    const url = JSON.stringify(new URL('../../src/observability/tracing.ts', import.meta.url).href)
    const code = `import { registerHooks } from 'node:module'
      const loaded = []
      registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context) } })
      const { openTracing } = await import(${url})
      await openTracing({ enabled: false, sampleRate: 1, serviceName: 'x', serviceVersion: '1' })
      console.log(JSON.stringify(loaded))`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code])
    const loaded = JSON.parse(stdout) as string[]
    expect(loaded.some((address) => address.endsWith('/tracing.ts'))).toBe(true)
    expect(loaded.filter((address) => address.includes('opentelemetry'))).toEqual([])
  })
})

describe('a collector in trouble', () => {
  test('that refuses is told about, and nothing throws', async () => {
    const { tracer, warnings } = await open({}, 400)
    for (let n = 0; n < 2_000; n++) tracer.start(undefined, 'x')!.end()
    await tracer.close()
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatch(/^Tracing: .*400/)
  })

  test('that is not there is told about, and nothing throws', async () => {
    const { tracer, warnings } = await open({ otlpEndpoint: 'http://127.0.0.1:1', closeTimeoutMs: 300 })
    tracer.start(undefined, 'x')!.end()
    await tracer.close()
    expect(warnings).toHaveLength(1)
  })

  test('that never answers does not keep the gateway from closing', async () => {
    const { tracer, warnings, collector } = await open({ closeTimeoutMs: 200 }, 'never')
    tracer.start(undefined, 'x')!.end()
    await tracer.close()
    expect(collector.requests).toHaveLength(1)
    expect(warnings).toEqual(['Tracing: spans left behind: the collector took over 200 ms'])
  })
})

describe('what cannot be', () => {
  const options = { enabled: true, sampleRate: 1, serviceName: 'x', serviceVersion: '1' }

  for (const sampleRate of [-0.1, 1.1, NaN])
    test(`a rate of ${sampleRate} is refused`, async () => {
      const opening = openTracing({ ...options, otlpEndpoint: 'http://c:4318', sampleRate })
      await expect(opening).rejects.toThrow(`must be from 0 to 1, found ${sampleRate}`)
    })

  for (const otlpEndpoint of [undefined, '', 'collector:4318', 'grpc://collector:4317'])
    test(`an endpoint ${JSON.stringify(otlpEndpoint)} is refused`, async () => {
      await expect(openTracing({ ...options, otlpEndpoint })).rejects.toThrow(
        /OTLP endpoint must be an http or https/,
      )
    })

  test('opening twice is refused, opening again after a close is not', async () => {
    const { tracer, collector } = await open()
    await expect(openTracing({ ...options, otlpEndpoint: collector.url })).rejects.toThrow(/already open/)
    await tracer.close()
    const { tracer: again, collector: second } = await open()
    again.start(undefined, 'again')!.end()
    await again.close()
    expect(second.spans()).toMatchObject([{ name: 'again' }])
  })
})

test('an endpoint without a path gets the one of OTLP, one with a path is taken as it is', () => {
  expect(tracesUrl('http://jaeger:4318')).toBe('http://jaeger:4318/v1/traces')
  expect(tracesUrl('https://collector/')).toBe('https://collector/v1/traces')
  expect(tracesUrl('https://host/otlp/v1/traces?x=1')).toBe('https://host/otlp/v1/traces?x=1')
})

test('no attribute is meant for prompts, answers, tools or keys', () => {
  const contentful =
    /message|prompt|completion|instruction|content|input$|output$|arguments|tool|key|definition/
  expect(Object.values(attributes).filter((name) => contentful.test(name))).toEqual([])
})
