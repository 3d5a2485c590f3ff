/** A gateway with one provider of each dialect, all played by one server, and callers of each route. */
import { afterAll, beforeAll } from 'vitest'
import { post, startGateway, type StartedGateway, type WholeAnswer } from '../support/gateway.ts'
import { readEvents } from '../support/sse-reader.ts'
import { startUpstream, type RecordedRequest, type Script, type Upstream } from '../support/upstream.ts'
import { providerNames, providers, type ProviderName } from './providers/index.ts'
import type { ProviderWire } from './providers/provider-wire.ts'
import { routeNames, routes, type RouteName } from './routes/index.ts'
import type { Heard, RouteWire } from './routes/route-wire.ts'
import type { Said, Wire } from './said.ts'

export interface Cell {
  route: RouteName
  provider: ProviderName
}

/** Both ways of an answer. */
export const ways = ['json', 'stream'] as const
export type Way = (typeof ways)[number]

/**
 * Every route with every provider. Left out: `responses` with `openai`, which is asked for responses there as the
 * entry `responses` is, so that it is that cell.
 */
export const cells: readonly Cell[] = routeNames.flatMap((route) =>
  providerNames
    .filter((provider) => !(route === 'responses' && provider === 'openai'))
    .map((provider) => ({ route, provider })),
)

export const cellsOf = (names: readonly ProviderName[]): Cell[] =>
  cells.filter(({ provider }) => names.includes(provider))

export interface Exchange {
  answer: WholeAnswer
  /** What the provider got. */
  sent: RecordedRequest
  /** The body that it got. */
  body: Wire
  /** Fields that the provider could not be told. */
  dropped: readonly string[]
}

export interface World {
  readonly gateway: StartedGateway
  /** From now on every provider answers so. */
  plays(script: Script): void
  addressOf(cell: Cell): string
  /** A request of the cell's route for the cell's model. */
  bodyOf(cell: Cell, request: Wire): Wire
  /** Calls the route on the provider, which answers by the script. */
  call(cell: Cell, request: Wire, script: Script): Promise<Exchange>
  /** The same with an answer; gives what the caller heard. */
  hear(cell: Cell, way: Way, said: Said, request?: Wire): Promise<Heard>
  /** The same with what the provider is sent, where its answer does not matter. */
  send(cell: Cell, request: Wire, way?: Way): Promise<Exchange>
}

export const routeOf = ({ route }: Cell): RouteWire => routes[route]
export const providerOf = ({ provider }: Cell): ProviderWire => providers[provider]

export const playJson = (json: Wire): Script => ({ json })

/** @param chunkBytes cuts the stream every so many bytes */
export const playStream = (cell: Cell, frames: readonly Buffer[], chunkBytes?: number): Script => ({
  headers: { 'content-type': providerOf(cell).streamType },
  body: Buffer.concat(frames),
  ...(chunkBytes !== undefined && { chunkBytes }),
})

export function hearAnswer(cell: Cell, way: Way, { status, text, json }: WholeAnswer): Heard {
  if (status !== 200) throw new Error(`status ${status}: ${text}`)
  const route = routeOf(cell)
  return way === 'json' ? route.readJson(json) : route.readStream(readEvents(text))
}

/** Opens the gateway before the tests of a file and closes it after them. */
export function useWorld(): World {
  let gateway: StartedGateway
  let upstream: Upstream

  beforeAll(async () => {
    upstream = await startUpstream()
    gateway = await startGateway({ config: configOf(upstream.url) })
  })
  afterAll(async () => {
    await gateway.close()
    await upstream.close()
  })

  const world: World = {
    get gateway() {
      return gateway
    },
    plays(script) {
      upstream.on(script)
      upstream.requests.length = 0
    },
    addressOf: (cell) => `${gateway.url}${routeOf(cell).path}`,
    bodyOf: (cell, request) => ({
      model: `${cell.provider}/${providerOf(cell).model}`,
      ...routeOf(cell).ask,
      ...request,
    }),
    async call(cell, request, script) {
      world.plays(script)
      const answer = await post(world.addressOf(cell), world.bodyOf(cell, request))
      const [sent, ...more] = upstream.requests
      if (!sent || more.length > 0)
        throw new Error(`${more.length + (sent ? 1 : 0)} requests were sent: ${answer.text}`)
      const dropped = answer.headers['x-gateway-dropped'] as string | undefined
      return { answer, sent, body: sent.json ?? {}, dropped: dropped?.split(/, ?/) ?? [] }
    },
    async hear(cell, way, said, request = {}) {
      const { json, stream } = providerOf(cell)
      const script = way === 'json' ? playJson(json(said)) : playStream(cell, stream(said))
      const streaming = way === 'stream' ? routeOf(cell).streaming : {}
      const { answer } = await world.call(cell, { ...streaming, ...request }, script)
      return hearAnswer(cell, way, answer)
    },
    async send(cell, request, way = 'json') {
      const { json, stream } = providerOf(cell)
      const said: Said = { texts: ['Hi'] }
      const script = way === 'json' ? playJson(json(said)) : playStream(cell, stream(said))
      const streaming = way === 'stream' ? routeOf(cell).streaming : {}
      const exchange = await world.call(cell, { ...streaming, ...request }, script)
      hearAnswer(cell, way, exchange.answer)
      return exchange
    },
  }
  return world
}

function configOf(origin: string): Wire {
  const entries = providerNames.map((name) => {
    const { entry, model } = providers[name]
    return [name, { ...entry, api_key: 'key-of-the-provider', base_url: origin, models: [model] }]
  })
  return {
    auth: { enabled: false },
    resilience: { retry: { max_attempts: 1 }, circuit_breaker: { enabled: false } },
    providers: Object.fromEntries(entries),
  }
}
