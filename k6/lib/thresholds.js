/** What a run must keep to; k6 exits with 99 when it doesn't. */
import { settings } from './settings.js'

const trustworthy = {
  right_answers: ['rate>0.999'],
  http_req_failed: ['rate<0.001'],
  improper_refusals: ['count==0'],
}

/** Under a load the host is meant to bear: right, in time, and nobody refused. */
export const steady = {
  ...trustworthy,
  refusals: ['count==0'],
  'http_req_duration{call:chat}': [`p(95)<${settings.p95Ms}`, `p(99)<${settings.p99Ms}`],
  'http_req_duration{call:messages}': [`p(95)<${settings.p95Ms}`, `p(99)<${settings.p99Ms}`],
  stream_first_byte: [`p(95)<${settings.firstByteP95Ms}`],
  // Arrivals that found no free virtual user: then it is k6 that can't keep up, and the figures mean nothing.
  dropped_iterations: ['count==0'],
}

/** Above what the host can bear: it may refuse, in the right form; it may not fail. */
export const overloaded = trustworthy
