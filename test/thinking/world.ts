/** A gateway with one provider of each dialect that thinks, each played by a server of its own. */
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { post, startGateway, type StartedGateway, type WholeAnswer } from '../support/gateway.ts'
import { startUpstream, type Script, type Upstream } from '../support/upstream.ts'
import { routes, type RouteName } from './routes.ts'
import { providerNames, turns, type ProviderName, type Wire } from './turns.ts'

export interface World {
  gateway: StartedGateway
  upstreams: Record<ProviderName, Upstream>
  on(provider: ProviderName, script: Script): void
  /** The body of the last request that the provider got. */
  got(provider: ProviderName): Wire
  call(route: RouteName, body: Wire, headers?: Record<string, string>): Promise<WholeAnswer>
  /** The first turn: what the provider thinks and calls, as the caller of the route gets it. */
  firstTurn(route: RouteName, provider: ProviderName, stream: boolean): Promise<FirstTurn>
}

export interface FirstTurn {
  request: Wire
  turn: unknown
}

export const key = 'app-key-of-thinking'

export const addressed = (provider: ProviderName): string => `${provider}/${turns[provider].model}`

/** Opens a world before the tests of a file and closes it after them; what providers got is forgotten between tests. */
export function useWorld(): World {
  const world = {} as World
  beforeAll(async () => void Object.assign(world, await openWorld()))
  beforeEach(() => {
    for (const { requests } of Object.values(world.upstreams)) requests.length = 0
  })
  afterAll(async () => {
    await world.gateway.close()
    await Promise.all(Object.values(world.upstreams).map((upstream) => upstream.close()))
  })
  return world
}

async function openWorld(): Promise<World> {
  const started = await Promise.all(providerNames.map(async (name) => [name, await startUpstream()] as const))
  const upstreams = Object.fromEntries(started) as Record<ProviderName, Upstream>
  const entry = (name: ProviderName) => ({
    base_url: upstreams[name].url,
    api_key: `key-of-${name}`,
    ...turns[name].settings,
  })
  const gateway = await startGateway({
    config: {
      auth: { keys: [{ name: 'app', key }], admin_keys: ['admin-key-of-thinking'] },
      resilience: { retry: { max_attempts: 1 }, circuit_breaker: { enabled: false } },
      providers: Object.fromEntries(providerNames.map((name) => [name, entry(name)])),
    },
  })
  const world: World = {
    gateway,
    upstreams,
    on: (provider, script) => upstreams[provider].on(script),
    got(provider) {
      const json = upstreams[provider].requests.at(-1)?.json
      if (!json) throw new Error(`${provider} got no JSON`)
      return json
    },
    call: (route, body, headers) =>
      post(`${gateway.url}${routes[route].path}`, body, {
        headers: { authorization: `Bearer ${key}`, ...headers },
      }),
    async firstTurn(route, provider, stream) {
      const { json, stream: streamed } = turns[provider]
      const { ask, turnOf, foldStream } = routes[route]
      upstreams[provider].on(stream ? streamed : { json })
      const request = ask(addressed(provider))
      const answer = await world.call(route, stream ? { ...request, stream } : request)
      if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text}`)
      return { request, turn: turnOf(stream ? foldStream(answer.text) : (answer.json as Wire)) }
    },
  }
  return world
}
