import { setTimeout as sleep } from 'node:timers/promises'
import { asGatewayError, GatewayError } from '../errors.ts'
import { Attempt, type AttemptObserver } from './attempt.ts'
import type { Answer, Call } from './call.ts'
import { choose, describeDecision, type Routing } from './choose.ts'
import { convert } from './convert.ts'
import { backoffMs, type RetryPolicy } from './retry.ts'
import type { Target } from './target.ts'

export interface PipelineObserver extends AttemptObserver {
  retried(target: Target): void
  failedOver(from: Target, to: Target): void
}

/** What the configuration in force means for the pipeline. A call keeps the one it began with. */
export interface PipelineSettings {
  routing: Routing
  retry: RetryPolicy
}

/**
 * The life of one request: check, choose, attempt. Its end is metered by whoever writes the answer.
 * @throws GatewayError at once for what is refused before any cost; rejects for what comes later
 */
export function serve(call: Call, settings: PipelineSettings, observer: PipelineObserver): Promise<Answer> {
  check(call)
  const decision = choose(call, settings.routing)
  call.record.decision = describeDecision(decision)
  const targets = call.strict ? losingNothing(call, decision.targets) : decision.targets
  return firstToAnswer(
    call,
    settings.routing.failover ? targets : targets.slice(0, 1),
    settings.retry,
    observer,
  )
}

function check(call: Call): void {
  if (call.principal.mayUse(call.model)) return
  throw new GatewayError('model_not_allowed', {
    message: `This key may not use the model ${JSON.stringify(call.model)}.`,
    param: 'model',
  })
}

/** A strict call skips targets that would lose something; with none left it is refused before any cost. */
function losingNothing(call: Call, targets: readonly Target[]): Target[] {
  const lost = targets.map((target) => lostBy(call, target))
  const whole = targets.filter((_target, index) => lost[index]?.length === 0)
  if (whole.length > 0) return whole
  const [first] = lost
  throw new GatewayError('unsupported_parameter', {
    message: `No target can carry every field of this request. Not carried: ${first?.join(', ')}.`,
    param: first?.[0],
  })
}

function lostBy(call: Call, target: Target): readonly string[] {
  try {
    return convert(call, target).lost
  } catch (thrown) {
    const { code, detail } = asGatewayError(thrown)
    if (code !== 'unsupported_parameter' || detail.param === undefined) throw thrown
    return [detail.param]
  }
}

/** Failover before retry: each target once, in order; then the first again, for as long as its policy allows. */
async function firstToAnswer(
  call: Call,
  targets: readonly Target[],
  retry: RetryPolicy,
  observer: PipelineObserver,
): Promise<Answer> {
  const best = targets[0] as Target
  let index = 0
  let previous: Target | undefined
  for (;;) {
    if (call.hangUp.happened) throw new GatewayError('client_closed')
    const target = targets[index] ?? best
    if (previous) {
      if (previous === target) observer.retried(target)
      else observer.failedOver(previous, target)
    }
    try {
      return await attempt(call, target, observer)
    } catch (thrown) {
      const error = asGatewayError(thrown)
      index++
      // What one target can take in no form, the next one may.
      const isPassedOn = error.code === 'unsupported_parameter' && index < targets.length
      if ((!error.entry.retryable && !isPassedOn) || call.hangUp.happened) throw error
      if (index >= targets.length) {
        const waitMs = retryDelay(error, best, index, targets.length, retry, call)
        if (waitMs === undefined) throw error
        await wait(call, waitMs)
      }
      previous = target
    }
  }
}

/** How long to wait before the first target is tried again; `undefined` says that it is not worth it. */
function retryDelay(
  error: GatewayError,
  target: Target,
  attempts: number,
  targets: number,
  retry: RetryPolicy,
  call: Call,
): number | undefined {
  // Every target beyond the first has had its one try; what is left are the first one's own.
  const retries = attempts - targets
  if (retries >= target.provider.maxAttempts - 1) return undefined
  // A credential that was refused will be refused again.
  if (error.detail.shouldRetry === false) return undefined
  // A target that said 429 is left alone; one that took too long would take too long again.
  if (error.code === 'rate_limit_exceeded' || error.code === 'upstream_timeout') return undefined
  const waitMs = Math.max(backoffMs(retry, retries + 1), error.detail.retryAfterMs ?? 0)
  const leftMs = (call.timeoutMs ?? Infinity) - (performance.now() - call.record.startedAt)
  return waitMs > retry.maxDelayMs || waitMs >= leftMs ? undefined : waitMs
}

/** @throws GatewayError `client_closed` when the caller hangs up meanwhile. */
async function wait(call: Call, waitMs: number): Promise<void> {
  const abort = new AbortController()
  call.hangUp.tell({ cancel: () => abort.abort() })
  try {
    await sleep(waitMs, undefined, { signal: abort.signal })
  } catch {
    throw new GatewayError('client_closed')
  } finally {
    call.hangUp.tell(undefined)
  }
}

function attempt(call: Call, target: Target, observer: PipelineObserver): Promise<Answer> {
  const { record } = call
  const conversion = convert(call, target)
  record.attempts++
  record.target = target
  record.provider = target.provider.name
  record.model = target.model
  record.dropped = conversion.lost
  record.upstreamRequestId = undefined
  return Attempt.run(call, target, conversion, observer)
}
