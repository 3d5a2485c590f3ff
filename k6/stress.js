/** Up in steps until the host refuses, and on. `k6 run -e RATE=2000 stress.js` */
import { mixedCall } from './lib/calls.js'
import { duration, number } from './lib/settings.js'
import { overloaded } from './lib/thresholds.js'

/** Calls per second at the last step. */
const rate = number('RATE', 1000)
const step = duration('STEP', '1m')
const shares = [0.1, 0.25, 0.5, 0.75, 1]

/** @type {import('k6/options').Options} */
export const options = {
  scenarios: {
    stress: {
      executor: 'ramping-arrival-rate',
      startRate: 1,
      timeUnit: '1s',
      preAllocatedVUs: Math.ceil(rate / 2),
      maxVUs: rate * 10,
      stages: [
        ...shares.flatMap((share) => [
          { target: Math.ceil(rate * share), duration: '10s' },
          { target: Math.ceil(rate * share), duration: step },
        ]),
        { target: 0, duration: '10s' },
      ],
    },
  },
  thresholds: overloaded,
}

export default mixedCall
