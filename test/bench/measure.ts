/** One leg: one scenario on one server. */
import { closedLoop, openStreams, streamsTogether, type Load } from './load.ts'
import { chatRequest } from './payloads.ts'
import { cpuUs, rssKb } from './processes.ts'
import type { Scenario } from './scenarios.ts'
import { percentile } from './statistics.ts'
import { httpRequest, type Server } from './servers.ts'
import { setTimeout as delay } from 'node:timers/promises'

/** `null` where a figure has no meaning in the scenario. */
export type Leg = {
  scenario: string
  server: Server['name']
  round: number
  answers: number
  requestsPerSecond: number
  /** Of the whole answer in loops, of the first byte in streams. */
  p50Ms: number
  p99Ms: number
  cpuUsPerRequest: number
  cpuUsPerEvent: number | null
  rssMb: number
  errors: string
}

export type LegTimes = { warmMs: number; measureMs: number }

function loadOf(scenario: Scenario, server: Server): Load {
  const exchange = scenario[server.name]
  return {
    port: server.port,
    request: httpRequest(server.port, exchange.path, exchange.body),
    check: exchange.check,
    concurrency: scenario.concurrency,
  }
}

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits))

export async function measureLeg(
  scenario: Scenario,
  server: Server,
  round: number,
  times: LegTimes,
): Promise<Leg> {
  const load = loadOf(scenario, server)
  const cpu = (): number => cpuUs(server.child)
  const seen =
    scenario.kind === 'loop'
      ? await closedLoop(load, { ...times, cpu })
      : await streamsTogether(load, { cpu })
  // Without a line for each call it wouldn't be the gateway that people run.
  if (server.takeLog() === 0 && server.name === 'gateway') seen.errors.push('the access log stayed empty')
  const sorted = seen.latenciesMs.toSorted((a, b) => a - b)
  const cpuUsPerRequest = seen.cpuUs / seen.done
  const { eventsPerAnswer } = scenario
  return {
    scenario: scenario.name,
    server: server.name,
    round,
    answers: seen.done,
    requestsPerSecond: rounded((seen.done * 1000) / seen.elapsedMs, 1),
    p50Ms: rounded(percentile(sorted, 0.5), 4),
    p99Ms: rounded(percentile(sorted, 0.99), 4),
    cpuUsPerRequest: rounded(cpuUsPerRequest, 2),
    cpuUsPerEvent: eventsPerAnswer === 0 ? null : rounded(cpuUsPerRequest / eventsPerAnswer, 3),
    rssMb: rounded(rssKb(server.child) / 1024, 1),
    errors: seen.errors.join('; '),
  }
}

/** Lets the compiler see every path, all scenarios at once; nothing is measured. Throws on a wrong answer. */
export async function warmUp(scenarios: Scenario[], servers: Server[], warmMs: number): Promise<void> {
  const cpu = (): number => 0
  const runs = servers.flatMap((server) =>
    scenarios.map(async (scenario) => {
      const load = {
        ...loadOf(scenario, server),
        concurrency: scenario.kind === 'loop' ? 1 + (scenario.concurrency >> 2) : scenario.concurrency,
      }
      const { errors } =
        scenario.kind === 'loop'
          ? await closedLoop(load, { warmMs: 0, measureMs: warmMs, cpu })
          : await streamsTogether(load, { cpu })
      if (errors.length > 0) throw new Error(`${server.name}, ${scenario.name}: ${errors.join('; ')}`)
    }),
  )
  await Promise.all(runs)
  for (const server of servers) server.takeLog()
}

const memoryStreams = 500
const settleMs = 3_000

/**
 * KiB of resident memory for each open, slowly paced, relayed stream, in a server that served a little before.
 * A fresh server each time: memory once grown doesn't shrink, and would hide what the streams take.
 */
export async function memoryPerStreamKb(start: () => Promise<Server>): Promise<number> {
  const server = await start()
  try {
    const body = chatRequest('openai', 'bench-open', 1024)
    const load: Load = {
      port: server.port,
      request: httpRequest(server.port, '/v1/chat/completions', body),
      check: () => undefined,
      concurrency: 50,
    }
    ;(await openStreams(load)).hangUp()
    await delay(settleMs)
    const before = rssKb(server.child)
    const streams = await openStreams({ ...load, concurrency: memoryStreams })
    if (streams.begun < memoryStreams) throw new Error(`${streams.begun} of ${memoryStreams} streams began`)
    await delay(settleMs)
    const after = rssKb(server.child)
    streams.hangUp()
    return (after - before) / memoryStreams
  } finally {
    await server.stop()
  }
}
