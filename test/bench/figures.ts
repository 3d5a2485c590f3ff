/** From legs to medians, ratios and the verdict on each figure that has a bound. */
import type { Leg } from './measure.ts'
import type { Scenario } from './scenarios.ts'
import { median } from './statistics.ts'

/** Medians over the rounds. */
export type Summary = {
  scenario: string
  server: Leg['server']
  requestsPerSecond: number
  p50Ms: number
  p99Ms: number
  cpuUsPerRequest: number
  cpuUsPerEvent: number | null
  rssMb: number
}

export function summarise(scenarios: Scenario[], legs: Leg[]): Summary[] {
  return scenarios.flatMap(({ name, eventsPerAnswer }) =>
    (['bare', 'gateway'] as const).flatMap((server) => {
      const own = legs.filter((leg) => leg.scenario === name && leg.server === server)
      if (own.length === 0) return []
      const of = (value: (leg: Leg) => number): number => median(own.map(value))
      const cpuUsPerEvent = eventsPerAnswer === 0 ? null : of((leg) => leg.cpuUsPerEvent ?? Number.NaN)
      return [
        {
          scenario: name,
          server,
          requestsPerSecond: of((leg) => leg.requestsPerSecond),
          p50Ms: of((leg) => leg.p50Ms),
          p99Ms: of((leg) => leg.p99Ms),
          cpuUsPerRequest: of((leg) => leg.cpuUsPerRequest),
          cpuUsPerEvent,
          rssMb: of((leg) => leg.rssMb),
        },
      ]
    }),
  )
}

/** One value per round, from the two legs of that round: neighbours in time, so that drift cancels out. */
function perRound(legs: Leg[], scenario: string, value: (gateway: Leg, bare: Leg) => number): number[] {
  const own = legs.filter((leg) => leg.scenario === scenario)
  return own
    .filter((leg) => leg.server === 'gateway')
    .flatMap((gateway) => {
      const bare = own.find((leg) => leg.server === 'bare' && leg.round === gateway.round)
      return bare === undefined ? [] : [value(gateway, bare)]
    })
}

/** Gateway to bare. `low` and `high` are the least and the greatest CPU ratio of a single round. */
export type Ratio = {
  scenario: string
  cpu: number
  low: number
  high: number
  requestsPerSecond: number
  p50: number
}

export function ratios(scenarios: Scenario[], legs: Leg[]): Ratio[] {
  return scenarios.flatMap(({ name }) => {
    const cpu = perRound(legs, name, (gateway, bare) => gateway.cpuUsPerRequest / bare.cpuUsPerRequest)
    if (cpu.length === 0) return []
    const requestsPerSecond = perRound(legs, name, (g, b) => g.requestsPerSecond / b.requestsPerSecond)
    const p50 = perRound(legs, name, (g, b) => g.p50Ms / b.p50Ms)
    return [
      {
        scenario: name,
        cpu: median(cpu),
        low: Math.min(...cpu),
        high: Math.max(...cpu),
        requestsPerSecond: median(requestsPerSecond),
        p50: median(p50),
      },
    ]
  })
}

/** Measured in processes of their own, not in rounds. Absent: not measured in this run. */
export type Standing = {
  memoryPerStreamKb?: number
  bareMemoryPerStreamKb?: number
  rssIdleMb?: number
  startToListeningMs?: number
  startToFirstAnswerMs?: number
}

export type Figure = { name: string; unit: string; must: number; stretch: number; measured: number | null }

/** Every figure that has a bound. A ratio over several scenarios is the worst of them. */
export function figures(legs: Leg[], all: Ratio[], standing: Standing): Figure[] {
  const worst = (...names: string[]): number | null => {
    const found = all.filter((ratio) => names.includes(ratio.scenario)).map((ratio) => ratio.cpu)
    return found.length === 0 ? null : Math.max(...found)
  }
  const addedUs = perRound(legs, 'json-relay c=1', (gateway, bare) => (gateway.p50Ms - bare.p50Ms) * 1000)
  const figure = (
    name: string,
    unit: string,
    must: number,
    stretch: number,
    measured: number | null,
  ): Figure => ({
    name,
    unit,
    must,
    stretch,
    measured,
  })
  return [
    figure('relayed JSON / bare (CPU)', '×', 1.35, 1.2, worst('json-relay c=16', 'json-relay c=64')),
    figure(
      'translated JSON / bare (CPU)',
      '×',
      2.0,
      1.6,
      worst('json-messages-to-openai c=16', 'json-chat-to-anthropic c=16'),
    ),
    figure('relayed SSE / bare (CPU per paced event)', '×', 1.15, 1.05, worst('sse-relay paced')),
    figure(
      'translated SSE / bare (CPU per paced event)',
      '×',
      2.0,
      1.5,
      worst('sse-messages-to-openai paced', 'sse-chat-to-anthropic paced'),
    ),
    figure('added p50 at c = 1', 'µs', 60, 20, addedUs.length === 0 ? null : median(addedUs)),
    figure('memory per open stream', 'KiB', 90, 60, standing.memoryPerStreamKb ?? null),
    figure('RSS idle', 'MiB', 100, 85, standing.rssIdleMb ?? null),
    figure('start to listening', 'ms', 350, 250, standing.startToListeningMs ?? null),
    figure('start to first answer', 'ms', 1000, 1000, standing.startToFirstAnswerMs ?? null),
  ]
}

export type Verdict = 'stretch' | 'pass' | 'FAIL' | 'not measured'

export function verdict({ measured, must, stretch }: Figure): Verdict {
  if (measured === null) return 'not measured'
  if (measured <= stretch) return 'stretch'
  return measured <= must ? 'pass' : 'FAIL'
}

/** Above `tolerance` times its bound. Noise on shared machines moves absolute figures far more than ratios. */
export function isBroken(
  figure: Figure,
  { tolerance, onlyRatios }: { tolerance: number; onlyRatios: boolean },
): boolean {
  if (figure.measured === null || (onlyRatios && figure.unit !== '×')) return false
  // Not `>`: a figure that is no number is broken, too.
  return !(figure.measured <= figure.must * tolerance)
}
