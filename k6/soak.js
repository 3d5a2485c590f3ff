/**
 * A moderate load for hours; what leaks shows. `k6 run -e RATE=20 -e DURATION=8h soak.js`
 * The second half has figures of its own: they must be as good as the first.
 */
import exec from 'k6/execution'
import { mixedCall } from './lib/calls.js'
import { duration, number, settings } from './lib/settings.js'
import { steady } from './lib/thresholds.js'

const rate = number('RATE', 20)

/** @type {import('k6/options').Options} */
export const options = {
  scenarios: {
    soak: {
      executor: 'constant-arrival-rate',
      rate,
      timeUnit: '1s',
      duration: duration('DURATION', '2h'),
      preAllocatedVUs: rate * 2,
      maxVUs: rate * 20,
    },
  },
  thresholds: { ...steady, 'http_req_duration{half:second,call:chat}': [`p(95)<${settings.p95Ms}`] },
}

export default function soak() {
  exec.vu.metrics.tags['half'] = exec.scenario.progress < 0.5 ? 'first' : 'second'
  mixedCall()
}
