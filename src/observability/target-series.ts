/** The series of one provider and model, each made when it is first needed and then kept. */
import type { Usage } from '../canonical/usage.ts'
import type { Catalogue } from './metric-catalogue.ts'
import type { Counter, Histogram } from './metric-families.ts'

/** The `kind` of a failed attempt. */
export type AttemptErrorKind = 'dns' | 'connect' | 'tls' | 'timeout' | 'status' | 'protocol'

interface TokenCounters {
  input: Counter
  cached: Counter
  cacheWrite: Counter
  output: Counter
  reasoning: Counter
}

export class TargetSeries {
  readonly duration: Histogram
  private readonly statuses = new Map<number, Counter>()
  private readonly tenantCosts = new Map<string, Counter>()
  private readonly errors = new Map<AttemptErrorKind, Counter>()
  private tokenCounters: TokenCounters | undefined
  private firstToken: Histogram | undefined
  private attempts: { requests: Counter; latency: Histogram } | undefined
  private readonly catalogue: Catalogue
  private readonly labels: { provider: string; model: string }

  constructor(catalogue: Catalogue, provider: string, model: string) {
    this.catalogue = catalogue
    this.labels = { provider, model }
    this.duration = catalogue.requestDuration.series(this.labels)
  }

  countStatus(status: number): void {
    let counter = this.statuses.get(status)
    if (counter === undefined) {
      counter = this.catalogue.requests.series({ status: String(status), ...this.labels })
      this.statuses.set(status, counter)
    }
    counter.increment()
  }

  observeFirstToken(seconds: number): void {
    this.firstToken ??= this.catalogue.timeToFirstToken.series(this.labels)
    this.firstToken.observe(seconds)
  }

  countTokens(usage: Usage): void {
    const counters = (this.tokenCounters ??= this.makeTokenCounters())
    counters.input.increment(usage.input)
    counters.cached.increment(usage.cached)
    counters.cacheWrite.increment(usage.cacheWrite5m + usage.cacheWrite1h)
    counters.output.increment(usage.output)
    counters.reasoning.increment(usage.reasoning)
  }

  addCost(tenant: string, usd: number): void {
    let counter = this.tenantCosts.get(tenant)
    if (counter === undefined) {
      counter = this.catalogue.cost.series({ ...this.labels, tenant })
      this.tenantCosts.set(tenant, counter)
    }
    counter.increment(usd)
  }

  countAttempt(latencySeconds: number): void {
    this.attempts ??= {
      requests: this.catalogue.providerRequests.series(this.labels),
      latency: this.catalogue.providerLatency.series(this.labels),
    }
    this.attempts.requests.increment()
    this.attempts.latency.observe(latencySeconds)
  }

  countError(kind: AttemptErrorKind): void {
    let counter = this.errors.get(kind)
    if (counter === undefined) {
      counter = this.catalogue.providerErrors.series({ kind, ...this.labels })
      this.errors.set(kind, counter)
    }
    counter.increment()
  }

  private makeTokenCounters(): TokenCounters {
    const of = (direction: string) => this.catalogue.requestTokens.series({ direction, ...this.labels })
    return {
      input: of('input'),
      cached: of('cached'),
      cacheWrite: of('cache_write'),
      output: of('output'),
      reasoning: of('reasoning'),
    }
  }
}
