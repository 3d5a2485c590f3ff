/**
 * Where the gateway's time goes: one scenario against a gateway under `--cpu-prof`, then self time by file and
 * by function, as microseconds per request. The profiler itself costs time, so sums are above the bench's.
 *
 *     node test/bench/profile.ts [--scenario NAME] [--seconds N] [--top N] [--bare]
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { engine, selfTimes, type CpuProfile, type SelfTime } from './cpu-profile.ts'
import { measureLeg, warmUp } from './measure.ts'
import { pinSelf } from './processes.ts'
import { table } from './report.ts'
import { scenarios, type Scenario } from './scenarios.ts'
import { buildGateway, startBare, startGateway, startUpstream } from './servers.ts'

const samplingIntervalUs = 200
const functionsPerFile = 6
const engineFunctions = 14

const { values } = parseArgs({
  options: {
    scenario: { type: 'string', default: 'json-relay c=16' },
    seconds: { type: 'string', default: '5' },
    top: { type: 'string', default: '15' },
    bare: { type: 'boolean', default: false },
  },
})

function chosenScenario(): Scenario {
  const found = scenarios.find(({ name }) => name === values.scenario)
  if (found === undefined) {
    throw new RangeError(
      `--scenario ${values.scenario}: allowed are ${scenarios.map((s) => s.name).join(', ')}`,
    )
  }
  return found
}

/** Microseconds on the clock of V8's profiles. */
const clockUs = (): number => Number(process.hrtime.bigint() / 1000n)

/** Runs the leg and returns the profile, the measured window and the answers in it. */
async function record(scenario: Scenario, folder: string) {
  const flags = ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-interval=${samplingIntervalUs}`]
  const upstream = await startUpstream()
  const server = values.bare
    ? await startBare(upstream.port, flags)
    : await startGateway(upstream.port, flags)
  await warmUp([scenario], [server], 3_000)
  const fromUs = clockUs()
  const leg = await measureLeg(scenario, server, 1, { warmMs: 0, measureMs: Number(values.seconds) * 1000 })
  const toUs = clockUs()
  await server.stop()
  await upstream.stop()
  return { leg, fromUs, toUs, profile: readProfile(folder) }
}

/** The longest of the profiles: a wrapper process writes one, too. */
function readProfile(folder: string): CpuProfile {
  const all = readdirSync(folder)
    .filter((name) => name.endsWith('.cpuprofile'))
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as CpuProfile)
  const longest = all.toSorted((a, b) => b.samples.length - a.samples.length)[0]
  if (longest === undefined) throw new Error('the server wrote no profile; it must end by itself on SIGTERM')
  return longest
}

function byFile(times: SelfTime[]): Array<{ file: string; us: number; functions: SelfTime[] }> {
  return [...Map.groupBy(times, ({ file }) => file)]
    .map(([file, functions]) => ({
      file,
      us: functions.reduce((sum, { us }) => sum + us, 0),
      functions: functions.toSorted((a, b) => b.us - a.us),
    }))
    .toSorted((a, b) => b.us - a.us)
}

function print(times: SelfTime[], answers: number): void {
  const busyUs = times.reduce((sum, { us }) => sum + us, 0)
  const row = (name: string, us: number): string[] => [
    name,
    (us / answers).toFixed(2),
    `${((us * 100) / busyUs).toFixed(1)} %`,
  ]
  const rows = byFile(times)
    .slice(0, Number(values.top))
    .flatMap(({ file, us, functions }) => [
      row(file, us),
      ...functions
        .slice(0, file === engine ? engineFunctions : functionsPerFile)
        .map((found) => row(`    ${found.name}${file === engine ? '' : `:${found.line}`}`, found.us)),
    ])
  console.log(table(['self time', 'µs/request', 'share'], [...rows, row('all that was not idle', busyUs)]))
}

const folder = mkdtempSync(join(tmpdir(), 'llm-gateway-profile-'))
try {
  pinSelf()
  const scenario = chosenScenario()
  if (!values.bare) buildGateway()
  const { leg, fromUs, toUs, profile } = await record(scenario, folder)
  if (leg.errors !== '') throw new Error(leg.errors)
  console.log(
    `${scenario.name}: ${leg.answers} answers, ${leg.cpuUsPerRequest} CPU µs each under the profiler\n`,
  )
  print(selfTimes(profile, fromUs, toUs), leg.answers)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
