import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { closeAfterTest } from './after-test.ts'
import { play, type Script } from './scripted-answer.ts'

export * from './provider-answers.ts'
export type { Handler, Script, ScriptedAnswer } from './scripted-answer.ts'

/** A request as the provider got it; in the list as soon as its head is there. */
export interface RecordedRequest {
  method: string
  /** Path and query. */
  path: string
  /** Names in lower case. */
  headers: IncomingHttpHeaders
  /** Flat list of names and values, as they were written. */
  rawHeaders: string[]
  /** Empty until it has come whole. */
  body: Buffer
  /** The body as JSON; `undefined` where it is none. */
  readonly json: Record<string, unknown> | undefined
  /** Monotonic clock, milliseconds. */
  startedAtMs: number
  /** When the peer went away before the answer was finished. */
  disconnectedAtMs: number | undefined
}

export interface Upstream {
  /** `http://127.0.0.1:PORT` */
  url: string
  port: number
  requests: RecordedRequest[]
  /** Connections open now. */
  connections(): number
  /** Connections ever opened. */
  connectionsOpened(): number
  /** Bytes handed to the connections that are open now. */
  bytesWritten(): number
  /** Requests whose answer is under way. */
  openRequests(): number
  /** Requests that the peer cancelled, or whose connection the script reset. */
  readonly disconnects: number
  /** Waits until so many requests have come whole. */
  sawRequests(count?: number): Promise<void>
  /** Waits until so many requests have been cancelled; at once if they have been already. */
  sawDisconnect(count?: number): Promise<void>
  /** From now on answers so. A list begins with its first. */
  on(script: Script): void
  close(): Promise<void>
}

/**
 * A real HTTP server on a free port of the loopback address that plays a provider. Closes with the test that
 * started it; one started in `beforeAll` is closed in `afterAll` by hand.
 */
export async function startUpstream(script: Script = { json: {} }): Promise<Upstream> {
  const requests: RecordedRequest[] = []
  const sockets = new Set<Socket>()
  const arrivals = new Count()
  const disconnects = new Count()
  const failures: unknown[] = []
  let answered = nextAnswer(script)
  let connectionsOpened = 0
  let openRequests = 0

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const recorded = record(request)
    requests.push(recorded)
    openRequests++
    response.once('close', () => {
      openRequests--
      if (response.writableFinished) return
      recorded.disconnectedAtMs = performance.now()
      disconnects.add()
    })
    if (!(await readBody(request, recorded))) return
    arrivals.add()
    const step = answered()
    const answer = typeof step === 'function' ? await step(request, response, recorded) : step
    if (answer) await play(answer, response)
  }

  const server = createServer((request, response) => {
    response.on('error', () => {})
    serve(request, response).catch((error: unknown) => {
      failures.push(error)
      response.destroy()
    })
  })
  server.on('connection', (socket: Socket) => {
    connectionsOpened++
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  // The gateway decides how long a connection is kept, and how long an answer may take.
  server.keepAliveTimeout = 60_000
  server.requestTimeout = 0
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  let closing: Promise<unknown> | undefined
  async function close(): Promise<void> {
    closing ??= new Promise((resolve) => {
      server.close(resolve)
      server.closeAllConnections()
    })
    await closing
    const told = failures.splice(0)
    if (told.length > 0) throw new AggregateError(told, 'The script of an upstream failed')
  }
  const upstream: Upstream = {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    connections: () => sockets.size,
    connectionsOpened: () => connectionsOpened,
    bytesWritten: () => [...sockets].reduce((sum, socket) => sum + socket.bytesWritten, 0),
    openRequests: () => openRequests,
    get disconnects() {
      return disconnects.value
    },
    sawRequests: (count = 1) => arrivals.reached(count),
    sawDisconnect: (count = 1) => disconnects.reached(count),
    on(next) {
      answered = nextAnswer(next)
    },
    close,
  }
  closeAfterTest(close)
  return upstream
}

function nextAnswer(script: Script) {
  const list = Array.isArray(script)
    ? (script as Extract<Script, readonly unknown[]>)
    : [script as Exclude<Script, readonly unknown[]>]
  let next = 0
  return () => list[Math.min(next++, list.length - 1)]
}

function record(request: IncomingMessage): RecordedRequest {
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    headers: request.headers,
    rawHeaders: request.rawHeaders,
    body: Buffer.alloc(0),
    get json() {
      try {
        return JSON.parse(this.body.toString()) as Record<string, unknown>
      } catch {
        return undefined
      }
    },
    startedAtMs: performance.now(),
    disconnectedAtMs: undefined,
  }
}

/** False when the peer went away before it had sent all. */
async function readBody(request: IncomingMessage, recorded: RecordedRequest): Promise<boolean> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer)
  } catch {
    return false
  }
  recorded.body = Buffer.concat(chunks)
  return true
}

/** A number that goes up, and those who wait for it. */
class Count {
  value = 0
  #waiting: { count: number; resolve: () => void }[] = []

  add(): void {
    this.value++
    for (const { count, resolve } of this.#waiting) if (this.value >= count) resolve()
    this.#waiting = this.#waiting.filter(({ count }) => this.value < count)
  }

  reached(count: number): Promise<void> {
    if (this.value >= count) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push({ count, resolve }))
  }
}
