/** The load of a busy day, held. `k6 run -e RATE=100 -e DURATION=10m load.js` */
import { mixedCall } from './lib/calls.js'
import { duration, number } from './lib/settings.js'
import { steady } from './lib/thresholds.js'

const rate = number('RATE', 50)

/** @type {import('k6/options').Options} */
export const options = {
  scenarios: {
    load: {
      executor: 'ramping-arrival-rate',
      startRate: 1,
      timeUnit: '1s',
      preAllocatedVUs: rate,
      maxVUs: rate * 20,
      stages: [
        { target: rate, duration: '30s' },
        { target: rate, duration: duration('DURATION', '5m') },
        { target: 0, duration: '10s' },
      ],
    },
  },
  thresholds: steady,
}

export default mixedCall
