/** One of each call: is everything there? `k6 run smoke.js` */
import { calls } from './lib/calls.js'

/** @type {import('k6/options').Options} */
export const options = {
  vus: 1,
  iterations: 1,
  thresholds: {
    checks: ['rate==1'],
    right_answers: ['rate==1'],
    http_req_failed: ['rate==0'],
    refusals: ['count==0'],
  },
}

export default function smoke() {
  for (const call of calls) call()
}
