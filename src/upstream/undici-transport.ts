import { Pool, type Dispatcher } from 'undici'
import { failureFrom } from './failure.ts'
import type { Transport, UpstreamExchange, UpstreamReceiver, UpstreamRequest } from './transport.ts'

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

interface Shard {
  pool: Pool
  open: number
}

/**
 * HTTP/1.1 to one origin over kept-alive connections. HTTP/2 stays off: it costs more CPU per request here and
 * couples the fate of every stream on a connection. No redirect is followed; undici's own timers are off because
 * the pipeline's deadlines know which bytes count as life.
 */
export function openUndiciTransport(options: UndiciTransportOptions): Transport {
  const shards: Shard[] = []

  function shardWithRoom(): Shard {
    for (const shard of shards) if (shard.open < requestsPerPool) return shard
    const shard = { pool: openPool(options), open: 0 }
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
      await Promise.all(shards.map((shard) => shard.pool.close()))
    },
  }
}

function openPool(options: UndiciTransportOptions): Pool {
  const pool = new Pool(options.origin, {
    allowH2: false,
    pipelining: 1,
    connect: { timeout: options.connectTimeoutMs, noDelay: true },
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

  dispatch(request: UpstreamRequest): void {
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
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
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
    this.#end()
    if (!this.#cancelled) this.#receiver.onError(failureFrom(error, this.#answered))
  }

  #end(): void {
    this.#ended = true
    this.#shard.open--
  }
}
