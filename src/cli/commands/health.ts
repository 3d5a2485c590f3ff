import { readJson, send } from '../client.ts'
import { CliError, exitCodes, print } from '../io.ts'
import type { CommandContext } from '../io.ts'

interface HealthOptions {
  detailed?: boolean
  /** Seconds. */
  timeout: number
}

interface Health {
  status?: string
  version?: string
  uptime_seconds?: number
  providers?: {
    name: string
    healthy: boolean
    latency_ms?: number | null
    breaker?: string
    in_flight?: number
  }[]
  dependencies?: Record<string, unknown>
  config?: Record<string, unknown>
}

/** Done where the gateway serves, failed where it says that it cannot. */
export async function health(context: CommandContext, { detailed, timeout }: HealthOptions): Promise<void> {
  const path = detailed ? '/health?detailed=true' : '/health'
  const response = await send(context, { path, timeoutSeconds: timeout, accept: [503] })
  const answer = ((await readJson(response)) ?? {}) as Health
  print(context, answer, [summary(answer), ...details(answer)].join('\n'))
  if (!response.ok) throw new CliError(exitCodes.failed, `The gateway is ${answer.status ?? 'not healthy'}.`)
}

const summary = ({ status, version, uptime_seconds: up }: Health): string =>
  [status ?? 'unknown', version && `version ${version}`, up !== undefined && `up ${Math.round(up)} s`]
    .filter(Boolean)
    .join(', ')

function details({ providers = [], dependencies = {}, config = {} }: Health): string[] {
  const ofProviders = providers.map(({ name, healthy, latency_ms: latency, breaker, in_flight: inFlight }) =>
    [
      `${name}: ${healthy ? 'healthy' : 'unhealthy'}`,
      typeof latency === 'number' && `${Math.round(latency)} ms`,
      breaker && `breaker ${breaker}`,
      inFlight !== undefined && `${inFlight} in flight`,
    ]
      .filter(Boolean)
      .join(', '),
  )
  const rest = Object.entries({ ...dependencies, ...config }).map(
    ([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  return [...ofProviders, ...rest]
}
