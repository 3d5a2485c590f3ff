import type { Dispatcher } from 'undici'
// Not by the front door, which also loads fetch, WebSocket and caches: a third of the whole bundle, at every start.
import Pool from 'undici/lib/dispatcher/pool.js'
import { failureFrom, isBrokenConnection } from './failure.ts'
import type {
  Transport,
  UploadRequest,
  UpstreamExchange,
  UpstreamReceiver,
  UpstreamRequest,
} from './transport.ts'

export interface UndiciTransportOptions {
  /** Scheme, host and port: `https://api.openai.com`. The only place requests of this transport go. */
  origin: string
  connectTimeoutMs: number
}

/**
 * A pool scans its connections one by one for a free one; beyond this many open requests a further pool is
 * cheaper than a longer scan.
 */
const requestsPerPool = 256
const idleConnectionMs = 30_000
const longestIdleConnectionMs = 600_000
const headersBytes = 64 * 1024
/** What is read before the caller has taken what came; Node reads up to 64 KiB at once beyond it. */
const readAheadBytes = 16 * 1024

interface Shard {
  pool: Pool
  open: number
  /** A request has ended; `inDoubt`: its connection broke before it was answered. */
  release(inDoubt: boolean): void
}

/**
 * HTTP/1.1 to one origin over kept-alive connections. HTTP/2 stays off: it costs more CPU per request here and
 * couples the fate of every stream on a connection. No redirect is followed; undici's own timers are off because
 * the pipeline's deadlines know which bytes count as life.
 */
export function openUndiciTransport(options: UndiciTransportOptions): Transport {
  const shards: Shard[] = []
  let isClosed = false

  /** What is under way on it finishes; nothing new begins on it. */
  function retire(shard: Shard): Promise<void> {
    const at = shards.indexOf(shard)
    if (at < 0) return Promise.resolve()
    shards.splice(at, 1)
    return shard.pool.close()
  }

  function shardWithRoom(): Shard {
    for (const shard of shards) if (shard.open < requestsPerPool) return shard
    const shard: Shard = {
      pool: openPool(options),
      open: 0,
      release(inDoubt) {
        shard.open--
        // Connections that were kept together die together: the next try must not meet the second dead one.
        if (inDoubt || (isClosed && shard.open === 0)) void retire(shard)
      },
    }
    shards.push(shard)
    return shard
  }

  return {
    send(request, receiver) {
      const shard = shardWithRoom()
      const exchange = new UndiciExchange(shard, receiver)
      exchange.dispatch(request)
      return exchange
    },
    async close() {
      // A request that began before may still be sent, when its body has come or its retry is due; it gets a pool for itself.
      isClosed = true
      await Promise.all([...shards].map(retire))
    },
  }
}

function openPool(options: UndiciTransportOptions): Pool {
  // Passed on to `net.connect`, though undici's types do not name it.
  const connect = { timeout: options.connectTimeoutMs, noDelay: true, highWaterMark: readAheadBytes }
  const pool = new Pool(options.origin, {
    allowH2: false,
    pipelining: 1,
    connect,
    keepAliveTimeout: idleConnectionMs,
    keepAliveMaxTimeout: longestIdleConnectionMs,
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: headersBytes,
  })
  // Each request hears of its own failure; without a listener the pool's copy would end the process.
  pool.on('connectionError', () => {})
  return pool
}

/** One object per request serves as undici's handler and as the caller's handle, so nothing else is allocated. */
class UndiciExchange implements UpstreamExchange, Dispatcher.DispatchHandler {
  readonly #shard: Shard
  readonly #receiver: UpstreamReceiver
  #controller: Dispatcher.DispatchController | undefined
  #answered = false
  #cancelled = false
  #ended = false

  constructor(shard: Shard, receiver: UpstreamReceiver) {
    this.#shard = shard
    this.#receiver = receiver
    shard.open++
  }

  dispatch(request: UpstreamRequest | UploadRequest): void {
    try {
      this.#shard.pool.dispatch(
        { method: request.method, path: request.path, headers: request.headers, body: request.body },
        this,
      )
    } catch (error) {
      this.onResponseError(undefined, error as Error)
    }
  }

  pause(): void {
    this.#controller?.pause()
  }

  resume(): void {
    this.#controller?.resume()
  }

  cancel(): void {
    if (this.#ended || this.#cancelled) return
    this.#cancelled = true
    this.#controller?.abort(new Error('cancelled'))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    // Cancelled while it waited for a connection: nothing has been sent, and nothing will be.
    if (this.#cancelled) controller.abort(new Error('cancelled'))
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    // Slices of the first network chunk, which they would hold for as long as the answer lasts.
    controller.rawHeaders = null
    if (status < 200 || this.#cancelled) return
    this.#answered = true
    this.#receiver.onHead(status, headers)
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#cancelled) this.#receiver.onData(chunk)
  }

  onResponseEnd(): void {
    this.#end()
    if (!this.#cancelled) this.#receiver.onEnd()
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    if (this.#ended) return
    this.#end(!this.#cancelled && !this.#answered && isBrokenConnection(error))
    if (!this.#cancelled) this.#receiver.onError(failureFrom(error, this.#answered))
  }

  #end(inDoubt = false): void {
    this.#ended = true
    this.#shard.release(inDoubt)
  }
}
