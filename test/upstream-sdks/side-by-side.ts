/** A provider that is played, called by its own SDK and by the gateway: what both of them send can be compared. */
import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import { post, startGateway, type StartedGateway } from '../support/gateway.ts'
import { startUpstream, type Handler, type Upstream } from '../support/upstream.ts'

export type Wire = Record<string, unknown>
type Route = '/v1/chat/completions' | '/v1/messages' | '/v1/embeddings'

/** A difference between what the SDK sends and what we send that is meant. */
export interface Difference {
  why: string
  /** The SDK's body as we send it. */
  apply: (body: Wire) => Wire
}

/** One call in two ways: the SDK's own, and a caller's of the gateway. */
export interface Row<Client, Name extends string> {
  sdk: (client: Client) => Promise<unknown>
  route: Route
  body: Wire
  /** Fields of the caller's that the provider has no place for. */
  dropped?: string
  differs?: readonly Name[]
}

export interface Sides<Client> {
  readonly upstream: Upstream
  readonly client: Client
}

export const key = 'sk-of-the-provider'

interface Play<Client> {
  type: string
  models: string[]
  open: (origin: string) => Client
  answer: Handler
}

/** Opens both sides before the tests of a file and closes them after; what was sent is forgotten between tests. */
export function useSides<Client, Name extends string>(
  { type, models, open, answer }: Play<Client>,
  differences: Record<Name, Difference>,
): Sides<Client> & { expectSame: (row: Row<Client, Name>) => Promise<void> } {
  let upstream: Upstream
  let gateway: StartedGateway
  let client: Client

  beforeAll(async () => {
    upstream = await startUpstream(answer)
    client = open(upstream.url)
    const provider = { api_key: key, base_url: upstream.url, models }
    gateway = await startGateway({
      config: {
        auth: { enabled: false },
        resilience: { retry: { max_attempts: 1 }, circuit_breaker: { enabled: false } },
        providers: { [type]: provider },
      },
    })
  })
  beforeEach(() => {
    upstream.on(answer)
    upstream.requests.length = 0
  })
  afterAll(async () => {
    await gateway.close()
    await upstream.close()
  })
  function onlyRequest() {
    expect(upstream.requests).toHaveLength(1)
    return upstream.requests.pop()!
  }

  return {
    get upstream() {
      return upstream
    },
    get client() {
      return client
    },
    async expectSame({ sdk, route, body, dropped, differs = [] }) {
      await sdk(client)
      const theirs = onlyRequest()
      const answered = await post(gateway.url + route, body)
      expect(answered.text).not.toContain('"error"')
      expect(answered.headers['x-gateway-dropped']).toBe(dropped)
      const ours = onlyRequest()
      const expected = differs.reduce((sent, name) => {
        const changed = differences[name].apply(sent)
        expect(changed, `there is no difference of ${name}`).not.toEqual(sent)
        return changed
      }, theirs.json!)
      expect(ours.json).toEqual(expected)
      expect({ method: ours.method, path: ours.path }).toEqual({ method: theirs.method, path: theirs.path })
      for (const name of ['content-type', 'authorization'])
        expect(ours.headers[name]).toBe(theirs.headers[name])
    },
  }
}

/** Reads a stream to its end. */
export async function drain<Event>(stream: AsyncIterable<Event>): Promise<Event[]> {
  const events: Event[] = []
  for await (const event of stream) events.push(event)
  return events
}
