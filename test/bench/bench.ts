/**
 * `npm run bench`: a bare pass-through and the gateway in turn, in one run, on one core, with the load and the
 * upstream on the other. Absolute figures drift with the machine; the ratios are what counts.
 *
 *     node test/bench/bench.ts [--short] [--rounds N] [--only PREFIX,…] [--bare-only]
 *
 * `--only` takes beginnings of scenario names, and `start` and `memory`. Exit code 1: a wrong answer, or a
 * figure above its bound (`--short`, for CI: a ratio above 1.5 times its bound). A whole run is kept in
 * `results/last.json`, any other in `results/partial.json`.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { setTimeout as delay } from 'node:timers/promises'
import { figures, isBroken, ratios, summarise, type Figure, type Standing } from './figures.ts'
import { measureLeg, memoryPerStreamKb, warmUp, type Leg, type LegTimes } from './measure.ts'
import { pinned, pinSelf, rssKb, serverCore } from './processes.ts'
import { figureTable, summaryTable } from './report.ts'
import { scenarios, type Scenario } from './scenarios.ts'
import {
  buildGateway,
  gatewayExists,
  root,
  startBare,
  startGateway,
  startUpstream,
  type Server,
} from './servers.ts'
import { median } from './statistics.ts'

type Calibration = { round: number; cpuMs: number; wallMs: number }
type Plan = {
  rounds: number
  times: LegTimes
  warmMs: number
  chosen: Scenario[]
  starts: number
  memoryRepeats: number
  tolerance: number
  onlyRatios: boolean
  /** The whole bench; anything less doesn't replace the kept results. */
  whole: boolean
}

const leastRounds = 5
const idleAfterMs = 2_000
const resultsFolder = join(root, 'test/bench/results')

function planFromArguments(): Plan & { bareOnly: boolean } {
  const { values } = parseArgs({
    options: {
      short: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      only: { type: 'string' },
      'bare-only': { type: 'boolean', default: false },
    },
  })
  const only = values.only?.split(',')
  const wanted = (name: string): boolean =>
    only === undefined || only.some((prefix) => name.startsWith(prefix))
  const chosen = scenarios.filter((scenario) => wanted(scenario.name) && (!values.short || scenario.short))
  const unknown = only?.filter(
    (prefix) =>
      !['start', 'memory'].includes(prefix) && !scenarios.some(({ name }) => name.startsWith(prefix)),
  )
  if (unknown !== undefined && unknown.length > 0) {
    throw new RangeError(
      `--only ${unknown.join()}: allowed are beginnings of ${scenarios.map((s) => s.name).join(', ')}, start, memory`,
    )
  }
  const rounds = Number(values.rounds ?? (values.short ? 3 : leastRounds))
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100) {
    throw new RangeError(`--rounds ${values.rounds}: allowed are 1 to 100`)
  }
  return {
    rounds,
    times: values.short ? { warmMs: 150, measureMs: 800 } : { warmMs: 300, measureMs: 2_000 },
    warmMs: values.short ? 8_000 : 4_000,
    chosen,
    starts: wanted('start') ? (values.short ? 3 : 7) : 0,
    memoryRepeats: !values.short && wanted('memory') ? 3 : 0,
    tolerance: values.short ? 1.5 : 1,
    onlyRatios: values.short,
    whole: !values.short && !values['bare-only'] && only === undefined && rounds >= leastRounds,
    bareOnly: values['bare-only'],
  }
}

function calibrate(round: number): Calibration {
  const script = [process.execPath, join(root, 'test/bench/calibrate.ts')]
  const [program, ...rest] = pinned ? ['taskset', '-c', String(serverCore), ...script] : script
  const printed = execFileSync(program!, rest, { encoding: 'utf8', timeout: 30_000 })
  return { round, ...(JSON.parse(printed) as { cpuMs: number; wallMs: number }) }
}

/** Medians over `count` fresh starts; resident memory after two idle seconds on three of them. */
async function measureStarts(upstreamPort: number, count: number): Promise<Standing> {
  const listening: number[] = []
  const firstAnswer: number[] = []
  const rssMb: number[] = []
  for (let i = 0; i < count; i++) {
    const gateway = await startGateway(upstreamPort)
    listening.push(gateway.listeningMs)
    firstAnswer.push(gateway.firstAnswerMs)
    if (i < 3) {
      await delay(idleAfterMs)
      rssMb.push(rssKb(gateway.child) / 1024)
    }
    await gateway.stop()
  }
  return {
    startToListeningMs: median(listening),
    startToFirstAnswerMs: median(firstAnswer),
    rssIdleMb: median(rssMb),
  }
}

async function measureMemory(
  starts: Record<'bare' | 'gateway', (() => Promise<Server>) | undefined>,
  repeats: number,
) {
  const one = async (start: (() => Promise<Server>) | undefined): Promise<number | undefined> => {
    if (start === undefined) return undefined
    const found: number[] = []
    for (let i = 0; i < repeats; i++) found.push(await memoryPerStreamKb(start))
    return median(found)
  }
  return { bareMemoryPerStreamKb: await one(starts.bare), memoryPerStreamKb: await one(starts.gateway) }
}

async function runRounds(
  plan: Plan,
  servers: Server[],
): Promise<{ legs: Leg[]; calibrations: Calibration[] }> {
  const legs: Leg[] = []
  const calibrations: Calibration[] = []
  if (plan.chosen.length === 0) return { legs, calibrations }
  console.log('warming up')
  await warmUp(plan.chosen, servers, plan.warmMs)
  for (let round = 1; round <= plan.rounds; round++) {
    const calibration = calibrate(round)
    calibrations.push(calibration)
    console.log(
      `round ${round} of ${plan.rounds}: calibration ${calibration.cpuMs} ms CPU, ${calibration.wallMs} ms`,
    )
    for (const scenario of plan.chosen) {
      // Every second round in the other order, so that a steady drift favours neither.
      for (const server of round % 2 === 1 ? servers : servers.toReversed()) {
        const leg = await measureLeg(scenario, server, round, plan.times)
        legs.push(leg)
        if (leg.errors !== '') console.error(`wrong: ${scenario.name}, ${server.name}: ${leg.errors}`)
      }
    }
  }
  return { legs, calibrations }
}

async function main(): Promise<number> {
  const plan = planFromArguments()
  pinSelf()
  if (!pinned) console.log('no taskset or no second core: nothing is pinned, expect noise')
  const hasGateway = !plan.bareOnly && gatewayExists()
  if (!plan.bareOnly && !hasGateway)
    throw new Error('bin/llm-gateway.js is missing; --bare-only measures without it')
  if (hasGateway) buildGateway()

  const upstream = await startUpstream()
  const bareStart = () => startBare(upstream.port)
  const gatewayStart = hasGateway ? () => startGateway(upstream.port) : undefined
  let standing: Standing = {}
  if (hasGateway && plan.starts > 0) {
    console.log(`starting the gateway ${plan.starts} times`)
    standing = await measureStarts(upstream.port, plan.starts)
  }
  if (plan.memoryRepeats > 0) {
    console.log('opening streams')
    const memory = await measureMemory({ bare: bareStart, gateway: gatewayStart }, plan.memoryRepeats)
    standing = { ...standing, ...memory }
  }
  const servers: Server[] = []
  if (plan.chosen.length > 0) {
    servers.push(await bareStart())
    if (gatewayStart !== undefined) servers.push(await gatewayStart())
  }
  const { legs, calibrations } = await runRounds(plan, servers)
  for (const server of servers) await server.stop()
  await upstream.stop()
  return publish(plan, standing, legs, calibrations)
}

function publish(plan: Plan, standing: Standing, legs: Leg[], calibrations: Calibration[]): number {
  const summaries = summarise(plan.chosen, legs)
  const found = ratios(plan.chosen, legs)
  const bounded: Figure[] = figures(legs, found, standing)
  if (legs.length > 0) console.log(`\n${summaryTable(summaries, found)}`)
  console.log(`\n${figureTable(bounded)}\n`)
  if (standing.bareMemoryPerStreamKb !== undefined) {
    console.log(`memory per open stream of bare: ${standing.bareMemoryPerStreamKb.toFixed(0)} KiB`)
  }
  mkdirSync(resultsFolder, { recursive: true })
  const raw = {
    node: process.version,
    pinned,
    rounds: plan.rounds,
    figures: bounded,
    standing,
    ratios: found,
    summaries,
    calibrations,
    legs,
  }
  writeFileSync(
    join(resultsFolder, plan.whole ? 'last.json' : 'partial.json'),
    `${JSON.stringify(raw, null, 2)}\n`,
  )
  const wrong = legs.filter((leg) => leg.errors !== '')
  const broken = bounded.filter((figure) => isBroken(figure, plan))
  for (const leg of wrong)
    console.error(`FAIL ${leg.scenario}, ${leg.server}, round ${leg.round}: ${leg.errors}`)
  for (const figure of broken)
    console.error(`FAIL ${figure.name}: ${figure.measured?.toFixed(2)} ${figure.unit}`)
  return wrong.length + broken.length > 0 ? 1 : 0
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof RangeError)) throw error
  console.error(error.message)
  process.exitCode = 2
}
