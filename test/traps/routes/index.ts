import { chatRoute } from './chat.ts'
import { messagesRoute } from './messages.ts'
import { responsesRoute } from './responses.ts'
import type { RouteWire } from './route-wire.ts'

export const routes = {
  chat: chatRoute,
  messages: messagesRoute,
  responses: responsesRoute,
} satisfies Record<string, RouteWire>

export type RouteName = keyof typeof routes
export const routeNames = Object.keys(routes) as RouteName[]
