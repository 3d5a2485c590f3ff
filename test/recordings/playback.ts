import { setTimeout as sleep } from 'node:timers/promises'
import { openStream, post, startGateway, type StartedGateway, type WholeAnswer } from '../support/gateway.ts'
import { startUpstream, type RecordedRequest, type Script, type Upstream } from '../support/upstream.ts'
import { pairs } from './pairs.ts'
import { settingsOf, type Recording, type Route } from './recordings.ts'

/** What a caller sent, what the provider got of it, and what the caller read. */
export interface Exchange {
  answer: WholeAnswer
  /** `undefined` where the gateway answered by itself. */
  upstream: RecordedRequest | undefined
}

export interface PlayOptions {
  headers?: Record<string, string>
  /** `?beta=true` */
  query?: string
}

const readableAfterMs = 500

export interface TwoParts {
  before: Buffer
  after: Buffer
}

export interface StreamedAnswer {
  status: number
  requestId: string
  text: string
}

/** One gateway in front of one server that plays every recorded provider. Close it when the file is done. */
export class Playback {
  readonly #gateway: StartedGateway
  readonly #upstream: Upstream

  private constructor(gateway: StartedGateway, upstream: Upstream) {
    this.#gateway = gateway
    this.#upstream = upstream
  }

  static async open(): Promise<Playback> {
    const upstream = await startUpstream()
    const providers = Object.fromEntries(
      pairs.map(({ recording }) => [
        recording.provider,
        {
          type: recording.type,
          base_url: `${upstream.url}${recording.basePath}`,
          api_key: keyOf(recording.provider),
          ...settingsOf(recording),
        },
      ]),
    )
    const config = {
      auth: { keys: [{ name: 'app', key: 'app-key', tenant: 'acme' }] },
      // A recorded failure is answered as it is, not tried again.
      resilience: { retry: { max_attempts: 1 } },
      providers,
    }
    return new Playback(await startGateway({ config }), upstream)
  }

  /** Calls `route` on the recording's provider, which answers by `script`. */
  async play(
    recording: Recording,
    route: Route,
    body: unknown,
    script: Script,
    { headers, query = '' }: PlayOptions = {},
  ): Promise<Exchange> {
    this.#upstream.on(script)
    const before = this.#upstream.requests.length
    const answer = await post(`${this.#gateway.url}${route}${query}`, body, {
      headers: { ...headersFor(recording), ...headers },
    })
    const requests = this.#upstream.requests.splice(before)
    if (requests.length > 1) throw new Error(`${requests.length} requests reached the provider`)
    return { answer, upstream: requests[0] }
  }

  /**
   * The same with a stream in two parts: the provider sends `after` only once the caller has read something. What
   * comes then can't be answered otherwise than inside the stream.
   */
  async playInTwo(
    recording: Recording,
    route: Route,
    body: unknown,
    parts: TwoParts,
  ): Promise<StreamedAnswer> {
    const read = Promise.withResolvers<void>()
    this.#upstream.on(async (_request, response) => {
      response.writeHead(200, { 'content-type': typeOfStream(recording) })
      response.write(parts.before)
      await read.promise
      response.end(parts.after)
    })
    const stream = await openStream(`${this.#gateway.url}${route}`, body, { headers: headersFor(recording) })
    // Of a stream that has only begun there may be nothing to read yet.
    const beginning = stream.firstChunk()
    await Promise.race([beginning, sleep(readableAfterMs)])
    read.resolve()
    const first = await beginning
    const text = `${first?.toString() ?? ''}${await stream.text()}`
    return { status: stream.status, requestId: stream.headers['x-request-id'] as string, text }
  }

  async close(): Promise<void> {
    await this.#gateway.close()
    await this.#upstream.close()
  }
}

const typeOfStream = ({ isStream, fixture }: Recording): string =>
  (isStream ? fixture.response.headers['content-type'] : undefined) ?? 'text/event-stream'

const headersFor = ({ provider }: Recording) => ({
  authorization: 'Bearer app-key',
  'x-gateway-provider': provider,
})

export const keyOf = (provider: string): string => `key-of-${provider}`
