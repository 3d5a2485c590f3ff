import { expect, test } from 'vitest'
import type { ProviderName } from './providers/index.ts'
import type { RouteName } from './routes/index.ts'
import type { Wire } from './said.ts'
import { cells, type Cell, type World } from './world.ts'

/** The body that a provider gets, in part; what it may not hold; and what its caller is told to be lost. */
export interface Got {
  body?: Wire
  without?: readonly string[]
  /** By the name of the caller's field; the same on every route, or route by route. */
  dropped?: readonly string[] | Partial<Record<RouteName, readonly string[]>>
}

/** One thing to ask for, as each route says it, and as each provider is to get it. */
export interface RequestTrap {
  name: string
  /** A route that has no way to say it is left out. */
  asks: Partial<Record<RouteName, Wire>>
  gets: Record<ProviderName, Got>
}

/** The same dialect on both sides: the caller's body goes on as it came. */
export const isRelayed = ({ route, provider }: Cell): boolean =>
  (route === 'chat' && (provider === 'openai' || provider === 'compatible')) ||
  (route === 'messages' && provider === 'anthropic') ||
  (route === 'responses' && provider === 'responses')

const droppedOf = ({ dropped = [] }: Got, route: RouteName): readonly string[] =>
  Array.isArray(dropped)
    ? (dropped as readonly string[])
    : ((dropped as Partial<Record<RouteName, readonly string[]>>)[route] ?? [])

/** A test for each cell whose route can say it. */
export function testRequest(world: World, { name, asks, gets }: RequestTrap): void {
  const told = cells.filter(({ route }) => asks[route] !== undefined)
  test.each(told)(`${name}: $route to $provider`, async (cell) => {
    const asked = asks[cell.route] as Wire
    const { body, dropped } = await world.send(cell, asked)
    if (isRelayed(cell)) {
      expect(body).toMatchObject(asked)
      expect(dropped).toEqual([])
      return
    }
    const got = gets[cell.provider]
    expect(body).toMatchObject(got.body ?? {})
    for (const field of got.without ?? []) expect(body).not.toHaveProperty([field])
    expect(dropped).toEqual(droppedOf(got, cell.route))
  })
}
