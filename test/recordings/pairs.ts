import { reachedBy, recordings, routesOf, type Recording, type Route } from './recordings.ts'

/** One recording, asked for by one route. */
export interface Pair {
  name: string
  recording: Recording
  route: Route
}

export const pairs: readonly Pair[] = recordings.flatMap((recording) =>
  routesOf(recording).map((route) => ({
    name: `${recording.id} by ${route}`,
    recording: reachedBy(route, recording),
    route,
  })),
)

/** The pairs that cannot be replayed, and why. A test shows that each of them does fail. */
export const skipped: Readonly<Record<string, string>> = {
  'openai/chat-no-messages by /v1/chat/completions':
    'the recorded request has no messages, which the gateway refuses by itself',
  'openai/chat-no-messages by /v1/messages':
    'a conversation without messages cannot be said on this route either',
  'openai/chat-no-messages by /v1/responses':
    'a conversation without messages cannot be said on this route either',
}

export const replayed: readonly Pair[] = pairs.filter(({ name }) => !(name in skipped))
