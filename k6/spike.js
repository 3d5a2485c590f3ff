/**
 * Quiet, a wall of calls, quiet again. `k6 run -e RATE=20 -e PEAK_RATE=1000 spike.js`
 * During the peak the host may refuse; half a minute after it everything must be as before.
 */
import { mixedCall } from './lib/calls.js'
import { number, settings } from './lib/settings.js'
import { overloaded } from './lib/thresholds.js'

const rate = number('RATE', 20)
const peakRate = number('PEAK_RATE', 500)
const quietVus = { timeUnit: '1s', preAllocatedVUs: rate * 2, maxVUs: rate * 20 }

/** @type {import('k6/options').Options} */
export const options = {
  scenarios: {
    before: { executor: 'constant-arrival-rate', rate, duration: '1m', ...quietVus },
    peak: {
      executor: 'ramping-arrival-rate',
      startTime: '1m',
      startRate: rate,
      timeUnit: '1s',
      preAllocatedVUs: peakRate,
      maxVUs: peakRate * 10,
      stages: [
        { target: peakRate, duration: '5s' },
        { target: peakRate, duration: '30s' },
        { target: 0, duration: '5s' },
      ],
    },
    after: { executor: 'constant-arrival-rate', startTime: '2m10s', rate, duration: '2m', ...quietVus },
  },
  thresholds: {
    ...overloaded,
    'http_req_duration{scenario:before,call:chat}': [`p(95)<${settings.p95Ms}`],
    'http_req_duration{scenario:after,call:chat}': [`p(95)<${settings.p95Ms}`],
    'refusals{scenario:after}': ['count==0'],
  },
}

export default mixedCall
