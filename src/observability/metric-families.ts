/**
 * Counters, gauges and histograms whose hot path is one addition in a typed array. A series is asked for once
 * per set of labels and kept by the caller; prom-client's registry reads the numbers when it is scraped.
 */
import type { Metric, Registry } from 'prom-client'

export type Labels<Name extends string> = Record<Name, string>

/** How the values of several processes become one. */
export type Aggregator = 'sum' | 'max' | 'min' | 'average' | 'first'

/** One line of the page, as prom-client's registry wants it. */
export interface Sample {
  metricName?: string
  /** Every label; in the text form without those in `sharedLabels`. */
  labels: Record<string, string>
  sharedLabels?: Record<string, string>
  value: number
}

export interface Snapshot {
  name: string
  help: string
  type: 'counter' | 'gauge' | 'histogram'
  aggregator: Aggregator
  values: Sample[]
}

export interface FamilyOptions<Name extends string> {
  name: string
  help: string
  labels: readonly Name[]
  /** Series beyond this many become one, all of its labels `other`. */
  maximumSeries?: number
  /** Called each time a set of labels is folded into `other`. */
  onFold?: (family: string) => void
}

const defaultMaximumSeries = 10_000

/** What all three kinds share: the series by their labels, and the numbers of all series in one array. */
abstract class Family<Name extends string, Series> {
  readonly name: string
  readonly help: string
  abstract readonly type: Snapshot['type']
  readonly aggregator: Aggregator
  /** `width` numbers per series, in the order of `labelSets`. */
  values: Float64Array
  protected readonly labelSets: Labels<Name>[] = []
  private readonly byLabels = new Map<string, Series>()
  private readonly labelNames: readonly Name[]
  private readonly maximumSeries: number
  private readonly onFold: ((family: string) => void) | undefined
  private readonly width: number

  constructor(options: FamilyOptions<Name>, aggregator: Aggregator, width: number) {
    this.name = options.name
    this.help = options.help
    this.labelNames = options.labels
    this.maximumSeries = options.maximumSeries ?? defaultMaximumSeries
    this.onFold = options.onFold
    this.aggregator = aggregator
    this.width = width
    this.values = new Float64Array(4 * width)
  }

  /** The one series with these labels; made when first asked for. */
  series(labels: Labels<Name>): Series {
    const key = JSON.stringify(this.labelNames.map((name) => labels[name]))
    const existing = this.byLabels.get(key)
    if (existing !== undefined) return existing
    if (this.labelSets.length < this.maximumSeries) return this.add(key, labels)
    this.onFold?.(this.name)
    const other = Object.fromEntries(this.labelNames.map((name) => [name, 'other'])) as Labels<Name>
    const otherKey = JSON.stringify(Object.values(other))
    return this.byLabels.get(otherKey) ?? this.add(otherKey, other)
  }

  /** The numbers as they are now, each with all of its labels: for prom-client's aggregation over processes. */
  get(name: string = this.name): Snapshot {
    const snapshot = this.snapshot(name)
    const whole = snapshot.values.map(({ sharedLabels, labels, ...rest }) => ({
      ...rest,
      labels: { ...sharedLabels, ...labels },
    }))
    return { ...snapshot, values: whole }
  }

  /** The same with the labels of a series shared between its samples, which prom-client prints faster. */
  getForPromString(): Snapshot {
    return this.snapshot(this.name)
  }

  /** prom-client's `Registry.resetMetrics`. */
  reset(): void {
    this.values.fill(0)
  }

  private snapshot(name: string): Snapshot {
    const { help, type, aggregator } = this
    const values = this.labelSets.flatMap((labels, index) => this.samples(name, labels, index * this.width))
    return { name, help, type, aggregator, values }
  }

  protected abstract makeSeries(offset: number): Series
  protected abstract samples(name: string, labels: Labels<Name>, offset: number): Sample[]

  private add(key: string, labels: Labels<Name>): Series {
    const offset = this.labelSets.length * this.width
    if (offset + this.width > this.values.length) {
      const larger = new Float64Array(this.values.length * 2)
      larger.set(this.values)
      this.values = larger
    }
    this.labelSets.push(
      Object.fromEntries(this.labelNames.map((name) => [name, labels[name]])) as Labels<Name>,
    )
    const series = this.makeSeries(offset)
    this.byLabels.set(key, series)
    return series
  }
}

export class Counter {
  private readonly family: { values: Float64Array }
  private readonly offset: number

  constructor(family: { values: Float64Array }, offset: number) {
    this.family = family
    this.offset = offset
  }

  /** Nothing but a positive number is added: a counter never falls and never becomes NaN. */
  increment(by: number = 1): void {
    if (by > 0) this.family.values[this.offset]! += by
  }
}

export class Gauge {
  private readonly family: { values: Float64Array }
  private readonly offset: number

  constructor(family: { values: Float64Array }, offset: number) {
    this.family = family
    this.offset = offset
  }

  add(delta: number): void {
    this.family.values[this.offset]! += delta
  }

  set(value: number): void {
    this.family.values[this.offset] = value
  }
}

export class Histogram {
  private readonly family: { values: Float64Array; bounds: Float64Array }
  private readonly offset: number

  constructor(family: { values: Float64Array; bounds: Float64Array }, offset: number) {
    this.family = family
    this.offset = offset
  }

  /** What is no time (negative, NaN, infinite) counts as 0, so that it cannot spoil the sum. */
  observe(seconds: number): void {
    const { bounds, values } = this.family
    const value = seconds >= 0 && seconds < Infinity ? seconds : 0
    let bucket = 0
    while (bucket < bounds.length && value > bounds[bucket]!) bucket++
    values[this.offset + bucket]!++
    values[this.offset + bounds.length + 1]! += value
  }
}

export class CounterFamily<Name extends string> extends Family<Name, Counter> {
  readonly type = 'counter'

  constructor(options: FamilyOptions<Name>) {
    super(options, 'sum', 1)
  }

  /** Over all series. */
  total(): number {
    return this.values.reduce((sum, value) => sum + value, 0)
  }

  protected makeSeries(offset: number): Counter {
    return new Counter(this, offset)
  }

  protected samples(_name: string, labels: Labels<Name>, offset: number): Sample[] {
    return [{ labels, value: this.values[offset]! }]
  }
}

export class GaugeFamily<Name extends string> extends Family<Name, Gauge> {
  readonly type = 'gauge'

  constructor(options: FamilyOptions<Name>, aggregator: Aggregator) {
    super(options, aggregator, 1)
  }

  protected makeSeries(offset: number): Gauge {
    return new Gauge(this, offset)
  }

  protected samples(_name: string, labels: Labels<Name>, offset: number): Sample[] {
    return [{ labels, value: this.values[offset]! }]
  }
}

/** Per series: one count per bucket, one above the last bound, the sum. */
export class HistogramFamily<Name extends string> extends Family<Name, Histogram> {
  readonly type = 'histogram'
  readonly bounds: Float64Array
  private readonly bucketLabels: { le: string }[]

  /** @param bounds upper bounds in seconds, rising. */
  constructor(options: FamilyOptions<Name>, bounds: readonly number[]) {
    super(options, 'sum', bounds.length + 2)
    this.bounds = Float64Array.from(bounds)
    this.bucketLabels = [...bounds.map((bound) => ({ le: String(bound) })), { le: '+Inf' }]
  }

  protected makeSeries(offset: number): Histogram {
    return new Histogram(this, offset)
  }

  protected samples(name: string, labels: Labels<Name>, offset: number): Sample[] {
    let count = 0
    const samples: Sample[] = this.bucketLabels.map((bucket, index) => {
      count += this.values[offset + index]!
      return { metricName: `${name}_bucket`, labels: bucket, sharedLabels: labels, value: count }
    })
    const sum = this.values[offset + this.bounds.length + 1]!
    samples.push({ metricName: `${name}_sum`, labels: {}, sharedLabels: labels, value: sum })
    samples.push({ metricName: `${name}_count`, labels: {}, sharedLabels: labels, value: count })
    return samples
  }
}

/** What prom-client's registry needs of a metric. */
export interface Scraped {
  readonly name: string
  get(): Snapshot
  reset(): void
}

/** A gauge without labels whose value is only worked out when somebody looks. */
export function computedGauge(
  name: string,
  help: string,
  aggregator: Aggregator,
  compute: () => number,
): Scraped {
  return {
    name,
    get: () => ({ name, help, type: 'gauge', aggregator, values: [{ labels: {}, value: compute() }] }),
    reset: () => undefined,
  }
}

/** The same numbers under another name. */
export function renamed(name: string, family: { get(name: string): Snapshot }): Scraped {
  return { name, get: () => family.get(name), reset: () => undefined }
}

/** prom-client types `registerMetric` with its own classes, but only reads the name and calls these methods. */
export function register(registry: Registry, metric: Scraped): void {
  registry.registerMetric(metric as unknown as Metric)
}
